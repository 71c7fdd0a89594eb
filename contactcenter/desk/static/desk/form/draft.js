// A write-up as it is being typed: what the server has, what was typed since,
// and what somebody else saved meanwhile. Pure: no network, no screen.

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

export class Draft {
  revision = 0;
  savedAt = null;
  // Field → the value saved elsewhere, where it differs from the one typed here.
  theirs = new Map();
  #saved = {};
  #typed = new Map();

  constructor(form) {
    this.#take(form);
  }

  value(field) {
    return this.#typed.has(field) ? this.#typed.get(field) : this.#saved[field];
  }

  get isSaved() {
    return this.#typed.size === 0;
  }

  set(field, value) {
    this.#typed.set(field, value);
    this.theirs.delete(field);
  }

  /** Return all that is to be saved, and the revision it was written over. */
  pending() {
    return {
      values: { ...this.#saved, ...Object.fromEntries(this.#typed) },
      revision: this.revision,
    };
  }

  /** Note that these values are stored; what was typed since they were sent stays typed. */
  stored(values, { revision, saved_at: at }) {
    for (const [field, value] of this.#typed)
      if (same(value, values[field])) this.#typed.delete(field);
    this.#saved = values;
    this.revision = revision;
    this.savedAt = at;
  }

  /** Lay what was typed here over what was saved elsewhere; keeps both where they differ. */
  rebase(form) {
    for (const [field, mine] of this.#typed) {
      const other = form.values[field];
      if (!same(other, this.#saved[field]) && !same(other, mine)) this.theirs.set(field, other);
    }
    this.#take(form);
  }

  #take({ values, revision, saved_at: at }) {
    this.#saved = { ...values };
    this.revision = revision;
    this.savedAt = at;
  }
}
