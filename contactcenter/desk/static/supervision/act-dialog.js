// What every act of supervision shares: a dialog with its fields, a reason from a
// closed list, the refusal where it was asked, and the focus given back.

import { LitElement, html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { problemWords, t } from '../desk/texts.js';

export class ActDialog extends LitElement {
  static properties = {
    floor: { attribute: false },
    subject: { state: true },
    problem: { state: true },
    isBusy: { state: true },
  };
  #opener = null;
  #opened = 0;
  #shown = 0;

  createRenderRoot() {
    return this;
  }

  /** Open it about one thing; the form is a new one each time. */
  async open(subject) {
    this.#opener = document.activeElement;
    this.#opened += 1;
    this.subject = subject;
    this.problem = null;
    this.isBusy = false;
    this.begin();
    await this.updateComplete;
    this.#shown = this.#opened;
    this.querySelector('dialog').showModal();
  }

  /** For what an act wants to start with. */
  begin() {}

  close() {
    this.querySelector('dialog').close();
  }

  // The row that was acted on may be gone: the page's first heading stands in for it.
  // The form goes too, for its ids are those of the other dialogs.
  #closed() {
    // A browser tells of a closing a moment later: by then it may be open again, about another.
    if (this.#shown !== this.#opened || this.querySelector('dialog').open) return;
    this.subject = null;
    if (this.#opener?.isConnected) this.#opener.focus();
    else document.querySelector('#contacts-waiting')?.focus();
  }

  /** Do it; closed once it is done, open with the refusal otherwise. */
  async run(what, words) {
    this.isBusy = true;
    this.problem = await this.floor.act(what);
    this.isBusy = false;
    if (this.problem) {
      await this.updateComplete;
      this.querySelector('#act-problem').scrollIntoView({ block: 'nearest' });
      return;
    }
    this.close();
    this.floor.say(words);
  }

  get reason() {
    return this.querySelector('#act-reason').value;
  }

  render() {
    return html`<dialog class="act" aria-labelledby="act-title" @close=${() => this.#closed()}>
      ${this.subject ? keyed(this.#opened, this.form()) : nothing}
    </dialog>`;
  }

  /** Wrap the fields of an act: title, fields, reason, refusal, and the two buttons. */
  frame({ title, note, fields, reasons, submit, isReady = true, act }) {
    const done = (event) => {
      event.preventDefault();
      act();
    };
    return html`<form @submit=${done}>
      <h2 id="act-title">${title}</h2>
      ${note ? html`<p class="note">${note}</p>` : nothing} ${fields}
      <label for="act-reason">${t('act_reason')}</label>
      <select id="act-reason" required>
        <option value=""></option>
        ${reasons.map(({ value, label }) => html`<option value=${value}>${label}</option>`)}
      </select>
      ${
        this.problem
          ? html`<p role="alert" class="banner warning" id="act-problem">
              ${problemWords(this.problem)}
            </p>`
          : nothing
      }
      <div class="acts">
        <button class="primary" id="act-do" ?disabled=${this.isBusy || !isReady}>${submit}</button>
        <button type="button" id="act-cancel" @click=${() => this.close()}>${t('cancel')}</button>
      </div>
    </form>`;
  }
}
