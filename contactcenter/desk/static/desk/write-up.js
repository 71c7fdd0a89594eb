// The write-up: the helpline's own form, saved as one types. The server keeps
// it, so a closed tab loses nothing; a save from elsewhere is shown, not lost.

import { html, nothing } from 'lit';
import { api } from './api.js';
import { StoreElement } from './element.js';
import { filterId } from './form/choices.js';
import { Draft } from './form/draft.js';
import { fieldOf } from './form/fields.js';
import { fieldId, isAnswered } from './form/naming.js';
import { established, isTriage } from './form/triage.js';
import { labelOf, problemWords, t, timeOf } from './texts.js';

const SAVE_AFTER_MS = 700;
const RETRY_MS = 2_000;
const OPEN_AT_FIRST = 2;
const forms = new Map();
// Which sections she keeps open is a habit of hers, not of a contact.
const sectionsOpen = new Map();

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
    form: { state: true },
    status: { state: true },
  };
  draft = null;
  opened = new Set();
  filters = new Map();
  #timer = 0;
  #saving = null;
  #problem = null;
  #wasLost = false;
  #leaves = () => this.#leave();
  #hides = () => document.hidden && this.flush();

  connectedCallback() {
    super.connectedCallback();
    addEventListener('pagehide', this.#leaves);
    document.addEventListener('visibilitychange', this.#hides);
  }

  disconnectedCallback() {
    removeEventListener('pagehide', this.#leaves);
    document.removeEventListener('visibilitychange', this.#hides);
    this.flush();
    super.disconnectedCallback();
  }

  willUpdate() {
    const { form } = this.contact;
    if (!this.draft && form) {
      this.draft = new Draft(form);
      this.#load(form);
    } else if (form?.revision > this.draft?.revision && this.draft.isSaved && !this.#saving) {
      this.draft.rebase(form);
    }
    const isLost = this.store.connection !== 'live';
    if (this.#wasLost && !isLost && this.draft && !this.draft.isSaved) this.#later(0);
    this.#wasLost = isLost;
  }

  async #load(form) {
    await this.store.act(async () => {
      this.form = await definition(form);
      this.dispatchEvent(new Event('written', { bubbles: true }));
      this.form.sections.forEach(({ id }, place) => {
        const needed = this.form.fields.some((one) => one.section === id && one.required_for_close);
        if (!sectionsOpen.has(id)) sectionsOpen.set(id, place < OPEN_AT_FIRST || needed);
      });
    });
  }

  value(field) {
    const asked = this.form?.fields.find(({ id }) => id === field);
    return asked && isTriage(asked) ? established(this.contact, asked) : this.draft?.value(field);
  }

  set(field, value) {
    this.draft.set(field, value);
    if (this.#problem?.field === field) this.#problem = null;
    this.status = t('form_unsaved');
    this.dispatchEvent(new Event('written', { bubbles: true }));
    this.#later(SAVE_AFTER_MS);
    this.requestUpdate();
  }

  wrong(field) {
    return this.#problem?.field === field ? problemWords(this.#problem) : null;
  }

  opens(list, isOpen) {
    if (isOpen) this.opened.add(list);
    else this.opened.delete(list);
  }

  filter(list, text) {
    this.filters.set(list, text);
    this.requestUpdate();
  }

  /**
   * Answer an urgency factor: the contact keeps it, and its urgency may rise at once.
   * The write-up lists what is established, so that it reads whole by itself.
   */
  async answer(factor, said) {
    const { contact_id: id } = this.contact;
    const refused = await this.store.act(async () => {
      this.store.put(await api.factors(id, { [factor]: said }));
    });
    this.requestUpdate();
    if (refused) return;
    const contact = this.store.contacts.get(id);
    for (const field of contact ? this.form.fields.filter(isTriage) : []) {
      const yes = established(contact, field);
      this.set(field.id, yes.length ? yes : null);
    }
  }

  /** Open the urgency factors, and go to their filter. */
  triage() {
    const field = this.form?.fields.find(isTriage);
    if (field) this.#go(field, `#${filterId(field)}`);
  }

  #later(after) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), after);
  }

  /** Save what is not saved yet; null once the server has it, else the problem. */
  async flush() {
    clearTimeout(this.#timer);
    await this.#saving;
    if (!this.draft || this.draft.isSaved) return null;
    this.#saving = this.#save();
    const refused = await this.#saving;
    this.#saving = null;
    return refused;
  }

  async #save() {
    const { values, revision } = this.draft.pending();
    try {
      this.draft.stored(values, await api.saveForm(this.contact.contact_id, values, revision));
      this.status = null;
      return null;
    } catch (problem) {
      await this.#refused(problem);
      return problem;
    }
  }

  async #refused(problem) {
    this.status = problemWords(problem);
    this.store.heardRefusal(problem);
    if (problem.code === 'form_conflict') {
      const { form } = await api.contact(this.contact.contact_id).catch(() => ({}));
      if (form) this.draft.rebase(form);
      // The factors are the contact's: both versions list the same.
      this.form.fields.filter(isTriage).forEach(({ id }) => this.draft.theirs.delete(id));
      this.#later(RETRY_MS);
    } else if (problem.retryable) {
      this.#later(RETRY_MS);
    } else if (problem.field) {
      this.#problem = problem;
    }
    this.requestUpdate();
  }

  // The page goes away and awaits nothing any more: a save that is under way
  // will have made the next revision by the time this one is read.
  #leave() {
    if (!this.draft || this.draft.isSaved) return;
    const { values, revision } = this.draft.pending();
    const ahead = this.#saving ? 1 : 0;
    api.saveForm(this.contact.contact_id, values, revision + ahead).catch(() => null);
  }

  /** Show a question that something is wrong with, and go to it. */
  async reveal(problem) {
    const field = this.form?.fields.find(({ id }) => id === problem.field);
    if (!field) return;
    this.#problem = problem;
    await this.#go(field, `#${CSS.escape(fieldId(field))}`);
  }

  async #go(field, selector) {
    sectionsOpen.set(field.section, true);
    this.opened.add(field.id);
    this.requestUpdate();
    await this.updateComplete;
    const control = this.querySelector(selector);
    control?.closest('.field').scrollIntoView({ block: 'start' });
    control?.focus({ preventScroll: true });
  }

  render() {
    const sections = this.form?.sections ?? [];
    return html`
      <form class="write-up" aria-labelledby="write-up-title" @submit=${(e) => e.preventDefault()}>
        <div class="write-up-head">
          <h3 id="write-up-title" tabindex="-1">${t('form_title')}</h3>
          <p role="status" class="saved">${this.#status()}</p>
        </div>
        ${
          this.draft?.theirs.size
            ? html`<p role="alert" class="banner warning" id="conflict">${t('form_conflict')}</p>`
            : nothing
        }
        <div class="sections">${sections.map((section) => this.#section(section))}</div>
      </form>
    `;
  }

  #status() {
    if (this.status) return this.status;
    return this.draft?.savedAt ? t('form_saved', { time: timeOf(this.draft.savedAt) }) : '';
  }

  #section({ id, label }) {
    const fields = this.form.fields.filter(({ section }) => section === id);
    const isOpenField = (field) => !isAnswered(this.value(field.id));
    const answered = fields.length - fields.filter(isOpenField).length;
    const needed = fields.filter((field) => field.required_for_close && isOpenField(field)).length;
    return html`<details
      class="section"
      id=${`section-${id}`}
      .open=${sectionsOpen.get(id)}
      @toggle=${(event) => event.target.id && sectionsOpen.set(id, event.target.open)}
    >
      <summary>
        <h4>${labelOf(label)}</h4>
        <span class="count">${t('form_answered', { answered, total: fields.length })}</span>
        ${
          needed
            ? html`<span class="required">${t('form_needed', { count: needed })}</span>`
            : nothing
        }
      </summary>
      <div class="fields">${fields.map((field) => fieldOf(this, field))}</div>
    </details>`;
  }
}
customElements.define('cc-write-up', WriteUp);
