// Every queue on every channel: who waits, whether it answers, and how well it did lately.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { StoreElement } from '../desk/element.js';
import { duration, t } from '../desk/texts.js';
import { overrideWords } from './queue-act.js';
import { cell, channelOf, heads, maybe, queueName, queueState } from './words.js';

const TICK_MS = 1_000;

/** True of a queue where nothing happens, happened lately, or is set. */
const isQuiet = ({ waiting, answered, abandoned, abandoned_early: early, override, state }) =>
  !waiting && !answered && !abandoned && !early && !own(override) && state !== 'full';

// What is set on every queue stands once above them all.
const own = (override) => (override?.queue === '*' ? null : override);

/** Return how well a queue did, beside what it is held to; the words say more than the number. */
export const serviceLevel = ({ service_level: level, target }) => {
  if (!target) return html`<span class="note">${t('no_target')}</span>`;
  const said = level === null ? '—' : t('percent', { level });
  const isMissed = level !== null && level < target.percent;
  return html`<span class="level ${isMissed ? 'missed' : ''}">${said}</span>
    ${isMissed ? html`<strong class="missed">${t('below_target')}</strong>` : nothing}
    <span class="note"
      >${t('target', { percent: target.percent, duration: duration(target.seconds) })}</span
    >`;
};

class QueuesTable extends StoreElement {
  static properties = { ...StoreElement.properties, showsAll: { state: true } };
  #ticking = 0;

  connectedCallback() {
    super.connectedCallback();
    this.#ticking = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
    super.disconnectedCallback();
  }

  #act(subject) {
    this.dispatchEvent(new CustomEvent('act', { detail: subject }));
  }

  render() {
    const { queues, overrides } = this.store.view;
    const shown = this.showsAll ? queues : queues.filter((one) => !isQuiet(one));
    const [first] = queues;
    return html`<section class="sheet" aria-labelledby="queues-title">
      <div class="head">
        <h2 id="queues-title" tabindex="-1">${t('floor_queues')}</h2>
        <button
          type="button"
          id="all-queues"
          aria-pressed=${String(Boolean(this.showsAll))}
          @click=${() => (this.showsAll = !this.showsAll)}
        >
          ${t('floor_all_queues', { count: queues.length })}
        </button>
        <button
          type="button"
          id="act-every-queue"
          @click=${() => this.#act({ queue: '*', channel: null })}
        >
          ${t('act_every_queue')}
        </button>
      </div>
      ${overrides
        .filter((set) => !own(set))
        .map((set) => html`<p class="banner warning" data-set="*">${overrideWords(set)}</p>`)}
      ${
        shown.length
          ? html`<table id="queues">
              <caption>
                ${t('queues_caption', { minutes: Math.round((first?.window_seconds ?? 0) / 60) })}
              </caption>
              ${heads(
                'queue',
                'queue_state',
                'queue_waiting',
                'queue_longest',
                'queue_service_level',
                'queue_answered',
                'queue_abandoned',
                'queue_estimate',
                'queue_set',
                'act',
              )}
              <tbody>
                ${repeat(
                  shown,
                  ({ queue, channel }) => `${queue}:${channel}`,
                  (one) => this.#row(one),
                )}
              </tbody>
            </table>`
          : html`<p class="note">${t('floor_quiet')}</p>`
      }
    </section>`;
  }

  #row(one) {
    const { queue, channel, waiting, override } = one;
    const name = `${queueName(queue)} · ${channelOf(channel)}`;
    return html`<tr class=${waiting ? 'busy' : nothing} data-queue=${`${queue}:${channel}`}>
      <th scope="row">${queueName(queue)} <span class="note">${channelOf(channel)}</span></th>
      ${cell('queue_state', queueState(one))} ${cell('queue_waiting', waiting, 'number')}
      ${cell('queue_longest', maybe(one.longest_wait_seconds, this.store.figuresAge))}
      ${cell('queue_service_level', serviceLevel(one))}
      ${cell('queue_answered', one.answered, 'number')}
      ${cell(
        'queue_abandoned',
        html`${one.abandoned}${
          one.abandoned_early
            ? html` <span class="note">${t('queue_early', { count: one.abandoned_early })}</span>`
            : nothing
        }`,
        'number',
      )}
      ${cell('queue_estimate', maybe(one.estimated_wait_seconds))}
      ${cell('queue_set', own(override) ? overrideWords(override) : '—')}
      ${cell(
        'act',
        html`<button
          type="button"
          class="do"
          aria-haspopup="dialog"
          aria-label=${t('act_on', { what: name })}
          @click=${() => this.#act({ queue, channel })}
        >
          ${t('act_queue_open')}
        </button>`,
      )}
    </tr>`;
  }
}
customElements.define('cc-queues-table', QueuesTable);
