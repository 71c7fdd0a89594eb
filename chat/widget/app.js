// The page: start, talk, over. What must outlast a reload is kept in sessionStorage, and is the
// conversation's key only: never a line, never a draft.

import { Conversation } from "./conversation.js";
import { quickExit, watchShift } from "./exit.js";
import { Link } from "./link.js";
import { Post } from "./poll.js";
import { Start } from "./start.js";
import { View } from "./view.js";
import { Words } from "./words.js";

const KEY = "s"; // says nothing to who looks into the browser's storage
const LINK_WORDS_MS = 2500; // a cut shorter than that is not worth a word
const OVER = ["ended", "closed"];

const byId = (id) => document.getElementById(id);
const page = JSON.parse(byId("page-data").textContent);
const words = new Words(page.texts, page.language);
const view = new View(words, page.most_characters);
const conversation = new Conversation((line) => view.show(line));
const start = new Start(page, words, view, talk);
let kept = null; // {conversation_id, token, socket_url, audience}
let link = null;
let linkTimer = 0;
let way = "socket"; // how lines pass now: "socket", "http" or "none"

// The key.

function keep(credentials) {
  kept = credentials;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(credentials));
  } catch {
    // Storage refused: the conversation lives as long as this page.
  }
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function wipe() {
  if (link) link.stop();
  link = kept = null;
  conversation.wipe();
  try {
    sessionStorage.clear();
  } catch {
    // Nothing was kept then.
  }
}

// Talk.

function talk(credentials) {
  keep(credentials);
  words.addressTo(credentials.audience);
  view.address();
  view.showTalk();
  view.showState({ state: "waiting", position: null, wait_seconds: null });
  link = new Link(credentials, conversation, {
    state: (status) => (OVER.includes(status.state) ? over("state_ended", "end") : view.showState(status)),
    typing: () => view.showTyping(),
    way: showWay,
    lost: () => over("lost_title", "end"),
  });
  link.start();
}

function showWay(now) {
  if (now === way) return;
  way = now;
  clearTimeout(linkTimer);
  const key = { socket: "", http: "link_slow", none: "link_trying" }[way];
  if (way === "socket") view.showLink("");
  else linkTimer = setTimeout(() => view.showLink(key), LINK_WORDS_MS);
}

function over(title, text) {
  clearTimeout(linkTimer);
  for (const line of conversation.pending) conversation.fail(line.cid);
  wipe();
  view.showOver(words.say(title), words.say(text));
}

function send(event) {
  event.preventDefault();
  const text = view.text.value;
  if (!text.trim() || text.length > page.most_characters) return;
  view.text.value = "";
  view.fit();
  conversation.write(text);
  if (link) link.pump();
  view.text.focus();
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
      view.showTrouble(words.say("unavailable"));
      return;
    }
  }
  over("state_ended", "end");
}

function flee() {
  quickExit(() => {
    const post = kept && new Post(kept);
    wipe();
    view.clear();
    if (post) post.leave(true).catch(() => {});
  }, page.exit_url);
}

function again() {
  view.clear();
  location.replace(`${location.pathname}?lang=${page.language}`);
}

function sayRead() {
  if (link && document.visibilityState === "visible" && view.atEnd()) link.read(conversation.cursor);
}

function wire() {
  byId("exit").addEventListener("click", flee);
  watchShift(flee, (left) => view.say(byId("exit-count"), left ? words.say(`exit_steps_${left}`) : ""));
  byId("languages").addEventListener("click", (event) => {
    if (!event.target.href) return;
    event.preventDefault();
    location.replace(event.target.href); // in place: « back » must not find the page again
  });
  byId("compose").addEventListener("submit", send);
  view.text.addEventListener("input", () => link && view.text.value && link.typing());
  view.text.addEventListener("keydown", (event) => {
    // Not while an input method is composing: its Enter chooses a word.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  });
  byId("leave").addEventListener("click", () => askLeave(true));
  byId("leave-no").addEventListener("click", () => askLeave(false));
  byId("leave-yes").addEventListener("click", leave);
  byId("again").addEventListener("click", again);
  byId("lines").addEventListener("click", (event) => {
    const { retry } = event.target.dataset;
    if (!retry || !link) return;
    conversation.retry(retry);
    link.pump();
  });
  view.log.addEventListener("scroll", sayRead);
  setInterval(sayRead, 1500);
  // A page brought back from the browser's memory shows what was wiped: start anew.
  addEventListener("pageshow", (event) => event.persisted && !kept && location.reload());
}

function begin() {
  wire();
  const credentials = recall();
  if (credentials && credentials.token) {
    talk(credentials);
    return;
  }
  start.show();
}

begin();
