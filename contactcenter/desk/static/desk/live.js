// The live socket: a convenience over the API. Whoever misses an event reads
// the same state again, so every (re)connection starts by reading it whole.

import { api } from './api.js';

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 5_000;
const PING_EVERY_MS = 15_000;
const SILENT_MS = 40_000;
const SIGNED_OUT = 4401;

export class Live {
  #onEvent;
  #onState;
  #watches;
  #socket = null;
  #pause = FIRST_PAUSE_MS;
  #pinging = 0;
  #heard = 0;

  /** One that `watches` shows no offers, so it keeps nobody ready whose desk is closed. */
  constructor(onEvent, onState, { watches = false } = {}) {
    this.#onEvent = onEvent;
    this.#onState = onState;
    this.#watches = watches;
  }

  async start() {
    this.#onState('connecting');
    try {
      const { ticket } = await api.liveTicket();
      this.#open(ticket);
    } catch (problem) {
      if (problem.status === 401) this.#onState('signed_out');
      else this.#again();
    }
  }

  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #open(ticket) {
    const asked = new URLSearchParams({ ticket, ...(this.#watches ? { watch: 'true' } : {}) });
    const address = new URL(`/api/v1/live?${asked}`, location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => {
      this.#pause = FIRST_PAUSE_MS;
      this.#heard = performance.now();
      this.#pinging = setInterval(() => this.#ping(socket), PING_EVERY_MS);
      this.#onState('live');
    };
    socket.onmessage = ({ data }) => {
      this.#heard = performance.now();
      const event = JSON.parse(data);
      // A service about to stop says when to come back, so that not all come at once.
      if (event.type === 'reconnect') this.#pause = Math.max(FIRST_PAUSE_MS, event.after_ms);
      else this.#onEvent(event);
    };
    socket.onclose = ({ code }) => {
      clearInterval(this.#pinging);
      if (code === SIGNED_OUT) this.#onState('signed_out');
      else this.#again();
    };
  }

  // A sleeping laptop leaves a socket that looks open and hears nothing.
  #ping(socket) {
    if (performance.now() - this.#heard > SILENT_MS) socket.close();
    else this.send({ type: 'ping' });
  }

  #again() {
    this.#onState('connecting');
    setTimeout(() => this.start(), this.#pause * (0.5 + Math.random()));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }
}
