// SPDX-License-Identifier: MIT
//
// The package as npm installs it: what it holds, both kinds of modules, types, and what README.md shows.

'use strict';

const assert = require('node:assert/strict');
const { execFile, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { directory, run } = require('./helpers.js');

const root = path.dirname(require.resolve('libsociety/package.json'));
const manifest = require('libsociety/package.json');

function filesIn(dir, prefix = '') {
  return fs
    .readdirSync(dir, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesIn(path.join(dir, entry.name), `${prefix}${entry.name}/`) : [prefix + entry.name]))
    .sort();
}

test('it holds what it needs and nothing else', () => {
  const files = filesIn(root).filter((name) => !name.startsWith('node_modules/'));
  const modules = ['engine', 'errors', 'held', 'index', 'json', 'library', 'ownership', 'society', 'stream', 'tasks', 'worker'];
  const wanted = ['LICENSE', 'README.md', 'package.json', ...modules.map((name) => `lib/${name}.js`)];
  assert.deepEqual(files, [...wanted, 'lib/index.d.mts', 'lib/index.d.ts', 'lib/index.mjs'].sort());
  assert.deepEqual(Object.keys(manifest.dependencies), ['koffi']);
  assert.equal(manifest.scripts, undefined);
  assert.equal(manifest.license, 'MIT');
});

const oldest = process.env.OLDEST_NODE;
test('it runs with the oldest Node that it promises to', { skip: !oldest && '$OLDEST_NODE names none' }, async () => {
  const ask = promisify(execFile);
  const [promised] = /\d+/.exec(manifest.engines.node);
  assert.ok((await ask(oldest, ['--version'])).stdout.startsWith(`v${promised}.`));
  const names = ['messages', 'streams', 'signals', 'tasks', 'ownership', 'numbers', 'lifetime', 'library'];
  const files = names.map((name) => path.join(__dirname, `${name}.test.js`));
  const { NODE_TEST_CONTEXT, ...env } = process.env; // which makes the runner another's child
  const ran = ask(oldest, ['--test', ...files], { env, maxBuffer: Infinity });
  const { stdout, stderr } = await ran.catch((error) => assert.fail(error.stdout || error.message));
  assert.match(stdout, /^# fail 0$/m);
  assert.ok(Number(/^# pass (\d+)$/m.exec(stdout)[1]) > 30, stdout);
  assert.equal(stderr, '');
});

test('import and require give the same', async () => {
  const source = `import * as imported from 'libsociety';
    import { createRequire } from 'node:module';
    const required = createRequire(process.cwd() + '/x.js')('libsociety');
    const { default: whole, ...named } = imported;
    console.log(whole === required, Object.keys(required).filter((name) => named[name] !== required[name]).length,
      Object.keys(named).length === Object.keys(required).length);`;
  const result = await run(source, { type: 'module' });
  assert.deepEqual([result.stdout, result.stderr], ['true 0 true\n', '']);
});

test('the types name what is exported, and fit programs of both kinds', (t) => {
  const declared = fs.readFileSync(path.join(root, 'lib/index.d.ts'), 'utf8');
  const names = [...declared.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(names.sort(), Object.keys(require('libsociety')).sort());
  const tsc = require.resolve('typescript/bin/tsc');
  const dir = fs.mkdtempSync(path.join(__dirname, 'types-'));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const source = fs.readFileSync(path.join(__dirname, 'types.txt'), 'utf8');
  for (const name of ['program.mts', 'program.cts']) fs.writeFileSync(path.join(dir, name), source);
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,esnext.disposable', '--module', 'nodenext'];
  const compile = (...files) => execFileSync(process.execPath, [tsc, ...flags, '--types', 'node', ...files], { cwd: dir, stdio: 'pipe' });
  compile('program.mts', 'program.cts');
  fs.writeFileSync(path.join(dir, 'whole.mts'), `import whole, { Society } from 'libsociety';\nexport const same: typeof Society = whole.Society;\n`);
  compile('whole.mts');
  fs.writeFileSync(path.join(dir, 'wrong.mts'), `import { Society } from 'libsociety';\n(await Society.open()).send('text');\n`);
  assert.throws(() => compile('wrong.mts'), (error) => /error TS2345/.test(error.stdout), 'and refuse what is wrong');
});

test('what README.md shows works', async (t) => {
  const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  const examples = [...readme.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code]) => code);
  assert.ok(examples.length >= 5, `${examples.length} examples`);
  // They share one society, which the first of them makes, and follow each other.
  const dir = directory(t);
  for (const [i, code] of examples.entries()) {
    // The package is found from where the tests are.
    const file = path.join(__dirname, `readme-${i}.mjs`);
    fs.writeFileSync(file, code);
    t.after(() => fs.rmSync(file));
    const result = await run(`process.chdir(${JSON.stringify(dir)}); await import(${JSON.stringify(file)});`, { type: 'module' });
    assert.deepEqual([result.code, result.stderr], [0, ''], `example ${i + 1}:\n${code}\n${result.stdout}`);
  }
});
