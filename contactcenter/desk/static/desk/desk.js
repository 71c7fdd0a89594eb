// The listener's desk, whole: her presence, the offer, her contacts, the queues.

import { html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { StoreElement } from './element.js';
import './presence.js';
import './offer.js';
import './rail.js';
import './chat.js';
import './call.js';
import './write-up.js';
import './closing.js';
import './contact.js';
import './panels.js';
import './pause.js';
import { listenForShortcuts } from './shortcuts.js';
import { Store } from './store.js';
import { Telephone } from './telephone.js';
import { label, momentOf, problemWords, queueLabel, t, timeOf } from './texts.js';
import { levelName } from './urgency.js';

class Desk extends StoreElement {
  static properties = { ...StoreElement.properties, said: { state: true } };
  #offered = () => this.#sayOffer();
  #arrives = () => this.#focusContact();

  connectedCallback() {
    super.connectedCallback();
    this.store.addEventListener('offer', this.#offered);
    this.store.addEventListener('arrive', this.#arrives);
  }

  disconnectedCallback() {
    this.store.removeEventListener('offer', this.#offered);
    this.store.removeEventListener('arrive', this.#arrives);
    super.disconnectedCallback();
  }

  // Said once, whole, however long it rings.
  #sayOffer() {
    const { channel, urgency, audience } = this.store.offer;
    this.said = t('offer_said', {
      what: t(`offer_${channel}`),
      level: `U${urgency} ${levelName(urgency)}`,
      audience: label('audience', audience),
      keys: t('key_accept'),
    });
  }

  /** Go to the title of the contact at hand, or to what the desk says when there is none. */
  async #focusContact() {
    this.requestUpdate();
    await this.updateComplete;
    await this.querySelector('cc-contact')?.updateComplete;
    (this.querySelector('#contact-title') ?? this.querySelector('#quiet-title'))?.focus();
  }

  render() {
    const { store } = this;
    return html`
      ${this.#banners()}
      <cc-presence .store=${store}></cc-presence>
      <cc-offer .store=${store}></cc-offer>
      <p class="hidden" role="alert">${store.offer ? this.said : ''}</p>
      <div class="floor">
        <cc-rail .store=${store}></cc-rail>
        <div class="pane">
          ${
            store.contact
              ? keyed(
                  store.selected,
                  html`<cc-contact .store=${store} .contact=${store.contact}></cc-contact>`,
                )
              : this.#quiet()
          }
        </div>
      </div>
      <cc-panels .store=${store}></cc-panels>
    `;
  }

  // « Ready again » is her word: nothing here says it for her.
  #quiet() {
    const { presence, closedLast } = this.store;
    const { state, reason } = presence;
    const rests = state === 'break' && reason === 'hard_contact';
    const again = (closedLast || rests) && state !== 'ready';
    const isSaid = rests || (state === 'offline' && reason === 'shift_over');
    const words = isSaid ? reason : state;
    return html`<section class="quiet" aria-labelledby="quiet-title">
      <h2 id="quiet-title" tabindex="-1">
        ${
          closedLast
            ? t('contact_closed', { time: timeOf(closedLast.at) })
            : t(`quiet_title_${words}`)
        }
      </h2>
      <p>${t(again && words === state ? 'quiet_again' : `quiet_${words}`)}</p>
      ${rests && presence.until ? html`<cc-pause .store=${this.store}></cc-pause>` : nothing}
      ${
        state === 'ready'
          ? nothing
          : html`<button
              type="button"
              class="primary"
              id="ready-again"
              ?disabled=${!this.store.canDeclare}
              @click=${() => this.#ready()}
            >
              ${t(again ? 'ready_again' : 'ready_now')}
            </button>`
      }
    </section>`;
  }

  async #ready() {
    await this.store.declare('ready');
    this.querySelector('#quiet-title')?.focus();
  }

  #banners() {
    const { connection, notice, alerts, telephone } = this.store;
    return html`<div class="banners">
      ${
        connection === 'connecting'
          ? html`<p role="status" class="banner warning" id="connection-lost">
              ${t('connection_lost')}
            </p>`
          : nothing
      }
      ${connection === 'signed_out' ? this.#signedOut() : nothing}
      ${
        telephone?.isAsleep
          ? html`<p role="status" class="banner warning" id="asleep">${t('telephone_asleep')}</p>`
          : nothing
      }
      ${
        telephone?.isLost
          ? html`<p role="alert" class="banner warning" id="telephone-lost">
              ${t('telephone_lost')}
            </p>`
          : nothing
      }
      ${
        telephone?.warning
          ? html`<p role="alert" class="banner warning" id="telephone-warning">
              ${t(`telephone_${telephone.warning}`)}
            </p>`
          : nothing
      }
      ${alerts.map(
        (alert) =>
          html`<p role="alert" class="banner ${alert.severity}">${t(`alert_${alert.code}`)}</p>`,
      )}
      ${this.store.losses.length ? this.#losses() : nothing}
      ${notice?.problem ? this.#notice('problem', 'alert', problemWords(notice.problem)) : nothing}
      ${notice?.words ? this.#notice('notice', 'alert', t(notice.words, notice.values)) : nothing}
      ${
        notice?.withdrawn
          ? this.#notice('withdrawn', 'status', t(`withdrawn_${notice.withdrawn}`))
          : nothing
      }
    </div>`;
  }

  // Channel, queue and hour: the person is told of nowhere.
  #losses() {
    const words = ({ channel, is_gone: isGone, state, lost_at: at, ...queue }) =>
      t(`loss_${isGone ? 'gone' : state === 'waiting' ? 'waiting' : 'taken'}`, {
        channel: t(`channel_${channel}`),
        queue: queueLabel(queue),
        time: momentOf(at),
      });
    return html`<div class="banner warning" id="losses">
      <div role="alert">${this.store.losses.map((loss) => html`<p>${words(loss)}</p>`)}</div>
      <button type="button" class="quiet" id="losses-seen" @click=${() => this.store.seeLosses()}>
        ${t('losses_seen')}
      </button>
    </div>`;
  }

  #notice(id, role, words) {
    return html`<div class="banner ${role === 'alert' ? 'warning' : ''}">
      <p role=${role} id=${id}>${words}</p>
      <button
        type="button"
        class="quiet"
        aria-label=${t('notice_dismiss')}
        @click=${() => this.store.say(null)}
      >
        ×
      </button>
    </div>`;
  }

  // What she typed stays on this page: she signs in beside it and goes on.
  #signedOut() {
    return html`<div role="alert" class="banner critical" id="signed-out">
      <p>${t('signed_out')}</p>
      <a href="/signin" target="_blank" rel="noopener">${t('signed_out_signin')}</a>
      <button type="button" class="primary" @click=${() => this.store.start()}>
        ${t('signed_out_resume')}
      </button>
    </div>`;
  }
}
customElements.define('cc-desk', Desk);

const store = new Store();
store.telephone = new Telephone(store);
listenForShortcuts(store);

// Titles and sounds say that something happens, never with whom.
const title = document.title;
store.addEventListener('change', () => {
  const unread = [...store.talks.unread.values()].reduce((sum, count) => sum + count, 0);
  if (store.offer) document.title = `● ${t('title_offer')}`;
  else document.title = unread ? `(${unread}) ${title}` : title;
});
store.addEventListener('offer', () => store.telephone.chime());
store.addEventListener('line', () => document.hasFocus() || store.telephone.chime());

for (const press of ['pointerdown', 'keydown'])
  document.addEventListener(press, () => store.telephone.wake(), { capture: true });
addEventListener('focus', () => store.markRead());
// Leaving the page ends its telephone: whoever talks there would be back in the queue.
addEventListener('beforeunload', (event) => {
  const calls = [...store.contacts.values()].filter(({ channel }) => channel === 'call');
  const talks = calls.some(({ state }) => state === 'active');
  if (talks || store.talks.hasUnsent) event.preventDefault();
});

// Signing out gives a person who is still there back to the queue: not by a slip.
document.querySelector('header form').addEventListener('submit', (event) => {
  const open = [...store.contacts.values()].filter(({ state }) => state === 'active').length;
  if (open && !window.confirm(t('signout_open', { count: open }))) event.preventDefault();
});

const desk = document.createElement('cc-desk');
desk.store = store;
document.getElementById('desk').append(desk);
store.start();
