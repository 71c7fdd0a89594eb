// A box to write in: as high as its text, with its limit said, and a text that can be sent.

import { clean, isBlank, length, parts } from "./texts.js";

const FEW_LEFT = 200;
const MOST_PARTS = 10;

export class Box {
  // `changed()` is told of what is typed. `split` is the button that sends in parts, if there is one.
  constructor({ text, trouble, split = null, words, most, changed }) {
    Object.assign(this, { text, trouble, split, words, most, changed });
    text.addEventListener("input", () => {
      this.fit();
      changed();
    });
  }

  get value() {
    return this.text.value;
  }

  put(value) {
    this.text.value = value;
    this.fit();
    this.changed();
  }

  // The lines that the text makes: none when there is nothing to read in it, or too much of it.
  lines(inParts = false) {
    const text = clean(this.value);
    if (isBlank(text)) {
      if (this.value) this.say(this.words.say("nothing_to_read"));
      return [];
    }
    if (length(text) <= this.most) return [text];
    if (inParts && this.count <= MOST_PARTS) return parts(text, this.most);
    this.fit();
    return [];
  }

  get count() {
    return parts(clean(this.value), this.most).length;
  }

  fit() {
    const { text } = this;
    text.style.height = "auto";
    if (text.value) text.style.height = `${text.scrollHeight + 2}px`;
    const left = this.most - length(text.value);
    const count = left < 0 ? this.count : 1;
    if (this.split) {
      this.split.hidden = left >= 0 || count > MOST_PARTS;
      this.split.textContent = this.words.say("send_parts", { count });
    }
    this.say(left > FEW_LEFT ? "" : this.words.say(this.about(left, count), this.numbers(left)));
  }

  about(left, count) {
    if (left >= 0) return "characters_left";
    return count > MOST_PARTS ? "too_long_in_parts" : "too_long";
  }

  numbers(left) {
    return { count: left, most: this.most, all: this.most * MOST_PARTS };
  }

  say(text) {
    if (this.trouble.textContent !== text) this.trouble.textContent = text;
  }
}
