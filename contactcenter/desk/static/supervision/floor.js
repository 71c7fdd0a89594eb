// What whoever supervises knows of the floor. Figures come with each live event; the
// rest is read again when the event's revision says that something changed.

import { api, Problem } from '../desk/api.js';
import { serverNow } from '../desk/clock.js';
import { Live } from '../desk/live.js';

const READ_EVERY_MS = 2_000;
const READ_ANYWAY_MS = 30_000; // what woke the server may have been lost

/** Events: "change", something to draw again. */
export class Floor extends EventTarget {
  /** The answer of `GET supervision`, its figures brought forward; null until first read. */
  view = null;
  connection = 'connecting';
  /** What the last act did, in words; it stays until the next one. */
  said = '';
  problem = null;
  isOffered = false;
  #revision = -1;
  #set = '';
  #figuresAt = 0;
  #readAt = -READ_EVERY_MS;
  #reading = 0;
  #live = new Live(
    (event) => this.#heard(event),
    (state) => this.#connected(state),
    { watches: true },
  );

  start() {
    setInterval(() => document.hidden || this.#readSoon(), READ_ANYWAY_MS);
    return this.#live.start();
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }

  say(words) {
    this.said = words;
    this.changed();
  }

  /** Seconds since the contacts and listeners were read. */
  get age() {
    return this.view ? Math.max(0, (serverNow() - Date.parse(this.view.at)) / 1000) : 0;
  }

  /** Seconds since the queues' figures were taken. */
  get figuresAge() {
    return Math.max(0, (serverNow() - this.#figuresAt) / 1000);
  }

  /** Read everything again, now; null when done, else the problem. */
  async read() {
    clearTimeout(this.#reading);
    this.#reading = 0;
    this.#readAt = performance.now();
    try {
      this.#take(await api.supervision());
      this.problem = null;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.problem = problem;
      if (problem.status === 401) this.connection = 'signed_out';
      else if (problem.retryable) this.#readSoon();
    }
    this.changed();
  }

  /** Do something that may be refused: null when done, and what it changed is read; else the problem. */
  async act(what) {
    try {
      await what();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return problem;
    }
    await this.read();
    return null;
  }

  // An answer may come after a later one, or after an event that knew more.
  #take(view) {
    const at = Date.parse(view.at);
    if (this.view && at < Date.parse(this.view.at)) return;
    this.view = at < this.#figuresAt ? { ...view, ...this.#figuresOf(this.view) } : view;
    this.#figuresAt = Math.max(at, this.#figuresAt);
  }

  #figuresOf({ queues, alerts, free_listeners, present_listeners }) {
    return { queues, alerts, free_listeners, present_listeners };
  }

  // Whatever changes in a busy minute, the server is asked at most every two seconds.
  #readSoon() {
    if (this.#reading) return;
    const wait = Math.max(0, READ_EVERY_MS - (performance.now() - this.#readAt));
    this.#reading = setTimeout(() => this.read(), wait);
  }

  #connected(state) {
    this.connection = state;
    if (state === 'live') this.read();
    this.changed();
  }

  #heard(event) {
    if (event.type === 'offer') this.isOffered = true;
    if (event.type === 'offer_withdrawn') this.isOffered = false;
    if (event.type === 'supervision') this.#figures(event);
    this.changed();
  }

  #figures(event) {
    const { at, revision, queues } = event;
    const set = JSON.stringify(queues.map(({ override }) => override));
    if (revision !== this.#revision || set !== this.#set) this.#readSoon();
    this.#set = set;
    this.#revision = revision;
    if (!this.view || Date.parse(at) < this.#figuresAt) return;
    this.#figuresAt = Date.parse(at);
    Object.assign(this.view, this.#figuresOf(event));
  }
}
