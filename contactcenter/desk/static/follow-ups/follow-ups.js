// What is owed after contacts: callbacks agreed, the specialists' turn, talks with the coordination. The first
// due first; one takes a task on, then says what came of it.

import { LitElement, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { api, Problem } from '../desk/api.js';
import { secondsUntil } from '../desk/clock.js';
import { label, lists, momentOf, problemWords, t } from '../desk/texts.js';
import { mark } from '../desk/urgency.js';
import { cell, heads, queueName } from '../supervision/words.js';
import './number.js';

const READ_EVERY_MS = 30_000;
const DONE = ['reached', 'taken_up', 'other'];

class FollowUps extends LitElement {
  static properties = {
    tasks: { state: true },
    said: { state: true },
    problem: { state: true },
    settling: { state: true },
  };
  #me = null;
  #contacts = new Map();

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    this.said = '';
    this.#read();
    // No event tells of follow-ups: they are read again while the page is looked at.
    setInterval(() => document.hidden || this.#read(), READ_EVERY_MS);
    addEventListener('focus', () => this.#read());
  }

  async #read() {
    await this.#try(async () => {
      this.#me ??= (await api.me()).staff;
      const { follow_ups: tasks } = await api.followUps();
      await Promise.all(tasks.filter((one) => this.#isMine(one)).map((one) => this.#look(one)));
      this.tasks = tasks;
    });
  }

  // Whoever took a task on may read the contact it is about.
  async #look({ contact_id: id }) {
    if (!this.#contacts.has(id)) this.#contacts.set(id, await api.contact(id));
  }

  #isMine({ claimed_by: whose }) {
    return Boolean(whose) && whose.staff_id === this.#me.staff_id;
  }

  /** Do something that may be refused; true once it is done. */
  async #try(what) {
    try {
      await what();
      this.problem = null;
      return true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.problem = problem;
      return false;
    }
  }

  async #claim(task) {
    const isDone = await this.#try(() => api.claim(task.follow_up_id));
    const refusal = this.problem;
    await this.#read();
    if (isDone) this.said = t('follow_up_yours');
    else this.problem = refusal;
    await this.updateComplete;
    this.querySelector(`#settle-${task.follow_up_id}`)?.focus();
  }

  async #release(task) {
    if (!(await this.#try(() => api.release(task.follow_up_id)))) return;
    await this.#read();
    this.said = t('follow_up_released');
    await this.updateComplete;
    this.querySelector('#follow-ups-title')?.focus();
  }

  async #settle(event, task) {
    event.preventDefault();
    const outcome = this.querySelector('#settle-outcome').value;
    const { how } = this.settling;
    if (!(await this.#try(() => api.settle(task.follow_up_id, how, outcome)))) return;
    this.settling = null;
    await this.#read();
    this.said = t(`follow_up_${how}`);
    await this.updateComplete;
    this.querySelector('#follow-ups-title')?.focus();
  }

  async #begin(task, how) {
    this.settling = { id: task.follow_up_id, how };
    await this.updateComplete;
    this.querySelector('#settle-outcome')?.focus();
  }

  render() {
    const { problem } = this;
    return html`
      ${
        problem
          ? html`<p role="alert" class="banner warning" id="problem">
              ${problemWords(problem)}
              ${problem.status === 401 ? html`<a href="/signin">${t('signin_title')}</a>` : nothing}
            </p>`
          : nothing
      }
      <p role="status" id="said" class=${this.said ? 'banner done' : ''}>${this.said}</p>
      <section class="sheet" aria-labelledby="follow-ups-title">
        <h2 id="follow-ups-title" tabindex="-1">${t('follow_ups_open')}</h2>
        <p class="note">${t('follow_ups_note')}</p>
        ${this.#list()}
      </section>
    `;
  }

  #list() {
    if (!this.tasks) return html`<p class="note">${t('floor_reading')}</p>`;
    if (!this.tasks.length) return html`<p>${t('follow_ups_none')}</p>`;
    return html`<table id="follow-ups">
      <caption class="hidden">
        ${t('follow_ups_open')}
      </caption>
      ${heads('follow_up_due', 'follow_up_kind', 'queue', 'follow_up_whose', 'act')}
      <tbody>
        ${repeat(
          this.tasks,
          (one) => one.follow_up_id,
          (one) => this.#row(one),
        )}
      </tbody>
    </table>`;
  }

  #row(task) {
    const {
      follow_up_id: id,
      kind,
      queue,
      due_at: due,
      created_at: created,
      claimed_by: whose,
    } = task;
    const isLate = due && secondsUntil(due) < 0;
    return html`<tr data-follow-up=${id}>
      <th scope="row">
        ${due ? momentOf(due) : t('follow_up_no_due')}
        ${isLate ? html`<strong class="late">${t('follow_up_late')}</strong>` : nothing}
        <span class="note">${t('follow_up_since', { time: momentOf(created) })}</span>
      </th>
      ${cell('follow_up_kind', html`${t(`follow_up_${kind}`)} ${this.#about(task)} ${this.#agreed(task)} ${this.#number(task)}`)}
      ${cell('queue', kind === 'debrief' ? '—' : queueName(queue))}
      ${cell('follow_up_whose', whose?.display_name ?? t(this.#isTheirs(task) ? 'follow_up_coordination' : 'follow_up_nobody'))}
      ${cell('act', this.settling?.id === id ? this.#form(task) : this.#acts(task))}
    </tr>`;
  }

  #about({ contact_id: id }) {
    const contact = this.#contacts.get(id);
    if (!contact) return nothing;
    return html`<div class="about">
      ${mark(contact.urgency)} ${t(`channel_${contact.channel}`)} ·
      ${label('audience', contact.audience)} · ${label('languages', contact.language)} ·
      ${momentOf(contact.arrived_at)}
      ${contact.cases.map((one) => html`· <a href=${`/cases/${one.case_id}`}>${one.reference}</a>`)}
    </div>`;
  }

  // What was agreed with the person, as the write-up has it: for whoever took the task on.
  #agreed(task) {
    const values = this.#contacts.get(task.contact_id)?.form.values;
    const said = lists.agreed.filter(({ kind, value }) => kind === task.kind && values?.[value]);
    if (!said.length) return nothing;
    return html`<dl class="agreed">
      ${said.map(
        ({ value, label: asked }) =>
          html`<div>
            <dt>${asked}</dt>
            <dd>${values[value]}</dd>
          </div>`,
      )}
    </dl>`;
  }

  // A talk with the coordination is theirs, and shown to nobody else but who asked for it.
  #isTheirs({ kind }) {
    return kind === 'debrief' && this.#me.role !== 'coordinator';
  }

  // A chat has none; of a call it is shown on request, to whoever took the callback on.
  #number(task) {
    const contact = this.#contacts.get(task.contact_id);
    if (task.kind !== 'callback' || !this.#isMine(task) || contact?.channel !== 'call')
      return nothing;
    return html`<cc-callback-number .task=${task}></cc-callback-number>`;
  }

  #acts(task) {
    const { follow_up_id: id, claimed_by: whose, kind, queue } = task;
    const what = [t(`follow_up_${kind}`), kind === 'debrief' ? '' : queueName(queue)]
      .filter(Boolean)
      .join(', ');
    if (this.#isTheirs(task)) return html`<span class="note">${t('follow_up_asked')}</span>`;
    if (!whose)
      return html`<button
        type="button"
        class="primary"
        aria-label=${`${t('follow_up_claim')} : ${what}`}
        @click=${() => this.#claim(task)}
      >
        ${t('follow_up_claim')}
      </button>`;
    const back = html`<button type="button" class="release" @click=${() => this.#release(task)}>
      ${t('follow_up_release')}
    </button>`;
    if (!this.#isMine(task))
      return this.#me.role === 'coordinator'
        ? html`<div class="acts">${back}</div>`
        : html`<span class="note">${t('follow_up_theirs')}</span>`;
    return html`<div class="acts">
      <button
        type="button"
        id=${`settle-${id}`}
        class="primary"
        @click=${() => this.#begin(task, 'done')}
      >
        ${t('follow_up_settle')}
      </button>
      <button type="button" @click=${() => this.#begin(task, 'drop')}>
        ${t('follow_up_give_up')}
      </button>
      ${back}
    </div>`;
  }

  #form(task) {
    const { how } = this.settling;
    const outcomes = lists.outcomes.filter(
      ({ value }) => value === 'other' || DONE.includes(value) === (how === 'done'),
    );
    return html`<form class="settle" @submit=${(event) => this.#settle(event, task)}>
      <label for="settle-outcome">${t(`follow_up_${how}_how`)}</label>
      <select id="settle-outcome" required>
        <option value=""></option>
        ${outcomes.map(({ value, label: words }) => html`<option value=${value}>${words}</option>`)}
      </select>
      <div class="acts">
        <button class="primary" id="settle-do">${t(`follow_up_${how}_do`)}</button>
        <button type="button" @click=${() => (this.settling = null)}>${t('cancel')}</button>
      </div>
    </form>`;
  }
}
customElements.define('cc-follow-ups', FollowUps);
document.getElementById('live').append(document.createElement('cc-follow-ups'));
