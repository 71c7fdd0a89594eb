// The pause that is offered after a hard contact. Its end is told and ends nothing:
// « ready again » stays her own word, before or after.

import { html } from 'lit';
import { secondsUntil } from './clock.js';
import { StoreElement } from './element.js';
import { duration, t, timeOf } from './texts.js';

const TICK_MS = 1_000;

class Pause extends StoreElement {
  #ticking = 0;

  connectedCallback() {
    super.connectedCallback();
    this.#ticking = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    super.disconnectedCallback();
  }

  render() {
    const { until } = this.store.presence;
    const left = until ? secondsUntil(until) : 0;
    return left > 0
      ? html`<p class="pause-left" id="pause-left" role="timer" aria-live="off">
          ${t('pause_left', { duration: duration(left), time: timeOf(until) })}
        </p>`
      : html`<p class="pause-left" id="pause-left" role="status">${t('pause_over')}</p>`;
  }
}
customElements.define('cc-pause', Pause);
