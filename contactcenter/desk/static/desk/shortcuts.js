// The desk's keys. None is a bare letter or sign that a listener types, except
// « ? », which works outside fields only and can be switched off (WCAG 2.1.4).

const OFF = 'desk.question-mark-off';

/** Whether « ? » opens the help: kept in this browser, for it is a habit of its user. */
export const questionMark = {
  get isOn() {
    return localStorage.getItem(OFF) === null;
  },
  set isOn(isOn) {
    if (isOn) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, '1');
  },
};

const PANELS = ['#talk', '#write-up-title', '#closing'];
const isTyping = (target) => target.matches?.('input, textarea, select');
const together = ({ ctrlKey, shiftKey, altKey, metaKey }) =>
  ctrlKey && shiftKey && !altKey && !metaKey;
const alone = ({ ctrlKey, shiftKey, altKey, metaKey }) =>
  !ctrlKey && !shiftKey && !altKey && !metaKey;

/** Name, what the keys are, and what they do; false when they have nothing to do now. */
export const SHORTCUTS = [
  {
    name: 'accept',
    is: (event) => together(event) && event.key === 'Enter',
    act: (store) => store.offer && store.accept(),
  },
  {
    name: 'decline',
    is: (event) => together(event) && event.key === 'Backspace',
    act: (store) => store.offer && press('#decline'),
  },
  {
    name: 'emergency',
    is: (event) => alone(event) && event.key === 'F2',
    act: (store) => store.show(store.panel === 'emergency' ? null : 'emergency') ?? true,
  },
  {
    name: 'next_contact',
    is: (event) => alone(event) && event.key === 'F4',
    act: (store) => store.contacts.size > 0 && (store.selectNext() ?? true),
  },
  {
    name: 'next_panel',
    is: (event) => alone(event) && event.key === 'F8',
    act: () => nextPanel(),
  },
  {
    name: 'mute',
    is: (event) => alone(event) && event.key === 'F9',
    act: () => press('#mute'),
  },
  {
    name: 'help',
    is: (event) => event.key === '?' && questionMark.isOn && !isTyping(event.target),
    act: (store) => store.show('help') ?? true,
  },
];

function press(selector) {
  const button = document.querySelector(selector);
  button?.click();
  return button !== null;
}

/** Go round: the talk (its field to write in, when there is one), the write-up, the case. */
function nextPanel() {
  const panels = PANELS.map((selector) => document.querySelector(selector)).filter(Boolean);
  if (panels.length === 0) return false;
  const here = document.activeElement;
  const regions = ['.talk', 'cc-write-up', 'cc-closing'];
  const at = regions.findIndex((region) => here?.closest(region));
  const next = panels[(at + 1) % panels.length];
  (next.querySelector('#compose') ?? next).focus();
  return true;
}

export function listenForShortcuts(store) {
  document.addEventListener('keydown', (event) => {
    const shortcut = SHORTCUTS.find((one) => one.is(event));
    if (shortcut && shortcut.act(store)) event.preventDefault();
  });
}
