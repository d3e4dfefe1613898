// SPDX-License-Identifier: MIT
//
// Which society and which agent a folder belongs to, by the library's own rules: they start at the working directory, and the
// editor's is its own affair. So a program of its own (this file) looks, in the folder. A library that can't be loaded, or
// worse, is found out there too.

'use strict';

const { execFile } = require('node:child_process');

const LONGEST_MS = 20000;

// {dir, agent}, or {error: {code, message}}.
function discover(folder, { sharedDir, agentId } = {}) {
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  if (sharedDir) env.SOCIETY_DIR = sharedDir;
  if (agentId) env.SOCIETY_AGENT = agentId;
  return new Promise((resolve) => {
    execFile(process.execPath, [__filename], { cwd: folder, env, timeout: LONGEST_MS }, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout));
      } catch {
        resolve({ error: { code: 'LIBRARY', message: stderr.trim() || error.message } });
      }
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

module.exports = { discover };
