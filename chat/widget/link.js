// Keeps a conversation joined to the service: a socket while one passes, HTTP when it does not.
//
// A line is on its way at most once at a time, over one or the other, in the order written;
// with its cid it may be sent again safely. A socket that looks open may be dead (a phone that
// slept): whoever comes back to the page asks for a sign, and does not believe the silence.

import { Post } from "./poll.js";

export const TIMES = {
  ready: 10000, // from connecting to `ready`
  ping: 20000,
  pong: 25000, // a ping unanswered for that long: dead
  sign: 5000, // the same, when the page has just come back
  ack: 10000,
  poll: 2000,
  pollHidden: 5000,
  retryLeast: 500,
  retryMost: 30000,
  typing: 3000,
};
const OVER = ["ended", "closed"];
const FAILURES_BEFORE_POLLING = 2;
const NOT_SIGNED_IN = 4401;
// Refused for what we do, or one tab too many: HTTP for a while, not the same again at once.
const REFUSED = [4400, 4409, 4429];

export class Link {
  // `on`: state({state, position, wait_seconds, queue, message, quick}), typing(), lost(),
  // way("socket"|"http"|"none"|"offline"): how lines pass now; "offline" is the device's own word.
  constructor(credentials, conversation, on) {
    this.credentials = credentials;
    this.conversation = conversation;
    this.on = on;
    this.post = new Post(credentials);
    this.socket = null;
    this.live = false;
    this.polling = false;
    this.stopped = false;
    this.failures = 0;
    this.inFlight = null;
    this.pinged = 0;
    this.timers = {};
    this.typed = -Infinity;
    this.told = 0;
    this.passing = "none";
    this.listeners = ["visibilitychange", "pageshow", "online", "focus"];
    this.woken = () => {
      this.pass();
      if (document.visibilityState === "visible") this.wake();
    };
    this.cut = () => this.pass();
  }

  start() {
    for (const name of this.listeners) addEventListener(name, this.woken);
    addEventListener("offline", this.cut);
    if (navigator.onLine === false) this.pass();
    this.connect();
  }

  stop() {
    this.stopped = true;
    for (const name of this.listeners) removeEventListener(name, this.woken);
    removeEventListener("offline", this.cut);
    for (const name of Object.keys(this.timers)) this.cancel(name);
    this.detach();
  }

  // Tell how lines pass. A device without a network knows it long before a socket dies of it.
  pass(way = this.passing) {
    this.passing = way;
    this.on.way(navigator.onLine === false ? "offline" : way);
  }

  // Send what waits, if nothing is on its way.
  pump() {
    if (this.stopped || this.inFlight) return;
    const line = this.conversation.next();
    if (!line) return;
    if (this.live) {
      this.inFlight = line;
      this.tell({ type: "send", cid: line.cid, text: line.text });
      this.after("ack", TIMES.ack, () => this.drop());
    } else if (this.polling) {
      this.inFlight = line;
      this.sendByPost(line);
    }
  }

  typing() {
    const now = performance.now();
    if (!this.live || now - this.typed < TIMES.typing) return;
    this.typed = now;
    this.tell({ type: "typing" });
  }

  read(seq) {
    if (!this.live || seq <= this.told) return;
    this.told = seq;
    this.tell({ type: "read", seq });
  }

  // The page is looked at again, or the network is said to be back.
  wake() {
    if (this.stopped) return;
    if (this.live) {
      this.ping();
      this.after("sign", TIMES.sign, () => this.pinged && this.drop());
    } else if (!this.socket) {
      this.connect();
    }
    if (this.polling) this.pollNow();
  }

  // The socket.

  connect() {
    if (this.stopped || this.socket) return;
    this.cancel("retry");
    let socket;
    try {
      socket = new WebSocket(this.credentials.socket_url);
    } catch {
      this.failed();
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      const { token } = this.credentials;
      this.tell({ type: "hello", token, last_seq: this.conversation.cursor });
    };
    socket.onmessage = (event) => this.heard(JSON.parse(event.data));
    socket.onclose = (event) => this.drop(event.code);
    this.after("ready", TIMES.ready, () => this.drop());
  }

  heard(frame) {
    this.pinged = 0;
    this.cancel("sign");
    switch (frame.type) {
      case "ready":
        this.becomeLive();
        break;
      case "message":
        if (!this.conversation.accept(frame)) this.fetchMissing();
        break;
      case "ack":
        this.conversation.acknowledge(frame.cid, frame.at);
        this.landed(frame.cid);
        break;
      case "state":
        this.state(frame);
        break;
      case "typing":
        this.on.typing();
        break;
      case "resync":
        this.conversation.reset();
        break;
      case "reconnect":
        this.after("move", frame.after_ms, () => this.drop());
        break;
      case "error":
        if (frame.cid) this.refused(frame.cid, frame.code, frame.retry_after);
        break;
    }
  }

  becomeLive() {
    this.cancel("ready");
    this.cancel("poll");
    this.live = true;
    this.polling = false;
    this.failures = 0;
    this.pass("socket");
    this.every("ping", TIMES.ping, () => this.beat());
    this.pump();
  }

  beat() {
    if (this.pinged && performance.now() - this.pinged > TIMES.pong) this.drop();
    else this.ping();
  }

  ping() {
    this.pinged = this.pinged || performance.now();
    this.tell({ type: "ping" });
  }

  tell(frame) {
    if (this.socket && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  // The socket is dead, or taken for dead: a new one, and HTTP meanwhile if that fails too.
  drop(code = 0) {
    if (!this.socket) return;
    const worked = this.live;
    this.detach();
    if (this.inFlight && !this.inFlight.posted) this.inFlight = null;
    if (code === NOT_SIGNED_IN) {
      this.on.lost();
      return;
    }
    if (REFUSED.includes(code)) this.failures = 5;
    this.failed(worked && !REFUSED.includes(code));
  }

  detach() {
    const socket = this.socket;
    this.socket = null;
    this.live = false;
    this.pinged = 0;
    for (const name of ["ready", "ping", "sign", "ack", "move"]) this.cancel(name);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  failed(worked = false) {
    this.failures = worked ? 0 : this.failures + 1;
    const most = Math.min(TIMES.retryMost, TIMES.retryLeast * 2 ** this.failures);
    this.after("retry", most * (0.5 + Math.random() / 2), () => this.connect());
    if (this.polling) return;
    this.pass("none");
    if (this.failures >= FAILURES_BEFORE_POLLING) {
      this.polling = true;
      this.pollNow();
    }
  }

  // HTTP.

  async pollNow() {
    this.cancel("poll");
    if (!this.polling || this.stopped || this.asking) return;
    this.asking = true;
    try {
      await this.fetch();
      if (this.polling) this.pass("http");
      this.pump();
    } catch (error) {
      if (error.status === 401 || error.status === 404) this.on.lost();
      else this.pass("none");
    } finally {
      this.asking = false;
    }
    const pause = document.visibilityState === "visible" ? TIMES.poll : TIMES.pollHidden;
    if (this.polling) this.after("poll", pause, () => this.pollNow());
  }

  // All that is after the cursor, and where the conversation stands.
  async fetch() {
    let answer;
    do {
      const cursor = this.conversation.cursor;
      answer = await this.post.after(cursor);
      if (this.stopped) return;
      this.conversation.acceptAll(answer.messages);
    } while (answer.messages.length && this.conversation.cursor < answer.head_seq);
    this.state(answer);
  }

  async fetchMissing() {
    try {
      await this.fetch();
    } catch {
      this.drop(); // the next hello asks for the same lines
    }
  }

  async sendByPost(line) {
    line.posted = true;
    try {
      const stored = await this.post.send(line);
      this.conversation.acknowledge(line.cid, stored.at);
      line.posted = false;
      this.landed(line.cid);
      this.pollNow();
    } catch (error) {
      line.posted = false;
      this.refused(line.cid, error.code, error.passing ? Math.max(1, error.retryAfter) : null);
    }
  }

  // Either way.

  landed(cid) {
    if (this.inFlight && this.inFlight.cid === cid) {
      this.inFlight = null;
      this.cancel("ack");
    }
    this.pump();
  }

  // `retryAfter` in seconds: the line goes again then, before any later one. None: it never will.
  refused(cid, code, retryAfter) {
    if (this.inFlight && this.inFlight.cid === cid) this.cancel("ack");
    if (retryAfter === null || retryAfter === undefined) {
      this.conversation.fail(cid, code);
      this.landed(cid);
      return;
    }
    this.after("again", Math.min(TIMES.retryMost, retryAfter * 1000), () => this.landed(cid));
  }

  async state(status) {
    const over = OVER.includes(status.state);
    if (over && this.live && !status.quick) {
      // The last lines may still be on their way.
      this.live = false;
      try {
        await this.fetch();
        return;
      } catch {
        // Shown as over all the same.
      }
    }
    this.on.state(status);
  }

  // Timers, each under its name, so that none outlives its reason.

  after(name, ms, act) {
    this.cancel(name);
    this.timers[name] = setTimeout(() => {
      delete this.timers[name];
      if (!this.stopped) act();
    }, ms);
  }

  every(name, ms, act) {
    this.after(name, ms, () => {
      this.every(name, ms, act);
      act();
    });
  }

  cancel(name) {
    clearTimeout(this.timers[name]);
    delete this.timers[name];
  }
}
