// The lines of one conversation: what is stored, and what is still to be stored.
// Only a stored line moves the cursor; an acknowledgement only ticks.

// Not crypto.randomUUID: old browsers, and pages without https, lack it.
function newId() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Conversation {
  // `changed(line)` is told of each line that is new or stands differently, `unstored(lines)`
  // what a reload would lose.
  constructor(changed, unstored) {
    this.show = changed;
    this.unstored = unstored;
    this.cursor = 0;
    this.pending = []; // {cid, text, state: "sending" | "stored" | "failed", code?}
  }

  changed(line) {
    this.show(line);
    this.unstored(this.pending.filter((each) => each.state !== "stored"));
  }

  // Lines that a reload interrupted: with their cid they are stored once, had they been or not.
  restore(lines) {
    for (const line of lines) this.pending.push({ ...line, posted: false });
    for (const line of this.pending) this.show(line);
  }

  // A line to store, in the order it was written.
  write(text) {
    const line = { cid: newId(), text, from: "visitor", state: "sending", at: new Date().toISOString() };
    this.pending.push(line);
    this.changed(line);
    return line;
  }

  // The oldest line still to be stored: the only one that may be on its way.
  next() {
    return this.pending.find((line) => line.state === "sending") || null;
  }

  acknowledge(cid, at) {
    const line = this.pending.find((each) => each.cid === cid);
    if (line && line.state !== "stored") {
      line.state = "stored";
      line.at = at;
      this.changed(line);
    }
  }

  fail(cid, code) {
    const line = this.pending.find((each) => each.cid === cid);
    if (line && line.state === "sending") {
      line.state = "failed";
      line.code = code;
      this.changed(line);
    }
  }

  // The same line again, with the same cid: stored once however often it is sent.
  retry(cid) {
    const line = this.pending.find((each) => each.cid === cid);
    if (line && line.state === "failed") {
      line.state = "sending";
      this.changed(line);
    }
  }

  // A line refused for what it is: its text, to be written otherwise.
  takeBack(cid) {
    const line = this.pending.find((each) => each.cid === cid && each.state === "failed");
    if (!line) return "";
    this.pending = this.pending.filter((each) => each !== line);
    this.unstored(this.pending.filter((each) => each.state !== "stored"));
    return line.text;
  }

  // A pushed line. False means that lines are missing before it: they are to be fetched.
  accept(line) {
    if (line.seq <= this.cursor) return true;
    if (line.seq !== this.cursor + 1) return false;
    this.take(line);
    return true;
  }

  // Fetched lines are the truth: a number they leave out does not exist for us.
  acceptAll(lines) {
    for (const line of lines) if (line.seq > this.cursor) this.take(line);
  }

  // The server knows fewer lines than we do: what it has follows from the start.
  reset() {
    this.cursor = 0;
  }

  wipe() {
    this.cursor = 0;
    this.pending = [];
  }

  take(line) {
    this.cursor = line.seq;
    this.pending = this.pending.filter((each) => each.cid !== line.cid);
    this.changed({ ...line, state: "stored" });
  }
}
