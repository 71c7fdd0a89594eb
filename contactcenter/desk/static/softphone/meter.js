// Measures how loud a stream is, from 0 (silence) to 1, so that a person can see
// that they are heard and a test can prove it.

const HELD_MS = 3000;
const FULL_SCALE = 0.35; // RMS of a voice close to the microphone

export class Meter {
  #context = null;
  #sources = new Map();
  #samples = null;
  #peaks = [];

  /** To be called from a click or a key: browsers keep audio asleep until one. */
  async wake() {
    this.#context ??= new AudioContext();
    if (this.#context.state === 'suspended') await this.#context.resume();
  }

  /** Measures `stream` under a name; a stream of that name before it is let go. */
  add(name, stream) {
    this.remove(name);
    if (!stream || stream.getAudioTracks().length === 0) return;
    this.#context ??= new AudioContext();
    const source = this.#context.createMediaStreamSource(stream);
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    source.connect(analyser);
    this.#sources.set(name, { source, analyser });
    this.#samples ??= new Float32Array(analyser.fftSize);
  }

  remove(name) {
    const entry = this.#sources.get(name);
    if (!entry) return;
    entry.source.disconnect();
    this.#sources.delete(name);
  }

  /** The loudest of the streams at this instant. */
  level() {
    let loudest = 0;
    for (const { analyser } of this.#sources.values()) {
      analyser.getFloatTimeDomainData(this.#samples);
      const sum = this.#samples.reduce((total, sample) => total + sample * sample, 0);
      loudest = Math.max(loudest, Math.sqrt(sum / this.#samples.length));
    }
    const level = Math.min(1, loudest / FULL_SCALE);
    const now = performance.now();
    this.#peaks = this.#peaks.filter((peak) => now - peak.at < HELD_MS);
    this.#peaks.push({ at: now, level });
    return level;
  }

  /** The loudest of the last three seconds, as measured by calls of `level`. */
  heard() {
    return this.#peaks.reduce((most, peak) => Math.max(most, peak.level), 0);
  }

  async close() {
    for (const name of [...this.#sources.keys()]) this.remove(name);
    await this.#context?.close();
    this.#context = null;
  }
}
