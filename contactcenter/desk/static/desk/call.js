// A call: where it stands, and the telephone's own controls.

import { html, nothing } from 'lit';
import { StoreElement } from './element.js';
import { duration, t } from './texts.js';

class Call extends StoreElement {
  static properties = { ...StoreElement.properties, contact: { attribute: false } };
  #ticking = 0;

  connectedCallback() {
    super.connectedCallback();
    this.#ticking = setInterval(() => this.requestUpdate(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    super.disconnectedCallback();
  }

  render() {
    const { engagement, state } = this.contact;
    const telephone = this.store.telephone;
    const talking = engagement?.state === 'talking' && state === 'active';
    const since = talking ? (this.store.serverNow() - Date.parse(engagement.talking_at)) / 1000 : 0;
    const words = state === 'active' ? `call_${engagement?.state}` : 'call_over';
    return html`
      <div class="call">
        <p role="status" class="call-state" data-call=${engagement?.state ?? ''}>${t(words)}</p>
        ${talking ? html`<p class="timer">${duration(since)}</p>` : nothing}
        ${telephone?.inCall
          ? html`<div class="acts">
              <button
                type="button"
                aria-pressed=${String(telephone.muted)}
                @click=${() => telephone.mute(!telephone.muted)}
              >
                ${t(telephone.muted ? 'call_unmute' : 'call_mute')}
              </button>
              <label
                >${t('call_level')}
                <meter id="call-level" min="0" max="1" value=${telephone.level}></meter
              ></label>
            </div>`
          : nothing}
        <p class="note">${t('call_address_aloud')}</p>
      </div>
    `;
  }
}
customElements.define('cc-call', Call);
