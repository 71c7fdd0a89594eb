// What the page is read on, as far as its words need it.

const HANDS = "(hover: none) and (pointer: coarse), (max-width: 48rem)";

// The text for a device that has no network: a telephone is not called a computer.
export function offline() {
  return matchMedia(HANDS).matches ? "link_offline" : "link_offline_computer";
}

// A tablet that says it is a desktop computer, in the words for tablets.
export function isTabletInDisguise() {
  return /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
}
