// One offer at a time, with its countdown. It shows queue, channel, urgency,
// audience and wait: never a number or a name.

import { html, nothing } from 'lit';
import { secondsUntil } from './clock.js';
import { StoreElement } from './element.js';
import { duration, label, lists, queueLabel, t } from './texts.js';
import { levelName, shape } from './urgency.js';

const TICK_MS = 250;
const RING = 2 * Math.PI * 26;

class Offer extends StoreElement {
  static properties = { ...StoreElement.properties, declining: { state: true } };
  #ticking = 0;
  #arrived = () => this.#welcome();

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

  // The answer comes under the hand of whoever has nothing in hand: a listener
  // with a contact keeps her place, so that no key meant for one takes another.
  async #welcome() {
    this.declining = false;
    this.requestUpdate();
    await this.updateComplete;
    const focused = document.activeElement;
    const isBusy = this.store.contacts.size > 0 || focused?.matches('input, textarea, select');
    if (!isBusy && !focused?.closest('dialog')) this.querySelector('#accept')?.focus();
  }

  async #reasonsShown() {
    this.declining = !this.declining;
    await this.updateComplete;
    this.querySelector('.reasons button')?.focus();
  }

  render() {
    const { offer } = this.store;
    if (!offer) return nothing;
    const { urgency } = offer;
    return html`
      <section
        role="alertdialog"
        aria-labelledby="offer-title"
        aria-describedby="offer-words"
        class="offer u${urgency}"
      >
        <div class="offer-level">${shape(urgency)}<span>U${urgency}</span></div>
        <div class="offer-words">
          <h2 id="offer-title">${t(`offer_${offer.channel}`)}</h2>
          <p id="offer-words">
            <strong>${levelName(urgency)}</strong> · ${queueLabel(offer)} ·
            ${label('audience', offer.audience)} ·
            ${t('offer_waited', { duration: duration(offer.waited_seconds) })}
          </p>
        </div>
        ${this.#countdown(offer)}
        <div class="acts">
          <button type="button" id="accept" class="primary" @click=${() => this.store.accept()}>
            ${t('offer_accept')}<kbd aria-hidden="true">${t('key_accept')}</kbd>
          </button>
          <button
            type="button"
            id="decline"
            aria-expanded=${String(Boolean(this.declining))}
            @click=${() => this.#reasonsShown()}
          >
            ${t('offer_decline')}
          </button>
        </div>
        ${this.declining ? this.#reasons() : nothing}
      </section>
    `;
  }

  // Read by whoever goes to it, announced by nobody: a count each second would
  // talk over the child.
  #countdown({ expires_at: expires, offered_at: offered }) {
    const total = (Date.parse(expires) - Date.parse(offered)) / 1000;
    const left = Math.max(0, Math.min(total, secondsUntil(expires)));
    const words = t('offer_left', { duration: duration(left) });
    return html`<div class="countdown ${left < 6 ? 'short' : ''}" role="img" aria-label=${words}>
      <svg viewBox="0 0 60 60" aria-hidden="true">
        <circle class="groove" cx="30" cy="30" r="26" />
        <circle
          class="left"
          cx="30"
          cy="30"
          r="26"
          stroke-dasharray=${RING}
          stroke-dashoffset=${RING * (1 - left / total)}
          transform="rotate(-90 30 30)"
        />
        <text x="30" y="37" text-anchor="middle">${Math.ceil(left)}</text>
      </svg>
    </div>`;
  }

  #reasons() {
    return html`<div role="group" aria-label=${t('offer_decline_why')} class="reasons">
      <span aria-hidden="true">${t('offer_decline_why')}</span>
      ${lists.decline.map(
        ({ value, label: words }) =>
          html`<button type="button" @click=${() => this.store.decline(value)}>${words}</button>`,
      )}
    </div>`;
  }
}
customElements.define('cc-offer', Offer);
