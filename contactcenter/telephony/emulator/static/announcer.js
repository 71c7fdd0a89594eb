// What the line says, aloud: a voice of the browser where there is one for the
// language, else a chime. Captions are written in any case, by the page.

const VOICES_MS = 1500;

export class Announcer {
  #context = null;
  #player = null;
  enabled = true;

  /** To be called from a click or a key, as browsers want before they make sound. */
  async wake() {
    this.#context ??= new AudioContext();
    if (this.#context.state === 'suspended') await this.#context.resume();
  }

  /** Says whether a voice speaks this language; voices may take a moment to load. */
  async hasVoice(language) {
    if (!('speechSynthesis' in globalThis)) return false;
    if (speechSynthesis.getVoices().length === 0) {
      await Promise.race([
        new Promise((resolve) => {
          speechSynthesis.addEventListener('voiceschanged', resolve, { once: true });
        }),
        new Promise((resolve) => setTimeout(resolve, VOICES_MS)),
      ]);
    }
    return this.#voice(language) !== undefined;
  }

  #voice(language) {
    const short = language.slice(0, 2).toLowerCase();
    return speechSynthesis.getVoices().find((voice) => voice.lang.toLowerCase().startsWith(short));
  }

  /** Speaks `text`; `done` is called when it has been said, or could not be. */
  say(text, language, done) {
    const voice =
      this.enabled && 'speechSynthesis' in globalThis ? this.#voice(language) : undefined;
    if (!voice) {
      this.chime();
      done();
      return;
    }
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.addEventListener('end', done);
    utterance.addEventListener('error', done);
    speechSynthesis.speak(utterance);
  }

  play(url) {
    this.hush();
    this.#player = new Audio(url);
    this.#player.play().catch(() => this.chime());
  }

  hush() {
    if ('speechSynthesis' in globalThis) speechSynthesis.cancel();
    this.#player?.pause();
    this.#player = null;
  }

  chime() {
    this.#tone(660, 0, 0.18);
    this.#tone(880, 0.2, 0.3);
  }

  beep() {
    this.#tone(440, 0, 0.15);
  }

  #tone(hertz, after, seconds) {
    if (this.#context?.state !== 'running') return;
    const start = this.#context.currentTime + after;
    const oscillator = this.#context.createOscillator();
    const gain = this.#context.createGain();
    oscillator.frequency.value = hertz;
    gain.gain.setValueAtTime(0.12, start);
    gain.gain.exponentialRampToValueAtTime(0.001, start + seconds);
    oscillator.connect(gain).connect(this.#context.destination);
    oscillator.start(start);
    oscillator.stop(start + seconds);
  }
}
