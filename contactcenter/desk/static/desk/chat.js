// The lines of a conversation, both ways, with ticks.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { StoreElement } from './element.js';
import { problemWords, t, timeOf } from './texts.js';

class Chat extends StoreElement {
  static properties = { ...StoreElement.properties, contact: { attribute: false } };

  updated() {
    const log = this.querySelector('[role=log]');
    const size = log.childElementCount;
    if (this.size !== size) log.scrollTop = log.scrollHeight;
    this.size = size;
  }

  #send(event) {
    event.preventDefault();
    const field = this.querySelector('textarea');
    const text = field.value.trim();
    if (!text) return;
    this.store.send(this.contact.contact_id, text);
    field.value = '';
    field.focus();
  }

  // Enter sends, Shift+Enter breaks the line: what listeners know from elsewhere.
  #key(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.#send(event);
  }

  render() {
    const id = this.contact.contact_id;
    const open = this.contact.state === 'active';
    return html`
      <div class="lines" role="log" aria-label=${t('chat_log')} tabindex="0">
        ${repeat(this.store.lines.get(id) ?? [], (line) => line.seq, (line) => this.#line(line))}
        ${repeat(this.store.unsent.get(id) ?? [], (line) => line.cid, (line) => this.#unsent(line))}
      </div>
      <p class="typing" role="status">${this.store.typingUntil.has(id) ? t('chat_typing') : ''}</p>
      ${open
        ? html`<form class="compose" @submit=${this.#send}>
            <label class="hidden" for="compose">${t('chat_compose')}</label>
            <textarea
              id="compose"
              rows="3"
              maxlength="2000"
              autocomplete="off"
              @keydown=${this.#key}
              @input=${() => this.store.saysTyping(id)}
            ></textarea>
            <button class="primary">${t('chat_send')}</button>
          </form>`
        : nothing}
    `;
  }

  #line(line) {
    const id = this.contact.contact_id;
    const read = line.seq <= (this.store.readSeq.get(id) ?? 0);
    return html`<p class="line ${line.from}">
      <span class="who">${t(`chat_from_${line.from}`)}</span>
      <span class="text">${line.text}</span>
      <span class="at"
        >${timeOf(line.at)}${line.from === 'listener'
          ? html` <span class="tick" title=${t(read ? 'chat_read' : 'chat_stored')}
              >${read ? '✓✓' : '✓'}<span class="hidden">${t(read ? 'chat_read' : 'chat_stored')}</span></span
            >`
          : nothing}</span
      >
    </p>`;
  }

  #unsent(line) {
    return html`<p class="line listener unsent">
      <span class="who">${t('chat_from_listener')}</span>
      <span class="text">${line.text}</span>
      <span class="at">${line.problem ? problemWords(line.problem) : t('chat_sending')}</span>
    </p>`;
  }
}
customElements.define('cc-chat', Chat);
