// An access token kept fresh. It is asked for anew at half of its life, as the network
// warns only once and seconds before the end, and again and again until a good one came.

const RETRY_MS = [1000, 2000, 5000, 10_000, 15_000];
const ANSWER_MS = 15_000;

export class TokenKeeper {
  #renew;
  #fresh;
  #stale;
  #timer = 0;
  #running = false;
  #stopped = false;

  /**
   * @param acts.renew returns a promise of `{token, seconds}`, its life
   * @param acts.fresh takes each new token; what it throws counts as a failed renewal
   * @param acts.stale is called for each renewal that failed
   */
  constructor({ renew, fresh, stale }) {
    this.#renew = renew;
    this.#fresh = fresh;
    this.#stale = stale;
  }

  /** Keeps a token fresh that lives for so many seconds from now. */
  start(seconds) {
    this.#stopped = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.renew(), ((seconds || 600) * 1000) / 2);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Renews at once; several wishes are one renewal. */
  async renew() {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    for (let attempt = 0; !this.#stopped; attempt += 1) {
      try {
        const { token, seconds } = await answered(this.#renew());
        await answered(this.#fresh(token));
        this.start(seconds);
        break;
      } catch {
        this.#stale();
      }
      await after(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]);
    }
    this.#running = false;
  }
}

/** What a promise gives, or a failure when it gives nothing in time. */
function answered(promise) {
  return Promise.race([
    promise,
    after(ANSWER_MS).then(() => {
      throw new Error('no answer');
    }),
  ]);
}

function after(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
