// A contact's course taken in hand: assigned, moved, taken, closed.

import { html, nothing } from 'lit';
import { api } from '../desk/api.js';
import { label, lists, t } from '../desk/texts.js';
import { ActDialog } from './act-dialog.js';
import { contactWords, queueName } from './words.js';

const ACTS = { waiting: ['assign', 'move', 'take', 'close'], ended: ['close'] };
// What may become of somebody nobody has talked with, and of somebody who was answered.
const OUTCOMES = {
  unanswered: ['abandoned', 'deterred', 'handed_outside', 'non_content'],
  answered: ['treated', 'handed_outside', 'non_content'],
};

class ContactAct extends ActDialog {
  static properties = {
    ...ActDialog.properties,
    act: { state: true },
    outcome: { state: true },
  };

  begin() {
    [this.act] = this.#acts;
    this.outcome = '';
  }

  get #acts() {
    return ACTS[this.subject.state] ?? ACTS.waiting;
  }

  get #ready() {
    return this.floor.view.listeners.filter(
      ({ state, staff_id: id }) => state === 'ready' && id !== this.subject.listener_id,
    );
  }

  #do() {
    const { contact_id: id } = this.subject;
    const value = (selector) => this.querySelector(selector)?.value ?? '';
    const { reason } = this;
    const [asked, words] = {
      assign: () => {
        const listener = value('#act-listener');
        const name = this.#ready.find((one) => one.staff_id === listener)?.name ?? '';
        return [{ listener_id: listener, reason }, t('did_assign', { name })];
      },
      move: () => {
        const queue = value('#act-queue');
        return [{ queue, reason }, t('did_move', { queue: queueName(queue) })];
      },
      take: () => [{ reason }, t('did_take')],
      close: () => {
        const code = value('#act-code');
        const asked = { disposition: this.outcome, reason };
        return [code ? { ...asked, non_content_code: code } : asked, t('did_close')];
      },
    }[this.act]();
    this.run(() => api.supervise(id, this.act, asked), words);
  }

  form() {
    const fields = {
      assign: () => this.#assign(),
      move: () => this.#move(),
      take: () => html`<p class="note">${t('act_take_note')}</p>`,
      close: () => this.#close(),
    }[this.act];
    return this.frame({
      title: contactWords(this.subject),
      note: `${label('audience', this.subject.audience)} · ${t(`state_${this.subject.state}`)}`,
      fields: html`<fieldset class="choice">
          <legend>${t('act_which')}</legend>
          ${this.#acts.map(
            (act) =>
              html`<label class="check"
                ><input
                  type="radio"
                  name="act"
                  value=${act}
                  .checked=${act === this.act}
                  @change=${() => (this.act = act)}
                /><span>${t(`act_${act}`)}</span></label
              >`,
          )}
        </fieldset>
        ${fields()}`,
      reasons: lists.contact_reasons,
      submit: t(`act_${this.act}_do`),
      isReady: this.act !== 'assign' || this.#ready.length > 0,
      act: () => this.#do(),
    });
  }

  #assign() {
    if (!this.#ready.length) return html`<p>${t('act_nobody_ready')}</p>`;
    return html`<label for="act-listener">${t('act_listener')}</label>
      <select id="act-listener" required>
        ${this.#ready.map(
          ({ staff_id: id, name, load }) =>
            html`<option value=${id}>${name} · ${t('act_load', { count: load.length })}</option>`,
        )}
      </select>
      <p class="note">${t('act_assign_note')}</p>`;
  }

  #move() {
    const { channel, queue } = this.subject;
    const queues = lists.queues.filter(
      (one) => one.channels.includes(channel) && one.value !== queue,
    );
    return html`<label for="act-queue">${t('act_queue')}</label>
      <select id="act-queue" required>
        <option value=""></option>
        ${queues.map((one) => html`<option value=${one.value}>${one.label}</option>`)}
      </select>
      <p class="note">${t('act_move_note')}</p>`;
  }

  #close() {
    // One who waits again has been talked with: what is said of them must be true.
    const outcomes = this.subject.answered_at ? 'answered' : 'unanswered';
    return html`<label for="act-outcome">${t('act_outcome')}</label>
      <select id="act-outcome" required @change=${(event) => (this.outcome = event.target.value)}>
        <option value=""></option>
        ${this.#outcomes(outcomes)}
      </select>
      ${
        this.outcome === 'non_content'
          ? html`<label for="act-code">${t('non_content_code')}</label>
              <select id="act-code" required>
                <option value=""></option>
                ${lists.non_content.map(
                  (one) => html`<option value=${one.value}>${one.label}</option>`,
                )}
              </select>`
          : nothing
      }
      <p class="note">${t('act_close_note')}</p>`;
  }

  #outcomes(kind) {
    return html`<optgroup label=${t(`act_${kind}`)}>
      ${OUTCOMES[kind].map(
        (one) => html`<option value=${one}>${label('dispositions', one)}</option>`,
      )}
    </optgroup>`;
  }
}
customElements.define('cc-contact-act', ContactAct);
