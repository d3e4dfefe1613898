// SPDX-License-Identifier: MIT
//
// Badges on files that others have reserved, in the explorer and on tabs. The editor asks for each file that it shows, and again
// when reservations have changed.

'use strict';

const vscode = require('vscode');
const { purpose } = require('../folds/files.js');
const { Paced } = require('../folds/paced.js');
const { line } = require('../folds/words.js');

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
    if (!owner) return undefined;
    const badge = line(owner.holder, 64).slice(0, 2).toUpperCase();
    const what = purpose(owner, this.#session.tasks.all);
    const why = what ? `: ${line(what)}` : '';
    return new vscode.FileDecoration(
      badge,
      `Reserved by ${line(owner.holder)}${why}`,
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
