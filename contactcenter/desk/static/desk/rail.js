// What stands beside the contact at hand: her other contacts, and the queues.

import { html, nothing } from 'lit';
import { secondsUntil } from './clock.js';
import { StoreElement } from './element.js';
import { duration, label, queueLabel, t, timeOf } from './texts.js';
import { mark } from './urgency.js';

const TICK_MS = 5_000;

class Rail extends StoreElement {
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
    const contacts = [...this.store.contacts.values()];
    return html`
      <nav aria-labelledby="contacts-title">
        <h2 id="contacts-title">${t('contacts_label')}</h2>
        ${
          contacts.length
            ? html`<ul>
                ${contacts.map((contact) => this.#tab(contact))}
              </ul>`
            : html`<p class="note">${t('contacts_none')}</p>`
        }
      </nav>
      ${this.#queues()}
    `;
  }

  #tab(contact) {
    const { contact_id: id, channel, state, urgency, engagement } = contact;
    const unread = this.store.talks.unread.get(id);
    const until = engagement?.wrap_up_until;
    const left = until ? Math.max(0, Math.floor(secondsUntil(until) / 60)) : 0;
    return html`<li>
      <button
        type="button"
        class="tab"
        aria-current=${id === this.store.selected ? 'true' : 'false'}
        @click=${() => this.store.select(id)}
      >
        ${mark(urgency)}
        <span class="tab-title"
          >${t(`channel_${channel}`)} · ${label('audience', contact.audience)}</span
        >
        <span class="note"
          >${timeOf(contact.arrived_at)}${
            contact.department ? html` · ${label('departments', contact.department)}` : nothing
          }</span
        >
        <span class="tab-state ${state}"
          >${t(`contact_${state}`)}${
            state === 'ended' && left ? html` · ${t('minutes_left', { count: left })}` : nothing
          }</span
        >
        ${unread ? html`<span class="unread">${t('unread', { count: unread })}</span>` : nothing}
      </button>
    </li>`;
  }

  #queues() {
    const waiting = this.store.queues.filter((queue) => queue.waiting);
    return html`<section class="queues" aria-labelledby="queues-title">
      <h2 id="queues-title">${t('queues_title')}</h2>
      ${
        waiting.length
          ? html`<table>
              <thead>
                <tr>
                  <th scope="col">${t('queue')}</th>
                  <th scope="col">
                    <abbr title=${t('queue_waiting')}>${t('queue_waiting_short')}</abbr>
                  </th>
                  <th scope="col">
                    <abbr title=${t('queue_longest')}>${t('queue_longest_short')}</abbr>
                  </th>
                </tr>
              </thead>
              <tbody>
                ${waiting.map(
                  (queue) =>
                    html`<tr>
                      <th scope="row">
                        ${queueLabel({ ...queue, queue_label: queue.label })} ·
                        ${t(`channel_${queue.channel}`)}
                      </th>
                      <td>${queue.waiting}</td>
                      <td>${duration(queue.longest_wait_seconds ?? 0)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>`
          : html`<p class="note">${t('queues_empty')}</p>`
      }
      <p class="note">${t('free_listeners', { count: this.store.freeListeners })}</p>
    </section>`;
  }
}
customElements.define('cc-rail', Rail);
