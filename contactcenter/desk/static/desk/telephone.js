// The desk's telephone: started by the press of « ready », answers only the
// legs of offers accepted here.

import { createSoftphone } from '../softphone/softphone.js';
import { api } from './api.js';

const CHIME_HZ = 660;
const CHIME_SECONDS = 0.25;
// A renewal or a reconnection that succeeds at the second try changes nothing for anybody.
const LOST_AFTER_MS = 10_000;
// How long a press of « ready » waits for the network to know this telephone.
const REGISTERED_WITHIN_MS = 10_000;
const UNREACHABLE = new Set(['off', 'connecting']);
// What the service says of who was declared so.
const LOST = 'telephone_lost';
// What a listener is told of the telephone's troubles; the others pass or show as a state.
const TOLD = { no_microphone: 'audio_denied', no_audio: 'telephone_no_audio_ended' };

export class Telephone {
  #store;
  #softphone = null;
  #starting = null;
  #sound = null;
  #expected = null;
  #wasReady = false;
  #losing = 0;
  #waiting = new Set();

  constructor(store) {
    this.#store = store;
  }

  /** Where the softphone stands: see softphone.js. */
  get state() {
    return this.#softphone?.state ?? 'off';
  }

  get inCall() {
    return this.#softphone?.inCall ?? false;
  }

  get muted() {
    return this.#softphone?.muted ?? false;
  }

  get level() {
    return this.#softphone?.level ?? 0;
  }

  get heard() {
    return this.#softphone?.heard ?? 0;
  }

  /**
   * Open the microphone and register; a service without telephony needs neither.
   *
   * True once the network can ring this telephone (or that of the tab that leads),
   * false when it could not after ten seconds. The browser's own question about the
   * microphone takes the time it takes.
   */
  async prepare() {
    this.#sound ??= new AudioContext();
    this.#sound.resume();
    if (!this.#store.softphone?.kind) return true;
    this.#starting ??= this.#start().catch(() => {
      this.#starting = null;
    });
    await this.#starting;
    return this.#softphone !== null && this.#reached();
  }

  #reached() {
    if (!UNREACHABLE.has(this.state)) return true;
    return new Promise((resolve) => {
      const done = (reached) => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve(reached);
      };
      const timer = setTimeout(() => done(false), REGISTERED_WITHIN_MS);
      this.#waiting.add(done);
    });
  }

  async #start() {
    const renewToken = async () => {
      const { token, expires_in: seconds } = await api.softphoneToken();
      return { token, seconds };
    };
    const { token, expires_in: seconds, identity, kind, url } = await api.softphoneToken();
    const softphone = await createSoftphone({ kind, url, token, seconds, renewToken });
    softphone.addEventListener('state', ({ detail }) => this.#moved(detail.state));
    softphone.addEventListener('muted', () => this.#store.changed());
    softphone.addEventListener('warning', () => this.#store.changed());
    softphone.addEventListener('trouble', ({ detail }) => {
      if (TOLD[detail.code]) this.#store.say({ words: TOLD[detail.code] });
    });
    this.#softphone = softphone;
    if (this.#expected) softphone.expect(this.#expected);
    await softphone.prepare();
    softphone.start(identity);
    this.#store.changed();
  }

  /** What is wrong with the call that goes on: a name of the desk's words, or empty. */
  get warning() {
    return this.#softphone?.warning ?? '';
  }

  /** True while the network cannot ring a telephone that it could ring before. */
  get isLost() {
    return this.#wasReady && this.state === 'connecting';
  }

  /**
   * Whoever cannot be rung does not stand there as ready: after a moment the service is
   * told, and told again when the telephone is back, if nothing else was declared since.
   */
  #moved(state) {
    this.#wasReady ||= state === 'ready';
    if (!UNREACHABLE.has(state)) for (const done of [...this.#waiting]) done(true);
    clearTimeout(this.#losing);
    if (this.isLost) this.#losing = setTimeout(() => this.#lose(), LOST_AFTER_MS);
    else if (state === 'ready' && this.#store.presence.reason === LOST)
      this.#store.declare('ready');
    this.#store.changed();
  }

  async #lose() {
    if (!this.isLost) return;
    try {
      if (this.#store.presence.state === 'ready') {
        this.#store.presence = await api.declare('check_audio');
        this.#store.changed();
      }
    } catch {
      // The service may be what was lost; the desk says so by itself.
    }
    if (this.isLost) this.#losing = setTimeout(() => this.#lose(), LOST_AFTER_MS);
  }

  /** True while the browser waits for a press before it lets this page sound. */
  get isAsleep() {
    return this.state === 'off' && this.#softphone !== null;
  }

  /** To be called from a press: what waited for one goes on. */
  wake() {
    if (this.isAsleep) this.#softphone.prepare();
    if (this.#sound?.state === 'suspended') this.#sound.resume();
  }

  /** Answer the leg of an accepted offer, now or when it rings. */
  expect(offerId) {
    this.#expected = offerId;
    this.#softphone?.expect(offerId);
  }

  mute(muted) {
    this.#softphone?.mute(muted);
    this.#store.changed();
  }

  /**
   * A short soft tone: a contact is proposed. Nothing sounds before the first
   * press of the page; `anyway` is for a press that asks to hear it.
   */
  chime({ anyway = false } = {}) {
    if (anyway) {
      this.#sound ??= new AudioContext();
      this.#sound.resume();
    } else if (this.#sound?.state !== 'running') return;
    const tone = this.#sound.createOscillator();
    const volume = this.#sound.createGain();
    const now = this.#sound.currentTime;
    tone.frequency.value = CHIME_HZ;
    volume.gain.setValueAtTime(0.15, now);
    volume.gain.exponentialRampToValueAtTime(0.001, now + CHIME_SECONDS);
    tone.connect(volume).connect(this.#sound.destination);
    tone.start(now);
    tone.stop(now + CHIME_SECONDS);
  }
}
