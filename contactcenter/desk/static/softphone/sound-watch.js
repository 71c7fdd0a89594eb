// Whether sound really flows in a call. Where a network blocks UDP the SDK reports no
// error: the call stands, and nobody hears anybody. So the levels and the packets of
// every second are watched.

const SILENT_MS = 8000; // a look each second: the alarm comes within ten
const LOOK_MS = 1000;

export class SoundWatch {
  #alarm;
  #clear;
  #timer = 0;
  #received = 0;
  #sent = 0;
  #began = 0;
  #alarmed = false;
  #measured = false;

  /**
   * @param acts.alarm is told `{never}` once no sound has passed one way for eight seconds:
   *   `never` when it was measured and none ever did in this call
   * @param acts.clear is called when it flows again
   */
  constructor({ alarm, clear }) {
    this.#alarm = alarm;
    this.#clear = clear;
  }

  start() {
    this.stop();
    this.#began = performance.now();
    this.#received = this.#began;
    this.#sent = this.#began;
    this.#alarmed = false;
    this.#measured = false;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** How loud the other side is: any sound at all came over the network. */
  level(output) {
    if (output > 0) this.#received = performance.now();
  }

  /** The packets of the last second, as the SDK's `sample` counts them. */
  sample({ packetsReceived, packetsSent }) {
    this.#measured = true;
    if (packetsReceived > 0) this.#received = performance.now();
    if (packetsSent > 0) this.#sent = performance.now();
  }

  #look() {
    const now = performance.now();
    // Nothing says what is sent before the first sample.
    const last = this.#measured ? Math.min(this.#received, this.#sent) : this.#received;
    const silent = now - last >= SILENT_MS;
    if (silent === this.#alarmed) return;
    this.#alarmed = silent;
    if (silent) this.#alarm({ never: this.#measured && last === this.#began });
    else this.#clear();
  }
}
