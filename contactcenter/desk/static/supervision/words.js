// How the floor's words and marks are written, the same in every table.

import { html, nothing, svg } from 'lit';
import { duration, label, t, timeOf } from '../desk/texts.js';

// An open ring, a bar, a full disc, a cross: told apart in grey.
const STATES = {
  open: svg`<circle cx="8" cy="8" r="6.5" />`,
  full: svg`<path d="M1 4h14v8H1z" />`,
  unstaffed: svg`<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="3" />`,
  closed: svg`<path d="M3 1 8 6l5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5-5-5z" />`,
};

/** Return a queue's state: its shape and its words, and when it opens again. */
export const queueState = ({ state, reopens_at: reopens }) =>
  html`<span class="queue-state ${state}"
    ><svg class="shape" viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">
      ${STATES[state]}</svg
    ><span
      >${t(`queue_${state}`)}${
        reopens
          ? html` <span class="note">${t('queue_reopens', { time: timeOf(reopens) })}</span>`
          : nothing
      }</span
    ></span
  >`;

export const channelOf = (channel) => (channel ? t(`channels_${channel}`) : t('channels_all'));
export const queueName = (queue) => (queue === '*' ? t('every_queue') : label('queues', queue));

/** Return a duration, or a dash for none. */
export const maybe = (seconds, age = 0) =>
  seconds === null || seconds === undefined ? '—' : duration(seconds + age);

/** Return a listener's state: the same dot and words as on her own desk. */
export const presenceState = (state) =>
  html`<span class="state-line"
    ><span class="dot ${state}" aria-hidden="true"></span>${t(`presence_${state}`)}</span
  >`;

/** Return why a listener is in her state: what she did not declare herself. */
export function because(reason) {
  if (!reason) return '';
  const forced = /^forced_(.+)$/.exec(reason);
  if (forced) return t('because_forced', { why: t(`why_${forced[1]}`) });
  const words = t(`because_${reason}`);
  return words.startsWith('because_') ? '' : words; // a reason newer than this page
}

/** Return a contact in a few words, never a name: « U2 · Appel · Parent ou proche ». */
export const contactWords = ({ urgency, channel, queue }) =>
  `U${urgency} · ${t(`channel_${channel}`)} · ${queueName(queue)}`;

/** A cell that keeps its heading when a narrow screen lays the table out as a list. */
export const cell = (heading, content, kind = '') =>
  html`<td data-label=${t(heading)} class=${kind || nothing}>${content}</td>`;

export const heads = (...names) =>
  html`<thead>
    <tr>
      ${names.map((name) => html`<th scope="col">${t(name)}</th>`)}
    </tr>
  </thead>`;
