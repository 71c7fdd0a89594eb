// The staff API as the desk uses it. The session is the page's own cookie:
// no token ever stands in a script.

import { noteHeader } from './clock.js';

const TIMEOUT_MS = 10_000;
// Browsers refuse a request that outlives its page when its body is larger than 64 KiB.
const KEPT_ALIVE_BYTES = 60_000;

/** A refused request: `code` is stable, the words come from the catalogue. */
export class Problem extends Error {
  constructor({ code = 'unavailable', status = 0, field = null, retry_after = null } = {}) {
    super(code);
    this.code = code;
    this.status = status;
    this.field = field;
    this.retryAfter = retry_after;
  }

  /** True when the same request may be sent again as it stands. */
  get retryable() {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

async function call(method, path, content, { keepalive = false } = {}) {
  const body =
    content === undefined ? undefined : new TextEncoder().encode(JSON.stringify(content));
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method,
      keepalive: keepalive && body.length < KEPT_ALIVE_BYTES,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Problem();
  }
  noteHeader(answer.headers.get('Date'));
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem({ ...said, status: answer.status });
  return said;
}

export const api = {
  me: () => call('GET', 'me'),
  declare: (state) => call('PUT', 'me/presence', { state }),
  lossesSeen: (until) => call('POST', 'me/losses/seen', { until }),
  liveTicket: () => call('POST', 'me/live-ticket'),
  softphoneToken: () => call('POST', 'me/softphone-token'),
  seen: (offer) => call('POST', `offers/${offer}/seen`),
  accept: (offer) => call('POST', `offers/${offer}/accept`),
  decline: (offer, reason) => call('POST', `offers/${offer}/decline`, { reason }),
  contact: (id) => call('GET', `contacts/${id}`),
  messages: (id, after) => call('GET', `contacts/${id}/messages?after=${after}`),
  send: (id, cid, text) => call('POST', `contacts/${id}/messages`, { cid, text }),
  saveForm: (id, values, revision) =>
    call('PUT', `contacts/${id}/form`, { values, revision }, { keepalive: true }),
  urgency: (id, change) => call('POST', `contacts/${id}/urgency`, change),
  factors: (id, factors) => call('PUT', `contacts/${id}/factors`, { factors }),
  colleagues: (queue, channel) =>
    call('GET', `colleagues?${new URLSearchParams({ queue, channel })}`),
  handOver: (id, where) => call('POST', `contacts/${id}/hand-over`, where),
  extend: (id, until) => call('POST', `contacts/${id}/wrap-up/extend`, { wrap_up_until: until }),
  end: (id) => call('POST', `contacts/${id}/end`),
  close: (id, outcome) => call('POST', `contacts/${id}/close`, outcome),
  cases: (reference) => call('GET', `cases?reference=${encodeURIComponent(reference)}`),
  createCase: (content) => call('POST', 'cases', content),
  attach: (caseId, contactId) => call('PUT', `cases/${caseId}/contacts/${contactId}`),
  form: (id, version) => call('GET', `forms/${id}/${version}`),
  followUps: () => call('GET', 'follow-ups'),
  claim: (id) => call('POST', `follow-ups/${id}/claim`),
  release: (id) => call('POST', `follow-ups/${id}/release`),
  number: (id, reason) => call('POST', `follow-ups/${id}/number`, { reason }),
  /** `how`: "done" or "drop". */
  settle: (id, how, outcome) => call('POST', `follow-ups/${id}/${how}`, { outcome }),
  supervision: () => call('GET', 'supervision'),
  /** `act`: "assign", "move", "take" or "close", with what each asks for and the reason. */
  supervise: (id, act, asked) => call('POST', `supervision/contacts/${id}/${act}`, asked),
  force: (id, state, reason) =>
    call('POST', `supervision/listeners/${id}/state`, { state, reason }),
  override: (queue, set) => call('PUT', `supervision/queues/${encodeURIComponent(queue)}`, set),
  lift: (queue, channel) =>
    call(
      'DELETE',
      `supervision/queues/${encodeURIComponent(queue)}${channel ? `?channel=${channel}` : ''}`,
    ),
};
