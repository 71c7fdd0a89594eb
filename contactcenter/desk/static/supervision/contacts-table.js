// The contacts that wait, in the order of service, and those that are served or written
// up. A contact is its queue, its urgency and its wait: never a name, never a number.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { StoreElement } from '../desk/element.js';
import { duration, label, t, timeOf } from '../desk/texts.js';
import { mark } from '../desk/urgency.js';
import { cell, contactWords, heads, queueName } from './words.js';

const TICK_MS = 1_000;

class ContactsTable extends StoreElement {
  #ticking = 0;

  connectedCallback() {
    super.connectedCallback();
    this.#ticking = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    super.disconnectedCallback();
  }

  render() {
    const { contacts, contacts_left_out: more } = this.store.view;
    const waiting = contacts.filter(({ state }) => state === 'waiting');
    const inHand = contacts.filter(({ state }) => state !== 'waiting');
    return html`
      <section class="sheet" aria-labelledby="contacts-waiting">
        <h2 id="contacts-waiting" tabindex="-1">
          ${t('floor_waiting', { count: waiting.length })}
        </h2>
        ${waiting.length ? this.#waiting(waiting) : html`<p class="note">${t('queues_empty')}</p>`}
      </section>
      <section class="sheet" aria-labelledby="contacts-in-hand">
        <h2 id="contacts-in-hand" tabindex="-1">${t('floor_in_hand', { count: inHand.length })}</h2>
        ${inHand.length ? this.#inHand(inHand) : html`<p class="note">${t('contacts_none')}</p>`}
      </section>
      ${more ? html`<p class="banner warning">${t('floor_left_out')}</p>` : nothing}
    `;
  }

  #waiting(contacts) {
    return html`<table id="waiting">
      <caption class="hidden">
        ${t('waiting_caption')}
      </caption>
      ${heads('urgency_label', 'queue', 'contact_who', 'timeline_waited', 'act')}
      <tbody>
        ${repeat(
          contacts,
          (one) => one.contact_id,
          (one) =>
            html`<tr data-contact=${one.contact_id}>
              ${this.#begins(one)}
              ${cell('timeline_waited', duration(one.waited_seconds + this.store.age))}
              ${cell('act', this.#acts(one))}
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  #inHand(contacts) {
    return html`<table id="in-hand">
      <caption class="hidden">
        ${t('in_hand_caption')}
      </caption>
      ${heads('urgency_label', 'queue', 'contact_who', 'timeline_listener', 'timeline_waited', 'act')}
      <tbody>
        ${repeat(
          contacts,
          (one) => one.contact_id,
          (one) =>
            html`<tr data-contact=${one.contact_id}>
              ${this.#begins(one)}
              ${cell(
                'timeline_listener',
                html`${one.listener_name ?? '—'}
                  <span class="note"
                    >${one.engagement_state ? t(`work_${one.engagement_state}`) : t(`state_${one.state}`)},
                    ${t('presence_since', { time: timeOf(one.since) })}</span
                  >${
                    one.leg_queue_seconds
                      ? html` <strong class="note" data-leg-queue
                          >${t('work_queued', { seconds: one.leg_queue_seconds })}</strong
                        >`
                      : nothing
                  }`,
              )}
              ${cell('timeline_waited', duration(one.waited_seconds))}
              ${cell('act', this.#acts(one))}
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  #begins(one) {
    const { urgency, urgency_source: source, queue, channel, audience, language, needs } = one;
    // The person's own word, until a listener has checked it: never what the rules have set.
    const isToConfirm = source === 'declared' && !one.urgency_confirmed;
    const wants = needs.map((need) => label('skills', need));
    return html`<th scope="row">
        ${mark(urgency)}
        ${isToConfirm ? html`<span class="note">${t('urgency_unconfirmed')}</span>` : nothing}
      </th>
      ${cell('queue', html`${queueName(queue)} <span class="note">${t(`channel_${channel}`)}</span>`)}
      ${cell(
        'contact_who',
        html`${label('audience', audience)}
          <span class="note">${[label('languages', language), ...wants].join(', ')}</span>`,
      )}`;
  }

  #acts(one) {
    return html`<button
      type="button"
      class="do"
      aria-haspopup="dialog"
      aria-label=${t('act_on', { what: contactWords(one) })}
      @click=${() => this.dispatchEvent(new CustomEvent('act', { detail: one }))}
    >
      ${t('act_contact_open')}
    </button>`;
  }
}
customElements.define('cc-contacts-table', ContactsTable);
