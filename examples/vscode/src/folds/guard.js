// SPDX-License-Identifier: MIT
//
// Whether a change of a file is to be warned of, and what is offered.
//
// The library says who keeps the agent from writing a path; reservations of the dead keep nobody, but whoever goes on with their
// work should know, and take them over. Typing warns once for each reservation, saving each time but when the editor saves by
// itself; a warning that is still on the screen is not repeated.

'use strict';

const { purpose } = require('./files.js');
const { inert } = require('./words.js');

class Guard {
  #warned = new Set(); // path and token, of typing
  #shown = new Set(); // path, of warnings on the screen

  // `owner`: who keeps the agent from writing; `left`: a reservation of somebody dead; `tasks`: all of them. {text, offers} or null.
  judge(path, { owner, left, saved, tasks = [] }) {
    const reservation = owner || left;
    if (!reservation || this.#shown.has(path)) return null;
    const key = `${reservation.token} ${path}`;
    if (this.#warned.has(key) && !(saved && owner)) return null;
    this.#warned.add(key);
    const what = purpose(reservation, tasks);
    const why = what ? ` (${inert(what, 80)})` : '';
    const name = inert(path, 100);
    const holder = inert(reservation.holder, 64);
    if (owner) return { text: `${name} is reserved by ${holder}${why}.`, offers: ['Ask', 'Wait'], reservation };
    return { text: `${name} is still reserved by ${holder}${why}, who is gone.`, offers: ['Take Over'], reservation };
  }

  // Calls `show` while the warning counts as being on the screen.
  async showing(path, show) {
    this.#shown.add(path);
    try {
      return await show();
    } finally {
      this.#shown.delete(path);
    }
  }
}

module.exports = { Guard };
