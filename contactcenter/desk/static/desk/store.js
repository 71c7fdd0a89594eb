// What the desk knows, in one place. The server holds the truth: the store is
// read whole at every (re)connection, and events only bring it forward.

import { api, Problem } from './api.js';
import { Live } from './live.js';

const TYPING_SHOWN_MS = 5_000;
const TYPING_SAID_EVERY_MS = 3_000;
const RETRY_MS = 1_000;
const MESSAGE_PAGE = 200;

export class Store extends EventTarget {
  staff = null;
  presence = { state: 'offline' };
  offer = null;
  contacts = new Map();
  lines = new Map();
  unsent = new Map();
  unread = new Map();
  typingUntil = new Map();
  readSeq = new Map();
  queues = [];
  alerts = [];
  freeListeners = 0;
  connection = 'connecting';
  selected = null;
  notice = null;
  softphone = null;
  telephone = null;
  #live = new Live(
    (event) => this.#heard(event),
    (state) => this.#connected(state),
  );
  #clockAhead = 0;
  #typingSaid = 0;
  #sending = new Set();

  start() {
    return this.#live.start();
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }

  say(notice) {
    this.notice = notice;
    this.changed();
  }

  /** Milliseconds of the server's clock: countdowns do not trust the desk's own. */
  serverNow() {
    return Date.now() + this.#clockAhead;
  }

  async refresh() {
    const me = await api.me();
    this.staff = me.staff;
    this.presence = me.presence;
    this.softphone = me.softphone;
    this.#take(me.offer);
    const open = new Set(me.engagements.map((contact) => contact.contact_id));
    for (const id of this.contacts.keys()) if (!open.has(id)) this.#forget(id);
    // An event may have overtaken this answer: the later version stays.
    me.engagements.forEach((contact) => this.put(contact));
    this.selected = open.has(this.selected) ? this.selected : ([...open][0] ?? null);
    this.changed();
    if (this.presence.state === 'ready') await this.telephone?.prepare();
    me.engagements
      .filter(({ channel, engagement }) => channel === 'call' && engagement?.state === 'connecting')
      .forEach(({ engagement }) => this.telephone?.expect(engagement.engagement_id));
    await Promise.all([...open].map((id) => this.catchUp(id)));
  }

  async act(what) {
    try {
      this.notice = null;
      await what();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 401) this.#connected('signed_out');
      this.say({ problem });
    }
    this.changed();
  }

  declare(state) {
    return this.act(async () => {
      this.presence = await api.declare(state);
    });
  }

  accept() {
    const { offer_id: offer, channel } = this.offer;
    return this.act(async () => {
      if (channel === 'call') this.telephone?.expect(offer);
      try {
        const { contact } = await api.accept(offer);
        this.contacts.set(contact.contact_id, contact);
        this.select(contact.contact_id);
      } finally {
        if (this.offer?.offer_id === offer) this.offer = null;
      }
      await this.refresh();
    });
  }

  decline(reason) {
    const { offer_id: offer } = this.offer;
    return this.act(async () => {
      await api.decline(offer, reason);
      if (this.offer?.offer_id === offer) this.offer = null;
    });
  }

  select(id) {
    this.selected = id;
    this.unread.delete(id);
    this.#markRead(id);
    this.changed();
  }

  /** Replace a contact by what the server says of it. */
  put(contact) {
    const known = this.contacts.get(contact.contact_id);
    if (known && known.version > contact.version) return;
    if (contact.state === 'closed') this.#forget(contact.contact_id);
    else this.contacts.set(contact.contact_id, contact);
    this.changed();
  }

  /** Read the lines that are missing after the last one known, in order. */
  async catchUp(id) {
    if (this.contacts.get(id)?.channel !== 'chat') return;
    for (;;) {
      const known = this.lines.get(id) ?? [];
      const after = known.at(-1)?.seq ?? 0;
      const page = await api.messages(id, after);
      this.#add(id, page.messages);
      if (page.messages.length < MESSAGE_PAGE) return;
    }
  }

  /** Queue a line; it is shown at once, ticked once stored, and sent in order. */
  send(id, text) {
    const waiting = this.unsent.get(id) ?? [];
    this.unsent.set(id, [...waiting, { cid: crypto.randomUUID(), text, problem: null }]);
    this.changed();
    this.#flush(id);
  }

  /** Send again what was refused for a passing reason. */
  async #flush(id) {
    if (this.#sending.has(id)) return;
    this.#sending.add(id);
    try {
      while (this.unsent.get(id)?.length) {
        const [line] = this.unsent.get(id);
        if (!(await this.#sendOne(id, line))) return;
      }
    } finally {
      this.#sending.delete(id);
    }
  }

  async #sendOne(id, line) {
    try {
      await api.send(id, line.cid, line.text);
      this.unsent.set(id, this.unsent.get(id).filter((other) => other.cid !== line.cid));
      await this.catchUp(id);
      this.changed();
      return true;
    } catch (problem) {
      line.problem = problem;
      this.changed();
      if (problem.retryable) setTimeout(() => this.#flush(id), RETRY_MS);
      return false;
    }
  }

  saysTyping(id) {
    if (performance.now() - this.#typingSaid < TYPING_SAID_EVERY_MS) return;
    this.#typingSaid = performance.now();
    this.#live.send({ type: 'typing', contact_id: id });
  }

  #connected(state) {
    this.connection = state;
    this.changed();
    if (state === 'live') this.act(() => this.refresh());
  }

  #heard(event) {
    const react = {
      offer: () => this.#take(event),
      offer_withdrawn: () => {
        if (this.offer?.offer_id === event.offer_id) this.#withdraw(event.reason);
      },
      contact: () => this.put(event.contact),
      message: () => this.#message(event),
      typing: () => this.#typing(event.contact_id),
      read: () => this.readSeq.set(event.contact_id, event.seq),
      presence: () => {
        this.presence = event;
      },
      queues: () => {
        this.queues = event.queues;
        this.alerts = event.alerts;
        this.freeListeners = event.free_listeners;
      },
    }[event.type];
    react?.();
    this.changed();
  }

  #take(offer) {
    if (!offer) {
      this.offer = null;
      return;
    }
    this.#clockAhead = Date.parse(offer.server_now) - Date.now();
    const isNew = this.offer?.offer_id !== offer.offer_id;
    this.offer = offer;
    this.#live.send({ type: 'offer_seen', offer_id: offer.offer_id });
    if (isNew) this.dispatchEvent(new Event('offer'));
  }

  #withdraw(reason) {
    this.offer = null;
    if (reason !== 'accepted' && reason !== 'declined') this.notice = { withdrawn: reason };
  }

  #message({ contact_id: id, message }) {
    const last = this.lines.get(id)?.at(-1)?.seq ?? 0;
    // Higher than the next means that one was missed: read them all.
    if (message.seq > last + 1) this.act(() => this.catchUp(id));
    else this.#add(id, [message]);
    if (message.from !== 'visitor') return;
    this.typingUntil.delete(id);
    if (id === this.selected && document.hasFocus()) this.#markRead(id);
    else this.unread.set(id, (this.unread.get(id) ?? 0) + 1);
    this.dispatchEvent(new CustomEvent('line', { detail: { id, message } }));
  }

  #add(id, messages) {
    const known = this.lines.get(id) ?? [];
    const last = known.at(-1)?.seq ?? 0;
    const fresh = messages.filter((message) => message.seq > last);
    if (fresh.length) this.lines.set(id, [...known, ...fresh]);
    this.changed();
  }

  #markRead(id) {
    const seq = this.lines.get(id)?.at(-1)?.seq;
    if (seq) this.#live.send({ type: 'read', contact_id: id, seq });
  }

  #typing(id) {
    const until = performance.now() + TYPING_SHOWN_MS;
    this.typingUntil.set(id, until);
    setTimeout(() => {
      if (this.typingUntil.get(id) === until) this.typingUntil.delete(id);
      this.changed();
    }, TYPING_SHOWN_MS);
  }

  #forget(id) {
    [this.contacts, this.lines, this.unsent, this.unread, this.typingUntil, this.readSeq].forEach(
      (map) => map.delete(id),
    );
    if (this.selected === id) this.selected = [...this.contacts.keys()][0] ?? null;
  }
}
