// Closing a contact: attach it to a case, old or new; say to which service the person was
// handed; or give the code of a contact without content. Always in reach below the write-up.

import { html, nothing } from 'lit';
import { api } from './api.js';
import { secondsUntil } from './clock.js';
import { StoreElement } from './element.js';
import { duration, lists, t } from './texts.js';

const TICK_MS = 1_000;
const SOON_SECONDS = 60;
const WAYS = ['existing', 'new', 'outside', 'none'];

class Closing extends StoreElement {
  static properties = {
    ...StoreElement.properties,
    contact: { attribute: false },
    found: { state: true },
    way: { state: true },
  };
  #ticking = 0;
  // What is written may change what closing needs.
  #written = () => this.requestUpdate();
  #around = null;

  connectedCallback() {
    super.connectedCallback();
    this.#around = this.closest('cc-contact');
    this.#around?.addEventListener('written', this.#written);
    this.#ticking = setInterval(() => this.#until && this.requestUpdate(), TICK_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    this.#around?.removeEventListener('written', this.#written);
    super.disconnectedCallback();
  }

  get #until() {
    return this.contact.state === 'ended' ? this.contact.engagement?.wrap_up_until : null;
  }

  get #writeUp() {
    return this.closest('cc-contact')?.querySelector('cc-write-up');
  }

  // Whether this qualification asks for no case: the helpline's own rule.
  get #isSpared() {
    const said = this.#writeUp?.value('qualification') ?? this.contact.form?.values.qualification;
    return Boolean(lists.spared[said]?.includes('case'));
  }

  async #focus(selector) {
    await this.updateComplete;
    this.querySelector(selector)?.focus();
  }

  #choose(way) {
    this.way = this.way === way ? null : way;
    this.found = null;
    const first = {
      existing: '#case-reference',
      new: '#case-label',
      outside: '#handed-to',
      none: '#non-content',
    };
    if (this.way) this.#focus(first[this.way]);
  }

  async #search(event) {
    event.preventDefault();
    const reference = this.querySelector('#case-reference').value.trim();
    await this.store.act(async () => {
      this.found = reference ? (await api.cases(reference)).cases : [];
    });
    if (this.found?.length === 1) this.#focus('.found button');
  }

  async #attach(caseId) {
    await api.attach(caseId, this.contact.contact_id);
    this.store.put(await api.contact(this.contact.contact_id));
    this.found = null;
    this.way = null;
    this.#focus(this.contact.state === 'ended' ? '#close-treated' : '.attached a');
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

  async #close(disposition, code) {
    const writeUp = this.#writeUp;
    let unsaved = await writeUp?.flush();
    // Saved elsewhere meanwhile, and nothing disagrees: what was typed here goes on top.
    if (unsaved?.code === 'form_conflict' && !writeUp.draft.theirs.size)
      unsaved = await writeUp.flush();
    if (unsaved) return this.#refuse(unsaved);
    const outcome = { disposition, non_content_code: code };
    return this.#refuse(await this.store.close(this.contact.contact_id, outcome));
  }

  #refuse(problem) {
    if (!problem) return;
    this.store.say({ problem });
    if (problem.field) this.#writeUp?.reveal(problem);
  }

  render() {
    const { cases, state } = this.contact;
    return html`
      <section class="closing" id="closing" tabindex="-1" aria-labelledby="closing-title">
        ${this.way ? html`<div class="way">${this.#way()}</div>` : nothing}
        <div class="closing-bar">
          <h3 id="closing-title">${t('case_title')}</h3>
          ${
            cases.length
              ? html`<ul class="attached" aria-label=${t('case_attached')}>
                  ${cases.map(
                    (one) =>
                      html`<li>
                        <a
                          href=${`/cases/${one.case_id}`}
                          target="_blank"
                          rel="noopener"
                          title=${t('new_tab')}
                          >${one.reference}</a
                        >
                      </li>`,
                  )}
                </ul>`
              : nothing
          }
          <div role="group" aria-label=${t('case_title')} class="ways">
            ${WAYS.map(
              (way) =>
                html`<button
                  type="button"
                  id=${`way-${way}`}
                  aria-expanded=${String(this.way === way)}
                  @click=${() => this.#choose(way)}
                >
                  ${t(`case_${way}`)}
                </button>`,
            )}
          </div>
          <div class="closes">
            ${this.#timeLeft()}
            ${
              state === 'ended' && !cases.length && this.#isSpared
                ? html`<p class="note" id="case-spared">${t('case_spared')}</p>`
                : nothing
            }
            ${
              state === 'ended' && (cases.length || this.#isSpared)
                ? html`<button
                    type="button"
                    id="close-treated"
                    class="primary"
                    @click=${() => this.#close('treated', null)}
                  >
                    ${t('contact_close')}
                  </button>`
                : html`<p class="note">
                    ${t(state === 'active' ? 'case_end_first' : 'case_needed')}
                  </p>`
            }
          </div>
        </div>
      </section>
    `;
  }

  #way() {
    const ways = {
      existing: () => this.#existing(),
      new: () => this.#new(),
      outside: () => this.#outside(),
      none: () => this.#none(),
    };
    return ways[this.way]();
  }

  // The server's limit, shown and not announced each second: only its last minute is.
  #timeLeft() {
    const until = this.#until;
    if (!until) return nothing;
    const left = secondsUntil(until);
    const words = left > 0 ? t('wrap_up_left', { duration: duration(left) }) : t('wrap_up_over');
    return html`<p class="time-left ${left < SOON_SECONDS ? 'short' : ''}" id="wrap-up-left">
        ${words}
      </p>
      ${left > 0 ? this.#longer() : nothing}
      <p class="hidden" role="status">
        ${left > 0 && left < SOON_SECONDS ? t('wrap_up_soon') : ''}${left <= 0 ? words : ''}
      </p>`;
  }

  // From the end that is shown: pressed twice, it is not extended twice.
  #extend() {
    const { contact_id: id, engagement } = this.contact;
    return this.store.act(async () => {
      const longer = await api.extend(id, engagement.wrap_up_until);
      const contact = this.store.contacts.get(id);
      if (contact) this.store.put({ ...contact, engagement: { ...contact.engagement, ...longer } });
    });
  }

  #longer() {
    const { wrap_up_extensions_left: count } = this.contact.engagement;
    if (!count) return html`<p class="note">${t('wrap_up_no_more')}</p>`;
    const minutes = Math.round(lists.limits.wrap_up_extension_seconds / 60);
    return html`<button
      type="button"
      id="wrap-up-longer"
      title=${t('wrap_up_extensions', { count })}
      @click=${this.#extend}
    >
      ${t('wrap_up_longer', { minutes })}<span class="hidden"
        >, ${t('wrap_up_extensions', { count })}</span
      >
    </button>`;
  }

  #existing() {
    return html`<form @submit=${this.#search}>
        <label for="case-reference">${t('case_reference')}</label>
        <input
          id="case-reference"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          maxlength="32"
          aria-describedby="case-reference-note"
        />
        <button>${t('case_search')}</button>
        <p class="note" id="case-reference-note">${t('case_reference_note')}</p>
      </form>
      <div role="status" class="found">
        ${this.found?.length === 0 ? html`<p>${t('case_not_found')}</p>` : nothing}
        ${(this.found ?? []).map(
          (one) =>
            html`<p>
              <button type="button" @click=${() => this.store.act(() => this.#attach(one.case_id))}>
                ${t('case_attach', { reference: one.reference })}
              </button>
              ${one.label ?? ''}
            </p>`,
        )}
      </div>`;
  }

  #new() {
    const here = this.contact.department ?? this.#writeUp?.value('department_home');
    return html`<form @submit=${this.#create}>
      <label for="case-label">${t('case_label')}</label>
      <input id="case-label" autocomplete="off" maxlength="120" />
      <label for="case-department">${t('case_department')}</label>
      <select id="case-department">
        <option value=""></option>
        ${lists.departments.map(
          (one) =>
            html`<option value=${one.value} ?selected=${one.value === here}>${one.label}</option>`,
        )}
      </select>
      <button id="create-case" class="primary">${t('case_create')}</button>
    </form>`;
  }

  #outside() {
    const close = (event) => {
      event.preventDefault();
      this.#writeUp?.set('handed_to', this.querySelector('#handed-to').value);
      this.#close('handed_outside', null);
    };
    return html`<form @submit=${close}>
      <label for="handed-to">${t('handed_to')}</label>
      <select id="handed-to" required>
        <option value=""></option>
        ${lists.handed_to.map((one) => html`<option value=${one.value}>${one.label}</option>`)}
      </select>
      <button id="close-outside" class="primary" ?disabled=${this.contact.state !== 'ended'}>
        ${t('handed_close')}
      </button>
    </form>`;
  }

  #none() {
    const close = (event) => {
      event.preventDefault();
      this.#close('non_content', this.querySelector('#non-content').value);
    };
    return html`<form @submit=${close}>
      <label for="non-content">${t('non_content_code')}</label>
      <select id="non-content" required>
        <option value=""></option>
        ${lists.non_content.map((one) => html`<option value=${one.value}>${one.label}</option>`)}
      </select>
      <button id="close-none" class="primary" ?disabled=${this.contact.state !== 'ended'}>
        ${t('contact_close')}
      </button>
    </form>`;
  }
}
customElements.define('cc-closing', Closing);
