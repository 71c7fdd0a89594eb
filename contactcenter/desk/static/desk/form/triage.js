// The urgency factors, as the write-up asks them: yes, no, or not known, each on its own,
// for « unknown » is not « no ». The answers are the contact's (the service ranks by
// them), not the form's: what was said before the talk began stands here too.
// `host` is the write-up: contact, filters, opened, answer(factor, said).

import { html, nothing } from 'lit';
import { labelOf, t } from '../texts.js';
import { factorsOf, floorOf, levelName, mark, proposal } from '../urgency.js';
import { searched } from './choices.js';
import { fieldId, words } from './naming.js';

const ANSWERS = ['yes', 'no', 'unknown'];

/** True of a question whose every answer is a factor with a floor. */
export const isTriage = ({ options }) =>
  Boolean(options?.length) && options.every(({ value }) => floorOf(value) !== null);

/** Return those of a question's answers that stand as « yes » on the contact. */
export function established(contact, { options }) {
  const yes = new Set(factorsOf(contact));
  return options.map(({ value }) => value).filter((factor) => yes.has(factor));
}

export function triage(host, field) {
  const yes = new Set(established(host.contact, field));
  return html`<fieldset id=${fieldId(field)} class="triage" tabindex="-1">
    <legend>
      ${words(host, field)}
      ${
        yes.size
          ? html`<span class="count">${t('triage_established', { count: yes.size })}</span>`
          : nothing
      }
    </legend>
    ${proposed(host)}
    ${
      yes.size
        ? html`<ul class="tags">
            ${field.options
              .filter(({ value }) => yes.has(value))
              .map((option) => html`<li class="tag">${labelOf(option.label)}</li>`)}
          </ul>`
        : nothing
    }
    ${searched(
      host,
      field,
      t('triage_answer', { count: field.options.length }),
      (found) =>
        html`<p class="note">${t('triage_note')}</p>
          ${byFloor(host, found)}`,
    )}
  </fieldset>`;
}

// The most severe floor among what is established, beside the answers that set it.
function proposed(host) {
  const floor = proposal(factorsOf(host.contact));
  if (!floor) return nothing;
  const isMet = floor.level >= host.contact.urgency;
  return html`<p class="proposal-line" role="status">
    ${t('floor_words')} ${mark(floor.level)} <strong>${levelName(floor.level)}</strong>
    <span class="note">${t(isMet ? 'floor_met' : 'floor_above')}</span>
  </p>`;
}

function byFloor(host, found) {
  const levels = [...new Set(found.map(({ value }) => floorOf(value)))].sort();
  return levels.map(
    (level) =>
      html`<div class="rated" role="group" aria-label=${levelName(level)}>
        <p class="rated-level">${mark(level)} ${levelName(level)}</p>
        <div class="factors">
          ${found.filter(({ value }) => floorOf(value) === level).map((one) => factor(host, one))}
        </div>
      </div>`,
  );
}

// Buttons and not radios: an arrow key that passes over « yes » must not raise an urgency.
function factor(host, { value, label }) {
  const said = host.contact.factors[value] ?? null;
  const name = labelOf(label);
  return html`<div class="factor" role="group" aria-label=${name} data-factor=${value}>
    <span aria-hidden="true">${name}</span>
    <span class="answers">
      ${ANSWERS.map(
        (answer) =>
          html`<button
            type="button"
            class="answer"
            data-answer=${answer}
            aria-pressed=${String(said === answer)}
            @click=${() => said !== answer && host.answer(value, answer)}
          >
            ${t(`factor_${answer}`)}
          </button>`,
      )}
    </span>
  </div>`;
}
