// The conversations of a desk: what was said, what waits to be sent, what is unread.

import { api } from './api.js';

const TYPING_SHOWN_MS = 5_000;
const RETRY_MS = 1_000;
const MESSAGE_PAGE = 200;

export class Talks {
  lines = new Map();
  unsent = new Map();
  unread = new Map();
  // Text not sent yet, by contact: it never follows the listener to another person.
  drafts = new Map();
  readSeq = new Map();
  #typing = new Map();
  #sending = new Set();
  #changed;
  #refused;

  constructor(changed, refused) {
    this.#changed = changed;
    this.#refused = refused;
  }

  isTyping(id) {
    return this.#typing.has(id);
  }

  get hasUnsent() {
    return [...this.unsent.values(), ...this.drafts.values()].some((waiting) => waiting.length > 0);
  }

  /** Read the lines that are missing after the last one known, in order. */
  async catchUp(id) {
    for (;;) {
      const page = await api.messages(id, this.lastSeq(id));
      this.add(id, page.messages);
      if (page.messages.length < MESSAGE_PAGE) return;
    }
  }

  lastSeq(id) {
    return this.lines.get(id)?.at(-1)?.seq ?? 0;
  }

  add(id, messages) {
    const last = this.lastSeq(id);
    const fresh = messages.filter((message) => message.seq > last);
    if (fresh.length) this.lines.set(id, [...(this.lines.get(id) ?? []), ...fresh]);
    this.#changed();
  }

  /** Queue a line; it is shown at once, ticked once stored, and sent in order. */
  send(id, text) {
    const line = { cid: crypto.randomUUID(), text, problem: null };
    this.unsent.set(id, [...(this.unsent.get(id) ?? []), line]);
    this.drafts.delete(id);
    this.#changed();
    this.flush(id);
  }

  /** Send what waits, the oldest first; stops at a line that is refused. */
  async flush(id) {
    if (this.#sending.has(id)) return;
    this.#sending.add(id);
    try {
      while (this.unsent.get(id)?.length) {
        if (!(await this.#sendOne(id, this.unsent.get(id)[0]))) return;
      }
    } finally {
      this.#sending.delete(id);
    }
  }

  async #sendOne(id, line) {
    try {
      await api.send(id, line.cid, line.text);
      const waiting = this.unsent.get(id) ?? [];
      this.unsent.set(
        id,
        waiting.filter(({ cid }) => cid !== line.cid),
      );
      await this.catchUp(id);
      return true;
    } catch (problem) {
      line.problem = problem;
      this.#refused(problem);
      this.#changed();
      if (problem.retryable) setTimeout(() => this.flush(id), RETRY_MS);
      return false;
    }
  }

  typing(id) {
    clearTimeout(this.#typing.get(id));
    const over = () => {
      this.#typing.delete(id);
      this.#changed();
    };
    this.#typing.set(id, setTimeout(over, TYPING_SHOWN_MS));
  }

  stoppedTyping(id) {
    clearTimeout(this.#typing.get(id));
    this.#typing.delete(id);
  }

  forget(id) {
    this.stoppedTyping(id);
    for (const map of [this.lines, this.unsent, this.unread, this.drafts, this.readSeq])
      map.delete(id);
  }
}
