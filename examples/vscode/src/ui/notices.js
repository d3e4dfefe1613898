// SPDX-License-Identifier: MIT
//
// Announces messages as their priority asks for, and what happens to the agent's claims.

'use strict';

const vscode = require('vscode');
const { noticeOf, noticeOfMissed } = require('../folds/notice.js');
const { inert } = require('../folds/words.js');

const how = () => vscode.workspace.getConfiguration('society').get('notifications');

async function toast(text, message) {
  const offers = message ? ['Reply', ...(message.ackRequired ? ['Acknowledge'] : []), 'Open'] : ['Show Inbox'];
  const commands = { Reply: 'society.reply', Acknowledge: 'society.acknowledge', Open: 'society.openThread' };
  const answer = await vscode.window.showInformationMessage(text, ...offers);
  if (commands[answer]) await vscode.commands.executeCommand(commands[answer], message);
  else if (answer) await vscode.commands.executeCommand('society.inbox.focus');
}

function announce(session, status) {
  const tell = (notice, message) => {
    if (!notice || how() === 'off') return;
    if (notice.level === 'quiet' || how() === 'quiet') status.quiet(notice.text);
    else toast(notice.text, message).then(undefined, (error) => session.log(error.message));
  };
  session.on('message', (message) => tell(noticeOf(message), message));
  session.on('missed', (messages) => {
    const notice = noticeOfMissed(messages);
    if (notice) tell(notice, notice.messages.length === 1 ? notice.messages[0] : null);
  });
  session.on('lost', (task, holder) =>
    vscode.window.showWarningMessage(`${task} is yours no more: ${inert(holder, 64)} has it.`),
  );
}

module.exports = { announce };
