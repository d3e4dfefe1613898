// SPDX-License-Identifier: MIT
//
// Announces messages as their priority asks for, and what happens to the agent's claims.

'use strict';

const vscode = require('vscode');
const { noticeOf, noticeOfMany, noticeOfMissed } = require('../folds/notice.js');
const { Paced } = require('../folds/paced.js');
const { inert } = require('../folds/words.js');

const APART_MS = 1000;

const how = () => vscode.workspace.getConfiguration('society').get('notifications');

async function toast(text, message) {
  const offers = message ? ['Reply', ...(message.ackRequired ? ['Acknowledge'] : []), 'Open'] : ['Show Inbox'];
  const commands = { Reply: 'society.reply', Acknowledge: 'society.acknowledge', Open: 'society.openThread' };
  const answer = await vscode.window.showInformationMessage(text, ...offers);
  if (commands[answer]) await vscode.commands.executeCommand(commands[answer], message);
  else if (answer) await vscode.commands.executeCommand('society.inbox.focus');
}

function announce(session, status) {
  const show = (notice) => {
    if (!notice || how() === 'off') return;
    const { level, text, messages } = notice;
    if (level === 'quiet' || how() === 'quiet') status.quiet(text);
    else toast(text, messages.length === 1 ? messages[0] : null).then(undefined, (error) => session.log(error.message));
  };
  // Nobody can answer a hundred notifications: after the first, those of a second are one.
  const loud = new Paced((messages) => show(noticeOfMany(messages)), APART_MS);
  session.on('message', (message) => {
    const notice = noticeOf(message);
    if (notice && notice.level === 'toast') loud.add(message);
    else show(notice);
  });
  session.on('missed', (messages) => show(noticeOfMissed(messages)));
  session.on('lost', (task, holder) =>
    vscode.window.showWarningMessage(`${task} is yours no more: ${inert(holder, 64)} has it.`),
  );
  return loud;
}

module.exports = { announce };
