// The softphone of Twilio: its Voice JS SDK, served by us (static/vendor), never by a CDN.

import { askMicrophone } from './peers.js';
import { Softphone } from './softphone.js';
import { SoundWatch } from './sound-watch.js';
import { TokenKeeper } from './token.js';

const HELD_MS = 3000;

class TwilioSoftphone extends Softphone {
  #token;
  #seconds;
  #keeper;
  #registered = false;
  #tokenIsGood = true;
  #edge;
  #device = null;
  #level = 0;
  #peaks = [];

  constructor({ token, seconds, renewToken, url }) {
    super();
    this.#token = token;
    this.#seconds = seconds;
    this.#keeper = new TokenKeeper({
      renew: renewToken,
      fresh: (fresh) => this.#renewed(fresh),
      stale: () => this.#stale(),
    });
    this.#edge = url;
  }

  get level() {
    return this.#level;
  }

  get heard() {
    const now = performance.now();
    this.#peaks = this.#peaks.filter((peak) => now - peak.at < HELD_MS);
    return this.#peaks.reduce((most, peak) => Math.max(most, peak.level), 0);
  }

  async prepare() {
    // Asked here, from a click, so that the prompt does not appear while a call rings.
    const stream = await askMicrophone();
    for (const track of stream?.getTracks() ?? []) track.stop();
    if (!stream) this.trouble('no_microphone');
    return stream !== null;
  }

  async connect() {
    await import('../vendor/twilio-voice-sdk/twilio.min.js');
    const options = {
      codecPreferences: ['opus', 'pcmu'],
      logLevel: 'silent',
      // Without it every signalling error is the same one, an expired token included.
      enableImprovedSignalingErrorPrecision: true,
    };
    if (this.#edge) options.edge = this.#edge.split(',');
    const device = new globalThis.Twilio.Device(this.#token, options);
    this.#device = device;
    device.on('registered', () => this.#seen({ registered: true }));
    device.on('unregistered', () => this.#seen({ registered: false }));
    device.on('tokenWillExpire', () => this.#keeper.renew());
    device.on('error', (error) => this.#failed(error));
    device.on('incoming', (call) => this.#incoming(call));
    this.#keeper.start(this.#seconds);
    await device.register();
  }

  async disconnect() {
    this.#keeper.stop();
    this.#device?.destroy();
    this.#device = null;
  }

  #seen({ registered = this.#registered, tokenIsGood = this.#tokenIsGood }) {
    this.#registered = registered;
    this.#tokenIsGood = tokenIsGood;
    this.setReachable(registered && tokenIsGood);
  }

  async #renewed(token) {
    this.#token = token;
    this.#device.updateToken(token);
    // A registration that was lost with the last token does not come back by itself.
    if (!this.#registered) await this.#device.register();
    this.#seen({ tokenIsGood: true });
  }

  #stale() {
    if (this.#tokenIsGood) this.trouble('token');
    this.#seen({ tokenIsGood: false });
  }

  #failed(error) {
    // 20101 to 20157: the access token is invalid or has expired.
    const isToken = error.code >= 20101 && error.code <= 20157;
    if (!isToken) {
      this.trouble('network');
      return;
    }
    this.#stale();
    this.#keeper.renew();
  }

  #incoming(call) {
    const leg = {
      offerId: call.customParameters.get('offer_id') ?? '',
      answer: () => call.accept(),
      hangUp: () => call.disconnect(),
      mute: (muted) => call.mute(muted),
      sendKeys: (keys) => call.sendDigits(keys),
    };
    const watch = new SoundWatch({
      alarm: ({ never }) => this.#silent(leg, never),
      clear: () => this.setWarning(''),
    });
    call.on('accept', () => {
      watch.start();
      this.legTalks(leg);
    });
    call.on('volume', (_input, output) => {
      watch.level(output);
      this.#heard(output);
    });
    call.on('sample', (sample) => watch.sample(sample));
    call.on('reconnecting', () => this.setWarning('reconnecting'));
    call.on('reconnected', () => this.setWarning(''));
    call.on('error', () => this.trouble('leg_failed'));
    for (const end of ['cancel', 'disconnect', 'reject']) {
      call.on(end, () => {
        watch.stop();
        this.#level = 0;
        this.legEnds(leg);
      });
    }
    this.legRings(leg);
  }

  /** No sound passes. Where none ever did nobody can talk: the person is given to who can. */
  #silent(leg, never) {
    this.setWarning('no_audio');
    if (!never) return;
    this.trouble('no_audio');
    leg.hangUp();
  }

  #heard(level) {
    this.#level = level;
    this.#peaks.push({ at: performance.now(), level });
  }
}

export function build(options) {
  return new TwilioSoftphone(options);
}
