// SPDX-License-Identifier: MIT
//
// Where the library is found, and what is said when it is not.

'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { directory, run } = require('./helpers.js');

const OPEN = `const { Society, LibraryError } = require('libsociety');
  Society.open({ dir: '/nowhere' }).catch((error) => console.log(error instanceof LibraryError, error.code, error.message));`;
const libdir = () => execFileSync('pkg-config', ['--variable=libdir', 'society'], { encoding: 'utf8' }).trim();

// A library that has only these functions.
function compile(t, source) {
  const dir = directory(t);
  const library = path.join(dir, 'libsociety.so.0');
  fs.writeFileSync(path.join(dir, 'source.c'), source);
  execFileSync('gcc', ['-shared', '-fPIC', '-o', library, path.join(dir, 'source.c')]);
  return library;
}

test('the path in SOCIETY_LIBRARY, and no other', async () => {
  const found = await run(OPEN, { env: { SOCIETY_LIBRARY: path.join(libdir(), 'libsociety.so.0'), PKG_CONFIG_PATH: '' } });
  assert.match(found.stdout, /^false NO_SOCIETY /);
  const missing = await run(OPEN, { env: { SOCIETY_LIBRARY: '/nowhere/libsociety.so.0' } });
  assert.match(missing.stdout, /^true LIBRARY libsociety cannot be loaded \(\/nowhere\/libsociety\.so\.0: .*SOCIETY_LIBRARY/);
  assert.equal(missing.stdout.split('\n').length, 2, 'one line');
  assert.equal(missing.code, 0);
});

test("else the directory that pkg-config names, else the loader's", async () => {
  assert.match((await run(OPEN)).stdout, /^false NO_SOCIETY /);
  const env = { PKG_CONFIG_PATH: '', PKG_CONFIG_LIBDIR: '/nowhere', LD_LIBRARY_PATH: libdir() };
  assert.match((await run(OPEN, { env })).stdout, /^false NO_SOCIETY /);
});

test('a library that is too old, or none', async (t) => {
  const old = compile(t, 'const char *society_version(void) { return "0.0.9"; }');
  assert.match((await run(OPEN, { env: { SOCIETY_LIBRARY: old } })).stdout, /^true LIBRARY .*too old, or not libsociety/);
  const calls = fs
    .readFileSync(path.join(path.dirname(require.resolve('libsociety')), 'library.js'), 'utf8')
    .match(/society_[a-z_]+(?=\(|: \[)/g);
  const names = [...new Set(calls)].filter((name) => name !== 'society_version');
  const whole = names.map((name) => `int ${name}(void) { return 0; }`).join('\n');
  const older = compile(t, `${whole}\nconst char *society_version(void) { return "0.0.9"; }`);
  assert.match((await run(OPEN, { env: { SOCIETY_LIBRARY: older } })).stdout, /^true LIBRARY libsociety 0\.0\.9 \(.*\) is too old: 0\.1\.0/);
});

test('koffi without its binary is one clear error, too', async (t) => {
  const modules = path.join(directory(t), 'node_modules');
  const installed = path.join(path.dirname(require.resolve('libsociety')), '..');
  fs.cpSync(installed, path.join(modules, 'libsociety'), { recursive: true, dereference: true });
  fs.cpSync(path.join(installed, '..', 'koffi'), path.join(modules, 'koffi'), { recursive: true, dereference: true });
  const { stdout, code } = await run(OPEN, { cwd: path.dirname(modules) });
  assert.match(stdout, /^true LIBRARY koffi, which .* cannot be loaded on linux-\w+ \(.*\)\. Install .*\n$/);
  assert.equal(code, 0);
});

test('once it is there, it is found', async (t) => {
  const link = path.join(directory(t), 'libsociety.so.0');
  const source = `const fs = require('node:fs');
    const { Society } = require('libsociety');
    const open = () => Society.open({ dir: '/nowhere' }).catch((error) => console.log(error.code));
    open().then(() => { fs.symlinkSync(${JSON.stringify(path.join(libdir(), 'libsociety.so.0'))}, ${JSON.stringify(link)}); return open(); });`;
  assert.equal((await run(source, { env: { SOCIETY_LIBRARY: link } })).stdout, 'LIBRARY\nNO_SOCIETY\n');
});
