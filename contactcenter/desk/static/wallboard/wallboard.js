// The wallboard: queues, waits and alerts, to be read from across the room. Nobody is
// named on it: it is made of counters, the same for whoever signs it in. Only how many
// are present is told to whoever supervises alone.

import { LitElement, html, nothing } from 'lit';
import { Live } from '../desk/live.js';
import { serverNow } from '../desk/clock.js';
import { duration, language, t, timeOf } from '../desk/texts.js';
import { alertList } from '../supervision/alerts.js';
import { cell, channelOf, heads, maybe, queueName, queueState } from '../supervision/words.js';

const TICK_MS = 1_000;
const MANY_ROWS = 9;

const needsEyes = ({ waiting, state, service_level: level, target }) =>
  waiting > 0 || state === 'full' || (target && level !== null && level < target.percent);

class Wallboard extends LitElement {
  #queues = null;
  #alerts = [];
  #free = 0;
  #present = null;
  #at = 0;
  #connection = 'connecting';
  #live = new Live(
    (event) => this.#heard(event),
    (state) => {
      this.#connection = state;
      this.requestUpdate();
    },
    { watches: true },
  );

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    setInterval(() => this.requestUpdate(), TICK_MS);
    this.#live.start();
  }

  #heard(event) {
    if (event.type === 'supervision') this.#present = event.present_listeners;
    if (event.type === 'queues') {
      this.#queues = event.queues;
      this.#free = event.free_listeners;
      this.#alerts = event.alerts;
      this.#at = serverNow();
    }
    this.requestUpdate();
  }

  get #age() {
    return Math.max(0, (serverNow() - this.#at) / 1000);
  }

  render() {
    if (!this.#queues) return html`<p class="note">${t('floor_reading')}</p>`;
    const shown = this.#queues.filter(needsEyes);
    const calm = this.#queues.filter((one) => !needsEyes(one));
    return html`
      ${this.#lost()} ${alertList(this.#alerts)} ${this.#sums()}
      ${shown.length ? this.#table(shown) : html`<p class="calm">${t('queues_empty')}</p>`}
      ${this.#calm(calm)}
    `;
  }

  #lost() {
    if (this.#connection === 'live') return nothing;
    const time = timeOf(new Date(this.#at));
    return html`<p role="alert" class="banner critical">
      ${
        this.#connection === 'signed_out'
          ? html`${t('problem_not_signed_in')} <a href="/signin">${t('signin_title')}</a>`
          : t('floor_lost', { time })
      }
    </p>`;
  }

  #sums() {
    const waiting = this.#queues.reduce((sum, one) => sum + one.waiting, 0);
    const longest = Math.max(-1, ...this.#queues.map((one) => one.longest_wait_seconds ?? -1));
    return html`<dl class="sums">
      <div class=${waiting ? 'busy' : ''}>
        <dt>${t('wall_waiting')}</dt>
        <dd id="wall-waiting">${waiting}</dd>
      </div>
      <div>
        <dt>${t('queue_longest')}</dt>
        <dd>${longest < 0 ? '—' : duration(longest + this.#age)}</dd>
      </div>
      <div>
        <dt>${t('wall_free')}</dt>
        <dd>${this.#free}</dd>
      </div>
      ${
        this.#present === null
          ? nothing
          : html`<div>
              <dt>${t('wall_present')}</dt>
              <dd>${this.#present}</dd>
            </div>`
      }
      <div class="now">
        <dt>${t('wall_now')}</dt>
        <dd>${timeOf(new Date(serverNow()))}</dd>
      </div>
    </dl>`;
  }

  #table(queues) {
    const names = ['queue', 'queue_state', 'queue_waiting', 'queue_longest', 'queue_service_level'];
    return html`<table class=${queues.length > MANY_ROWS ? 'many' : nothing}>
      <caption class="hidden">
        ${t('wall_caption')}
      </caption>
      ${heads(...names)}
      <tbody>
        ${queues.map(
          (one) =>
            html`<tr class=${one.waiting ? 'busy' : nothing}>
              <th scope="row">${queueName(one.queue)} <span>${channelOf(one.channel)}</span></th>
              ${cell('queue_state', queueState(one))}
              ${cell('queue_waiting', one.waiting, 'number')}
              ${cell('queue_longest', maybe(one.longest_wait_seconds, this.#age))}
              ${cell('queue_service_level', this.#level(one))}
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  #level({ service_level: level, target }) {
    if (level === null || !target) return '—';
    const isMissed = level < target.percent;
    return html`<span class=${isMissed ? 'missed' : ''}
        >${isMissed ? '▼ ' : ''}${t('percent', { level })}</span
      ><span class="hidden">${isMissed ? t('below_target') : ''}</span>`;
  }

  // What needs no eyes is a line of words, by state, so that the rest can be large.
  #calm(queues) {
    const words = new Intl.ListFormat(language, { type: 'unit', style: 'long' });
    return ['closed', 'unstaffed', 'open'].map((state) => {
      const channels = new Map();
      for (const { queue, channel } of queues.filter((one) => one.state === state))
        channels.set(queue, [...(channels.get(queue) ?? []), channel]);
      const names = [...channels].map(([queue, some]) => this.#name(queue, some));
      return names.length
        ? html`<p class="calm">
            <strong>${t(`wall_calm_${state}`)}</strong> ${words.format(names)}
          </p>`
        : nothing;
    });
  }

  // A channel is told where the queue's other one stands otherwise.
  #name(queue, channels) {
    const all = this.#queues.filter((one) => one.queue === queue).length;
    if (channels.length === all) return queueName(queue);
    return `${queueName(queue)} (${channels.map(channelOf).join(', ')})`;
  }
}
customElements.define('cc-wallboard', Wallboard);
document.getElementById('live').append(document.createElement('cc-wallboard'));
