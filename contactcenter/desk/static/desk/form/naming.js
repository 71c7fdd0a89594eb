// What every control of a form shares: its id, its words, and what describes it to a screen reader.

import { html, nothing } from 'lit';
import { labelOf, t } from '../texts.js';

const COUNTED_FROM = 0.8;

/** True when a question has an answer: an unticked box is none. */
export const isAnswered = (value) =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '';

export const fieldId = (field) => `field-${field.id}`;

export const words = (host, field) =>
  html`${labelOf(field.label)}${
    field.required_for_close && !isAnswered(host.value(field.id))
      ? html` <span class="required">${t('form_required')}</span>`
      : nothing
  }`;

export const wrongId = (field) => `wrong-${field.id}`;
export const noteId = (field) => `notes-${field.id}`;
export const hasNotes = (host, field) =>
  field.help || host.draft.theirs.has(field.id) || isLong(host, field);
export const described = (host, field) =>
  [host.wrong(field.id) && wrongId(field), hasNotes(host, field) && noteId(field)]
    .filter(Boolean)
    .join(' ') || nothing;
export const invalid = (host, field) => (host.wrong(field.id) ? 'true' : nothing);

export const isLong = (host, { id, max_chars: most }) =>
  most && String(host.value(id) ?? '').length > most * COUNTED_FROM;
