// The server's clock: countdowns do not trust the desk's own.

const COARSE_MS = 1_000; // a Date header says whole seconds

let aheadMs = 0;
let isExact = false;

/** Milliseconds of the server's clock, as well as it is known. */
export const serverNow = () => Date.now() + aheadMs;

/** Note an instant that the server has just written with its milliseconds. */
export function noteExact(instant) {
  aheadMs = Date.parse(instant) - Date.now();
  isExact = true;
}

/** Note an answer's Date header: good to a second, and only until something better is known. */
export function noteHeader(header) {
  const at = Date.parse(header ?? '');
  if (Number.isNaN(at)) return;
  const ahead = at + COARSE_MS / 2 - Date.now();
  if (!isExact || Math.abs(ahead - aheadMs) > 2 * COARSE_MS) {
    aheadMs = ahead;
    isExact = false;
  }
}

/** Seconds from now to an instant of the server; negative once it is past. */
export const secondsUntil = (instant) => (Date.parse(instant) - serverNow()) / 1000;
