// The page's words, as « tu » or « vous » by who is writing.

const ADULTS = ["relative", "professional"];

// A text may have a variant for one audience (`welcome_professional`) or for all adults (`_adult`).
export class Words {
  constructor(texts, language) {
    this.texts = texts;
    this.language = language;
    this.audience = "unknown";
  }

  addressTo(audience) {
    this.audience = audience;
  }

  // One of two texts, by who is writing.
  choose(text, adult) {
    return (ADULTS.includes(this.audience) && adult) || text;
  }

  // The text of a key with its {names} filled in; an unknown key shows nothing.
  say(key, values = {}) {
    const own = this.texts[`${key}_${this.audience}`];
    const adult = ADULTS.includes(this.audience) && this.texts[`${key}_adult`];
    const text = own || adult || this.texts[key] || "";
    return text.replace(/\{([a-z_]+)\}/g, (_, name) => String(values[name] ?? ""));
  }

  // Every element that names its text says it anew.
  apply(root) {
    for (const element of root.querySelectorAll("[data-t]")) {
      element.textContent = this.say(element.dataset.t);
    }
  }

  time(instant) {
    const shown = { hour: "numeric", minute: "2-digit" };
    return new Intl.DateTimeFormat(this.language, shown).format(new Date(instant));
  }
}
