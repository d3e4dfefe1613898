// SPDX-License-Identifier: MIT
//
// Which society and which agent a folder belongs to, by the library's own rules: they start at the working directory, and the
// editor's is its own affair. So a program of its own (this file) looks, in the folder. A library that can't be loaded, or
// worse, is found out there too.

'use strict';

const { execFile } = require('node:child_process');

const LONGEST_MS = 60000;

// What the library says of these, it says of the settings that they were given by.
const inWordsOfSettings = (message, settings) =>
  message.replace(/^SOCIETY_(DIR|AGENT): /, (whole, name) => {
    const setting = { DIR: 'sharedDir', AGENT: 'agentId' }[name];
    return settings[setting] ? `society.${setting}: ` : whole;
  });

function answerOf(error, stdout, stderr) {
  try {
    return JSON.parse(stdout);
  } catch {
    if (error && error.killed) return { error: { code: 'TIMEOUT', message: `no answer within ${LONGEST_MS / 1000} s` } };
    return { error: { code: 'LIBRARY', message: stderr.trim() || (error ? error.message : 'no answer') } };
  }
}

// {dir, agent}, or {error: {code, message}}.
function discover(folder, settings = {}) {
  const { sharedDir, agentId } = settings;
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  if (sharedDir) env.SOCIETY_DIR = sharedDir;
  if (agentId) env.SOCIETY_AGENT = agentId;
  return new Promise((resolve) => {
    execFile(process.execPath, [__filename], { cwd: folder, env, timeout: LONGEST_MS }, (error, stdout, stderr) => {
      const answer = answerOf(error, stdout, stderr);
      if (answer.error) answer.error.message = inWordsOfSettings(answer.error.message, settings);
      resolve(answer);
    });
  });
}

async function look() {
  try {
    const { Society } = require('libsociety');
    const society = await Society.open();
    process.stdout.write(JSON.stringify({ dir: society.dir, agent: society.agent }));
    await society.close();
  } catch ({ code, message }) {
    const absent = code === 'MODULE_NOT_FOUND' || code === 'ERR_DLOPEN_FAILED';
    process.stdout.write(JSON.stringify({ error: { code: absent ? 'LIBRARY' : code || 'INTERNAL', message } }));
  }
}

if (require.main === module) look();

module.exports = { discover, answerOf };
