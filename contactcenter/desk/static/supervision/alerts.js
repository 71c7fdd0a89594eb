// What must not be overlooked. Each alert is said once, when it comes: its words do not
// change while it stands, so no reader hears it twice.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { t, timeOf } from '../desk/texts.js';

const key = ({ code, contact_id: contact, listener_id: listener }) =>
  [code, contact, listener].join(':');

export const alertList = (alerts, { goTo = null } = {}) =>
  html`<div class="alerts">
    ${repeat(
      alerts,
      key,
      (alert) =>
        html`<div class="banner ${alert.severity}" data-alert=${alert.code}>
          <p role="alert">
            ${t(`alert_${alert.code}`, { name: alert.listener_name ?? '' })}
            ${alert.since ? t('alert_since', { time: timeOf(alert.since) }) : nothing}
          </p>
          ${
            goTo && alert.contact_id
              ? html`<button type="button" @click=${() => goTo(alert)}>${t('alert_go')}</button>`
              : nothing
          }
        </div>`,
    )}
  </div>`;
