// One question of a form, as a control with its label, its help and what is wrong with it.
// `host` is the write-up: value(id), set(id, value), wrong(id), draft.

import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { labelOf, t } from '../texts.js';
import { choices } from './choices.js';
import {
  described,
  fieldId,
  hasNotes,
  invalid,
  isAnswered,
  isLong,
  noteId,
  words,
  wrongId,
} from './naming.js';
import { isTriage, triage } from './triage.js';

export function fieldOf(host, field) {
  const kind = { long_text: longText, choice, choices, boolean, triage }[
    isTriage(field) ? 'triage' : field.type
  ];
  return html`<div class="field ${field.type}" data-field=${field.id}>
    ${
      host.wrong(field.id)
        ? html`<p class="wrong" id=${wrongId(field)}>${host.wrong(field.id)}</p>`
        : nothing
    }
    ${(kind ?? line)(host, field)} ${isTriage(field) ? nothing : notes(host, field)}
  </div>`;
}

function notes(host, field) {
  if (!hasNotes(host, field)) return nothing;
  return html`<div class="notes" id=${noteId(field)}>
    ${field.help ? html`<p class="note">${labelOf(field.help)}</p>` : nothing}
    ${
      isLong(host, field)
        ? html`<p class="note">
            ${t('chars_left', { count: field.max_chars - String(host.value(field.id)).length })}
          </p>`
        : nothing
    }
    ${host.draft.theirs.has(field.id) ? theirs(host, field) : nothing}
  </div>`;
}

// Two versions of one answer: hers is kept, the other is shown and one press away.
function theirs(host, field) {
  const other = host.draft.theirs.get(field.id);
  return html`<div class="theirs">
    <p>${t('form_theirs', { answer: shown(field, other) })}</p>
    <button type="button" @click=${() => host.set(field.id, other ?? null)}>
      ${t('form_take_theirs')}
    </button>
  </div>`;
}

function shown(field, value) {
  if (!isAnswered(value)) return '—';
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  const name = (one) => {
    const option = field.options.find((each) => each.value === one);
    return option ? labelOf(option.label) : String(one);
  };
  return Array.isArray(value) ? value.map(name).join(', ') : name(value);
}

function boolean(host, field) {
  return html`<label class="check"
    ><input
      type="checkbox"
      id=${fieldId(field)}
      name=${field.id}
      aria-describedby=${described(host, field)}
      .checked=${live(Boolean(host.value(field.id)))}
      @change=${(event) => host.set(field.id, event.target.checked || null)}
    /><span>${words(host, field)}</span></label
  >`;
}

function longText(host, field) {
  return html`<label for=${fieldId(field)}>${words(host, field)}</label
    ><textarea
      id=${fieldId(field)}
      name=${field.id}
      rows="3"
      maxlength=${field.max_chars ?? nothing}
      autocomplete="off"
      aria-describedby=${described(host, field)}
      aria-invalid=${invalid(host, field)}
      .value=${live(host.value(field.id) ?? '')}
      @input=${(event) => host.set(field.id, event.target.value || null)}
    ></textarea>`;
}

function choice(host, field) {
  const value = host.value(field.id) ?? '';
  return html`<label for=${fieldId(field)}>${words(host, field)}</label
    ><select
      id=${fieldId(field)}
      name=${field.id}
      aria-describedby=${described(host, field)}
      aria-invalid=${invalid(host, field)}
      .value=${live(value)}
      @change=${(event) => host.set(field.id, event.target.value || null)}
    >
      <option value=""></option>
      ${field.options.map(
        (option) =>
          html`<option value=${option.value} ?selected=${option.value === value}>
            ${labelOf(option.label)}
          </option>`,
      )}
    </select>`;
}

function line(host, field) {
  const type = { date: 'date', number: 'number' }[field.type] ?? 'text';
  const read = ({ target }) => (type === 'number' ? target.valueAsNumber : target.value);
  const value = host.value(field.id);
  return html`<label for=${fieldId(field)}>${words(host, field)}</label
    ><input
      id=${fieldId(field)}
      name=${field.id}
      type=${type}
      inputmode=${type === 'number' ? 'numeric' : nothing}
      min=${field.minimum ?? nothing}
      max=${field.maximum ?? nothing}
      maxlength=${type === 'text' ? (field.max_chars ?? nothing) : nothing}
      autocomplete="off"
      spellcheck=${type === 'text' ? 'true' : nothing}
      aria-describedby=${described(host, field)}
      aria-invalid=${invalid(host, field)}
      .value=${live(value === undefined || value === null ? '' : String(value))}
      @input=${(event) => host.set(field.id, event.target.value === '' ? null : read(event))}
    />`;
}
