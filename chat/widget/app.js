// The page: start, talk, over. What must outlast a reload is in store.js; the way out is exit.js,
// which stands in the page itself and is there before this.

import { Box } from "./box.js";
import { Conversation } from "./conversation.js";
import { isTabletInDisguise, offline } from "./device.js";
import { Link } from "./link.js";
import { Post } from "./poll.js";
import { Start } from "./start.js";
import { Store } from "./store.js";
import { View } from "./view.js";
import { Words } from "./words.js";

const LINK_WORDS_MS = 2500; // a cut shorter than that is not worth a word
const OVER = ["ended", "closed"];
const LINK_KEYS = { socket: "", http: "link_slow", none: "link_trying" };
const EXIT_KEYS = { Shift: "key_shift", Escape: "key_escape" };

const byId = (id) => document.getElementById(id);
const { way } = globalThis;
const { page } = way;
const words = new Words(page.texts, page.language);
const store = new Store();
const view = new View(words, page.links);
const conversation = new Conversation(
  (line) => view.show(line),
  (pending) => kept && store.keep({ pending }),
);
const box = new Box({
  text: byId("text"),
  trouble: byId("text-trouble"),
  split: byId("send-parts"),
  words,
  most: page.most_characters,
  changed: () => {
    if (kept) store.keep({ draft: box.value });
    if (link && box.value) link.typing();
  },
});
const start = new Start(page, words, view, store, begun);
let kept = null; // {conversation_id, token, socket_url, audience}
let link = null;
let linkTimer = 0;
let passing = "socket"; // how lines pass now: "socket", "http", "none" or "offline"

function wipe() {
  if (link) link.stop();
  link = kept = way.kept = null;
  conversation.wipe();
  store.wipe();
}

// Talk.

// A conversation was opened; `first` is what was written before, which may be too long for a line.
function begun(credentials, first) {
  store.wipe();
  store.keep(credentials);
  talk(credentials);
  const lines = first.lines();
  if (lines.length) lines.forEach((line) => conversation.write(line));
  else box.put(first.value);
  first.put("");
  link.pump();
}

function talk(credentials) {
  kept = way.kept = credentials;
  words.addressTo(credentials.audience);
  view.address();
  view.showTalk();
  view.showState({ state: "waiting", position: null, wait_seconds: null });
  link = new Link(credentials, conversation, {
    state: (status) => (OVER.includes(status.state) ? ended(status) : view.showState(status)),
    typing: () => view.showTyping(),
    way: showWay,
    lost: () => over("lost_title", "lost"),
  });
  link.start();
}

function showWay(now) {
  if (now === passing) return;
  passing = now;
  clearTimeout(linkTimer);
  const say = () => view.showLink(now === "offline" ? offline() : LINK_KEYS[now], now);
  // What the device knows for sure is said at once.
  if (now === "socket" || now === "offline") say();
  else linkTimer = setTimeout(say, LINK_WORDS_MS);
}

// Left in a hurry in another tab: this one goes as well.
function ended({ quick }) {
  if (quick) way.leave(true);
  else over("state_ended", "end");
}

function over(title, text) {
  clearTimeout(linkTimer);
  for (const line of conversation.pending) conversation.fail(line.cid);
  wipe();
  view.showOver(words.say(title), words.say(text));
}

function send(inParts) {
  const lines = box.lines(inParts);
  view.text.focus();
  if (!lines.length) return;
  for (const line of lines) conversation.write(line);
  box.put("");
  if (link) link.pump();
}

function askLeave(asking) {
  byId("leave-ask").hidden = !asking;
  byId("leave").hidden = asking;
  byId(asking ? "leave-no" : "leave").focus();
}

async function leave() {
  const post = new Post(kept);
  try {
    await post.leave(false);
  } catch (error) {
    if (error.passing) {
      askLeave(false);
      box.say(words.say("unavailable"));
      return;
    }
  }
  over("state_ended", "end");
}

function again() {
  view.clear();
  const door = page.line ? `&line=${page.line}` : "";
  location.replace(`${location.pathname}?lang=${page.language}${door}`);
}

function sayRead() {
  if (link && document.visibilityState === "visible" && view.atEnd()) link.read(conversation.cursor);
}

// A line that was not stored: sent again as it is, or given back to be written otherwise.
function pressedLine({ target: { dataset } }) {
  if (dataset.edit) {
    const text = conversation.takeBack(dataset.edit);
    view.remove(dataset.edit);
    box.put([box.value, text].filter(Boolean).join("\n"));
    view.text.focus();
  } else if (dataset.retry && link) {
    conversation.retry(dataset.retry);
    link.pump();
  }
}

// From the browser's memory: it shows what was wiped, or what is nobody's any more.
function broughtBack() {
  if (kept && !store.isStale) return;
  document.documentElement.style.display = "none";
  store.stop();
  location.reload();
}

function wire() {
  byId("languages").addEventListener("click", (event) => {
    if (!event.target.href) return;
    event.preventDefault();
    location.replace(event.target.href); // in place: « back » must not find the page again
  });
  byId("compose").addEventListener("submit", (event) => {
    event.preventDefault();
    send(false);
  });
  byId("send-parts").addEventListener("click", () => send(true));
  view.text.addEventListener("keydown", (event) => {
    // Not while an input method is composing: its Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(false);
  });
  byId("leave").addEventListener("click", () => askLeave(true));
  byId("leave-no").addEventListener("click", () => askLeave(false));
  byId("leave-yes").addEventListener("click", leave);
  byId("again").addEventListener("click", again);
  byId("lines").addEventListener("click", pressedLine);
  view.onScroll(sayRead);
  setInterval(sayRead, 1500);
  addEventListener("pageshow", (event) => event.persisted && broughtBack());
}

function begin() {
  wire();
  if (isTabletInDisguise()) byId("erase").dataset.t = "erase_safari_phone";
  const { conversation_id, token, socket_url, audience, pending, draft } = store.kept;
  if (token) {
    talk({ conversation_id, token, socket_url, audience });
    conversation.restore(pending || []);
    box.put(draft || "");
  } else {
    start.show();
  }
  way.count = (left, key) =>
    view.count(left ? words.say(`exit_steps_${left}`, { key: words.say(EXIT_KEYS[key]) }) : "");
  way.stop = () => {
    if (link) link.stop();
    store.stop();
  };
  const early = way.ready();
  if (early) early.requestSubmit();
}

begin();
