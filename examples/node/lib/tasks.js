// SPDX-License-Identifier: MIT
//
// Tasks, and the claim on one.

'use strict';

const { Held } = require('./held.js');
const { invalid } = require('./errors.js');
const { parse, stringify, withBigInts } = require('./json.js');

const READY = 1;
const MINE = 2;
const CLAIM_OWN = 1;
const CLAIM_RESUME = 2;
const CLAIM_FAMILIAR = 4;
const NO_TOKEN = -1n;

const toTask = (text) => withBigInts(parse(text), 'token');

class Claim extends Held {
  #tasks;

  constructor(tasks, { task, token, leaseMs, takeover }, renew) {
    super(leaseMs, renew);
    this.#tasks = tasks;
    this.id = task;
    this.token = BigInt(token);
    this.takeover = takeover === null ? null : BigInt(takeover);
  }

  async #change(change, fields, ends) {
    // What can't be renewed is not claimed any more, for it was cancelled, say.
    const codes = change === 'renew' ? ['HELD', 'NOT_FOUND'] : [];
    await this.about(() => this.#tasks.change(this.id, change, fields, this.token), ...codes);
    if (ends) this.end();
  }

  task() {
    return this.#tasks.get(this.id);
  }

  renew(leaseMs) {
    return this.#change('renew', leaseMs && { leaseMs });
  }

  note(text) {
    return this.#change('note', { text });
  }

  complete(result) {
    return this.#change('complete', result === undefined ? null : { result }, true);
  }

  submit(result) {
    return this.#change('submit', result === undefined ? null : { result }, true);
  }

  fail(reason) {
    return this.#change('fail', reason && { reason }, true);
  }

  block(reason) {
    return this.#change('block', { reason }, true);
  }

  release() {
    return this.#change('release', null, true);
  }
}

class Tasks {
  #society;

  constructor(society) {
    this.#society = society;
  }

  async create(task) {
    return this.#society.call('society_task_create', stringify(task));
  }

  async import(tasks) {
    const lines = typeof tasks === 'string' ? tasks : Array.from(tasks, stringify).join('\n');
    return (await this.#society.call('society_task_create_lines', lines)).map(JSON.parse);
  }

  async list({ ready = false, mine = false, state = null } = {}) {
    const flags = (ready ? READY : 0) | (mine ? MINE : 0);
    return (await this.#society.call('society_tasks', flags, state)).map(toTask);
  }

  ready() {
    return this.list({ ready: true });
  }

  mine() {
    return this.list({ mine: true });
  }

  async get(id) {
    return toTask(await this.#society.call('society_task_get', id));
  }

  async claim(id, options) {
    if (typeof id === 'object' && id !== null) [id, options] = [undefined, id];
    const { leaseMs = 0, wait = false, signal, renew = true, own = false, resume = false, familiar = false } = options || {};
    const flags = (own ? CLAIM_OWN : 0) | (resume ? CLAIM_RESUME : 0) | (familiar ? CLAIM_FAMILIAR : 0);
    if (!Number.isSafeInteger(leaseMs)) throw invalid('leaseMs must be an integer');
    const text = await this.#society.wait('task', [id === undefined ? null : id, flags, leaseMs], wait, signal);
    return new Claim(this, parse(text), renew);
  }

  // Any change that society_task_change() knows; those that need no claim have a method of their own.
  async change(id, change, fields, token) {
    const text = fields === undefined || fields === null ? null : stringify(fields);
    await this.#society.call('society_task_change', id, change, text, token === undefined ? NO_TOKEN : BigInt(token));
  }

  note(id, text) {
    return this.change(id, 'note', { text });
  }

  complete(id, result) {
    return this.change(id, 'complete', result === undefined ? null : { result });
  }

  block(id, reason) {
    return this.change(id, 'block', { reason });
  }

  unblock(id) {
    return this.change(id, 'unblock');
  }

  cancel(id, reason) {
    return this.change(id, 'cancel', reason && { reason });
  }

  reopen(id, text) {
    return this.change(id, 'reopen', text && { text });
  }

  assign(id, to) {
    return this.change(id, 'assign', { to });
  }

  depend(id, { on = [], remove = [] } = {}) {
    return this.change(id, 'depend', { dependsOn: on, remove });
  }

  edit(id, fields) {
    return this.change(id, 'edit', { fields });
  }
}

module.exports = { Tasks, Claim };
