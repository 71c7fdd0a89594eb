// The listener's telephone, whatever network is behind it.
//
//   const softphone = await createSoftphone({ kind, url, token, seconds, renewToken });
//   await softphone.prepare();      // from a click: microphone, and sound allowed
//   softphone.start();              // rung from now on, if this tab leads
//   softphone.expect(offerId);      // the offer she accepted: its leg is answered at once
//
// Rules
// - It answers by itself only the leg that carries an offer she accepted. Another
//   leg rings unanswered until its offer is expected or the network gives up.
// - A leg of another offer that is still open is hung up before the next one: a network
//   may drop the next ring in silence while its telephone is busy.
// - Only who can be rung is "ready": not while the registration or a good token is missing.
// - One tab of a session leads (Web Locks); the others wait in state "elsewhere".
//
// Events, all CustomEvents: "state" {state, offerId}; "muted" {muted}; "trouble" {code};
// "warning" {code}, which lasts until the next one, empty when all is well.
// States: "off", "elsewhere", "connecting", "ready", "ringing", "talking".
// Troubles: "no_microphone", "token", "network", "leg_failed", "no_audio".
// Warnings: "reconnecting", "no_audio".

const EXPECTED_KEPT = 8;

export class Softphone extends EventTarget {
  #state = 'off';
  #offerId = '';
  #expected = [];
  #waiting = new Map();
  #leg = null;
  #release = null;
  #muted = false;
  #reachable = false;
  #warning = '';

  get state() {
    return this.#state;
  }

  /** The offer whose leg rings or talks; empty otherwise. */
  get offerId() {
    return this.#offerId;
  }

  get inCall() {
    return this.#state === 'talking';
  }

  get muted() {
    return this.#muted;
  }

  /** What is wrong with the leg that talks: "reconnecting", "no_audio", or empty. */
  get warning() {
    return this.#warning;
  }

  /** How loud the other side is now, 0 to 1; `heard` is the loudest of the last seconds. */
  get level() {
    return 0;
  }

  get heard() {
    return 0;
  }

  /** Asks for the microphone and wakes the sound; true when she can be heard. */
  async prepare() {
    throw new Error('not of this network');
  }

  /** Connects once this tab leads its session; returns at once. */
  start(identity) {
    if (this.#state !== 'off') return;
    this.setState('connecting');
    const lead = () =>
      new Promise((resolve) => {
        this.#release = resolve;
        this.setState('connecting');
        Promise.resolve(this.connect()).catch(() => this.trouble('network'));
      });
    if (!navigator.locks) {
      lead();
      return;
    }
    const name = `softphone-${identity}`;
    navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock) return lead();
      this.setState('elsewhere');
      navigator.locks.request(name, lead);
      return null;
    });
  }

  /** Ends the leg, disconnects and lets another tab lead. */
  async stop() {
    this.hangUp();
    await this.disconnect();
    this.setState('off');
    this.#release?.();
    this.#release = null;
  }

  /** Answers the leg of this offer, now or as soon as it rings. */
  expect(offerId) {
    this.#expected = [...this.#expected.filter((id) => id !== offerId), offerId].slice(
      -EXPECTED_KEPT,
    );
    if (this.#leg && this.#leg.offerId !== offerId) {
      const stale = this.#leg;
      stale.hangUp();
      this.legEnds(stale);
    }
    const leg = this.#waiting.get(offerId);
    if (leg) this.#answer(leg);
  }

  hangUp() {
    this.#leg?.hangUp();
  }

  /** Silences the microphone for the leg that talks; each leg starts unmuted. */
  mute(muted) {
    if (!this.#leg) return;
    this.#muted = muted;
    this.#leg.mute(muted);
    this.dispatchEvent(new CustomEvent('muted', { detail: { muted } }));
  }

  sendKeys(keys) {
    this.#leg?.sendKeys(keys);
  }

  // What an implementation calls.

  /** A leg rings: `{offerId, answer(), hangUp(), mute(muted), sendKeys(keys)}`. */
  legRings(leg) {
    if (this.#expected.includes(leg.offerId) && !this.#leg) {
      this.#answer(leg);
      return;
    }
    this.#waiting.set(leg.offerId, leg);
    if (!this.#leg) this.setState('ringing', leg.offerId);
  }

  legTalks(leg) {
    if (leg === this.#leg) this.setState('talking', leg.offerId);
  }

  legEnds(leg) {
    if (this.#waiting.get(leg.offerId) === leg) this.#waiting.delete(leg.offerId);
    if (leg === this.#leg) {
      this.#leg = null;
      this.#muted = false;
      this.setWarning('');
    }
    if (!this.#leg && this.#waiting.size === 0 && this.#state !== 'off') this.#settle();
  }

  /** Whether the network can ring this telephone now. */
  setReachable(reachable) {
    this.#reachable = reachable;
    if (this.#state === 'connecting' || this.#state === 'ready') this.#settle();
  }

  setWarning(code) {
    if (code === this.#warning) return;
    this.#warning = code;
    this.dispatchEvent(new CustomEvent('warning', { detail: { code } }));
  }

  #settle() {
    this.setState(this.#reachable ? 'ready' : 'connecting');
  }

  setState(state, offerId = '') {
    if (state === this.#state && offerId === this.#offerId) return;
    this.#state = state;
    this.#offerId = offerId;
    this.dispatchEvent(new CustomEvent('state', { detail: { state, offerId } }));
  }

  trouble(code) {
    this.dispatchEvent(new CustomEvent('trouble', { detail: { code } }));
  }

  #answer(leg) {
    this.#waiting.delete(leg.offerId);
    this.#leg = leg;
    this.setState('ringing', leg.offerId);
    leg.answer();
  }
}

/**
 * @param options.kind "emulator" or "twilio"
 * @param options.url the network's address (emulator), or the edge (twilio; may be empty)
 * @param options.token an access token that lives for `seconds`; `renewToken` returns a
 *   promise of a fresh one, `{token, seconds}`
 */
export async function createSoftphone(options) {
  const module = options.kind === 'twilio' ? './twilio.js' : './emulator.js';
  const { build } = await import(module);
  return build(options);
}
