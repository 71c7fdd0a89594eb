// What the desk knows, in one place. The server holds the truth: the store is
// read whole at every (re)connection, and events only bring it forward.

import { api, Problem } from './api.js';
import { noteExact } from './clock.js';
import { Live } from './live.js';
import { Talks } from './talks.js';

const TYPING_SAID_EVERY_MS = 3_000;
const READS_AT_MOST = 5;
const STATES = new Set(['offer', 'offer_withdrawn', 'contact', 'presence', 'loss']);
const OPEN = new Set(['active', 'ended']);

/** Events: "change"; "offer", a new one; "arrive", another contact (or none) is on the desk. */
export class Store extends EventTarget {
  staff = null;
  presence = { state: 'offline' };
  offer = null;
  contacts = new Map();
  queues = [];
  alerts = [];
  losses = [];
  freeListeners = 0;
  maxChats = 0;
  connection = 'connecting';
  selected = null;
  notice = null;
  closedLast = null;
  panel = null;
  softphone = null;
  telephone = null;
  /** True while a press of « ready » waits for the telephone. */
  isPreparing = false;
  #declaring = null;
  talks = new Talks(
    () => this.changed(),
    (problem) => this.heardRefusal(problem),
  );
  #typingSaid = 0;
  #heardStates = 0;
  // What she is letting go of herself: nothing then says that it left her.
  #closing = new Set();
  #live = new Live(
    (event) => this.#heard(event),
    (state) => this.#connected(state),
  );

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

  /** Show one of the desk's panels over it, or none. */
  show(panel) {
    this.panel = panel;
    this.changed();
  }

  /** True while a state can be declared: the line lives, and the desk knows what it is. */
  get canDeclare() {
    return this.connection === 'live' && this.staff !== null;
  }

  get contact() {
    return this.contacts.get(this.selected) ?? null;
  }

  // An answer written before an event and read after it would take back what the
  // event brought (an offer, say): it is asked again until nothing came between.
  async #readWhole() {
    for (let tries = 1; ; tries += 1) {
      const before = this.#heardStates;
      const me = await api.me();
      if (before === this.#heardStates || tries === READS_AT_MOST) return me;
    }
  }

  async refresh() {
    const me = await this.#readWhole();
    this.staff = me.staff;
    this.presence = me.presence;
    this.softphone = me.softphone;
    this.maxChats = me.max_chats;
    this.losses = me.losses;
    this.#take(me.offer);
    const open = new Set(me.engagements.map((contact) => contact.contact_id));
    const lost = [...this.contacts.keys()].filter((id) => !open.has(id));
    if (lost.some((id) => !this.#isLost(id))) this.notice = { words: 'contact_no_longer' };
    lost.forEach((id) => this.#forget(id));
    // An event may have overtaken this answer: the later version stays.
    me.engagements.forEach((contact) => this.put(contact));
    this.selected = open.has(this.selected) ? this.selected : ([...open][0] ?? null);
    this.changed();
    if (this.presence.state === 'ready') this.telephone?.prepare();
    me.engagements
      .filter(({ channel, engagement }) => channel === 'call' && engagement?.state === 'connecting')
      .forEach(({ engagement }) => this.telephone?.expect(engagement.engagement_id));
    const chats = me.engagements.filter(({ channel }) => channel === 'chat');
    await Promise.all(chats.map(({ contact_id: id }) => this.talks.catchUp(id)));
    chats.forEach(({ contact_id: id }) => this.talks.flush(id));
  }

  /** Do something that may be refused: null when done, else the problem, which is also shown. */
  async act(what) {
    this.notice = null;
    let refused = null;
    try {
      await what();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      refused = problem;
      this.heardRefusal(problem);
      if (problem.status !== 401) this.notice = { problem };
    }
    this.changed();
    return refused;
  }

  /** Note that the session is over, wherever it was refused. */
  heardRefusal(problem) {
    if (problem.status === 401) this.#connected('signed_out');
  }

  /**
   * Declare what one is. « Ready » means able: it is said once the telephone can be rung,
   * and not at all while it cannot. To be called from a press, the gesture that browsers
   * want before a microphone opens.
   */
  declare(state) {
    this.closedLast = null;
    const said = Symbol(state);
    this.#declaring = said;
    return this.act(async () => {
      const able = state !== 'ready' || (await this.#able());
      // Another press came while the telephone was not there yet.
      if (this.#declaring !== said) return;
      if (able) this.presence = await api.declare(state);
      else this.notice = { words: 'telephone_unreachable' };
    });
  }

  async #able() {
    this.isPreparing = true;
    this.changed();
    try {
      return (await this.telephone?.prepare()) ?? true;
    } finally {
      this.isPreparing = false;
    }
  }

  accept() {
    if (!this.offer) return null;
    const { offer_id: offer, channel } = this.offer;
    return this.act(async () => {
      if (channel === 'call') {
        this.telephone?.expect(offer);
        // After a reload the offer may be here before the telephone is.
        await this.#able();
      }
      try {
        const { contact } = await api.accept(offer);
        this.closedLast = null;
        this.put(contact);
        this.select(contact.contact_id, { arrives: true });
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

  select(id, { arrives = false } = {}) {
    this.selected = id;
    this.talks.unread.delete(id);
    this.markRead();
    this.changed();
    if (arrives) this.dispatchEvent(new Event('arrive'));
  }

  /** Go to the next contact of the list, those with unread lines first. */
  selectNext() {
    const ids = [...this.contacts.keys()];
    if (ids.length === 0) return;
    const after = ids.indexOf(this.selected) + 1;
    const turn = [...ids.slice(after), ...ids.slice(0, after)];
    this.select(turn.find((id) => this.talks.unread.get(id)) ?? turn[0], { arrives: true });
  }

  /**
   * Close a contact. Ready again is never automatic: with her last contact the
   * listener stands aside first, so that nothing is offered between the two.
   */
  close(id, outcome) {
    return this.act(async () => {
      if (this.contacts.size === 1 && this.presence.state === 'ready')
        this.presence = await api.declare('break');
      await this.letGo(id, async () => {
        const closed = await api.close(id, outcome);
        this.closedLast = { at: closed.closed_at };
        return closed;
      });
    });
  }

  /** Do what takes a contact off this desk: nothing then says that it left her. */
  async letGo(id, what) {
    this.#closing.add(id);
    try {
      this.put(await what());
    } finally {
      this.#closing.delete(id);
    }
  }

  /** Replace a contact by what the server says of it. */
  put(contact) {
    const { contact_id: id, state, version } = contact;
    const known = this.contacts.get(id);
    if (known && known.version > version) return;
    if (OPEN.has(state)) {
      this.contacts.set(id, contact);
    } else if (known) {
      if (!this.#closing.has(id)) this.#sayGone(known, state);
      this.#forget(id);
    }
    this.changed();
  }

  // What the desk lost has a notice of its own.
  #isLost(id) {
    return this.losses.some(({ contact_id: lost }) => lost === id);
  }

  /** Note that she has seen what her desk lost. */
  seeLosses() {
    const until = this.losses
      .map(({ lost_at: at }) => at)
      .sort()
      .at(-1);
    return this.act(async () => {
      await api.lossesSeen(until);
      this.losses = this.losses.filter(({ lost_at: at }) => at > until);
    });
  }

  #sayGone(known, state) {
    if (this.#isLost(known.contact_id)) return;
    if (state === 'waiting') this.notice = { words: 'contact_returned' };
    else if (known.state === 'active') this.notice = { words: 'contact_left' };
  }

  saysTyping(id) {
    if (performance.now() - this.#typingSaid < TYPING_SAID_EVERY_MS) return;
    this.#typingSaid = performance.now();
    this.#live.send({ type: 'typing', contact_id: id });
  }

  markRead() {
    const seq = this.talks.lastSeq(this.selected);
    if (!seq || !document.hasFocus()) return;
    this.talks.unread.delete(this.selected);
    this.#live.send({ type: 'read', contact_id: this.selected, seq });
  }

  #connected(state) {
    this.connection = state;
    this.changed();
    if (state === 'live') this.act(() => this.refresh());
  }

  #heard(event) {
    if (STATES.has(event.type)) this.#heardStates += 1;
    const react = {
      offer: () => this.#take(event),
      offer_withdrawn: () => {
        if (this.offer?.offer_id === event.offer_id) this.#withdraw(event.reason);
      },
      contact: () => this.put(event.contact),
      message: () => this.#message(event),
      typing: () => this.talks.typing(event.contact_id),
      read: () => this.talks.readSeq.set(event.contact_id, event.seq),
      presence: () => {
        this.presence = event;
      },
      loss: () => {
        const others = this.losses.filter(({ contact_id: id }) => id !== event.contact_id);
        this.losses = [event, ...others];
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
    noteExact(offer.server_now);
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
    // Higher than the next means that one was missed: read them all.
    if (message.seq > this.talks.lastSeq(id) + 1) this.act(() => this.talks.catchUp(id));
    else this.talks.add(id, [message]);
    if (message.from !== 'visitor') return;
    this.talks.stoppedTyping(id);
    if (id === this.selected && document.hasFocus()) this.markRead();
    else this.talks.unread.set(id, (this.talks.unread.get(id) ?? 0) + 1);
    this.dispatchEvent(new CustomEvent('line', { detail: { id } }));
  }

  #forget(id) {
    this.contacts.delete(id);
    this.talks.forget(id);
    if (this.selected !== id) return;
    this.selected = [...this.contacts.keys()][0] ?? null;
    this.dispatchEvent(new Event('arrive'));
  }
}
