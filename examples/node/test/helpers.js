// SPDX-License-Identifier: MIT
//
// What the tests share: a project of their own, members of its society, and programs of their own.

'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { Society } = require('libsociety');

const TOO_LONG_MS = 20000;

function directory(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'society-node-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// Members of one society in a directory of their own, one for each name.
async function members(t, ...names) {
  const dir = directory(t);
  const societies = [];
  for (const agent of names) societies.push(await member(t, dir, agent));
  return societies;
}

async function member(t, dir, agent) {
  const society = await Society.init({ path: dir, agent });
  t.after(() => society.close());
  return society;
}

// The first `count` records of a stream.
async function take(stream, count) {
  const records = [];
  while (records.length < count) {
    const { done, value } = await within(stream.next());
    if (done) break;
    records.push(value);
  }
  return records;
}

// The promise, or an error when it takes too long.
function within(promise, ms = TOO_LONG_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took more than ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Runs a program of JavaScript in a process of its own: {code, signal, stdout, stderr}.
async function run(source, { flags = [], env = {}, cwd = __dirname, type = 'commonjs' } = {}) {
  const child = spawn(process.execPath, [...flags, `--input-type=${type}`, '-e', source], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return finish(child);
}

async function finish(child) {
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (out[name] += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), 3 * TOO_LONG_MS);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  return { code, signal, ...out };
}

module.exports = { directory, members, member, take, within, run, finish };
