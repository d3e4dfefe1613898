// SPDX-License-Identifier: MIT
//
// Badges on files that others have reserved, or have left behind, in the explorer and on tabs. The editor asks for each file that it
// shows, and again when reservations have changed.

'use strict';

const vscode = require('vscode');
const { purpose } = require('../folds/files.js');
const { Paced } = require('../folds/paced.js');
const { line } = require('../folds/words.js');
const { leftBehind } = require('./left.js');

const APART_MS = 100;

class Badges {
  #session;
  #changed = new vscode.EventEmitter();
  #registration;
  #changes = new Paced(() => this.#changed.fire(), APART_MS);
  onDidChangeFileDecorations = this.#changed.event;

  constructor(session) {
    this.#session = session;
    this.#registration = vscode.window.registerFileDecorationProvider(this);
    for (const name of ['files', 'state']) session.on(name, () => this.#changes.add(true));
  }

  async provideFileDecoration(uri) {
    if (uri.scheme !== 'file' || !this.#session.society) return undefined;
    const owner = await this.#session.owner(uri.fsPath);
    const reservation = owner || (this.#session.society && leftBehind(this.#session, uri));
    if (!reservation) return undefined;
    const badge = line(reservation.holder, 64).slice(0, 2).toUpperCase();
    const what = purpose(reservation, this.#session.tasks.all);
    const why = what ? `: ${line(what)}` : '';
    return new vscode.FileDecoration(
      badge,
      `Reserved by ${line(reservation.holder)}${owner ? '' : ', who is gone'}${why}`,
      new vscode.ThemeColor('society.ownedByOther'),
    );
  }

  dispose() {
    this.#registration.dispose();
    this.#changes.dispose();
    this.#changed.dispose();
  }
}

module.exports = { Badges };
