// Rating a contact. The tool proposes, the listener decides: a declared urgency
// is confirmed in one press, anyone raises, lowering may ask for a reason.

import { html, nothing } from 'lit';
import { api } from './api.js';
import { StoreElement } from './element.js';
import { label, lists, t } from './texts.js';
import { factorsOf, levelName, mark, proposal, shape } from './urgency.js';

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
        ${
          isDeclared
            ? html`<button
                type="button"
                id="confirm-urgency"
                class="primary"
                @click=${() => this.#set(urgency)}
              >
                ${t('urgency_confirm', { level: `U${urgency}` })}
              </button>`
            : nothing
        }
        <span class="levels" id="urgency">
          ${lists.urgency.map(({ value, label: name }) => this.#level(Number(value), name))}
        </span>
        <span class="note" id="urgency-state"
          >${t(isDeclared ? 'urgency_declared' : `urgency_by_${source}`)}</span
        >
        <button type="button" id="triage" @click=${() => this.#triage()}>
          ${t('triage_open', { count: factorsOf(this.contact).length })}
        </button>
      </div>
      ${this.#proposed()}
      ${this.lowering?.id === this.contact.contact_id ? this.#reason() : nothing}
    `;
  }

  // The factors are one question of the write-up: the way there is short.
  #triage() {
    this.closest('cc-contact').querySelector('cc-write-up').triage();
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
    const proposed = proposal(factorsOf(this.contact));
    if (!proposed || proposed.level >= this.contact.urgency) return nothing;
    return html`<div class="proposal" id="proposal">
      <p role="status">
        ${t('floor_proposed')} ${mark(proposed.level)} ${levelName(proposed.level)}
        <span class="note">${proposed.because.map((one) => label('factors', one)).join(', ')}</span>
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
