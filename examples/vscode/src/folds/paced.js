// SPDX-License-Identifier: MIT
//
// A flood in small portions: the first is passed on at once, and what comes within a time after it is passed on together when the
// time is over. So what comes alone is never late, and whoever is told has to look at most once in a while.

'use strict';

class Paced {
  #take;
  #ms;
  #timer = null;
  #held = [];

  // `take` gets an array of what has come.
  constructor(take, ms) {
    this.#take = take;
    this.#ms = ms;
  }

  add(item) {
    this.#held.push(item);
    if (!this.#timer) this.#pass();
  }

  #pass() {
    this.#timer = null;
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    this.#timer = setTimeout(() => this.#pass(), this.#ms);
    this.#take(held);
  }

  // What is held back is forgotten.
  dispose() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#held = [];
  }
}

module.exports = { Paced };
