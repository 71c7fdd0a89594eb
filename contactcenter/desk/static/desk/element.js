// The base of the desk's elements: light DOM, so that one style sheet and one
// set of labels serve them all; drawn again whenever the store changes.

import { LitElement } from 'lit';

export class StoreElement extends LitElement {
  static properties = { store: { attribute: false } };
  #redraw = () => this.requestUpdate();

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.store.addEventListener('change', this.#redraw);
  }

  disconnectedCallback() {
    this.store.removeEventListener('change', this.#redraw);
    super.disconnectedCallback();
  }
}
