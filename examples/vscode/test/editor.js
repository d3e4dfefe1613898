// SPDX-License-Identifier: MIT
//
// A stand-in for the editor's module, for tests of what only names it.

'use strict';

const Module = require('node:module');

const load = Module._load;
const editor = { TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 } };
Module._load = (request, ...rest) => (request === 'vscode' ? editor : load(request, ...rest));

module.exports = editor;
