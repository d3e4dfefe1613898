// SPDX-License-Identifier: MIT
//
// What claims and reservations have in common: a lease that is renewed while the program holds on to the object, and a signal
// that says when they are another's.

'use strict';

const { invalid } = require('./errors.js');

// A timer knows no longer wait than this.
const LONGEST_MS = 2 ** 31 - 1;

const GONE = ['FENCED', 'HELD', 'NOT_FOUND'];

class Held {
  #timer = null;
  #lost = new AbortController();
  #over = false;

  // `renew`: false, the lease is the caller's own business.
  constructor(leaseMs, renew) {
    this.leaseMs = leaseMs;
    if (!renew) return;
    // The timer doesn't hold on to the object: a claim that the program has forgotten is not renewed for ever.
    const self = new WeakRef(this);
    this.#timer = setInterval(() => {
      const held = self.deref();
      if (held) held.renew().catch(() => {}); // a claim that was lost is told by the signal, and the next renewal tries again
    }, Math.min(LONGEST_MS, Math.max(1, leaseMs / 3)));
    this.#timer.unref();
    timers.register(this, this.#timer);
  }

  get signal() {
    return this.#lost.signal;
  }

  get held() {
    return !this.#over;
  }

  end() {
    this.#over = true;
    clearInterval(this.#timer);
  }

  // Makes a call about it, and takes notice when it is another's.
  async about(call, ...codes) {
    try {
      return await call();
    } catch (error) {
      const { code } = error || {}; // what a call was aborted with may be anything
      if (code === 'FENCED' || code === 'CLOSED' || codes.includes(code)) {
        this.end();
        this.#lost.abort(error);
      }
      throw error;
    }
  }

  // Gives it back, unless that was done, or it is another's already, or there is nothing left of it: a task that was cancelled.
  async giveUp() {
    if (this.#over) return;
    try {
      await this.release();
    } catch (error) {
      if (!GONE.includes(error.code)) throw error;
    }
  }

  [Symbol.dispose || Symbol.for('Symbol.dispose')]() {
    this.giveUp().catch((error) => process.emitWarning(error));
  }

  [Symbol.asyncDispose || Symbol.for('Symbol.asyncDispose')]() {
    return this.giveUp();
  }
}

const timers = new FinalizationRegistry((timer) => clearInterval(timer));

function toToken(value) {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return BigInt(value);
  throw invalid('a token must be an integer');
}

module.exports = { Held, toToken };
