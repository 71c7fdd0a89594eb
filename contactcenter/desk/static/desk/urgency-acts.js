// Rating a contact. The tool proposes, the listener decides: a declared urgency
// is confirmed in one press, anyone raises, lowering may ask for a reason.

import { html, nothing } from 'lit';
import { api } from './api.js';
import { StoreElement } from './element.js';
import { lists, t } from './texts.js';
import { levelName, mark, shape } from './urgency.js';

const REASON_CHARS = 500;

class UrgencyActs extends StoreElement {
  static properties = {
    ...StoreElement.properties,
    contact: { attribute: false },
    lowering: { state: true },
  };

  async #set(urgency, reason = null) {
    const { contact_id: id } = this.contact;
    const change = { urgency, confirm: true, ...(reason ? { reason } : {}) };
    const refused = await this.store.act(async () => {
      this.store.put(await api.urgency(id, change));
    });
    if (refused?.code !== 'reason_needed') {
      this.lowering = null;
      return;
    }
    this.store.say(null);
    this.lowering = { id, urgency };
    await this.updateComplete;
    this.querySelector('#urgency-reason')?.focus();
  }

  #lower(event) {
    event.preventDefault();
    this.#set(this.lowering.urgency, this.querySelector('#urgency-reason').value.trim());
  }

  render() {
    const { urgency, urgency_source: source, urgency_confirmed: confirmed } = this.contact;
    const isDeclared = source === 'declared' && !confirmed;
    return html`
      <div class="urgency-acts" role="group" aria-label=${t('urgency_label')}>
        ${isDeclared
          ? html`<button
              type="button"
              id="confirm-urgency"
              class="primary"
              @click=${() => this.#set(urgency)}
            >
              ${t('urgency_confirm', { level: `U${urgency}` })}
            </button>`
          : nothing}
        <span class="levels" id="urgency">
          ${lists.urgency.map(({ value, label }) => this.#level(Number(value), label))}
        </span>
        <span class="note" id="urgency-state"
          >${t(isDeclared ? 'urgency_declared' : `urgency_by_${source}`)}</span
        >
      </div>
      ${this.#proposed()} ${this.lowering?.id === this.contact.contact_id ? this.#reason() : nothing}
    `;
  }

  #level(level, name) {
    return html`<button
      type="button"
      class="level u${level}"
      data-level=${level}
      title=${name}
      aria-pressed=${String(level === this.contact.urgency)}
      @click=${() => level !== this.contact.urgency && this.#set(level)}
    >
      ${shape(level)}<span>U${level}</span><span class="hidden">${name}</span>
    </button>`;
  }

  #proposed() {
    const proposed = this.store.proposals.get(this.contact.contact_id);
    if (!proposed || proposed.level >= this.contact.urgency) return nothing;
    return html`<div class="proposal" id="proposal">
      <p role="status">
        ${t('floor_proposed')} ${mark(proposed.level)} ${levelName(proposed.level)}
        <span class="note">${proposed.because.join(', ')}</span>
      </p>
      <button type="button" id="apply-floor" @click=${() => this.#set(proposed.level)}>
        ${t('floor_apply', { level: `U${proposed.level}` })}
      </button>
    </div>`;
  }

  #reason() {
    return html`<form class="proposal" @submit=${this.#lower}>
      <label for="urgency-reason"
        >${t('urgency_reason', { level: `U${this.lowering.urgency}` })}</label
      >
      <input id="urgency-reason" required maxlength=${REASON_CHARS} autocomplete="off" />
      <button class="primary">${t('urgency_lower', { level: `U${this.lowering.urgency}` })}</button>
      <button type="button" @click=${() => (this.lowering = null)}>${t('cancel')}</button>
    </form>`;
  }
}
customElements.define('cc-urgency', UrgencyActs);
