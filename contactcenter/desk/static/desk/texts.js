// Words and lists given by the page: nothing user-facing is written in a script.

const page = JSON.parse(document.getElementById('page').textContent);

export const language = page.language;
export const lists = page.lists;

const plural = new Intl.PluralRules(language);

/** Return the words of a key, its {placeholders} filled in; `count` chooses among plural forms. */
export function t(key, values = {}) {
  let words = page.texts[key] ?? key;
  if (typeof words !== 'string') words = words[plural.select(values.count)] ?? words.other;
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** Return the words of a value in one of the page's lists. */
export function label(list, value) {
  return lists[list]?.find((item) => item.value === value)?.label ?? value ?? '';
}

/** Return a queue's name in the page's language; one that the page does not know keeps the server's. */
export const queueLabel = ({ queue, queue_label: said }) =>
  lists.queues.find(({ value }) => value === queue)?.label ?? said ?? queue;

/** Return a configured label in the page's language. */
export const labelOf = (labels) => labels[language] ?? Object.values(labels)[0];

// Hours are those of the helpline, wherever the desk's own clock stands.
// English as the pages that the server writes have it: the day before the month.
const locale = language === 'en' ? 'en-GB' : language;
const clock = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: page.timezone,
});
export const timeOf = (instant) => clock.format(new Date(instant));

// With its day: for what does not happen within the hour.
const calendar = new Intl.DateTimeFormat(locale, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: page.timezone,
});
export const momentOf = (instant) =>
  calendar
    .formatToParts(new Date(instant))
    // French says the first of a month « 1er »; Intl does not.
    .map(({ type, value }) =>
      type === 'day' && value === '1' && language === 'fr' ? '1er' : value,
    )
    .join('');

/** Return a duration as « 1 min 05 » or « 12 s ». */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  return minutes ? `${minutes}\u202fmin\u202f${String(rest).padStart(2, '0')}` : `${rest}\u202fs`;
}

/** Return the words for a refused request. */
export const problemWords = (problem) =>
  page.texts[`problem_${problem.code}`] ?? t('problem_other', { code: problem.code });

/** Return a text in small letters, without accents or fine typography: what a filter compares. */
export const plain = (text) =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/’/g, "'")
    .toLowerCase();
