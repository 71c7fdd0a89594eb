// The two panels that lie one key away: the emergency numbers, and the keys.
// A panel is a dialog beside the desk and not over it: one reads a number aloud
// and goes on writing; an offer can be taken while it is open.

import { html, nothing } from 'lit';
import { StoreElement } from './element.js';
import { SHORTCUTS, questionMark } from './shortcuts.js';
import { lists, t } from './texts.js';

class Panels extends StoreElement {
  #shown = null;
  #before = null;

  #escape = (event) => {
    if (event.key === 'Escape' && this.store.panel) this.store.show(null);
  };

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('keydown', this.#escape);
  }

  disconnectedCallback() {
    document.removeEventListener('keydown', this.#escape);
    super.disconnectedCallback();
  }

  // Whoever had the focus before a panel opened gets it back, unless she went elsewhere.
  updated() {
    const { panel } = this.store;
    if (panel === this.#shown) return;
    const isInside = this.contains(document.activeElement);
    if (panel && !isInside) this.#before = document.activeElement;
    this.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close());
    this.#shown = panel;
    if (panel) {
      this.querySelector(`#panel-${panel}`).show();
      this.querySelector(`#panel-${panel} h2`).focus();
    } else if (isInside && this.#before?.isConnected) {
      this.#before.focus();
    }
  }

  render() {
    return html`${this.#dialog('emergency', this.#emergency())}${this.#dialog('help', this.#help())}`;
  }

  #dialog(name, content) {
    return html`<dialog
      id=${`panel-${name}`}
      class="panel"
      aria-labelledby=${`panel-${name}-title`}
    >
      <div class="panel-head">
        <h2 id=${`panel-${name}-title`} tabindex="-1">${t(`${name}_title`)}</h2>
        <button type="button" @click=${() => this.store.show(null)}>${t('dialog_close')}</button>
      </div>
      ${content}
    </dialog>`;
  }

  #emergency() {
    const numbers = (isUrgent) => lists.emergency.filter(({ urgent }) => urgent === isUrgent);
    return html`
      <p class="secret">${t('confirm_nothing')}</p>
      <p>${t('call_address_aloud')}</p>
      ${this.#numbers(numbers(true), 'numbers urgent')}
      <h3>${t('emergency_others')}</h3>
      ${this.#numbers(numbers(false), 'numbers')}
    `;
  }

  #numbers(numbers, kind) {
    return html`<ul class=${kind}>
      ${numbers.map(
        ({ number, label, note, verified }) =>
          html`<li>
            <strong class="number">${number}</strong>
            <span
              ><strong>${label}</strong> · ${note}
              <span class="note"
                >${verified ? t('emergency_verified', { day: verified }) : t('emergency_unverified')}</span
              ></span
            >
          </li>`,
      )}
    </ul>`;
  }

  #help() {
    return html`
      <table>
        <thead class="hidden">
          <tr>
            <th scope="col">${t('help_key')}</th>
            <th scope="col">${t('help_does')}</th>
          </tr>
        </thead>
        <tbody>
          ${SHORTCUTS.map(
            ({ name }) =>
              html`<tr>
                <th scope="row"><kbd>${t(`key_${name}`)}</kbd></th>
                <td>${t(`shortcut_${name}`)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      <label class="check"
        ><input
          type="checkbox"
          .checked=${questionMark.isOn}
          @change=${(event) => (questionMark.isOn = event.target.checked)}
        /><span>${t('help_question_mark')}</span></label
      >
      <h3>${t('help_levels')}</h3>
      <dl class="legend">
        ${lists.urgency.map(
          ({ value, label, response }) =>
            html`<dt>U${value} ${label}</dt>
              <dd>${response || nothing}</dd>`,
        )}
      </dl>
    `;
  }
}
customElements.define('cc-panels', Panels);
