// SPDX-License-Identifier: MIT
//
// Warns who edits or saves a file that another has reserved. The editor lets nobody refuse a save: a reservation is an agreement.

'use strict';

const vscode = require('vscode');
const { Guard } = require('../folds/guard.js');
const { leftBehind } = require('./left.js');

const COMMANDS = { Ask: 'society.askOwner', Wait: 'society.waitForFiles', 'Take Over': 'society.takeOver' };

class Warnings {
  #session;
  #guard = new Guard();
  #subscriptions;

  constructor(session) {
    this.#session = session;
    this.#subscriptions = [
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document.isDirty) this.#look(document, false);
      }),
      vscode.workspace.onWillSaveTextDocument(({ document, reason }) => {
        this.#look(document, reason === vscode.TextDocumentSaveReason.Manual);
      }),
    ];
  }

  #look(document, saved) {
    const wanted = vscode.workspace.getConfiguration('society', document.uri).get('warnOnOwnedFiles');
    if (document.uri.scheme !== 'file' || !wanted || !this.#session.society || this.#session.files.length === 0) return;
    this.#warn(document, saved).catch((error) => this.#session.log(error.message));
  }

  async #warn(document, saved) {
    const path = document.uri.fsPath;
    const owner = await this.#session.owner(path);
    const left = owner ? null : leftBehind(this.#session, document.uri);
    const name = vscode.workspace.asRelativePath(document.uri, false);
    const verdict = this.#guard.judge(name, { owner, left, saved, tasks: this.#session.tasks.all });
    if (!verdict) return;
    const answer = await this.#guard.showing(name, () =>
      vscode.window.showWarningMessage(verdict.text, ...verdict.offers),
    );
    if (answer) await vscode.commands.executeCommand(COMMANDS[answer], { uri: document.uri, reservation: verdict.reservation });
  }

  dispose() {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

module.exports = { Warnings };
