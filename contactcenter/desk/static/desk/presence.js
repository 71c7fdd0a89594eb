// Ready, break, offline; and what the service concluded (asked, check audio).

import { html, nothing } from 'lit';
import { StoreElement } from './element.js';
import { t } from './texts.js';

const CHOICES = ['ready', 'break', 'offline'];

class Presence extends StoreElement {
  async #declare(state) {
    // The press is the gesture that browsers want before a microphone opens.
    if (state === 'ready') await this.store.telephone?.prepare();
    await this.store.declare(state);
  }

  render() {
    const { presence, connection } = this.store;
    return html`
      <div role="group" aria-label=${t('presence_label')} class="presence">
        <span class="dot ${presence.state}" aria-hidden="true"></span>
        <span role="status" id="presence-state">${t(`presence_${presence.state}`)}</span>
        ${CHOICES.map(
          (state) => html`<button
            type="button"
            data-presence=${state}
            aria-pressed=${String(presence.state === state)}
            ?disabled=${connection !== 'live'}
            @click=${() => this.#declare(state)}
          >
            ${t(`presence_do_${state}`)}
          </button>`,
        )}
      </div>
      ${presence.state === 'asked' ? this.#ask('asked_words') : nothing}
      ${presence.state === 'check_audio' ? this.#ask('check_audio_words') : nothing}
    `;
  }

  #ask(words) {
    return html`<p role="alert" class="banner warning">
      ${t(words)}
      <button type="button" class="primary" @click=${() => this.#declare('ready')}>
        ${t('presence_do_ready')}
      </button>
    </p>`;
  }
}
customElements.define('cc-presence', Presence);
