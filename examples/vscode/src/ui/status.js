// SPDX-License-Identifier: MIT
//
// The status bar: who this window is, in which role, and what is unread; or what is missing. And what is said quietly there.

'use strict';

const vscode = require('vscode');
const { count, inert } = require('../folds/words.js');
const { tooltip } = require('./tree.js');

const QUIET_MS = 10000;
const MISSING = {
  library: ['$(warning) Society', 'libsociety is not installed, or too old'],
  society: ['$(organization) No society', 'There is no society in this folder'],
  agent: ['$(organization) Who am I?', 'Nobody has said which agent this window is'],
  error: ['$(error) Society', 'The society cannot be joined'],
  connecting: ['$(sync~spin) Society', 'Connecting'],
};

class StatusBar {
  #item = vscode.window.createStatusBarItem('society.status', vscode.StatusBarAlignment.Left, 50);
  #session;

  constructor(session) {
    this.#session = session;
    this.#item.name = 'Society';
    this.#item.command = 'society.menu';
    for (const name of ['state', 'inbox', 'agents', 'tasks']) session.on(name, () => this.#show());
  }

  #show() {
    const { state, error } = this.#session;
    if (state === 'off') return this.#item.hide();
    if (MISSING[state]) this.#showMissing(state, error);
    else this.#showAgent(state);
    return this.#item.show();
  }

  #showMissing(state, error) {
    const [text, what] = MISSING[state];
    this.#item.text = text;
    this.#item.tooltip = tooltip(what, [error && error.message]);
    const color = { library: 'statusBarItem.warningBackground', error: 'statusBarItem.errorBackground' }[state];
    this.#item.backgroundColor = color && new vscode.ThemeColor(color);
  }

  #showAgent(state) {
    const { agent, agents, inbox, tasks, root } = this.#session;
    const own = agents.find(({ agentId }) => agentId === agent);
    const role = own && own.role ? ` · ${inert(own.role, 40)}` : '';
    const unread = inbox.unread.length;
    const mark = state === 'elsewhere' ? '$(eye)' : '$(organization)';
    this.#item.text = `${mark} ${agent}${role}${unread ? `  $(mail) ${unread}` : ''}`;
    this.#item.backgroundColor = undefined;
    this.#item.tooltip = tooltip(agent, [
      state === 'elsewhere' && 'Another window or program is this agent: this one looks on.',
      own && own.role && `Role: ${own.role}`,
      `Society of ${root}`,
      `${count(agents.filter(({ online }) => online).length, 'agent')} online`,
      `${count(unread, 'unread message')}, ${count(tasks.ready.length, 'ready task')}`,
    ]);
    this.#item.accessibilityInformation = { label: `Society, agent ${agent}, ${count(unread, 'unread message')}` };
  }

  // Says something that need not be answered.
  quiet(text) {
    vscode.window.setStatusBarMessage(`$(mail) ${text}`, QUIET_MS);
  }

  // Says that what the person asked for was done.
  done(text) {
    vscode.window.setStatusBarMessage(`$(check) ${text}`, QUIET_MS);
  }

  dispose() {
    this.#item.dispose();
  }
}

module.exports = { StatusBar };
