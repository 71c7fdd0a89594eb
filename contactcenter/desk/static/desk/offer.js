// One offer at a time, with its countdown. It shows queue, channel, urgency,
// audience and wait: never a number or a name.

import { html, nothing } from 'lit';
import { StoreElement } from './element.js';
import { duration, label, lists, t } from './texts.js';

const TICK_MS = 250;

class Offer extends StoreElement {
  static properties = { ...StoreElement.properties, declining: { state: true } };
  #ticking = 0;
  #arrived = () => this.#announce();

  connectedCallback() {
    super.connectedCallback();
    this.store.addEventListener('offer', this.#arrived);
    this.#ticking = setInterval(() => this.store.offer && this.requestUpdate(), TICK_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    this.store.removeEventListener('offer', this.#arrived);
    super.disconnectedCallback();
  }

  // Whoever is writing keeps the caret; otherwise the answer is under the hand.
  async #announce() {
    this.declining = false;
    await this.updateComplete;
    const focused = document.activeElement;
    if (!focused || focused === document.body || focused.tagName === 'BUTTON')
      this.querySelector('#accept')?.focus();
  }

  render() {
    const { offer } = this.store;
    if (!offer) return nothing;
    const total = Date.parse(offer.expires_at) - Date.parse(offer.offered_at);
    const left = Math.max(0, Date.parse(offer.expires_at) - this.store.serverNow());
    return html`
      <section
        role="alertdialog"
        aria-labelledby="offer-title"
        aria-describedby="offer-words"
        class="offer u${offer.urgency}"
      >
        <h2 id="offer-title">${t(`offer_${offer.channel}`)}</h2>
        <p id="offer-words">
          <strong class="urgency u${offer.urgency}">U${offer.urgency}</strong>
          ${label('urgency', String(offer.urgency))} · ${offer.queue_label} ·
          ${label('audience', offer.audience)} ·
          ${t('offer_waited', { duration: duration(offer.waited_seconds) })}
        </p>
        <progress max=${total} value=${left} aria-hidden="true"></progress>
        <p class="countdown" aria-hidden="true">${duration(left / 1000)}</p>
        <div class="acts">
          <button type="button" id="accept" class="primary" @click=${() => this.store.accept()}>
            ${t('offer_accept')}
          </button>
          <button
            type="button"
            id="decline"
            aria-expanded=${String(Boolean(this.declining))}
            @click=${() => (this.declining = !this.declining)}
          >
            ${t('offer_decline')}
          </button>
        </div>
        ${this.declining ? this.#reasons() : nothing}
      </section>
    `;
  }

  #reasons() {
    return html`<div role="group" aria-label=${t('offer_decline_why')} class="reasons">
      ${lists.decline.map(
        ({ value, label: words }) =>
          html`<button type="button" @click=${() => this.store.decline(value)}>${words}</button>`,
      )}
    </div>`;
  }
}
customElements.define('cc-offer', Offer);
