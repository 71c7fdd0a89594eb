// Who is there: state, since when, why, and what each has in hand. Never a ranking.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { StoreElement } from '../desk/element.js';
import { label, t, timeOf } from '../desk/texts.js';
import { mark } from '../desk/urgency.js';
import { because, cell, heads, presenceState } from './words.js';

class ListenersTable extends StoreElement {
  render() {
    const { listeners, free_listeners: free, present_listeners: present } = this.store.view;
    return html`<section class="sheet" aria-labelledby="listeners-title">
      <div class="head">
        <h2 id="listeners-title" tabindex="-1">${t('floor_listeners')}</h2>
        <p class="note">${t('floor_free', { free, present })}</p>
      </div>
      ${
        listeners.length
          ? html`<table id="listeners">
              <caption class="hidden">
                ${t('floor_listeners')}
              </caption>
              ${heads(
                'listener',
                'presence_label',
                'listener_since',
                'listener_why',
                'listener_load',
                'act',
              )}
              <tbody>
                ${repeat(
                  listeners,
                  (one) => one.staff_id,
                  (one) => this.#row(one),
                )}
              </tbody>
            </table>`
          : html`<p class="note">${t('floor_nobody')}</p>`
      }
    </section>`;
  }

  #row(one) {
    const { staff_id: id, name, state, since, reason, until, profile, skills } = one;
    const team = label('teams', profile.split('+')[0]);
    const can = skills.map((skill) => label('skills', skill)).join(', ');
    return html`<tr data-listener=${id}>
      <th scope="row">
        ${name} <span class="note">${team}${can ? html` · ${can}` : nothing}</span>
      </th>
      ${cell('presence_label', presenceState(state))} ${cell('listener_since', timeOf(since))}
      ${cell(
        'listener_why',
        html`${because(reason) || '—'}${
          until
            ? html` <span class="note">${t('pause_until', { time: timeOf(until) })}</span>`
            : nothing
        }`,
      )}
      ${cell('listener_load', this.#load(one))}
      ${cell(
        'act',
        state === 'offline'
          ? html`<span class="note">${t('act_none')}</span>`
          : html`<button
              type="button"
              class="do"
              aria-haspopup="dialog"
              aria-label=${t('act_on', { what: name })}
              @click=${() => this.dispatchEvent(new CustomEvent('act', { detail: one }))}
            >
              ${t('act_listener_open')}
            </button>`,
      )}
    </tr>`;
  }

  #load({ load, max_chats: max }) {
    if (!load.length) return t('load_none');
    const chats = load.filter(({ channel }) => channel === 'chat').length;
    return html`<ul class="load">
        ${load.map(
          ({ channel, urgency, state, since }) =>
            html`<li>
              ${urgency ? mark(urgency) : nothing} ${t(`channel_${channel}`)}, ${t(`work_${state}`)}
              <span class="note">${t('presence_since', { time: timeOf(since) })}</span>
            </li>`,
        )}
      </ul>
      ${chats ? html`<span class="note">${t('chats_taken', { taken: chats, max })}</span>` : nothing}`;
  }
}
customElements.define('cc-listeners-table', ListenersTable);
