// SPDX-License-Identifier: MIT
//
// The settings that say who this window is. Those of the extension come first; where one is not set, that of the same name under
// kilo-code.societyAgent counts.

'use strict';

const path = require('node:path');

const NAMES = ['agentId', 'role', 'sharedDir', 'capabilities'];
const isSet = (value) => value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

// The value that somebody has set for a key, as vscode's inspect() gives it; undefined: nobody.
function chosen(inspected) {
  const values = inspected ? [inspected.workspaceFolderValue, inspected.workspaceValue, inspected.globalValue] : [];
  return values.find(isSet);
}

// `inspect(key)`: of all settings, by their full names.
function readSettings(inspect) {
  const settings = {};
  for (const name of NAMES) {
    const value = chosen(inspect(`society.${name}`)) ?? chosen(inspect(`kilo-code.societyAgent.${name}`));
    if (value !== undefined) settings[name] = name === 'capabilities' ? [].concat(value).map(String) : String(value);
  }
  return settings;
}

// The project's directory, in which a society is to be made: that of the folder, unless the settings name another.
function placeOf(folder, { sharedDir } = {}) {
  const named = sharedDir ? path.resolve(folder, sharedDir) : folder;
  return path.basename(named) === '.society-agent' ? path.dirname(named) : named;
}

module.exports = { readSettings, placeOf };
