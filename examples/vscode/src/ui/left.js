// SPDX-License-Identifier: MIT
//
// Reservations of those who are gone. They keep nobody from writing, so the library does not name them as owners: the editor's own
// patterns tell whether one is about a file, in the project's directory or in this working copy of it.

'use strict';

const vscode = require('vscode');

function leftBehind({ agent, files, root, agents }, uri) {
  const online = new Set(agents.filter((other) => other.online).map(({ agentId }) => agentId));
  const left = files.filter(({ holder, waiting }) => holder !== agent && !waiting && !online.has(holder));
  if (left.length === 0) return undefined;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const bases = [vscode.Uri.file(root), ...(folder ? [folder.uri] : [])];
  // Of a document a pattern looks at the address alone.
  const covers = (base, path) => vscode.languages.match({ pattern: new vscode.RelativePattern(base, path) }, { uri, languageId: '' }) > 0;
  return left.find(({ paths }) => paths.some((path) => bases.some((base) => covers(base, path))));
}

module.exports = { leftBehind };
