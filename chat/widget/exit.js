// Leaving at once: the page goes blank, what it knew is wiped, the service is told,
// and a neutral site takes this page's place, so that « back » does not return here.

const WINDOW_MS = 5000;
const TIMES = 3;

// `leave()` tells the service and wipes; it must not wait for anything.
export function quickExit(leave, url) {
  document.documentElement.classList.add("gone");
  document.title = "";
  try {
    leave();
  } finally {
    location.replace(url);
  }
}

// Calls `flee` when Shift alone was pressed three times within five seconds, and
// `count(left)` after each press. Shift used to write a capital does not count.
export function watchShift(flee, count) {
  let presses = [];
  let alone = false;
  const forget = () => {
    if (presses.length) count(0);
    presses = [];
  };
  addEventListener("keydown", (event) => {
    if (event.key !== "Shift") {
      alone = false;
      forget();
    } else if (!event.repeat) {
      alone = true;
    }
  }, true);
  addEventListener("keyup", (event) => {
    if (event.key !== "Shift" || !alone) return;
    alone = false;
    const now = performance.now();
    presses = presses.filter((at) => now - at < WINDOW_MS);
    presses.push(now);
    if (presses.length >= TIMES) flee();
    else count(TIMES - presses.length);
    setTimeout(() => {
      if (presses.length && performance.now() - presses[presses.length - 1] >= WINDOW_MS) forget();
    }, WINDOW_MS + 50);
  }, true);
}
