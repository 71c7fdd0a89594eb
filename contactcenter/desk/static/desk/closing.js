// Closing a contact: attach it to a case, old or new, or give the code of a
// contact without content.

import { html, nothing } from 'lit';
import { api } from './api.js';
import { StoreElement } from './element.js';
import { lists, t } from './texts.js';

class Closing extends StoreElement {
  static properties = {
    ...StoreElement.properties,
    contact: { attribute: false },
    found: { state: true },
    way: { state: true },
  };

  async #search(event) {
    event.preventDefault();
    const reference = this.querySelector('#case-reference').value.trim();
    await this.store.act(async () => {
      this.found = reference ? (await api.cases(reference)).cases : [];
    });
  }

  #attach(caseId) {
    return this.store.act(async () => {
      await api.attach(caseId, this.contact.contact_id);
      this.store.put(await api.contact(this.contact.contact_id));
      this.found = undefined;
    });
  }

  async #create(event) {
    event.preventDefault();
    const content = {
      label: this.querySelector('#case-label').value.trim() || null,
      department: this.querySelector('#case-department').value || null,
    };
    await this.store.act(async () => {
      const { case_id: id } = await api.createCase(content);
      await this.#attach(id);
    });
  }

  #close(disposition, code) {
    return this.store.act(async () => {
      await this.closest('cc-contact')?.querySelector('cc-write-up')?.flush();
      const id = this.contact.contact_id;
      this.store.put(await api.close(id, { disposition, non_content_code: code }));
    });
  }

  render() {
    const { cases, state } = this.contact;
    return html`
      <section class="closing" aria-labelledby="closing-title">
        <h3 id="closing-title">${t('case_title')}</h3>
        ${cases.length
          ? html`<ul>
              ${cases.map(
                (one) =>
                  html`<li><a href=${`/cases/${one.case_id}`} target="_blank">${one.reference}</a></li>`,
              )}
            </ul>`
          : nothing}
        <div role="group" aria-label=${t('case_title')} class="ways">
          ${['existing', 'new', 'none'].map(
            (way) => html`<button
              type="button"
              id=${`way-${way}`}
              aria-pressed=${String(this.way === way)}
              @click=${() => (this.way = way)}
            >
              ${t(`case_${way}`)}
            </button>`,
          )}
        </div>
        ${this.way === 'existing' ? this.#existing() : nothing}
        ${this.way === 'new' ? this.#new() : nothing}
        ${this.way === 'none' ? this.#none(state) : nothing}
        ${cases.length && state === 'ended'
          ? html`<button
              type="button"
              id="close-treated"
              class="primary"
              @click=${() => this.#close('treated', null)}
            >
              ${t('contact_close')}
            </button>`
          : nothing}
        ${state === 'active' ? html`<p class="note">${t('case_end_first')}</p>` : nothing}
      </section>
    `;
  }

  #existing() {
    return html`<form @submit=${this.#search}>
        <label for="case-reference">${t('case_reference')}</label>
        <input id="case-reference" autocomplete="off" spellcheck="false" />
        <button>${t('case_search')}</button>
      </form>
      ${this.found
        ? html`<ul role="status" class="found">
            ${this.found.length === 0 ? html`<li>${t('case_not_found')}</li>` : nothing}
            ${this.found.map(
              (one) => html`<li>
                <button type="button" @click=${() => this.#attach(one.case_id)}>
                  ${t('case_attach', { reference: one.reference })}
                </button>
                ${one.label ?? ''}
              </li>`,
            )}
          </ul>`
        : nothing}`;
  }

  #new() {
    return html`<form @submit=${this.#create}>
      <label for="case-label">${t('case_label')}</label>
      <input id="case-label" autocomplete="off" maxlength="120" />
      <label for="case-department">${t('case_department')}</label>
      <select id="case-department">
        <option value=""></option>
        ${lists.departments.map(
          (one) =>
            html`<option value=${one.value} ?selected=${one.value === this.contact.department}>
              ${one.label}
            </option>`,
        )}
      </select>
      <button id="create-case">${t('case_create')}</button>
    </form>`;
  }

  #none(state) {
    return html`<form
      @submit=${(event) => {
        event.preventDefault();
        this.#close('non_content', this.querySelector('#non-content').value);
      }}
    >
      <label for="non-content">${t('non_content_code')}</label>
      <select id="non-content" required>
        <option value=""></option>
        ${lists.non_content.map((one) => html`<option value=${one.value}>${one.label}</option>`)}
      </select>
      <button id="close-none" ?disabled=${state !== 'ended'}>${t('contact_close')}</button>
    </form>`;
  }
}
customElements.define('cc-closing', Closing);
