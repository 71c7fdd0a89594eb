// The lines of a conversation, both ways, with ticks.

import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { StoreElement } from './element.js';
import { guidance } from './guidance.js';
import { lists, problemWords, t, timeOf } from './texts.js';

const AT_END_PX = 40;
const COUNTED_FROM = 0.8;

class Chat extends StoreElement {
  static properties = { ...StoreElement.properties, contact: { attribute: false } };
  #follows = true;
  #shown = 0;

  #resized = new ResizeObserver(() => this.#keepPlace());

  firstUpdated() {
    this.#resized.observe(this.#log);
  }

  disconnectedCallback() {
    this.#resized.disconnect();
    super.disconnectedCallback();
  }

  updated() {
    const grew = this.#log.childElementCount !== this.#shown;
    this.#shown = this.#log.childElementCount;
    if (grew) this.#keepPlace();
  }

  get #log() {
    return this.querySelector('[role=log]');
  }

  // Whoever reads further up keeps her place; otherwise the last line stays in view.
  #keepPlace() {
    if (this.#follows) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #scrolled({ target }) {
    this.#follows = target.scrollHeight - target.scrollTop - target.clientHeight < AT_END_PX;
  }

  get #id() {
    return this.contact.contact_id;
  }

  #send(event) {
    event.preventDefault();
    const text = (this.store.talks.drafts.get(this.#id) ?? '').trim();
    if (!text) return;
    this.#follows = true;
    this.store.talks.send(this.#id, text);
    this.querySelector('textarea').focus();
  }

  // Enter sends, Shift+Enter breaks the line: what listeners know from elsewhere.
  #key(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.ctrlKey && !event.isComposing)
      this.#send(event);
  }

  #typed(event) {
    this.store.talks.drafts.set(this.#id, event.target.value);
    this.store.saysTyping(this.#id);
    this.requestUpdate();
  }

  render() {
    const { talks } = this.store;
    const lines = talks.lines.get(this.#id) ?? [];
    return html`
      <div
        class="lines"
        role="log"
        aria-label=${t('chat_log')}
        tabindex="0"
        @scroll=${this.#scrolled}
      >
        ${repeat(
          lines,
          (line) => line.seq,
          (line) => this.#line(line),
        )}
        ${repeat(
          talks.unsent.get(this.#id) ?? [],
          (line) => line.cid,
          (line) => this.#unsent(line),
        )}
      </div>
      <p class="typing" role="status">${talks.isTyping(this.#id) ? t('chat_typing') : ''}</p>
      ${
        this.contact.state === 'active'
          ? this.#compose()
          : html`<p class="note">${t('chat_over')}</p>`
      }
      ${guidance({ isOpen: false })}
    `;
  }

  #compose() {
    const draft = this.store.talks.drafts.get(this.#id) ?? '';
    const most = lists.limits.message_max_chars;
    return html`<form class="compose" @submit=${this.#send}>
      <label for="compose">${t('chat_compose')}</label>
      <textarea
        id="compose"
        rows="2"
        maxlength=${most}
        autocomplete="off"
        aria-describedby="compose-keys"
        .value=${live(draft)}
        @keydown=${this.#key}
        @input=${this.#typed}
      ></textarea>
      <button class="primary">${t('chat_send')}</button>
      <p class="note" id="compose-keys">
        ${t('chat_keys')}
        ${
          draft.length > most * COUNTED_FROM
            ? html` · ${t('chars_left', { count: most - draft.length })}`
            : nothing
        }
      </p>
    </form>`;
  }

  #line(line) {
    const isRead = line.seq <= (this.store.talks.readSeq.get(this.#id) ?? 0);
    const tick = t(isRead ? 'chat_read' : 'chat_stored');
    return html`<p class="line ${line.from}">
      <span class="who">${t(`chat_from_${line.from}`)}</span>
      <span class="text">${line.text}</span>
      <span class="at"
        >${timeOf(line.at)}${
          line.from === 'listener'
            ? html` <span class="tick" aria-hidden="true">${isRead ? '✓✓' : '✓'}</span
                ><span class="hidden">${tick}</span>`
            : nothing
        }</span
      >
    </p>`;
  }

  #unsent(line) {
    return html`<p class="line listener unsent">
      <span class="who">${t('chat_from_listener')}</span>
      <span class="text">${line.text}</span>
      <span class="at"
        >${line.problem ? problemWords(line.problem) : t('chat_sending')}
        ${
          line.problem && !line.problem.retryable
            ? html`<button type="button" @click=${() => this.store.talks.flush(this.#id)}>
                ${t('chat_again')}
              </button>`
            : nothing
        }</span
      >
    </p>`;
  }
}
customElements.define('cc-chat', Chat);
