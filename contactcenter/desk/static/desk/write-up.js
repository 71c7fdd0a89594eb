// The write-up: the helpline's own form, saved as one types. The server keeps
// it, so a closed tab loses nothing; a save from elsewhere is shown, not lost.

import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { api } from './api.js';
import { StoreElement } from './element.js';
import { language, problemWords, t, timeOf } from './texts.js';

const SAVE_AFTER_MS = 700;
const RETRY_MS = 2_000;
const forms = new Map();

function definition({ form_id: id, form_version: version }) {
  const key = `${id}/${version}`;
  if (!forms.has(key)) {
    const asked = api.form(id, version);
    forms.set(key, asked);
    asked.catch(() => forms.delete(key));
  }
  return forms.get(key);
}

class WriteUp extends StoreElement {
  static properties = {
    ...StoreElement.properties,
    contact: { attribute: false },
    fields: { state: true },
    status: { state: true },
  };
  #values = {};
  #revision = 0;
  #contact = null;
  #timer = 0;
  #saving = null;

  willUpdate() {
    const { form, contact_id: id } = this.contact;
    if (!form || id === this.#contact) return;
    this.flush();
    this.#contact = id;
    this.#values = { ...form.values };
    this.#revision = form.revision;
    this.status = form.saved_at ? t('form_saved', { time: timeOf(form.saved_at) }) : '';
    this.#load(form);
  }

  disconnectedCallback() {
    this.flush();
    super.disconnectedCallback();
  }

  async #load(form) {
    await this.store.act(async () => {
      this.fields = (await definition(form)).fields;
    });
  }

  #set(field, value) {
    this.#values = { ...this.#values, [field]: value };
    this.status = t('form_unsaved');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SAVE_AFTER_MS);
    this.requestUpdate();
  }

  /** Save what is not saved yet; resolves once the server has it, or says why not. */
  async flush() {
    if (!this.#timer) return this.#saving;
    clearTimeout(this.#timer);
    this.#timer = 0;
    await this.#saving;
    this.#saving = this.#save(this.#contact, this.#values);
    return this.#saving;
  }

  async #save(contact, values) {
    try {
      const saved = await api.saveForm(contact, values, this.#revision, { keepalive: true });
      this.#revision = saved.revision;
      if (!this.#timer) this.status = t('form_saved', { time: timeOf(saved.saved_at) });
    } catch (problem) {
      this.status = problemWords(problem);
      if (problem.code === 'form_conflict') await this.#reread(contact);
      else if (problem.retryable) this.#timer = setTimeout(() => this.flush(), RETRY_MS);
    }
  }

  // The other save stays; what was typed here is laid over it and saved next.
  async #reread(contact) {
    const { form } = await api.contact(contact);
    this.#revision = form.revision;
    this.#values = { ...form.values, ...this.#values };
    this.#timer = setTimeout(() => this.flush(), RETRY_MS);
  }

  render() {
    return html`
      <form class="write-up" aria-labelledby="write-up-title" @submit=${(e) => e.preventDefault()}>
        <h3 id="write-up-title">${t('form_title')}</h3>
        ${(this.fields ?? []).map((field) => this.#field(field))}
        <p role="status" class="saved">${this.status}</p>
      </form>
    `;
  }

  #field(field) {
    const words = html`${field.label[language] ?? field.label.fr}${field.required_for_close
      ? html` <span class="required">${t('form_required')}</span>`
      : nothing}`;
    if (field.type === 'choices') return this.#choices(field, words);
    if (field.type === 'boolean')
      return html`<label class="check"
        ><input
          type="checkbox"
          name=${field.id}
          .checked=${live(Boolean(this.#values[field.id]))}
          @change=${(e) => this.#set(field.id, e.target.checked)}
        />
        ${words}</label
      >`;
    return html`<label for=${`field-${field.id}`}>${words}</label>${this.#input(field)}`;
  }

  #input(field) {
    const id = `field-${field.id}`;
    const value = this.#values[field.id] ?? '';
    if (field.type === 'long_text')
      return html`<textarea
        id=${id}
        name=${field.id}
        rows="4"
        autocomplete="off"
        .value=${live(value)}
        @input=${(e) => this.#set(field.id, e.target.value || null)}
      ></textarea>`;
    if (field.type === 'choice')
      return html`<select
        id=${id}
        name=${field.id}
        @change=${(e) => this.#set(field.id, e.target.value || null)}
      >
        <option value="" ?selected=${!value}></option>
        ${field.options.map(
          (option) =>
            html`<option value=${option.value} ?selected=${option.value === value}>
              ${option.label[language] ?? option.label.fr}
            </option>`,
        )}
      </select>`;
    const type = { date: 'date', number: 'number' }[field.type] ?? 'text';
    const read = type === 'number' ? (e) => e.target.valueAsNumber : (e) => e.target.value;
    return html`<input
      id=${id}
      name=${field.id}
      type=${type}
      autocomplete="off"
      .value=${live(String(value))}
      @input=${(e) => this.#set(field.id, e.target.value === '' ? null : read(e))}
    />`;
  }

  #choices(field, words) {
    const chosen = new Set(this.#values[field.id] ?? []);
    const toggle = (value) => {
      if (!chosen.delete(value)) chosen.add(value);
      this.#set(field.id, [...chosen]);
    };
    return html`<fieldset>
      <legend>${words}</legend>
      ${field.options.map(
        (option) => html`<label class="check"
          ><input
            type="checkbox"
            name=${field.id}
            value=${option.value}
            .checked=${live(chosen.has(option.value))}
            @change=${() => toggle(option.value)}
          />
          ${option.label[language] ?? option.label.fr}</label
        >`,
      )}
    </fieldset>`;
  }
}
customElements.define('cc-write-up', WriteUp);
