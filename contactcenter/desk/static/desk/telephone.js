// The desk's telephone: started by the press of « ready », answers only the
// legs of offers accepted here.

import { createSoftphone } from '../softphone/softphone.js';
import { api } from './api.js';

const CHIME_HZ = 660;
const CHIME_SECONDS = 0.25;

export class Telephone {
  #store;
  #softphone = null;
  #starting = null;
  #sound = null;
  #expected = null;

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

  /** Open the microphone and register; a service without telephony needs neither. */
  async prepare() {
    this.#sound ??= new AudioContext();
    this.#sound.resume();
    if (!this.#store.softphone?.kind) return;
    this.#starting ??= this.#start().catch(() => {
      this.#starting = null;
    });
    await this.#starting;
  }

  async #start() {
    const renewToken = async () => (await api.softphoneToken()).token;
    const { token, identity, kind, url } = await api.softphoneToken();
    const softphone = await createSoftphone({ kind, url, token, renewToken });
    softphone.addEventListener('state', () => this.#store.changed());
    softphone.addEventListener('muted', () => this.#store.changed());
    softphone.addEventListener('trouble', ({ detail }) => {
      if (detail.code === 'no_microphone') this.#store.say({ words: 'audio_denied' });
    });
    this.#softphone = softphone;
    if (this.#expected) softphone.expect(this.#expected);
    await softphone.prepare();
    softphone.start(identity);
    this.#store.changed();
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
