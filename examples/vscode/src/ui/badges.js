// SPDX-License-Identifier: MIT
//
// Badges on files that others have reserved, in the explorer and on tabs. The editor asks for each file that it shows, and again
// when reservations have changed.

'use strict';

const vscode = require('vscode');
const { line } = require('../folds/words.js');

class Badges {
  #session;
  #changed = new vscode.EventEmitter();
  #registration;
  onDidChangeFileDecorations = this.#changed.event;

  constructor(session) {
    this.#session = session;
    this.#registration = vscode.window.registerFileDecorationProvider(this);
    for (const name of ['files', 'state']) session.on(name, () => this.#changed.fire());
  }

  async provideFileDecoration(uri) {
    if (uri.scheme !== 'file' || !this.#session.society) return undefined;
    const owner = await this.#session.owner(uri.fsPath);
    if (!owner) return undefined;
    const badge = line(owner.holder, 64).slice(0, 2).toUpperCase();
    const why = owner.reason ? `: ${line(owner.reason)}` : '';
    return new vscode.FileDecoration(
      badge,
      `Reserved by ${line(owner.holder)}${why}`,
      new vscode.ThemeColor('society.ownedByOther'),
    );
  }

  dispose() {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

module.exports = { Badges };
