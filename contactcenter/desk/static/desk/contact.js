// One contact: who contacts, how urgent, the talk, the write-up, the case.

import { html, nothing } from 'lit';
import { api } from './api.js';
import { StoreElement } from './element.js';
import { duration, label, lists, t } from './texts.js';

class Contact extends StoreElement {
  static properties = { ...StoreElement.properties, contact: { attribute: false } };

  #end() {
    return this.store.act(async () => {
      this.store.put(await api.end(this.contact.contact_id));
    });
  }

  #urgency(urgency, confirm) {
    const change = { urgency, confirm };
    return this.store.act(async () => {
      this.store.put(await api.urgency(this.contact.contact_id, change));
    });
  }

  render() {
    const { contact, store } = this;
    return html`
      <article aria-labelledby="contact-title">
        <header>
          <h2 id="contact-title" tabindex="-1">
            ${t(`channel_${contact.channel}`)} · ${contact.queue_label}
          </h2>
          <p>
            <strong class="urgency u${contact.urgency}">U${contact.urgency}</strong>
            ${label('urgency', String(contact.urgency))} · ${label('audience', contact.audience)}
            ${contact.department ? html` · ${label('departments', contact.department)}` : nothing} ·
            ${t('contact_waited', { duration: duration(contact.waited_seconds) })}
          </p>
          ${this.#urgencyActs()}
          ${contact.state === 'active'
            ? html`<button type="button" id="end" class="danger" @click=${this.#end}>
                ${t(`contact_end_${contact.channel}`)}
              </button>`
            : html`<p role="status" class="banner">${t('contact_ended')}</p>`}
          <p class="note">${t('confirm_nothing')}</p>
        </header>
        <div class="columns">
          ${contact.channel === 'chat'
            ? html`<cc-chat .store=${store} .contact=${contact}></cc-chat>`
            : html`<cc-call .store=${store} .contact=${contact}></cc-call>`}
          <div>
            <cc-write-up .store=${store} .contact=${contact}></cc-write-up>
            <cc-closing .store=${store} .contact=${contact}></cc-closing>
          </div>
        </div>
      </article>
    `;
  }

  #urgencyActs() {
    const { urgency, urgency_source: source, urgency_confirmed: confirmed } = this.contact;
    return html`<div class="urgency-acts" role="group" aria-label=${t('urgency_label')}>
      ${source === 'declared' && !confirmed
        ? html`<button type="button" id="confirm-urgency" @click=${() => this.#urgency(urgency, true)}>
            ${t('urgency_confirm', { level: `U${urgency}` })}
          </button>`
        : nothing}
      <label
        >${t('urgency_set')}
        <select
          id="urgency"
          @change=${(event) => this.#urgency(Number(event.target.value), true)}
        >
          ${lists.urgency.map(
            (one) =>
              html`<option value=${one.value} ?selected=${Number(one.value) === urgency}>
                U${one.value} ${one.label}
              </option>`,
          )}
        </select></label
      >
    </div>`;
  }
}
customElements.define('cc-contact', Contact);
