// The first screen: who writes, what they may say before, and whether anybody answers them now.

import { request } from "./poll.js";

const TAKES = ["open", "unstaffed"]; // with nobody there yet, they wait and are told so
const TITLES = { open: "start_title", unstaffed: "unstaffed_title", full: "full_title", closed: "closed_title" };
const REFUSED = ["chat_closed", "chat_full"];

const byId = (id) => document.getElementById(id);

export class Start {
  // `opened(credentials)`: a conversation is there.
  constructor(page, words, view, opened) {
    Object.assign(this, { page, words, view, opened });
    this.form = byId("start-form");
    this.button = byId("start-button");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.open(this.answers());
    });
    this.form.addEventListener("change", (event) => this.changed(event.target));
    byId("danger-button").addEventListener("click", () => this.open(this.danger()));
  }

  get audience() {
    return new FormData(this.form).get("audience") || "unknown";
  }

  show() {
    this.view.showStart();
    this.address();
  }

  changed(field) {
    if (field.name === "audience") this.address();
    else if (field.name.startsWith("answer-")) this.showDanger();
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
    this.showDanger();
  }

  showAnswering() {
    const said = this.page.answering[this.audience];
    const takes = TAKES.includes(said.state);
    const anybody = Object.values(this.page.answering).some((each) => TAKES.includes(each.state));
    this.form.hidden = !anybody;
    byId("start-more").hidden = !takes;
    byId("closed").hidden = takes;
    byId("danger-button").hidden = takes || !Object.keys(this.danger()).length;
    byId("unstaffed").hidden = said.state !== "unstaffed";
    byId("lead").hidden = !takes;
    // « Somebody is here » only while somebody is.
    byId("start-title").textContent = this.words.say(TITLES[said.state]);
    byId("closed-words").textContent = this.closedWords(said);
    this.view.showMessage(said.message);
  }

  closedWords({ state, reopens }) {
    if (state === "full") return this.words.say("full");
    return reopens ? this.words.say("closed", { opening: reopens }) : this.words.say("closed_unplanned");
  }

  // A yes to a danger question: the numbers that answer at once, beside the way on.
  showDanger() {
    const given = this.answers();
    for (const { id, danger } of this.page.questions) {
      if (danger) this.view.say(byId(`danger-${id}`), given[id] ? this.words.say("emergency") : "");
    }
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
    if (this.button.getAttribute("aria-disabled") === "true") return;
    const form = new FormData(this.form);
    const audience = this.audience;
    const body = {
      audience,
      answers,
      department: form.get("department") || null,
      need: form.get("need") || null,
      language: this.page.language,
    };
    this.button.setAttribute("aria-disabled", "true");
    this.button.textContent = this.words.say("starting");
    this.trouble("");
    try {
      const opened = await request("POST", "/chat/conversations", { body });
      this.opened({ ...opened, audience });
    } catch (error) {
      await this.refused(error);
    } finally {
      this.button.removeAttribute("aria-disabled");
      this.button.textContent = this.words.say("start_button");
    }
  }

  async refused(error) {
    if (!REFUSED.includes(error.code)) {
      const busy = error.status === 429;
      this.trouble(busy ? this.words.say("busy", { seconds: error.retryAfter }) : this.words.say("unavailable"));
      return;
    }
    try {
      const now = await request("GET", `/chat/openings?language=${this.page.language}`);
      this.page.answering = now.answering;
    } catch {
      // What was refused a moment ago is known, if not until when.
    }
    const said = this.page.answering[this.audience];
    if (TAKES.includes(said.state)) {
      this.page.answering[this.audience] = { ...said, state: error.code === "chat_full" ? "full" : "closed" };
    }
    this.showAnswering();
    scrollTo(0, 0); // the title says it too, and the bars at the top would cover half of it
    byId("closed").focus({ preventScroll: true });
  }

  trouble(text) {
    this.view.say(byId("start-trouble"), text);
  }
}
