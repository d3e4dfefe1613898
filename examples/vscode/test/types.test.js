// SPDX-License-Identifier: MIT
//
// The types of the exported API are sound, and have the names of what is exported.

'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { makeApi } = require('../src/api.js');
const { Session } = require('../src/session.js');

const root = path.join(__dirname, '..');

test('api.d.ts compiles', () => {
  const tsc = require.resolve('typescript/bin/tsc');
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--moduleResolution', 'nodenext', '--target', 'es2022'];
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags, '--types', 'node,vscode', 'api.d.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
});

test('api.d.ts names what is exported', () => {
  const stub = class extends EventEmitter {
    event = () => {};
  };
  const { api } = makeApi({ EventEmitter: stub }, new Session());
  const text = fs.readFileSync(path.join(root, 'api.d.ts'), 'utf8').split('export interface SocietyApi')[1];
  const declared = [...text.matchAll(/^ {2}(?:readonly )?(\w+)[:(]/gm)].map(([, name]) => name);
  assert.deepEqual(declared.sort(), Object.keys(api).sort());
});
