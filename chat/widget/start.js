// The first screen: what is written first, what may be said besides, and whether anybody answers now.

import { Box } from "./box.js";
import { offline } from "./device.js";
import { request } from "./poll.js";

const TAKES = ["open", "unstaffed"]; // with nobody there yet, they wait and are told so
// What a refusal means when the service does not say more.
const REFUSED = {
  chat_closed: { state: "closed", says: ["closed_title", "closed_unplanned"] },
  chat_full: { state: "full", says: ["full_title", "full"] },
};
const FRESH_MS = 30000;
const FRESH_ENOUGH_MS = 2000; // one look has several of these events
const LOOKS = ["visibilitychange", "online", "focus"];

const byId = (id) => document.getElementById(id);

export class Start {
  // `opened(credentials, box)`: a conversation is there; the box has what was written before.
  constructor(page, words, view, store, opened) {
    Object.assign(this, { page, words, view, store, opened });
    this.form = byId("start-form");
    this.buttons = [...this.form.querySelectorAll("button[type=submit]")];
    this.box = new Box({
      text: byId("first"),
      trouble: byId("first-trouble"),
      words,
      most: page.most_characters,
      changed: () => this.keep(),
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.open(this.answers());
    });
    this.form.addEventListener("change", (event) => this.changed(event.target));
    byId("danger-button").addEventListener("click", () => this.open(this.danger()));
    this.looked = () => this.refresh();
  }

  get audience() {
    return new FormData(this.form).get("audience") || "unknown";
  }

  show() {
    this.view.showStart();
    this.restore(this.store.kept.start);
    this.address();
    for (const name of LOOKS) addEventListener(name, this.looked);
    this.timer = setInterval(this.looked, FRESH_MS);
    this.asked = performance.now(); // the page itself said it
  }

  leave() {
    this.isOver = true;
    for (const name of LOOKS) removeEventListener(name, this.looked);
    clearInterval(this.timer);
    this.asking = null;
  }

  // What was given, through a reload or a change of language.

  keep() {
    if (this.isOver) return;
    const form = new FormData(this.form);
    const given = [...form].filter(([, value]) => value && value !== "unknown");
    if (given.length || this.store.kept.start) this.store.keep({ start: given });
  }

  restore(given) {
    for (const [name, value] of given || []) {
      const field = this.form.elements[name];
      if (field) field.value = value;
      if (field && name !== "first") byId("start-about").open = true;
    }
    this.box.fit();
  }

  changed(field) {
    if (field.name === "audience") this.address();
    else if (field.name.startsWith("answer-")) this.showHelp();
    this.keep();
  }

  // Speaks to who writes, asks what they may be asked, and says whether they are answered.
  address() {
    this.words.addressTo(this.audience);
    this.view.address();
    for (const question of this.page.questions) {
      const set = byId(`question-${question.id}`);
      set.hidden = !question.audiences.includes(this.audience);
      set.querySelector("legend").textContent = this.words.choose(question.label, question.label_adult);
    }
    this.showAnswering();
    this.showHelp();
  }

  showAnswering() {
    const said = this.page.answering[this.audience];
    const takes = TAKES.includes(said.state);
    const anybody = Object.values(this.page.answering).some((each) => TAKES.includes(each.state));
    this.form.hidden = !anybody;
    byId("start-write").hidden = byId("start-more").hidden = !takes;
    // Another queue may be open to somebody else: who they are is then the first thing to ask.
    if (anybody && !takes) byId("start-about").open = true;
    byId("closed").hidden = takes;
    byId("danger-button").hidden = takes || !Object.keys(this.danger()).length;
    byId("lead").hidden = !takes;
    // What it is called is the service's to say: « somebody is here » only while somebody is.
    const [title, more] = said.says;
    const words = more ? this.words.say(more, { opening: said.reopens }) : "";
    this.view.say(byId("start-title"), this.words.say(title));
    byId("unstaffed").hidden = !takes || !words;
    this.view.say(byId("unstaffed"), takes ? words : "");
    this.view.say(byId("closed-words"), takes ? "" : words);
    this.view.showMessage(said.message);
  }

  // A yes is answered: warm words and the numbers that answer at once, beside the way on.
  showHelp() {
    const given = this.answers();
    for (const { id, help } of this.page.questions) {
      if (help) byId(`help-${id}`).hidden = !given[id];
    }
  }

  // The page may lie open for an hour: what it says of who answers stays true.
  async refresh() {
    if (document.visibilityState !== "visible" || navigator.onLine === false || this.asking) return;
    if (performance.now() - this.asked < FRESH_ENOUGH_MS) return;
    this.asked = performance.now();
    try {
      this.asking = request("GET", `/chat/openings?language=${this.page.language}&line=${this.page.line}`);
      const now = await this.asking;
      if (!this.asking) return; // the conversation began meanwhile
      this.page.answering = now.answering;
      this.showAnswering();
    } catch {
      // Asked again soon.
    }
    this.asking = null;
  }

  answers() {
    const form = new FormData(this.form);
    const given = {};
    for (const { id, audiences } of this.page.questions) {
      const value = form.get(`answer-${id}`);
      if (value && audiences.includes(this.audience)) given[id] = value === "yes";
    }
    return given;
  }

  // What lets in whoever is in danger, whatever is closed or full.
  danger() {
    const asked = this.page.questions.find((each) => each.danger && each.audiences.includes(this.audience));
    return asked ? { [asked.id]: true } : {};
  }

  async open(answers) {
    if (this.opening) return;
    const form = new FormData(this.form);
    const audience = this.audience;
    const body = {
      audience,
      answers,
      department: form.get("department") || null,
      need: form.get("need") || null,
      language: this.page.language,
      line: this.page.line || null,
    };
    this.busy(true);
    this.trouble("");
    try {
      const opened = await request("POST", "/chat/conversations", { body });
      this.leave();
      this.opened({ ...opened, audience }, this.box);
    } catch (error) {
      await this.refused(error);
    } finally {
      this.busy(false);
    }
  }

  busy(opening) {
    this.opening = opening;
    for (const button of this.buttons) {
      button.setAttribute("aria-disabled", String(opening));
      button.textContent = this.words.say(opening ? "starting" : "start_button");
    }
  }

  async refused(error) {
    if (!REFUSED[error.code]) {
      this.trouble(this.reason(error));
      return;
    }
    try {
      const now = await request("GET", `/chat/openings?language=${this.page.language}&line=${this.page.line}`);
      this.page.answering = now.answering;
    } catch {
      // What was refused a moment ago is known, if not until when.
    }
    const said = this.page.answering[this.audience];
    if (TAKES.includes(said.state)) {
      this.page.answering[this.audience] = { ...said, ...REFUSED[error.code] };
    }
    this.showAnswering();
    scrollTo(0, 0); // the title says it too
    byId("closed").focus({ preventScroll: true });
  }

  reason(error) {
    if (error.status === 429) return this.words.say("busy", { seconds: error.retryAfter });
    return this.words.say(navigator.onLine === false ? offline() : "unavailable");
  }

  trouble(text) {
    this.view.say(byId("start-trouble"), text);
  }
}
