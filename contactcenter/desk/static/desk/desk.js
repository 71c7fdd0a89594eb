// The listener's desk, whole: her presence, the offer, her contacts, the queues.

import { html, nothing } from 'lit';
import { StoreElement } from './element.js';
import './presence.js';
import './offer.js';
import './chat.js';
import './call.js';
import './write-up.js';
import './closing.js';
import './contact.js';
import { Store } from './store.js';
import { Telephone } from './telephone.js';
import { duration, problemWords, t } from './texts.js';

class Desk extends StoreElement {
  render() {
    const { store } = this;
    return html`
      ${this.#banners()}
      <cc-presence .store=${store}></cc-presence>
      <cc-offer .store=${store}></cc-offer>
      <div class="desk">
        <nav aria-label=${t('contacts_label')}>
          <h2>${t('contacts_label')}</h2>
          ${store.contacts.size
            ? html`<ul>
                ${[...store.contacts.values()].map((contact) => this.#tab(contact))}
              </ul>`
            : html`<p class="note">${t('contacts_none')}</p>`}
          ${this.#queues()}
        </nav>
        <div class="pane">
          ${store.contacts.has(store.selected)
            ? html`<cc-contact .store=${store} .contact=${store.contacts.get(store.selected)}></cc-contact>`
            : html`<p class="quiet">${t(`quiet_${store.presence.state}`)}</p>`}
        </div>
      </div>
    `;
  }

  #tab(contact) {
    const unread = this.store.unread.get(contact.contact_id);
    return html`<li>
      <button
        type="button"
        aria-current=${contact.contact_id === this.store.selected ? 'true' : 'false'}
        @click=${() => this.store.select(contact.contact_id)}
      >
        <span class="urgency u${contact.urgency}">U${contact.urgency}</span>
        ${t(`channel_${contact.channel}`)} · ${contact.queue_label}
        <span class="note">${t(`contact_${contact.state}`)}</span>
        ${unread ? html`<span class="unread">${t('unread', { count: unread })}</span>` : nothing}
      </button>
    </li>`;
  }

  #queues() {
    const waiting = this.store.queues.filter((queue) => queue.waiting);
    return html`<section aria-labelledby="queues-title">
      <h2 id="queues-title">${t('queues_title')}</h2>
      ${waiting.length
        ? html`<table>
            <thead>
              <tr>
                <th scope="col">${t('queue')}</th>
                <th scope="col">${t('queue_waiting')}</th>
                <th scope="col">${t('queue_longest')}</th>
              </tr>
            </thead>
            <tbody>
              ${waiting.map(
                (queue) => html`<tr>
                  <th scope="row">${queue.label} · ${t(`channel_${queue.channel}`)}</th>
                  <td>${queue.waiting}</td>
                  <td>${duration(queue.longest_wait_seconds ?? 0)}</td>
                </tr>`,
              )}
            </tbody>
          </table>`
        : html`<p class="note">${t('queues_empty')}</p>`}
    </section>`;
  }

  #banners() {
    const { connection, notice, alerts } = this.store;
    return html`<div class="banners">
      ${connection === 'connecting'
        ? html`<p role="status" class="banner warning">${t('connection_lost')}</p>`
        : nothing}
      ${connection === 'signed_out'
        ? html`<p role="alert" class="banner warning">
            ${t('signed_out')} <a href="/signin">${t('signin_title')}</a>
          </p>`
        : nothing}
      ${alerts.map(
        (alert) => html`<p role="alert" class="banner ${alert.severity}">${t(`alert_${alert.code}`)}</p>`,
      )}
      ${notice?.problem
        ? html`<p role="alert" class="banner warning" id="problem">${problemWords(notice.problem)}</p>`
        : nothing}
      ${notice?.words ? html`<p role="alert" class="banner warning">${t(notice.words)}</p>` : nothing}
      ${notice?.withdrawn
        ? html`<p role="status" class="banner" id="withdrawn">
            ${t(`withdrawn_${notice.withdrawn}`)}
          </p>`
        : nothing}
    </div>`;
  }
}
customElements.define('cc-desk', Desk);

const store = new Store();
store.telephone = new Telephone(store);

// Ctrl+Shift+Enter accepts, Ctrl+Shift+Backspace offers the reasons to decline.
document.addEventListener('keydown', (event) => {
  if (!event.ctrlKey || !event.shiftKey || !store.offer) return;
  if (event.key === 'Enter') store.accept();
  else if (event.key === 'Backspace') document.getElementById('decline')?.click();
  else return;
  event.preventDefault();
});

// Titles and sounds say that something happens, never with whom.
const title = document.title;
store.addEventListener('change', () => {
  document.title = store.offer ? `● ${t('title_offer')}` : title;
});
store.addEventListener('offer', () => store.telephone.chime());

const desk = document.createElement('cc-desk');
desk.store = store;
document.getElementById('desk').append(desk);
store.start();
