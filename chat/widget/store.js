// What outlasts a reload: the conversation's key, the lines not stored yet, what is being written.
// One entry of the tab's session storage, wiped as a whole, and never anywhere else.
//
// A browser may bring a closed tab back for whoever sits down next, its storage with it. So the
// page leaves a sign of life here; an entry without one for two minutes is nobody's any more.

const KEY = "s"; // says nothing to who looks into the browser's storage; exit.js wipes it too
const STALE_MS = 120000;
const BEAT_MS = 10000;

export class Store {
  constructor() {
    this.kept = this.recall();
    this.timer = setInterval(() => this.beat(), BEAT_MS);
    addEventListener("pagehide", () => this.beat());
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.beat());
  }

  // What was kept here not long ago, else nothing. A clock that was set back tells nothing either.
  recall() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY));
      if (kept && Math.abs(Date.now() - (kept.seen ?? Date.now())) <= STALE_MS) return kept;
      sessionStorage.clear();
    } catch {
      // Storage refused, or not ours: the conversation lives as long as this page.
    }
    return {};
  }

  // The page itself was kept in the browser's memory, for longer than its entry may last.
  get isStale() {
    return Date.now() - (this.kept.seen || 0) > STALE_MS;
  }

  keep(part) {
    Object.assign(this.kept, part);
    this.write();
  }

  // A sign of life; what was wiped behind our back stays wiped.
  beat() {
    try {
      if (sessionStorage.getItem(KEY) !== null) this.write();
    } catch {
      // As above.
    }
  }

  write() {
    this.kept.seen = Date.now();
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.kept));
    } catch {
      // As above.
    }
  }

  wipe() {
    this.kept = {};
    try {
      sessionStorage.clear();
    } catch {
      // Nothing was kept then.
    }
  }

  // Nothing is written any more, not even as the page goes.
  stop() {
    this.wipe();
    clearInterval(this.timer);
  }
}
