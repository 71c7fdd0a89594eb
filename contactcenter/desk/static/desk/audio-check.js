// A sound to hear and a bar that moves when one speaks: the headset is checked
// before a child is on the line, not with her.

import { LitElement, html } from 'lit';
import { t } from './texts.js';

const REDRAW_MS = 50;
const FULL_SCALE = 0.35; // RMS of a voice close to the microphone
const HEARD_ABOVE = 0.02; // a quiet voice; a closed microphone stays far below

class AudioCheck extends LitElement {
  static properties = {
    telephone: { attribute: false },
    level: { state: true },
    state: { state: true },
  };
  #stream = null;
  #context = null;
  #drawing = 0;

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.state = 'asking';
    this.level = 0;
    this.#listen();
  }

  disconnectedCallback() {
    clearInterval(this.#drawing);
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#context?.close();
    super.disconnectedCallback();
  }

  async #listen() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.state = 'denied';
      return;
    }
    this.#context = new AudioContext();
    this.#context.resume();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#context.createMediaStreamSource(this.#stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.state = 'silent';
    this.#drawing = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      this.level = Math.min(1, Math.sqrt(power) / FULL_SCALE);
      if (this.level > HEARD_ABOVE) this.state = 'heard';
    }, REDRAW_MS);
  }

  render() {
    return html`<section class="banner audio-check" aria-labelledby="audio-check-title">
      <h2 id="audio-check-title">${t('audio_check')}</h2>
      <button type="button" @click=${() => this.telephone?.chime({ anyway: true })}>
        ${t('audio_check_listen')}
      </button>
      <label>${t('audio_check_speak')} <meter min="0" max="1" value=${this.level}></meter></label>
      <p role="status">${t(`audio_check_${this.state}`)}</p>
    </section>`;
  }
}
customElements.define('cc-audio-check', AudioCheck);
