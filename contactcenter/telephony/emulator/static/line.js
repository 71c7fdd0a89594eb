// The telephone's line: the socket to the emulated network.

const RETRY_MS = [250, 500, 1000, 2000, 4000];

export class Line extends EventTarget {
  #socket = null;
  #attempts = 0;

  /** Connects, and again whenever the network comes back. A lost socket is a lost call. */
  open() {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/phone`);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#attempts = 0;
    });
    socket.addEventListener('message', ({ data }) => {
      this.dispatchEvent(new CustomEvent('frame', { detail: JSON.parse(data) }));
    });
    socket.addEventListener('close', () => {
      this.dispatchEvent(new CustomEvent('lost'));
      const wait = RETRY_MS[Math.min(this.#attempts, RETRY_MS.length - 1)];
      this.#attempts += 1;
      setTimeout(() => this.open(), wait);
    });
  }

  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}
