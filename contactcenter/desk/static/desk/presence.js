// Ready, break, end of shift, offline; and what the service concluded (asked, check audio).

import { html, nothing } from 'lit';
import { StoreElement } from './element.js';
import { t, timeOf } from './texts.js';
import './audio-check.js';

const CHOICES = ['ready', 'break', 'leaving', 'offline'];

class Presence extends StoreElement {
  static properties = { ...StoreElement.properties, checking: { state: true } };

  render() {
    const { presence } = this.store;
    const chats = [...this.store.contacts.values()].filter(({ channel }) => channel === 'chat');
    return html`
      <div role="group" aria-label=${t('presence_label')} class="presence">
        <span class="state ${presence.state}">
          <span class="dot ${presence.state}" aria-hidden="true"></span>
          <strong role="status" id="presence-state">${t(`presence_${presence.state}`)}</strong>
          ${this.#times(presence)}
          ${
            this.store.isPreparing
              ? html`<span class="note" role="status" id="telephone-connecting"
                  >${t('telephone_connecting')}</span
                >`
              : nothing
          }
        </span>
        <span class="switch">
          ${CHOICES.map(
            (state) =>
              html`<button
                type="button"
                data-presence=${state}
                aria-pressed=${String(presence.state === state)}
                ?disabled=${!this.store.canDeclare}
                @click=${() => this.store.declare(state)}
              >
                ${t(`presence_do_${state}`)}
              </button>`,
          )}
        </span>
        ${
          chats.length
            ? html`<span class="note"
                >${t('chats_taken', { taken: chats.length, max: this.store.maxChats })}</span
              >`
            : nothing
        }
        <span class="tools">
          <button
            type="button"
            class="quiet"
            id="audio-check"
            aria-expanded=${String(Boolean(this.checking))}
            @click=${() => (this.checking = !this.checking)}
          >
            ${t('audio_check')}
          </button>
          <button
            type="button"
            id="emergency"
            class="urgent"
            aria-haspopup="dialog"
            @click=${() => this.store.show('emergency')}
          >
            ${t('emergency_title')}<kbd aria-hidden="true">F2</kbd>
          </button>
          <button
            type="button"
            id="help"
            class="quiet"
            aria-haspopup="dialog"
            @click=${() => this.store.show('help')}
          >
            ${t('help_short')}<kbd aria-hidden="true">?</kbd>
          </button>
        </span>
      </div>
      ${this.#conclusions()}
      ${
        this.checking || presence.state === 'check_audio'
          ? html`<cc-audio-check .telephone=${this.store.telephone}></cc-audio-check>`
          : nothing
      }
    `;
  }

  #times({ state, since, until }) {
    if (!since || state === 'offline') return nothing;
    return html`<span class="note"
      >${
        until && state === 'break'
          ? t('pause_until', { time: timeOf(until) })
          : t('presence_since', { time: timeOf(since) })
      }</span
    >`;
  }

  #conclusions() {
    const { presence, connection } = this.store;
    if (connection !== 'live') return nothing;
    if (presence.state === 'asked') return this.#ask('asked_words', 'asked_yes');
    if (presence.state === 'check_audio') return this.#ask('check_audio_words', 'check_audio_yes');
    if (presence.reason === 'elsewhere') return this.#ask('elsewhere_words', 'elsewhere_take');
    const forced = /^forced_(.+)$/.exec(presence.reason ?? '');
    const words = [
      forced
        ? t('forced_words', { state: t(`presence_${presence.state}`), why: t(`why_${forced[1]}`) })
        : '',
      presence.state === 'leaving' ? t('leaving_words') : '',
    ].filter(Boolean);
    if (words.length === 0) return nothing;
    return html`<p role="status" class="banner" id="presence-words">${words.join(' ')}</p>`;
  }

  #ask(words, act) {
    return html`<div role="alert" class="banner warning asks">
      <p>${t(words)}</p>
      <button
        type="button"
        class="primary"
        id="answer-ready"
        @click=${() => this.store.declare('ready')}
      >
        ${t(act)}
      </button>
    </div>`;
  }
}
customElements.define('cc-presence', Presence);
