// A question with several answers. Short lists stand open; a long one shows what
// is ticked, and opens into columns with a filter.

import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { labelOf, plain, t } from '../texts.js';
import { described, fieldId, words } from './naming.js';

const FILTERED_FROM = 12;

export function choices(host, field) {
  const chosen = new Set(host.value(field.id) ?? []);
  const body =
    field.options.length > FILTERED_FROM
      ? long(host, field, chosen)
      : columns(host, field, chosen, field.options);
  return html`<fieldset
    id=${fieldId(field)}
    tabindex="-1"
    aria-describedby=${described(host, field)}
  >
    <legend>
      ${words(host, field)}
      ${
        chosen.size
          ? html`<span class="count">${t('form_ticked', { count: chosen.size })}</span>`
          : nothing
      }
    </legend>
    ${body}
  </fieldset>`;
}

function long(host, field, chosen) {
  const summary = t('choices_open', { count: field.options.length });
  return html`${tags(host, field, chosen)}
  ${searched(host, field, summary, (found) => columns(host, field, chosen, found))}`;
}

export const filterId = (field) => `filter-${field.id}`;

/** A list that opens, with a filter above it; `body` shows the options that were found. */
export function searched(host, field, summary, body) {
  const filter = host.filters.get(field.id) ?? '';
  const asked = plain(filter);
  const found = field.options.filter((option) => plain(labelOf(option.label)).includes(asked));
  const id = filterId(field);
  return html`<details
    class="long-list"
    .open=${host.opened.has(field.id)}
    @toggle=${(event) => host.opens(field.id, event.target.open)}
  >
    <summary>${summary}</summary>
    <label class="filter" for=${id}>${t('choices_filter')}</label>
    <input
      type="search"
      id=${id}
      autocomplete="off"
      .value=${live(filter)}
      @input=${(event) => host.filter(field.id, event.target.value)}
    />
    <p class="hidden" role="status">${asked ? t('choices_found', { count: found.length }) : ''}</p>
    ${body(found)}
  </details>`;
}

// What is ticked stays in view when the list is shut; a press takes it away.
function tags(host, field, chosen) {
  if (chosen.size === 0) return nothing;
  return html`<ul class="tags">
    ${field.options
      .filter(({ value }) => chosen.has(value))
      .map(
        (option) =>
          html`<li>
            <button
              type="button"
              class="tag"
              aria-label=${t('choices_remove', { choice: labelOf(option.label) })}
              @click=${() => toggle(host, field, chosen, option.value)}
            >
              ${labelOf(option.label)}<span aria-hidden="true">×</span>
            </button>
          </li>`,
      )}
  </ul>`;
}

function columns(host, field, chosen, options) {
  return html`<div class="options">
    ${options.map(
      (option) =>
        html`<label class="check"
          ><input
            type="checkbox"
            name=${field.id}
            value=${option.value}
            .checked=${live(chosen.has(option.value))}
            @change=${() => toggle(host, field, chosen, option.value)}
          /><span>${labelOf(option.label)}</span></label
        >`,
    )}
  </div>`;
}

function toggle(host, field, chosen, value) {
  const after = new Set(chosen);
  if (!after.delete(value)) after.add(value);
  host.set(field.id, after.size ? [...after] : null);
}
