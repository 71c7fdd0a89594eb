// The conversation by plain HTTP: opening, leaving, and the fallback when no socket passes.

const ANSWER_MS = 15000;

// What went wrong, by the server's stable code; status 0 is a network that did not pass.
export class Refusal extends Error {
  constructor(status, code, retryAfter, emergency) {
    super(code);
    Object.assign(this, { status, code, retryAfter, emergency });
  }

  // The same request may pass later.
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export async function request(method, path, { token, body, keepalive = false } = {}) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const stop = new AbortController();
  const timer = keepalive ? null : setTimeout(() => stop.abort(), ANSWER_MS);
  try {
    const answer = await fetch(path, {
      method,
      headers,
      keepalive,
      signal: stop.signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
    if (answer.status === 204) return null;
    const document = await answer.json();
    if (answer.ok) return document;
    const { code, retry_after: retryAfter, emergency } = document;
    throw new Refusal(answer.status, code || "unknown", retryAfter || 0, emergency);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(0, "network", 0);
  } finally {
    clearTimeout(timer);
  }
}

// One conversation's own routes.
export class Post {
  constructor(credentials) {
    this.token = credentials.token;
    this.base = `/chat/conversations/${credentials.conversation_id}`;
  }

  after(seq) {
    return request("GET", `${this.base}/messages?after=${seq}`, { token: this.token });
  }

  send(line) {
    const body = { cid: line.cid, text: line.text };
    return request("POST", `${this.base}/messages`, { token: this.token, body });
  }

  // Outlives the page.
  leave(quick) {
    return request("POST", `${this.base}/leave`, { token: this.token, body: { quick }, keepalive: true });
  }
}
