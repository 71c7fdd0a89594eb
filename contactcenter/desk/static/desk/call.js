// A call: where it stands, and the telephone's own controls.

import { html, nothing } from 'lit';
import { serverNow } from './clock.js';
import { StoreElement } from './element.js';
import { guidance } from './guidance.js';
import { duration, t } from './texts.js';

const TICK_MS = 300; // the bar that shows the person's voice follows it

class Call extends StoreElement {
  static properties = { ...StoreElement.properties, contact: { attribute: false } };
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
    const { engagement, state, ended_at: ended } = this.contact;
    const started = engagement?.talking_at;
    const until = ended ? Date.parse(ended) : serverNow();
    return html`
      <div class="call-box ${state === 'active' ? (engagement?.state ?? '') : ''}">
        <p role="status" class="call-state" data-call=${engagement?.state ?? ''}>
          ${this.#state()}
        </p>
        ${
          started
            ? html`<p class="timer" role="timer" aria-live="off" aria-label=${t('call_lasts')}>
                ${duration((until - Date.parse(started)) / 1000)}
              </p>`
            : nothing
        }
        ${this.store.telephone?.inCall ? this.#controls(this.store.telephone) : nothing}
        <p class="note">${t('call_address_aloud')}</p>
      </div>
      ${guidance({ isOpen: true })}
    `;
  }

  #state() {
    const { engagement, state } = this.contact;
    if (state !== 'active') return t('call_over');
    const rings = engagement?.state === 'connecting' && this.store.telephone?.state === 'ringing';
    return t(rings ? 'call_ringing' : `call_${engagement?.state ?? ''}`);
  }

  #controls(telephone) {
    return html`<div class="acts">
      <button
        type="button"
        id="mute"
        aria-pressed=${String(telephone.muted)}
        @click=${() => telephone.mute(!telephone.muted)}
      >
        ${t(telephone.muted ? 'call_unmute' : 'call_mute')}
      </button>
      ${telephone.muted ? html`<strong class="muted">${t('call_muted')}</strong>` : nothing}
      <label
        >${t('call_level')} <meter id="call-level" min="0" max="1" value=${telephone.level}></meter
      ></label>
    </div>`;
  }
}
customElements.define('cc-call', Call);
