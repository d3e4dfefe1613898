// SPDX-License-Identifier: MIT
//
// The extension: a session in the society of the first folder, shown in the views, and its parts tied together.

'use strict';

const vscode = require('vscode');
const { makeApi } = require('./api.js');
const { registerCommands } = require('./commands/index.js');
const { placeOf, readSettings } = require('./folds/settings.js');
const { Session } = require('./session.js');
const { Badges } = require('./ui/badges.js');
const { Documents } = require('./ui/documents.js');
const { announce } = require('./ui/notices.js');
const { StatusBar } = require('./ui/status.js');
const { makeViews } = require('./ui/views.js');
const { Warnings } = require('./ui/warnings.js');

const MEMBER = ['ready', 'elsewhere'];
let session = null;

const folders = () => (vscode.workspace.workspaceFolders || []).filter(({ uri }) => uri.scheme === 'file');

function settingsOf({ uri }) {
  const configuration = vscode.workspace.getConfiguration(undefined, uri);
  return readSettings((key) => configuration.inspect(key));
}

// Where a society would be made.
function place() {
  const [first] = folders();
  return first ? placeOf(first.uri.fsPath, settingsOf(first)) : null;
}

async function connect() {
  const [first] = folders();
  if (!first) return session.disconnect();
  const registration = { program: 'vscode', vsCodePid: process.pid };
  return session.connect({ folder: first.uri.fsPath, settings: settingsOf(first), registration });
}

// The library is missing: said once, for without it nothing of this works.
async function tellMissing() {
  const text = 'Society needs the library libsociety, which is not installed on this machine or too old.';
  const answer = await vscode.window.showWarningMessage(text, 'What to Install');
  if (answer) await vscode.commands.executeCommand('society.agents.focus');
}

// Connects again when something changes that it depends on.
function watch() {
  const again = () => connect();
  const made = vscode.workspace.createFileSystemWatcher('**/.society-agent/project.json', false, true, true);
  made.onDidCreate(() => {
    if (!session.society) again();
  });
  session.on('free', again);
  return [
    made,
    vscode.workspace.onDidChangeWorkspaceFolders(again),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const ours = ['agentId', 'role', 'sharedDir', 'capabilities'];
      if (
        ours.some(
          (name) => event.affectsConfiguration(`society.${name}`) || event.affectsConfiguration(`kilo-code.societyAgent.${name}`),
        )
      )
        again();
    }),
  ];
}

function activate(context) {
  const output = vscode.window.createOutputChannel('Society', { log: true });
  session = new Session({ log: (text) => output.info(text) });
  let told = false;
  session.on('state', (state) => {
    output.info(session.error ? `${state}: ${session.error.message}` : state);
    vscode.commands.executeCommand('setContext', 'society.state', state);
    vscode.commands.executeCommand('setContext', 'society.member', MEMBER.includes(state));
    if (state !== 'library' || told) return;
    told = true;
    tellMissing().catch((error) => output.error(error.message));
  });

  const status = new StatusBar(session);
  const documents = new Documents(session);
  const { api, dispose } = makeApi(vscode, session);
  context.subscriptions.push(
    output,
    status,
    documents,
    ...makeViews(session),
    new Badges(session),
    new Warnings(session),
    announce(session, status),
    ...registerCommands({ session, status, documents, output, connect, place }),
    ...watch(),
    { dispose },
  );
  connect().catch((error) => output.error(error.message));
  return api;
}

// Presence and what is held end with the extension.
async function deactivate() {
  if (session) await session.disconnect();
}

module.exports = { activate, deactivate };
