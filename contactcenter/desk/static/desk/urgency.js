// How urgency is shown: colour and text and shape, never one alone; and the
// floor that ticked factors propose.

import { html, svg } from 'lit';
import { label, lists } from './texts.js';

// An octagon, a triangle, a diamond, a disc, a ring: told apart in grey and at 12 px.
const SHAPES = {
  1: svg`<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" />`,
  2: svg`<path d="M8 1 15.5 15H.5z" />`,
  3: svg`<path d="M8 .5 15.5 8 8 15.5.5 8z" />`,
  4: svg`<circle cx="8" cy="8" r="7" />`,
  5: svg`<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="3" />`,
};

export const shape = (level) =>
  html`<svg class="shape" viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">
    ${SHAPES[level]}
  </svg>`;

/** Return the mark of a level: its shape and « U2 ». */
export const mark = (level) =>
  html`<strong class="urgency u${level}">${shape(level)}<span>U${level}</span></strong>`;

/** Return the name of a level: « Très urgente ». */
export const levelName = (level) => label('urgency', String(level));

/** Return what is to be done at a level, as the helpline wrote it. */
export const levelResponse = (level) =>
  lists.urgency.find((one) => one.value === String(level))?.response ?? '';

const floors = new Map(lists.factors.map(({ value, floor }) => [value, floor]));
export const floorOf = (factor) => floors.get(factor) ?? null;

/** Return the factors that were answered « yes » of a contact, in the helpline's order. */
export const factorsOf = ({ factors }) =>
  lists.factors.map(({ value }) => value).filter((factor) => factors[factor] === 'yes');

/**
 * Return what the ticked factors propose: the most severe floor among them,
 * never a sum, and the factors that set it; null when they propose nothing.
 */
export function proposal(factors) {
  const rated = factors.filter((factor) => floorOf(factor) !== null);
  if (rated.length === 0) return null;
  const level = Math.min(...rated.map(floorOf));
  return { level, because: rated.filter((factor) => floorOf(factor) === level) };
}
