// SPDX-License-Identifier: MIT
//
// All commands, registered. What goes wrong in one is told, in the library's words, and stands in the log.

'use strict';

const vscode = require('vscode');
const { inert } = require('../folds/words.js');
const { GivenUp } = require('./pick.js');

const PARTS = [require('./society.js'), require('./messages.js'), require('./tasks.js'), require('./files.js')];

function registerCommands(context) {
  const commands = Object.assign({}, ...PARTS.map((part) => part({ vscode, ...context })));
  return Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(`society.${name}`, async (...args) => {
      try {
        return await run(...args);
      } catch (error) {
        if (error instanceof GivenUp) return undefined;
        context.session.log(`${name}: ${error.stack || error.message}`);
        vscode.window.showErrorMessage(`Society: ${inert(error.message, 500)}`);
        return undefined;
      }
    }),
  );
}

module.exports = { registerCommands };
