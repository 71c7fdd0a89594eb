// The softphone of the emulated network: a socket for signalling, WebRTC for sound.

import { Meter } from './meter.js';
import { Peers, askMicrophone } from './peers.js';
import { Softphone } from './softphone.js';
import { TokenKeeper } from './token.js';

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const PING_MS = 20_000;
const SILENCE_MS = 45_000;

class EmulatorSoftphone extends Softphone {
  #url;
  #token;
  #seconds;
  #keeper;
  #meter = new Meter();
  #peers;
  #socket = null;
  #legs = new Map();
  #microphone = null;
  #stopped = false;
  #attempts = 0;
  #timers = [];
  #lastFrame = 0;

  constructor({ url, token, seconds, renewToken }) {
    super();
    this.#url = `${url.replace(/\/$/, '').replace(/^http/, 'ws')}/softphone`;
    this.#token = token;
    this.#seconds = seconds;
    this.#keeper = new TokenKeeper({
      renew: renewToken,
      fresh: (fresh) => this.#renewed(fresh),
      stale: () => this.#stale(),
    });
    this.#peers = new Peers((frame) => this.#send(frame), this.#meter);
  }

  get level() {
    return this.#meter.level();
  }

  get heard() {
    return this.#meter.heard();
  }

  async prepare() {
    await this.#meter.wake();
    this.#microphone ??= await askMicrophone();
    this.#peers.setMicrophone(this.#microphone);
    if (!this.#microphone) this.trouble('no_microphone');
    return this.#microphone !== null;
  }

  async connect() {
    this.#stopped = false;
    this.#keeper.start(this.#seconds);
    this.#open();
  }

  async disconnect() {
    this.#stopped = true;
    this.#keeper.stop();
    this.#clearTimers();
    this.#socket?.close();
    this.#peers.close();
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    this.#microphone = null;
    await this.#meter.close();
  }

  #open() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#send({ type: 'register', token: this.#token, audio: true });
      this.#watch(socket);
    });
    socket.addEventListener('message', ({ data }) => {
      this.#lastFrame = performance.now();
      this.#take(JSON.parse(data));
    });
    socket.addEventListener('close', () => this.#closed(socket));
  }

  #watch(socket) {
    this.#clearTimers();
    this.#lastFrame = performance.now();
    this.#timers.push(
      setInterval(() => {
        if (performance.now() - this.#lastFrame > SILENCE_MS) socket.close();
        else this.#send({ type: 'ping' });
      }, PING_MS),
    );
  }

  #closed(socket) {
    if (socket !== this.#socket) return;
    this.#clearTimers();
    this.#peers.close();
    for (const leg of [...this.#legs.values()]) this.#endLeg(leg);
    if (this.#stopped) return;
    this.setReachable(false);
    const wait = RETRY_MS[Math.min(this.#attempts, RETRY_MS.length - 1)];
    this.#attempts += 1;
    if (this.#attempts > 2) this.trouble('network');
    this.#timers.push(setTimeout(() => this.#open(), wait * (0.5 + Math.random())));
  }

  #take(frame) {
    if (this.#peers.take(frame)) return;
    const acts = {
      registered: () => this.#registered(),
      token_will_expire: () => this.#keeper.renew(),
      incoming: () => this.#incoming(frame),
      cancelled: () => this.#endLeg(this.#legs.get(frame.call)),
      call: () => this.#status(frame),
      error: () => this.#refused(frame.code),
    };
    acts[frame.type]?.();
  }

  #registered() {
    this.#attempts = 0;
    this.setReachable(true);
  }

  #renewed(token) {
    this.#token = token;
    // Sent to an open socket only: one that opens later registers with this token itself.
    this.#send({ type: 'register', token });
  }

  #stale() {
    this.trouble('token');
    this.setReachable(false);
  }

  #refused(code) {
    if (code !== 'wrong_token' && code !== 'token_expired') return;
    // The socket closes behind this word; the next one comes with a fresh token.
    this.#stale();
    this.#keeper.renew();
  }

  #incoming({ call, parameters }) {
    const leg = {
      call,
      offerId: parameters.offer_id ?? '',
      answer: () => this.#send({ type: 'answer', call }),
      hangUp: () => this.#send({ type: 'hang_up', call }),
      mute: (muted) => this.#peers.setMuted(muted),
      sendKeys: (keys) => [...keys].forEach((key) => this.#send({ type: 'press', call, key })),
    };
    this.#legs.set(call, leg);
    this.legRings(leg);
  }

  #status({ call, status }) {
    const leg = this.#legs.get(call);
    if (!leg) return;
    if (status === 'in-progress') this.legTalks(leg);
    else if (!['queued', 'ringing'].includes(status)) this.#endLeg(leg);
  }

  #endLeg(leg) {
    if (!leg) return;
    this.#legs.delete(leg.call);
    this.#peers.setMuted(false);
    this.legEnds(leg);
  }

  #send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #clearTimers() {
    for (const timer of this.#timers.splice(0)) {
      clearInterval(timer);
      clearTimeout(timer);
    }
  }
}

export function build(options) {
  return new EmulatorSoftphone(options);
}
