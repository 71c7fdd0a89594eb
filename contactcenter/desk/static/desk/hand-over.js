// Giving the person on: from pre-answering to listening, or to another queue. They
// keep the place of their arrival; what was typed here is saved first.

import { html, nothing } from 'lit';
import { api } from './api.js';
import { StoreElement } from './element.js';
import { label, lists, momentOf, t } from './texts.js';

class HandOver extends StoreElement {
  static properties = {
    ...StoreElement.properties,
    contact: { attribute: false },
    queue: { state: true },
    colleagues: { state: true },
  };

  connectedCallback() {
    super.connectedCallback();
    this.queue = '';
    this.colleagues = [];
  }

  #choose(queue) {
    this.queue = queue;
    this.colleagues = [];
    if (queue) this.#readColleagues(queue);
  }

  // Nobody need be named: without an answer the person is handed over to the queue alone.
  async #readColleagues(queue) {
    const { colleagues } = await api
      .colleagues(queue, this.contact.channel)
      .catch(() => ({ colleagues: [] }));
    if (queue !== this.queue) return;
    this.colleagues = colleagues.filter(({ state }) => state !== 'leaving');
  }

  get #queues() {
    const { channel, queue } = this.contact;
    return lists.queues.filter((one) => one.channels.includes(channel) && one.value !== queue);
  }

  // What the person will meet there: others take them in while a team is away.
  #state() {
    const there = this.store.queues.find(
      ({ queue, channel }) => queue === this.queue && channel === this.contact.channel,
    );
    const { state, reopens_at: at } = there ?? {};
    if (state !== 'closed' && state !== 'unstaffed') return nothing;
    const words = state === 'closed' && at ? 'closed_until' : state;
    return html`<p class="note" id="hand-over-state" role="status">
      ${t(`hand_over_${words}`, { time: at ? momentOf(at) : '' })}
    </p>`;
  }

  #needs() {
    return this.#queues.find(({ value }) => value === this.queue)?.needs ?? [];
  }

  async #submit(event) {
    event.preventDefault();
    const ticked = [...this.querySelectorAll('input[name=need]:checked')];
    const listener = this.querySelector('#hand-over-listener')?.value;
    const unsaved = await this.closest('cc-contact').querySelector('cc-write-up').flush();
    if (unsaved) return this.store.say({ problem: unsaved });
    const where = {
      queue: this.queue,
      needs: ticked.map(({ value }) => value),
      ...(listener ? { listener_id: listener } : {}),
    };
    return this.#handOver(this.contact.contact_id, where);
  }

  #handOver(id, where) {
    const { store } = this;
    return store.act(async () => {
      await store.letGo(id, () => api.handOver(id, where));
      store.closedLast = null;
      store.notice = { words: 'handed_over', values: { queue: label('queues', where.queue) } };
    });
  }

  render() {
    const here = this.#queues.filter(({ audiences }) => audiences.includes(this.contact.audience));
    const others = this.#queues.filter((one) => !here.includes(one));
    return html`<form class="hand-over" aria-labelledby="hand-over" @submit=${this.#submit}>
      <div>
        <label for="hand-over-queue">${t('hand_over_queue')}</label>
        <select
          id="hand-over-queue"
          required
          @change=${(event) => this.#choose(event.target.value)}
        >
          <option value=""></option>
          ${this.#group('hand_over_fitting', here)} ${this.#group('hand_over_others', others)}
        </select>
        ${this.#state()}
      </div>
      ${
        this.#needs().length
          ? html`<fieldset>
              <legend>${t('hand_over_needs')}</legend>
              ${this.#needs().map(
                (need) =>
                  html`<label class="check"
                    ><input
                      type="checkbox"
                      name="need"
                      value=${need}
                      ?checked=${this.contact.needs.includes(need)}
                    /><span>${label('skills', need)}</span></label
                  >`,
              )}
            </fieldset>`
          : nothing
      }
      ${
        this.colleagues.length
          ? html`<div>
              <label for="hand-over-listener">${t('hand_over_listener')}</label>
              <select id="hand-over-listener">
                <option value="">${t('hand_over_anybody')}</option>
                ${this.colleagues.map(
                  ({ staff_id: id, display_name: name, state }) =>
                    html`<option value=${id}>${name} · ${t(`presence_${state}`)}</option>`,
                )}
              </select>
            </div>`
          : nothing
      }
      <p class="note">${t('hand_over_note')}</p>
      <div class="acts">
        <button class="primary" id="hand-over-do" ?disabled=${!this.queue}>
          ${t('hand_over_do')}
        </button>
        <button type="button" @click=${() => this.dispatchEvent(new Event('left'))}>
          ${t('cancel')}
        </button>
      </div>
    </form>`;
  }

  #group(name, queues) {
    if (!queues.length) return nothing;
    return html`<optgroup label=${t(name)}>
      ${queues.map(({ value, label: words }) => html`<option value=${value}>${words}</option>`)}
    </optgroup>`;
  }
}
customElements.define('cc-hand-over', HandOver);
