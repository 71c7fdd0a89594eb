// What may be sent as a line, as the service takes it: rules on texts alone.

// Controls that no store keeps and no screen shows; tabs and line breaks stay.
// eslint-disable-next-line no-control-regex -- controls are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
const HALVES = /\p{Cs}/gu; // no lookbehind anywhere: phones of 2022 do not know it
const INVISIBLE = /^[\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]*$/u;
// What belongs to the sign before it: no message begins with one.
const JOINED = /[\p{M}\u200d]|[\u{1f3fb}-\u{1f3ff}]/u;
const MOST_JOINED = 20;

// The text without what cannot be kept: NUL and other controls, halves of a sign.
export function clean(text) {
  return text.replace(/\r\n?/g, "\n").replace(CONTROLS, "").replace(HALVES, "");
}

// Nothing in it can be seen.
export function isBlank(text) {
  return INVISIBLE.test(text);
}

// Counted as the service counts: an emoji of two halves is one.
export function length(text) {
  return [...text].length;
}

// The text in parts of at most `most` signs, cut between paragraphs, sentences or words if possible.
export function parts(text, most) {
  const cut = [];
  let left = [...text];
  while (left.length > most) {
    const at = place(left, most);
    cut.push(left.slice(0, at).join(""));
    left = left.slice(at);
  }
  return [...cut, left.join("")].map((each) => each.trim()).filter((each) => !isBlank(each));
}

function place(signs, most) {
  const least = Math.ceil(most / 2);
  const head = signs.slice(0, most).join("");
  for (const end of ["\n\n", "\n", /[.!?…]\s/g, /\s/g]) {
    const at = typeof end === "string" ? head.lastIndexOf(end) : lastMatch(head, end);
    const count = at < 0 ? 0 : length(head.slice(0, at)) + 1;
    if (count >= least) return count;
  }
  let at = most;
  while (most - at < MOST_JOINED && (JOINED.test(signs[at]) || signs[at - 1] === "\u200d")) at -= 1;
  return at;
}

function lastMatch(text, pattern) {
  let at = -1;
  for (const match of text.matchAll(pattern)) at = match.index;
  return at;
}
