// The number of a callback: asked for with a reason, shown for a minute, kept by nothing.
// It is text on this page alone: no link, no title, no address ever holds it.

import { LitElement, html } from 'lit';
import { api, Problem } from '../desk/api.js';
import { lists, problemWords, t } from '../desk/texts.js';

const SHOWN_MS = 60_000;

class CallbackNumber extends LitElement {
  static properties = {
    task: { attribute: false },
    isAsking: { state: true },
    said: { state: true },
  };
  #number = null;
  #hiding = 0;
  // A page that the browser keeps for « back » would keep what it shows.
  #left = () => this.#hide();

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.said = '';
    addEventListener('pagehide', this.#left);
  }

  disconnectedCallback() {
    removeEventListener('pagehide', this.#left);
    this.#hide();
    super.disconnectedCallback();
  }

  async #ask() {
    this.isAsking = true;
    await this.updateComplete;
    this.querySelector('select').focus();
  }

  async #leave() {
    this.isAsking = false;
    await this.updateComplete;
    this.querySelector('.number-show').focus();
  }

  async #read(event) {
    event.preventDefault();
    const reason = this.querySelector('select').value;
    this.said = '';
    try {
      const { number } = await api.number(this.task.follow_up_id, reason);
      if (!this.isConnected) return;
      this.#number = number;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.said = problem.status === 404 ? t('number_none') : problemWords(problem);
      return;
    }
    this.isAsking = false;
    clearTimeout(this.#hiding);
    this.#hiding = setTimeout(() => this.#hide(), SHOWN_MS);
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector('.number-hide')?.focus();
  }

  async #hide() {
    clearTimeout(this.#hiding);
    if (this.#number === null) return;
    const isHere = this.contains(document.activeElement);
    this.#number = null;
    this.said = t('number_hidden');
    this.requestUpdate();
    await this.updateComplete;
    if (isHere) this.querySelector('.number-show')?.focus();
  }

  render() {
    return html`<div class="number">
      ${this.#number === null ? (this.isAsking ? this.#form() : this.#closed()) : this.#shown()}
      <p role="status" class="note">${this.said}</p>
    </div>`;
  }

  #closed() {
    return html`<button type="button" class="number-show" @click=${() => this.#ask()}>
      ${t('number_show')}
    </button>`;
  }

  #form() {
    const id = `number-why-${this.task.follow_up_id}`;
    return html`<form class="settle" @submit=${(event) => this.#read(event)}>
      <label for=${id}>${t('number_why')}</label>
      <select id=${id} required>
        <option value=""></option>
        ${lists.number_reasons.map(({ value, label }) => html`<option value=${value}>${label}</option>`)}
      </select>
      <p class="note">${t('number_note')}</p>
      <div class="acts">
        <button class="primary">${t('number_do')}</button>
        <button type="button" @click=${() => this.#leave()}>${t('cancel')}</button>
      </div>
    </form>`;
  }

  #shown() {
    const id = `number-${this.task.follow_up_id}`;
    // The focus comes to the button: it says the number, and how to be rid of it.
    return html`<dl class="number-shown" id=${id}>
        <dt>${t('number_label')}</dt>
        <dd translate="no">${this.#number}</dd>
      </dl>
      <p class="note">${t('number_hides')}</p>
      <button type="button" class="number-hide" aria-describedby=${id} @click=${() => this.#hide()}>
        ${t('number_hide')}
      </button>`;
  }
}
customElements.define('cc-callback-number', CallbackNumber);
