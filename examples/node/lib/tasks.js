// SPDX-License-Identifier: MIT
//
// Tasks, and the claim on one.

'use strict';

const { Held, toToken } = require('./held.js');
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

  async #change(change, fields, ends, options) {
    // What can't be renewed is not claimed any more, for it was cancelled, say.
    const codes = change === 'renew' ? ['HELD', 'NOT_FOUND'] : [];
    await this.about(() => this.#tasks.change(this.id, change, fields, this.token, options), ...codes);
    if (ends) this.end();
  }

  task(options) {
    return this.#tasks.get(this.id, options);
  }

  renew(leaseMs, options) {
    return this.#change('renew', leaseMs && { leaseMs }, false, options);
  }

  note(text, options) {
    return this.#change('note', { text }, false, options);
  }

  complete(result, options) {
    return this.#change('complete', result === undefined ? null : { result }, true, options);
  }

  submit(result, options) {
    return this.#change('submit', result === undefined ? null : { result }, true, options);
  }

  fail(reason, options) {
    return this.#change('fail', reason && { reason }, true, options);
  }

  block(reason, options) {
    return this.#change('block', { reason }, true, options);
  }

  release(options) {
    return this.#change('release', null, true, options);
  }
}

class Tasks {
  #society;

  constructor(society) {
    this.#society = society;
  }

  async create(task, options) {
    return this.#society.call('society_task_create', [stringify(task)], options);
  }

  async import(tasks, options) {
    const lines = typeof tasks === 'string' ? tasks : Array.from(tasks, stringify).join('\n');
    return (await this.#society.call('society_task_create_lines', [lines], options)).map(JSON.parse);
  }

  async list({ ready = false, mine = false, state = null, signal } = {}) {
    const flags = (ready ? READY : 0) | (mine ? MINE : 0);
    return (await this.#society.call('society_tasks', [flags, state], { signal })).map(toTask);
  }

  ready(options) {
    return this.list({ ...options, ready: true });
  }

  mine(options) {
    return this.list({ ...options, mine: true });
  }

  async get(id, options) {
    return toTask(await this.#society.call('society_task_get', [id], options));
  }

  async claim(id, options) {
    if (typeof id === 'object' && id !== null) [id, options] = [undefined, id];
    const { leaseMs = 0, wait = false, signal, renew = true, own = false, resume = false, familiar = false } = options || {};
    const flags = (own ? CLAIM_OWN : 0) | (resume ? CLAIM_RESUME : 0) | (familiar ? CLAIM_FAMILIAR : 0);
    if (!Number.isSafeInteger(leaseMs)) throw invalid('leaseMs must be an integer');
    const text = await this.#society.wait('task', [id === undefined ? null : id, flags, leaseMs], wait, signal);
    return new Claim(this, parse(text), renew);
  }

  // The best of those that are ready, so many or as there are, under one lock.
  async claimSeveral(count, { leaseMs = 0, signal, renew = true, familiar = false } = {}) {
    if (!Number.isSafeInteger(leaseMs)) throw invalid('leaseMs must be an integer');
    const args = [count, familiar ? CLAIM_FAMILIAR : 0, leaseMs];
    const claims = await this.#society.call('society_task_claim_several', args, { signal });
    return claims.map((text) => new Claim(this, parse(text), renew));
  }

  // Any change that society_task_change() knows; those that need no claim have a method of their own.
  async change(id, change, fields, token, options) {
    const text = fields === undefined || fields === null ? null : stringify(fields);
    const args = [id, change, text, token === undefined ? NO_TOKEN : toToken(token)];
    await this.#society.call('society_task_change', args, options);
  }

  note(id, text, options) {
    return this.change(id, 'note', { text }, undefined, options);
  }

  complete(id, result, options) {
    return this.change(id, 'complete', result === undefined ? null : { result }, undefined, options);
  }

  block(id, reason, options) {
    return this.change(id, 'block', { reason }, undefined, options);
  }

  unblock(id, options) {
    return this.change(id, 'unblock', null, undefined, options);
  }

  cancel(id, reason, options) {
    return this.change(id, 'cancel', reason && { reason }, undefined, options);
  }

  reopen(id, text, options) {
    return this.change(id, 'reopen', text && { text }, undefined, options);
  }

  assign(id, to, options) {
    return this.change(id, 'assign', { to }, undefined, options);
  }

  depend(id, { on = [], remove = [], signal } = {}) {
    return this.change(id, 'depend', { dependsOn: on, remove }, undefined, { signal });
  }

  edit(id, fields, options) {
    return this.change(id, 'edit', { fields }, undefined, options);
  }
}

module.exports = { Tasks, Claim };
