// One contact: who contacts, how urgent, the talk, the write-up, the case.

import { html, nothing } from 'lit';
import { api } from './api.js';
import { StoreElement } from './element.js';
import { duration, label, queueLabel, t, timeOf } from './texts.js';
import { levelName, levelResponse, mark } from './urgency.js';
import './hand-over.js';
import './urgency-acts.js';

class Contact extends StoreElement {
  static properties = {
    ...StoreElement.properties,
    contact: { attribute: false },
    handing: { state: true },
  };

  // What an immediate danger asks for is of use while the person is there.
  #response() {
    const { urgency, state } = this.contact;
    return urgency === 2 || (urgency === 1 && state === 'active') ? levelResponse(urgency) : '';
  }

  #mayHandOver() {
    return this.contact.state === 'active' && this.contact.engagement?.state === 'talking';
  }

  async #handOver() {
    this.handing = !this.handing;
    await this.updateComplete;
    if (this.handing) this.querySelector('#hand-over-queue')?.focus();
    else this.querySelector('#hand-over')?.focus();
  }

  async #end() {
    const refused = await this.store.act(async () => {
      this.store.put(await api.end(this.contact.contact_id));
    });
    // The button that was pressed is gone; what comes next is the write-up.
    if (!refused && this.isConnected) this.querySelector('#write-up-title')?.focus();
  }

  render() {
    const { contact, store } = this;
    const { channel, urgency } = contact;
    return html`
      <article aria-labelledby="contact-title">
        <header>
          <div class="who">
            <h2 id="contact-title" tabindex="-1">
              ${t(`channel_${channel}`)} · ${queueLabel(contact)}
            </h2>
            <p>
              ${mark(urgency)} <strong>${levelName(urgency)}</strong> ·
              ${label('audience', contact.audience)}
              ${contact.department ? html` · ${label('departments', contact.department)}` : nothing}
              · ${t('contact_arrived', { time: timeOf(contact.arrived_at) })},
              ${t('contact_waited', { duration: duration(contact.waited_seconds) })}
            </p>
          </div>
          <div class="ends">
            ${
              this.#mayHandOver()
                ? html`<button
                    type="button"
                    id="hand-over"
                    aria-expanded=${String(Boolean(this.handing))}
                    @click=${this.#handOver}
                  >
                    ${t(contact.level === 'pre_accueil' ? 'hand_over_listening' : 'hand_over')}
                  </button>`
                : nothing
            }
            ${
              contact.state === 'active'
                ? html`<button type="button" id="end" class="danger" @click=${this.#end}>
                    ${t(`contact_end_${channel}`)}
                  </button>`
                : html`<p role="status" class="over">${t(`contact_over_${channel}`)}</p>`
            }
          </div>
          ${
            this.handing && this.#mayHandOver()
              ? html`<cc-hand-over
                  .store=${store}
                  .contact=${contact}
                  @left=${this.#handOver}
                ></cc-hand-over>`
              : nothing
          }
          <cc-urgency .store=${store} .contact=${contact}></cc-urgency>
          <p class="response">${this.#response()}</p>
          <p class="secret">${t('confirm_nothing')}</p>
        </header>
        <div class="columns ${channel}">
          <section class="talk" id="talk" tabindex="-1" aria-label=${t(`panel_${channel}`)}>
            ${
              channel === 'chat'
                ? html`<cc-chat .store=${store} .contact=${contact}></cc-chat>`
                : html`<cc-call .store=${store} .contact=${contact}></cc-call>`
            }
          </section>
          <div class="work">
            <cc-write-up .store=${store} .contact=${contact}></cc-write-up>
            <cc-closing .store=${store} .contact=${contact}></cc-closing>
          </div>
        </div>
      </article>
    `;
  }
}
customElements.define('cc-contact', Contact);
