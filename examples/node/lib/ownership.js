// SPDX-License-Identifier: MIT
//
// Who may write which files, and named mutexes.

'use strict';

const { Held, toToken } = require('./held.js');
const { Remote } = require('./engine.js');
const { invalid } = require('./errors.js');
const { parse, stringify, withBigInts } = require('./json.js');

const SHARED = 1;

const toReservation = (object) => withBigInts(object, 'token');

function toList(patterns) {
  const list = typeof patterns === 'string' ? [patterns] : patterns;
  if (!Array.isArray(list)) throw invalid('patterns must be an array of strings');
  return stringify(list);
}

class Reservation extends Held {
  #society;

  constructor(society, fields, renew) {
    super(fields.leaseMs, renew);
    this.#society = society;
    this.paths = fields.paths;
    this.mode = fields.mode;
    this.holder = fields.holder;
    this.token = fields.token;
    this.since = fields.since;
    this.reason = fields.reason;
    this.task = fields.task;
  }

  async #change(change, fields, ends, options) {
    const text = fields ? stringify(fields) : null;
    await this.about(() => this.#society.call('society_own_change', [this.token, change, text], options));
    if (ends) this.end();
  }

  renew(leaseMs, options) {
    return this.#change('renew', leaseMs && { leaseMs }, false, options);
  }

  release(options) {
    return this.#change('release', null, true, options);
  }

  handover(to, options) {
    return this.#change('handover', { to }, true, options);
  }
}

class Ownership {
  #society;

  constructor(society) {
    this.#society = society;
  }

  async acquire(patterns, { shared = false, reason, task, leaseMs, wait = false, signal, renew = true } = {}) {
    const fields = { reason, task, leaseMs };
    const args = [toList(patterns), shared ? SHARED : 0, stringify(fields)];
    const text = await this.#society.wait('own', args, wait, signal);
    return new Reservation(this.#society, toReservation(parse(text)), renew);
  }

  // Those with one of the patterns, or all of the agent's. The number of them.
  async release(patterns, options) {
    return this.#society.call('society_own_release', [patterns === undefined ? null : toList(patterns)], options);
  }

  async renew(patterns, { leaseMs = 0, signal } = {}) {
    return this.#society.call('society_own_renew', [patterns === undefined ? null : toList(patterns), leaseMs], { signal });
  }

  async handover(pattern, to, options) {
    await this.#society.call('society_own_handover', [pattern, to], options);
  }

  // A change of one reservation of the agent's, by its token, whatever else is held by the same patterns.
  async change(token, change, fields, options) {
    const text = fields === undefined || fields === null ? null : stringify(fields);
    await this.#society.call('society_own_change', [toToken(token), change, text], options);
  }

  // The paths that the agent may not write, each with its owner; none: it may.
  async check(paths, options) {
    const owners = (await this.#society.call('society_own_check', [toList(paths)], options)).map(parse);
    for (const { owner } of owners) toReservation(owner);
    return owners;
  }

  async list(options) {
    return (await this.#society.call('society_own_list', [], options)).map(parse).map(toReservation);
  }
}

class Mutex extends Remote {
  constructor(society, name) {
    super(society.engine);
    this.name = name;
  }

  release() {
    return this.close();
  }
}

module.exports = { Ownership, Reservation, Mutex };
