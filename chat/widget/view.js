// What is shown. Text is only ever set as text; nothing here makes HTML from words.

const NEAR_END_PX = 80;
const TYPING_MS = 6000;

const byId = (id) => document.getElementById(id);

export class View {
  constructor(words, most) {
    this.words = words;
    this.most = most;
    this.lines = new Map(); // by cid, or by seq when there is none
    for (const id of ["start", "talk", "log", "text", "state", "link", "typing", "over"]) {
      this[id] = byId(id);
    }
    this.list = byId("lines");
    this.newLines = byId("new-lines");
    this.trouble = byId("text-trouble");
    this.newLines.addEventListener("click", () => {
      this.toEnd();
      this.text.focus();
    });
    this.log.addEventListener("scroll", () => this.atEnd() && (this.newLines.hidden = true));
    this.text.addEventListener("input", () => this.fit());
    // A phone's keyboard may cover the page instead of shrinking it: the way out must stay in sight.
    if (window.visualViewport) {
      visualViewport.addEventListener("resize", () => {
        document.documentElement.style.setProperty("--height", `${visualViewport.height}px`);
      });
    }
  }

  address() {
    this.words.apply(document);
    this.text.placeholder = this.words.say("write_hint");
  }

  showStart() {
    document.body.classList.remove("talking");
    this.talk.hidden = byId("leave").hidden = true;
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
    this.start.hidden = true;
    this.talk.hidden = false;
    this.over.hidden = true;
    byId("compose").hidden = false;
    byId("leave").hidden = false;
    this.text.focus();
  }

  // The conversation cannot go on; it stays to be read until the page is left.
  showOver(title, words) {
    byId("compose").hidden = true;
    byId("leave").hidden = true;
    byId("leave-ask").hidden = true;
    this.typing.textContent = "";
    this.link.textContent = "";
    for (const button of this.list.querySelectorAll("[data-retry]")) button.remove();
    this.say(this.state, "");
    this.showMessage("");
    byId("over-title").textContent = title;
    byId("over-words").textContent = words;
    this.over.hidden = false;
    this.over.focus();
    this.toEnd();
  }

  clear() {
    this.lines.clear();
    this.list.textContent = "";
    this.text.value = "";
    this.trouble.textContent = "";
    this.fit();
  }

  // Lines.

  show(line) {
    const stay = !this.atEnd() && line.from !== "visitor";
    const key = line.cid || `#${line.seq}`;
    const known = this.lines.get(key);
    const item = this.item(line);
    if (known) this.replace(known, item, line);
    else this.place(item, line.seq);
    this.lines.set(key, item);
    if (!stay) this.toEnd();
    else if (!known) this.newLines.hidden = false;
    if (line.from === "listener") this.typing.textContent = "";
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
    bubble.textContent = line.text;
    item.append(who, bubble);
    if (line.from !== "system") item.append(this.under(line));
    return item;
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
      const again = document.createElement("button");
      again.type = "button";
      again.className = "plain";
      again.dataset.retry = line.cid;
      again.textContent = this.words.say("retry_button");
      under.append(this.words.say("tick_failed"), again);
    }
    return under;
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END_PX;
  }

  toEnd() {
    this.newLines.hidden = true;
    this.log.scrollTop = this.log.scrollHeight;
    // On a small or zoomed screen the page scrolls instead of the log.
    if (this.log.scrollHeight === this.log.clientHeight) this.text.scrollIntoView({ block: "nearest" });
  }

  // Where it stands. A status is only rewritten when it changes: each change is read aloud.

  showState({ state, position, wait_seconds: wait, queue, message }) {
    if (message !== undefined) this.showMessage(message); // `ready` says nothing of it
    if (state === "active") {
      this.say(this.state, this.words.say("joined"), "state with");
      return;
    }
    this.say(this.state, [this.waiting(wait, queue), queue !== "unstaffed" && this.placeWords(position)].filter(Boolean).join(" "), "state");
  }

  waiting(seconds, queue) {
    if (queue === "unstaffed") return this.words.say("unstaffed");
    if (seconds === null || seconds === undefined) return this.words.say("wait");
    if (seconds < 60) return this.words.say("state_waiting_soon");
    return this.words.say("wait_minutes", { minutes: Math.ceil(seconds / 60) });
  }

  placeWords(position) {
    if (!position) return "";
    return position === 1 ? this.words.say("state_next") : this.words.say("position", { position });
  }

  showTyping() {
    const stay = !this.atEnd();
    this.say(this.typing, this.words.say("listener_types"));
    if (!stay) this.toEnd();
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => (this.typing.textContent = ""), TYPING_MS);
  }

  showLink(key) {
    this.say(this.link, key ? this.words.say(key) : "");
  }

  showTrouble(text) {
    this.say(this.trouble, text);
  }

  fit() {
    this.text.style.height = "auto";
    if (this.text.value) this.text.style.height = `${this.text.scrollHeight + 2}px`;
    const left = this.most - this.text.value.length;
    const few = left >= 0 ? "characters_left" : "too_long";
    this.showTrouble(left > 200 ? "" : this.words.say(few, { count: left, most: this.most }));
  }

  say(element, text, className) {
    if (element.textContent !== text) element.textContent = text;
    if (className && element.className !== className) element.className = className;
  }
}
