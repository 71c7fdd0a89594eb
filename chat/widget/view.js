// What is shown. Text is only ever set as text; nothing here makes HTML from words.

const NEAR_END_PX = 80;
const TYPING_MS = 6000;
const SHORT_REM = 32;
// A line that will never be taken as it is.
const REFUSED_TEXTS = ["text_too_long", "bad_field", "invalid_input"];

const byId = (id) => document.getElementById(id);

export class View {
  constructor(words, links) {
    this.words = words;
    this.links = links; // what dials a number: "3114" → "tel:3114"
    this.lines = new Map(); // by cid, or by seq when there is none
    for (const id of ["start", "talk", "middle", "log", "text", "state", "link", "typing", "over"]) {
      this[id] = byId(id);
    }
    this.list = byId("lines");
    this.newLines = byId("new-lines");
    this.follows = true; // the reader is at the end, and is kept there
    this.newLines.addEventListener("click", () => {
      this.toEnd();
      this.text.focus();
    });
    this.onScroll(() => {
      this.follows = this.atEnd();
      if (this.follows) this.newLines.hidden = true;
    });
    this.fit();
    addEventListener("resize", () => this.fit());
    if (window.visualViewport) {
      for (const name of ["resize", "scroll"]) visualViewport.addEventListener(name, () => this.fit());
    }
    // Whatever takes room or gives it back (a keyboard, a notice, a taller box) moves no reader.
    const kept = new ResizeObserver(() => this.follows && this.scrolls.scrollTo(0, this.scrolls.scrollHeight));
    for (const each of [this.middle, this.log, this.list, this.talk]) kept.observe(each);
  }

  // As high as what is to be seen: a phone's keyboard may cover the page instead of shrinking it.
  // On a short or zoomed screen all but the way out and the box to write in scrolls together.
  fit() {
    const seen = window.visualViewport;
    if (seen && Math.abs(seen.scale - 1) > 0.01) return; // magnified by two fingers: left alone
    const height = seen ? seen.height : innerHeight;
    const root = document.documentElement;
    root.style.setProperty("--height", `${height}px`);
    root.style.setProperty("--top", `${seen ? seen.offsetTop : 0}px`);
    this.rearrange(height < SHORT_REM * parseFloat(getComputedStyle(root).fontSize));
  }

  // What scrolls may change with it: the reader stays where they were, the end or a line further up.
  rearrange(isShort) {
    const { top } = this.scrolls.getBoundingClientRect();
    const line = [...this.list.children].find((each) => each.getBoundingClientRect().bottom > top);
    const changes = document.documentElement.classList.contains("short") !== isShort;
    document.documentElement.classList.toggle("short", isShort);
    if (this.follows) this.scrolls.scrollTo(0, this.scrolls.scrollHeight);
    else if (changes && line) line.scrollIntoView({ block: "start" });
  }

  // What scrolls: the lines, or all that stands above the box to write in.
  get scrolls() {
    return getComputedStyle(this.log).overflowY === "visible" ? this.middle : this.log;
  }

  onScroll(act) {
    for (const each of [this.log, this.middle]) each.addEventListener("scroll", act);
  }

  address() {
    this.words.apply(document);
    for (const id of ["text", "first"]) byId(id).placeholder = this.words.say("write_hint");
  }

  showStart() {
    document.body.classList.remove("talking");
    this.talk.hidden = byId("foot").hidden = true;
    this.start.hidden = false;
  }

  // What the helpline has to say to everybody now; nothing clears it.
  showMessage(text) {
    const message = byId("message");
    this.say(message, text || "");
    message.hidden = !text;
  }

  showTalk() {
    document.body.classList.add("talking");
    this.start.hidden = this.over.hidden = true;
    this.talk.hidden = byId("foot").hidden = byId("leave").hidden = false;
    this.text.focus();
  }

  // The conversation cannot go on; it stays to be read until the page is left.
  showOver(title, words) {
    document.body.classList.add("is-over");
    byId("foot").hidden = byId("leave").hidden = byId("leave-ask").hidden = true;
    this.typing.textContent = "";
    this.showLink("", "");
    for (const button of this.list.querySelectorAll("[data-retry], [data-edit]")) button.remove();
    this.say(this.state, "");
    this.showMessage("");
    byId("over-title").textContent = title;
    byId("over-words").textContent = words;
    this.over.append(byId("exit-help"));
    this.over.hidden = false;
    this.toEnd();
    this.over.focus();
  }

  clear() {
    this.lines.clear();
    this.list.textContent = "";
    this.text.value = "";
  }

  // Lines.

  show(line) {
    const key = line.cid || `#${line.seq}`;
    const known = this.lines.get(key);
    const stay = !this.follows && (known || line.from !== "visitor");
    const item = this.item(line);
    if (known) this.replace(known, item, line);
    else this.place(item, line.seq);
    this.lines.set(key, item);
    if (!stay) this.toEnd();
    else if (!known) this.newLines.hidden = false;
    if (line.from === "listener") this.typing.textContent = "";
  }

  remove(key) {
    const item = this.lines.get(key);
    if (item) item.remove();
    this.lines.delete(key);
  }

  // Stored lines stand in the order of their seq, those on their way after them.
  place(item, seq) {
    const later = seq && [...this.list.children].find((each) => !each.dataset.seq || +each.dataset.seq > seq);
    this.list.insertBefore(item, later || null);
  }

  replace(known, item, line) {
    const focused = known.contains(document.activeElement);
    if (line.seq && known.dataset.seq !== String(line.seq)) {
      known.remove();
      this.place(item, line.seq);
    } else {
      known.replaceWith(item);
    }
    if (focused) this.text.focus();
  }

  item(line) {
    const item = document.createElement("li");
    item.className = `line ${line.from}${line.from === "visitor" ? ` ${line.state}` : ""}`;
    if (line.seq) item.dataset.seq = line.seq;
    const who = document.createElement("span");
    who.className = "hidden";
    who.textContent = `${this.words.say({ visitor: "from_me", listener: "from_listener" }[line.from] || "from_system")} : `;
    const bubble = document.createElement("span");
    bubble.className = "bubble";
    bubble.dir = "auto";
    if (line.from === "system") bubble.append(...this.linked(line.text));
    else bubble.textContent = line.text;
    item.append(who, bubble);
    if (line.from !== "system") item.append(this.under(line));
    return item;
  }

  // The helpline's own lines: the numbers it names dial. What people write stays inert.
  linked(text) {
    const numbers = Object.keys(this.links).sort((one, other) => other.length - one.length);
    const parts = text.split(new RegExp(`\\b(${numbers.join("|")})\\b`));
    return parts.map((part) => {
      if (!this.links[part]) return part;
      const link = document.createElement("a");
      link.href = this.links[part];
      link.textContent = part;
      return link;
    });
  }

  under(line) {
    const under = document.createElement("span");
    under.className = "under";
    const time = this.words.time(line.at);
    if (line.from !== "visitor") {
      under.textContent = time;
    } else if (line.state === "stored") {
      under.textContent = `${time} · ✓ ${this.words.say("tick_stored")}`;
    } else if (line.state === "sending") {
      under.textContent = this.words.say("tick_sending");
    } else {
      under.append(this.words.say("tick_failed"), this.again(line));
    }
    return under;
  }

  // The same line sent again, or its text given back when the line itself was refused.
  again({ cid, code }) {
    const again = document.createElement("button");
    const otherwise = REFUSED_TEXTS.includes(code);
    again.type = "button";
    again.className = "plain";
    again.dataset[otherwise ? "edit" : "retry"] = cid;
    again.textContent = this.words.say(otherwise ? "edit_button" : "retry_button");
    return again;
  }

  atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scrolls;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  toEnd() {
    this.newLines.hidden = this.follows = true;
    this.scrolls.scrollTo(0, this.scrolls.scrollHeight);
  }

  // Where it stands. A status is only rewritten when it changes: each change is read aloud.

  // What a state is called is the service's to say; what is true of every wait, until it does.
  showState({ state, position, wait_seconds: wait, message, says }) {
    if (message !== undefined) this.showMessage(message); // `ready` says nothing of it
    const values = { position, minutes: Math.ceil(wait / 60) };
    const names = says || [state === "active" ? "joined" : "hold"];
    const words = names.map((name) => this.words.say(name, values)).join(" ");
    this.say(this.state, words, state === "active" ? "state with" : "state");
  }

  showTyping() {
    this.say(this.typing, this.words.say("listener_types"));
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => (this.typing.textContent = ""), TYPING_MS);
  }

  // While nothing passes, where it stands is of a while ago: shown in grey.
  showLink(key, way) {
    this.say(this.link, key ? this.words.say(key) : "");
    document.body.classList.toggle("cut", ["none", "offline"].includes(way));
  }

  count(text) {
    this.say(byId("exit-count"), text);
  }

  say(element, text, className) {
    if (element.textContent !== text) element.textContent = text;
    if (className && element.className !== className) element.className = className;
  }
}
