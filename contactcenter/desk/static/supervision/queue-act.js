// A queue closed at once, or given a message; and what is set on it, to be lifted.

import { html, nothing } from 'lit';
import { api } from '../desk/api.js';
import { serverNow } from '../desk/clock.js';
import { duration, lists, momentOf, t } from '../desk/texts.js';
import { ActDialog } from './act-dialog.js';
import { channelOf, queueName } from './words.js';

const MESSAGE_CHARS = 400;
const MINUTES = [15, 30, 60, 120, 240, 480];
const EVERY = '*';

/** True of what is set on a queue and channel, on all queues, or on all channels. */
const concerns = (set, { queue, channel }) =>
  (set.queue === EVERY || set.queue === queue) && (!set.channel || set.channel === channel);

export const overrideWords = ({ queue, channel, closed, message, until }) =>
  [
    t(closed ? 'override_closed' : 'override_message'),
    closed && message ? t('override_with_message') : '',
    queue === EVERY ? t('every_queue') : '',
    channelOf(channel),
    until ? t('override_until', { time: momentOf(until) }) : t('override_no_end'),
  ]
    .filter(Boolean)
    .join(' · ');

class QueueAct extends ActDialog {
  static properties = { ...ActDialog.properties, channel: { state: true } };

  begin() {
    this.channel = this.subject.channel ?? '';
  }

  get #standing() {
    const { queue } = this.subject;
    return this.floor.view.overrides.filter((set) =>
      queue === EVERY ? set.queue === EVERY : concerns(set, this.subject),
    );
  }

  // What is set on exactly this queue and channel: it is replaced as a whole.
  get #before() {
    return this.#standing.find(
      (set) => set.queue === this.subject.queue && (set.channel ?? '') === this.channel,
    );
  }

  get #channels() {
    const known = lists.queues.find(({ value }) => value === this.subject.queue);
    return known?.channels ?? ['call', 'chat'];
  }

  #do() {
    const message = Object.fromEntries(
      lists.languages
        .map(({ value }) => [value, this.querySelector(`#act-message-${value}`).value.trim()])
        .filter(([, words]) => words),
    );
    const minutes = Number(this.querySelector('#act-end').value);
    const set = {
      closed: this.querySelector('#act-closed').checked,
      reason: this.reason,
      ...(this.channel ? { channel: this.channel } : {}),
      ...(Object.keys(message).length ? { message } : {}),
      ...(minutes ? { until: new Date(serverNow() + minutes * 60_000).toISOString() } : {}),
    };
    const words = t('did_override', { queue: queueName(this.subject.queue) });
    this.run(() => api.override(this.subject.queue, set), words);
  }

  #lift({ queue, channel }) {
    this.run(() => api.lift(queue, channel), t('did_lift', { queue: queueName(queue) }));
  }

  form() {
    const before = this.#before;
    const isOne = this.#channels.length === 1;
    return this.frame({
      title: t('act_queue_title', { queue: queueName(this.subject.queue) }),
      fields: html`
        ${this.#standing.length ? this.#inForce() : nothing}
        <label for="act-channel">${t('act_channel')}</label>
        <select id="act-channel" @change=${(event) => (this.channel = event.target.value)}>
          ${this.#channels.map(
            (one) =>
              html`<option value=${one} ?selected=${one === this.channel}>
                ${channelOf(one)}
              </option>`,
          )}
          ${
            isOne
              ? nothing
              : html`<option value="" ?selected=${!this.channel}>${channelOf(null)}</option>`
          }
        </select>
        <label class="check"
          ><input type="checkbox" id="act-closed" ?checked=${before?.closed} /><span
            >${t('act_closed')}</span
          ></label
        >
        ${this.#messages(before)}
        <label for="act-end">${t('act_end')}</label>
        <select id="act-end">
          <option value="">${t('override_no_end')}</option>
          ${MINUTES.map(
            (minutes) =>
              html`<option value=${minutes}>
                ${t('act_end_in', { duration: lasting(minutes) })}
              </option>`,
          )}
        </select>
        ${before ? html`<p class="note">${t('act_replaces')}</p>` : nothing}
      `,
      reasons: lists.queue_reasons,
      submit: t('act_queue_do'),
      act: () => this.#do(),
    });
  }

  #messages(before) {
    return html`<fieldset>
      <legend>${t('act_message')}</legend>
      <p class="note">${t('act_message_note')}</p>
      ${lists.languages.map(
        ({ value, label: name }) =>
          html`<label for=${`act-message-${value}`}>${name}</label>
            <textarea
              id=${`act-message-${value}`}
              lang=${value}
              rows="2"
              maxlength=${MESSAGE_CHARS}
              .value=${before?.message?.[value] ?? ''}
            ></textarea>`,
      )}
    </fieldset>`;
  }

  #inForce() {
    return html`<div class="in-force">
      <h3>${t('act_in_force')}</h3>
      <ul>
        ${this.#standing.map(
          (set) =>
            html`<li>
              <span>${overrideWords(set)}</span>
              <button
                type="button"
                class="lift"
                ?disabled=${this.isBusy}
                @click=${() => this.#lift(set)}
              >
                ${t('act_lift')}
              </button>
            </li>`,
        )}
      </ul>
    </div>`;
  }
}
customElements.define('cc-queue-act', QueueAct);

const lasting = (minutes) =>
  minutes < 60 ? duration(minutes * 60) : t('hours', { count: minutes / 60 });
