// SPDX-License-Identifier: MIT
//
// A log as an asynchronous iterable. Of the agent's own messages each is committed when the next one is asked for, which is when
// the loop's body has come to its end: at least once. A loop that is left in the middle (break, an exception) has not committed
// the message at hand; commit() does.

'use strict';

const { Remote } = require('./engine.js');
const { invalid } = require('./errors.js');
const { parse, withBigInts } = require('./json.js');

const FROM = { cursor: -1n, end: -2n, start: -3n };
// What is a token in the records of a log.
const TOKENS = { __proto__: null, tasks: ['token', 'takeover'], ownership: ['token', 'takeover'] };
const EVERYONE = 1;
const RECEIPTS = 2;

function toPosition(from) {
  if (typeof from === 'string' && from in FROM) return FROM[from];
  if (typeof from === 'bigint' && from >= 0n && from < 2n ** 63n) return from;
  if (Number.isSafeInteger(from) && from >= 0) return BigInt(from);
  throw invalid('from must be "cursor", "start", "end" or a position');
}

// The stream's object in the worker. It is not the stream itself, so that it may close while a request of the stream is under way.
class Stream extends Remote {
  #society;
  #log;
  #signal;
  #opened;
  #commits;
  #given = false;
  incident = null;

  constructor(society, log, { from, signal, everyone, receipts, commit }) {
    super(society.engine);
    this.#society = society; // which is not collected before its streams
    this.#log = log;
    this.#signal = signal;
    this.#commits = commit;
    const flags = (everyone ? EVERYONE : 0) | (receipts ? RECEIPTS : 0);
    this.#opened = this.engine.request('tail', [this.number, society.number, log, toPosition(from), flags]);
    this.#opened.catch(() => {}); // told by next()
  }

  async next() {
    if (this.closed) return { done: true, value: undefined };
    try {
      await this.#opened;
      const commit = this.#commits && this.#given;
      // The body has come to its end, though it was told meanwhile that it is the last.
      if (commit && this.#signal && this.#signal.aborted) await this.commit();
      const { record, position, incident } = await this.engine.request('next', [this.number, commit], this.#signal);
      this.#given = true;
      this.incident = incident;
      const value = withBigInts(parse(record), ...(TOKENS[this.#log] || []));
      if (this.#log !== 'presence') value.position = position;
      return { done: false, value };
    } catch (error) {
      if (this.closed && error.code === 'CLOSED') return { done: true, value: undefined };
      await this.close();
      throw error;
    }
  }

  async commit() {
    await this.#opened;
    await this.engine.request('commit', [this.number]);
    this.#given = false;
  }

  async return(value) {
    await this.close();
    return { done: true, value };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

module.exports = { Stream };
