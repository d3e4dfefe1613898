// SPDX-License-Identifier: MIT
//
// An extension that is not ours: it sends a message, gives a task, and answers what asks for an echo.

'use strict';

const vscode = require('vscode');

async function activate(context) {
  const society = await vscode.extensions.getExtension('libsociety.society').activate();
  let echoes = 0;
  context.subscriptions.push(
    society.onMessage(async (message) => {
      if (message.type !== 'echo') return;
      echoes++;
      await society.sendMessage(message.from, { type: 'echoed', content: `${message.content}, ${echoes}`, replyTo: message.id });
    }),
    vscode.commands.registerCommand('stranger.work', async () => {
      const message = await society.sendMessage('frontend-001', 'Greetings from a stranger');
      const task = await society.assignTask({ title: 'Paint the door', to: 'frontend-001' });
      await society.assignTask({ id: task, to: 'backend-001' });
      vscode.window.showInformationMessage(`stranger: ${society.agent} sent ${message.length} letters and made ${task}`);
    }),
  );
}

module.exports = { activate };
