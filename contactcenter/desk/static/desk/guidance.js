// What good listening asks, at hand while one listens; the words are the catalogue's.

import { html } from 'lit';
import { lists, t } from './texts.js';

export const guidance = ({ isOpen }) =>
  html`<details class="guidance" ?open=${isOpen}>
    <summary>${t('guidance_title')}</summary>
    <ul>
      ${lists.guidance.map((words) => html`<li>${words}</li>`)}
      ${lists.said.map((words) => html`<li><q>${words}</q></li>`)}
    </ul>
  </details>`;
