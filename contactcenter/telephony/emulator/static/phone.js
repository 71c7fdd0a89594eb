// The phone page: a telephone that calls the line, in a browser.

import { Meter } from '/softphone-modules/meter.js';
import { Peers, askMicrophone } from '/softphone-modules/peers.js';
import { Announcer } from './announcer.js';
import { Line } from './line.js';

const KEYS = '0123456789*#';
const MAX_CAPTIONS = 200;
const METER_MS = 100;
const LIVE = ['queued', 'ringing', 'in-progress'];

const texts = JSON.parse(document.getElementById('texts').textContent);
const byId = (id) => document.getElementById(id);
const phone = byId('phone');

const line = new Line();
const announcer = new Announcer();
const heard = new Meter();
const spoken = new Meter();
const peers = new Peers((frame) => line.send(frame), heard);

let isConnected = false;
let isLive = false;
let isSpeaking = false;
let microphone = null;

function show(state) {
  phone.dataset.state = state;
  byId('status').textContent = texts[`status_${state.replaceAll('-', '_')}`];
}

function trouble(code) {
  byId('trouble').textContent = code ? texts[`error_${code}`] : '';
}

function caption(words, { language = document.documentElement.lang, isKey = false } = {}) {
  const entry = document.createElement('p');
  entry.textContent = words;
  entry.lang = language;
  entry.className = isKey ? 'key' : 'said';
  const log = byId('captions');
  log.append(entry);
  while (log.childElementCount > MAX_CAPTIONS) log.firstElementChild.remove();
  log.scrollTop = log.scrollHeight;
  byId('captions-empty').hidden = true;
}

function setLive(live) {
  isLive = live;
  byId('call').disabled = live || !isConnected;
  byId('hang-up').disabled = !live;
  for (const key of byId('keys').children) key.disabled = !live;
  if (!live) setKeysOpen(false);
}

function setKeysOpen(open) {
  phone.dataset.keys = open ? 'open' : 'closed';
  byId('keys-state').textContent = texts[open ? 'keys_open' : 'keys_closed'];
}

async function dial() {
  if (isLive || !isConnected) return;
  trouble('');
  byId('captions').replaceChildren();
  setLive(true);
  await Promise.all([announcer.wake(), heard.wake(), spoken.wake()]);
  microphone ??= await askMicrophone();
  peers.setMicrophone(microphone);
  spoken.add('microphone', microphone);
  byId('microphone-state').textContent = texts[microphone ? 'microphone_ok' : 'microphone_none'];
  isSpeaking = byId('speak').checked && (await announcer.hasVoice('fr'));
  line.send({
    type: 'dial',
    from: byId('from').value.replaceAll(/[ .]/g, ''),
    withheld: byId('withheld').checked,
    audio: true,
    speaks: isSpeaking,
  });
}

function hangUp() {
  if (isLive) line.send({ type: 'hang_up' });
}

function press(key) {
  if (!isLive) return;
  line.send({ type: 'press', key });
  announcer.beep();
  caption(texts.captions_pressed.replace('{key}', key), { isKey: true });
}

function ended(status) {
  peers.close();
  announcer.hush();
  for (const track of microphone?.getTracks() ?? []) track.stop();
  spoken.remove('microphone');
  microphone = null;
  const held =
    document.activeElement === byId('hang-up') || byId('keys').contains(document.activeElement);
  setLive(false);
  show(status);
  // The focused control has just been disabled: the keyboard goes on from « call ».
  if (held) byId('call').focus();
}

const acts = {
  ready() {
    isConnected = true;
    setLive(false);
    if (phone.dataset.state === 'idle' || phone.dataset.state === 'lost') show('idle');
  },
  call({ status }) {
    if (!LIVE.includes(status)) {
      ended(status);
      return;
    }
    show(status);
  },
  say({ id, text, language }) {
    caption(text, { language: language || undefined });
    announcer.say(text, language || 'fr-FR', () => line.send({ type: 'spoken', id }));
  },
  play({ url }) {
    announcer.play(url);
  },
  music() {
    caption(texts.captions_music);
  },
  hush() {
    announcer.hush();
  },
  beep() {
    announcer.beep();
  },
  keys({ open }) {
    setKeysOpen(open);
  },
  conference({ sound }) {
    if (isLive) show(sound === 'none' ? 'in-progress' : sound);
  },
  error({ code }) {
    trouble(code);
    setLive(false);
  },
};

line.addEventListener('frame', ({ detail }) => {
  if (!peers.take(detail)) acts[detail.type]?.(detail);
});

line.addEventListener('lost', () => {
  isConnected = false;
  if (isLive) ended('lost');
  else show('lost');
  byId('call').disabled = true;
});

byId('dial').addEventListener('submit', (event) => {
  event.preventDefault();
  dial();
});
byId('hang-up').addEventListener('click', hangUp);
byId('keys').addEventListener('click', ({ target }) => {
  const key = target.closest('[data-key]')?.dataset.key;
  if (key) press(key);
});
byId('speak').addEventListener('change', ({ target }) => {
  announcer.enabled = target.checked;
  if (!target.checked) announcer.hush();
});

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input[type="tel"]')) {
    return;
  }
  if (event.key === 'Escape') hangUp();
  else if (event.key.length === 1 && KEYS.includes(event.key)) press(event.key);
});

setInterval(() => {
  const level = heard.level();
  const own = spoken.level();
  byId('heard').value = level;
  byId('microphone').value = own;
  phone.dataset.level = level.toFixed(3);
  phone.dataset.heard = heard.heard().toFixed(3);
  phone.dataset.microphone = spoken.heard().toFixed(3);
}, METER_MS);

announcer.hasVoice('fr').then((has) => {
  byId('speak-none').hidden = has;
});
line.open();
