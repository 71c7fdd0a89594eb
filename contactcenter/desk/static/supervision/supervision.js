// Supervision, whole: alerts first, then who waits, who is there, and the queues.

import { html, nothing } from 'lit';
import { StoreElement } from '../desk/element.js';
import { problemWords, t, timeOf } from '../desk/texts.js';
import { alertList } from './alerts.js';
import './contact-act.js';
import './contacts-table.js';
import { Floor } from './floor.js';
import './listener-act.js';
import './listeners-table.js';
import './queue-act.js';
import './queues-table.js';

class Supervision extends StoreElement {
  #open(name, { detail }) {
    this.querySelector(name).open(detail);
  }

  #goTo({ contact_id: id }) {
    const row = this.querySelector(`tr[data-contact="${CSS.escape(id)}"]`);
    (row?.querySelector('button') ?? this.querySelector('#contacts-waiting')).focus();
  }

  render() {
    const { store } = this;
    return html`
      ${this.#banners()}
      ${store.view ? this.#floor() : html`<p class="note">${t('floor_reading')}</p>`}
      <cc-contact-act .floor=${store}></cc-contact-act>
      <cc-listener-act .floor=${store}></cc-listener-act>
      <cc-queue-act .floor=${store}></cc-queue-act>
    `;
  }

  #floor() {
    const { store } = this;
    return html`${alertList(store.view.alerts, { goTo: (alert) => this.#goTo(alert) })}
      <cc-contacts-table
        .store=${store}
        @act=${(event) => this.#open('cc-contact-act', event)}
      ></cc-contacts-table>
      <cc-listeners-table
        .store=${store}
        @act=${(event) => this.#open('cc-listener-act', event)}
      ></cc-listeners-table>
      <cc-queues-table
        .store=${store}
        @act=${(event) => this.#open('cc-queue-act', event)}
      ></cc-queues-table>`;
  }

  // What one did oneself is told politely; only alerts interrupt.
  #banners() {
    const { connection, problem, said, view, isOffered } = this.store;
    return html`<div class="banners">
      ${
        connection === 'connecting' && view
          ? html`<p role="status" class="banner warning" id="connection-lost">
              ${t('floor_lost', { time: timeOf(view.at) })}
            </p>`
          : nothing
      }
      ${
        connection === 'signed_out'
          ? html`<p role="alert" class="banner critical" id="signed-out">
              ${t('problem_not_signed_in')} <a href="/signin">${t('signin_title')}</a>
            </p>`
          : nothing
      }
      ${
        problem && problem.status !== 401
          ? html`<p role="status" class="banner warning" id="problem">${problemWords(problem)}</p>`
          : nothing
      }
      ${
        isOffered
          ? html`<p role="alert" class="banner warning" id="offered">
              ${t('floor_offered')} <a href="/">${t('home_title')}</a>
            </p>`
          : nothing
      }
      <p role="status" id="said" class=${said ? 'banner done' : ''}>${said}</p>
    </div>`;
  }
}
customElements.define('cc-supervision', Supervision);

const floor = new Floor();
const page = document.createElement('cc-supervision');
page.store = floor;
document.getElementById('live').append(page);
floor.start();
