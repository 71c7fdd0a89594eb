// The way out. These lines stand in the page itself, before everything else, so that they work
// while the rest is still on its way, or never comes; without scripts #exit is a plain link.
//
// Leaving: the page goes blank, what the tab keeps is wiped, the other tabs are told, then the
// service, and a neutral site takes this page's place, so that « back » does not return here.
// Without a network the place is taken by an empty page: a browser's own error page would stay.
(() => {
  "use strict";
  const KEY = "s"; // says nothing to who looks into the browser's storage; see store.js
  const WINDOW_MS = 5000;
  const TIMES = 3;
  const WHOLE_MS = 15000; // the page's script has not come by then: say so
  const root = document.documentElement;
  const page = JSON.parse(document.getElementById("page-data").textContent);
  // What the page's own script hands over: the conversation when nothing can be stored, what to
  // stop, how to count presses aloud. `early` is a form sent before that script was there.
  const way = { page, kept: null, stop() {}, count() {}, ready, leave, early: null };
  let gone = false;
  let isReady = false;
  let tabs = null;

  const attempt = (act) => {
    try {
      return act();
    } catch {
      return null; // nothing may stand between a press and a blank page
    }
  };

  // `told`: another tab, or the service, said so; they know already.
  function leave(told = false) {
    if (gone) return;
    gone = true;
    const kept = way.kept || attempt(() => JSON.parse(sessionStorage.getItem(KEY)));
    root.style.display = "none";
    document.title = "";
    attempt(() => document.body.replaceChildren());
    attempt(() => way.stop());
    attempt(() => sessionStorage.clear());
    if (!told) attempt(() => tabs.postMessage(""));
    if (!told && kept && kept.token) attempt(() => tell(kept));
    location.replace(navigator.onLine === false ? "about:blank" : page.exit_url);
  }

  // Outlives the page.
  function tell({ conversation_id: id, token }) {
    fetch(`/chat/conversations/${id}/leave`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: '{"quick":true}',
      keepalive: true,
      credentials: "omit",
      referrerPolicy: "no-referrer",
    }).catch(() => {});
  }

  // Leaves when a key alone was pressed three times within five seconds, and counts aloud. Shift
  // used to write a capital does not count.
  function watch(key) {
    let presses = [];
    let alone = false;
    const forget = () => {
      if (presses.length) way.count(0, key);
      presses = [];
    };
    addEventListener(
      "keydown",
      (event) => {
        if (event.key !== key) {
          alone = false;
          forget();
        } else if (!event.repeat) {
          alone = !event.isComposing;
        }
      },
      true,
    );
    addEventListener(
      "keyup",
      (event) => {
        if (event.key !== key || !alone) return;
        alone = false;
        const now = performance.now();
        presses = presses.filter((at) => now - at < WINDOW_MS);
        presses.push(now);
        if (presses.length >= TIMES) leave();
        else way.count(TIMES - presses.length, key);
        setTimeout(() => {
          if (presses.length && performance.now() - presses[presses.length - 1] >= WINDOW_MS) forget();
        }, WINDOW_MS + 50);
      },
      true,
    );
  }

  const isExit = (event) => event.target instanceof Element && event.target.closest("#exit");

  function pressed(event) {
    if (!isExit(event)) return;
    event.preventDefault();
    leave();
  }

  addEventListener("click", pressed, true);
  addEventListener("keydown", (event) => event.key === " " && pressed(event), true);
  watch("Shift");
  if (page.escape_leaves) watch("Escape");
  attempt(() => {
    tabs = new BroadcastChannel(KEY);
    tabs.onmessage = () => leave(true);
  });

  // The rest of the page: all of it came, or it is said that it did not.
  function broken() {
    const say = () => {
      const notice = document.getElementById("reload");
      if (notice && !isReady && !gone) notice.hidden = false;
    };
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", say);
    else say();
  }

  function ready() {
    isReady = true;
    document.getElementById("reload").hidden = true;
    return way.early;
  }

  addEventListener("error", broken, true);
  setTimeout(broken, WHOLE_MS);
  addEventListener(
    "submit",
    (event) => {
      if (isReady) return;
      event.preventDefault();
      way.early = event.target;
    },
    true,
  );
  globalThis.way = way;
})();
