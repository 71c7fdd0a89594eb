// The softphone of Twilio: its Voice JS SDK, served by us (static/vendor), never by a CDN.

import { askMicrophone } from './peers.js';
import { Softphone } from './softphone.js';

const HELD_MS = 3000;

class TwilioSoftphone extends Softphone {
  #token;
  #renewToken;
  #edge;
  #device = null;
  #level = 0;
  #peaks = [];

  constructor({ token, renewToken, url }) {
    super();
    this.#token = token;
    this.#renewToken = renewToken;
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
    const options = { codecPreferences: ['opus', 'pcmu'], logLevel: 'silent' };
    if (this.#edge) options.edge = this.#edge.split(',');
    const device = new globalThis.Twilio.Device(this.#token, options);
    this.#device = device;
    device.on('registered', () => {
      if (this.state === 'connecting') this.setState('ready');
    });
    device.on('unregistered', () => {
      if (this.state === 'ready') this.setState('connecting');
    });
    device.on('tokenWillExpire', () => this.#refresh());
    device.on('error', (error) => this.#failed(error));
    device.on('incoming', (call) => this.#incoming(call));
    await device.register();
  }

  async disconnect() {
    this.#device?.destroy();
    this.#device = null;
  }

  async #refresh() {
    try {
      this.#device?.updateToken(await this.#renewToken());
    } catch {
      this.trouble('token');
    }
  }

  #failed(error) {
    // 20101 to 20157: the access token is invalid or has expired.
    const isToken = error.code >= 20101 && error.code <= 20157;
    this.trouble(isToken ? 'token' : 'network');
    if (isToken) this.#refresh();
  }

  #incoming(call) {
    const leg = {
      offerId: call.customParameters.get('offer_id') ?? '',
      answer: () => call.accept(),
      hangUp: () => call.disconnect(),
      mute: (muted) => call.mute(muted),
      sendKeys: (keys) => call.sendDigits(keys),
    };
    call.on('accept', () => this.legTalks(leg));
    call.on('volume', (_input, output) => this.#heard(output));
    call.on('error', () => this.trouble('leg_failed'));
    for (const end of ['cancel', 'disconnect', 'reject']) {
      call.on(end, () => {
        this.#level = 0;
        this.legEnds(leg);
      });
    }
    this.legRings(leg);
  }

  #heard(level) {
    this.#level = level;
    this.#peaks.push({ at: performance.now(), level });
  }
}

export function build(options) {
  return new TwilioSoftphone(options);
}
