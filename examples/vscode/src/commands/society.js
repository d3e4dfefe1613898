// SPDX-License-Identifier: MIT
//
// Commands about the society itself and the window's place in it.

'use strict';

const { ask, pick } = require('./pick.js');

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const STATUSES = { idle: 'circle-filled', busy: 'circle-filled', paused: 'debug-pause' };

module.exports = ({ vscode, session, output, connect, place }) => ({
  async connect() {
    await connect();
    return session.state;
  },

  disconnect: () => session.disconnect(),

  async init() {
    const at = place();
    if (!at) throw new Error('Open a folder first.');
    await vscode.workspace.fs.createDirectory(vscode.Uri.file(at)); // there may be none where the settings want it
    const { Society } = require('libsociety');
    await (await Society.init({ path: at, agent: null })).close();
    await connect();
  },

  async identify(agent) {
    const id =
      typeof agent === 'string'
        ? agent
        : await ask('The id of the agent that this window is', {
            placeHolder: 'backend-001',
            validateInput: (value) => (ID.test(value) ? undefined : 'Letters, digits, dots, dashes and underscores, at most 64.'),
          });
    const target = vscode.workspace.workspaceFile
      ? vscode.ConfigurationTarget.Workspace
      : vscode.ConfigurationTarget.WorkspaceFolder;
    const [first] = vscode.workspace.workspaceFolders || [];
    await vscode.workspace.getConfiguration('society', first && first.uri).update('agentId', id, target);
  },

  async setStatus(status, note) {
    const society = await session.open();
    if (typeof status === 'string') return society.setStatus(status, note || null);
    const items = Object.entries(STATUSES).map(([value, icon]) => ({ label: `$(${icon}) ${value}`, value }));
    const chosen = await pick(items, 'What are you?', '');
    return society.setStatus(chosen, (await ask('At what? (may be empty)')) || null);
  },

  showLog: () => output.show(),

  async menu() {
    if (!session.society) {
      await vscode.commands.executeCommand('society.agents.focus');
      return;
    }
    const unread = session.inbox.unread.length;
    const items = [
      ['mail', unread ? `Inbox, ${unread} unread` : 'Inbox', 'society.inbox.focus'],
      ['comment', 'Send Message…', 'society.sendMessage'],
      ['play', 'Claim the Best Ready Task', 'society.claimBest'],
      ['add', 'New Task…', 'society.newTask'],
      ['lock', 'Reserve Files…', 'society.reserve'],
      ['pulse', 'Set Status…', 'society.setStatus'],
      ['output', 'Show Log', 'society.showLog'],
      ['debug-disconnect', 'Disconnect', 'society.disconnect'],
    ].map(([icon, label, value]) => ({ label: `$(${icon}) ${label}`, value }));
    await vscode.commands.executeCommand(await pick(items, `You are ${session.agent}`, ''));
  },
});
