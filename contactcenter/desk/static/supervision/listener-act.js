// A listener's state, set for her: a break, the end of her shift, offline. Never « ready ».

import { html } from 'lit';
import { api } from '../desk/api.js';
import { lists, t } from '../desk/texts.js';
import { ActDialog } from './act-dialog.js';

const STATES = ['break', 'leaving', 'offline'];

class ListenerAct extends ActDialog {
  #do() {
    const { staff_id: id, name } = this.subject;
    const state = this.querySelector('input[name=state]:checked').value;
    const words = t('did_force', { name, state: t(`presence_${state}`) });
    const { reason } = this;
    this.run(() => api.force(id, state, reason), words);
  }

  form() {
    const states = STATES.filter((state) => state !== this.subject.state);
    return this.frame({
      title: t('act_force', { name: this.subject.name }),
      note: t('act_force_note'),
      fields: html`<fieldset class="choice">
        <legend>${t('act_state')}</legend>
        ${states.map(
          (state, place) =>
            html`<label class="check"
              ><input type="radio" name="state" value=${state} ?checked=${place === 0} /><span
                >${t(`presence_${state}`)}</span
              ></label
            >`,
        )}
      </fieldset>`,
      reasons: lists.listener_reasons,
      submit: t('act_force_do'),
      act: () => this.#do(),
    });
  }
}
customElements.define('cc-listener-act', ListenerAct);
