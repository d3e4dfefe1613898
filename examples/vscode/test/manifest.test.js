// SPDX-License-Identifier: MIT
//
// What package.json promises and what the code does are the same commands and views; and documents are plain text.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
require('./editor.js');
const { threadText, taskText } = require('../src/ui/documents.js');
const manifest = require('../package.json');

const { commands, menus, views, viewsWelcome } = manifest.contributes;
const root = path.join(__dirname, '..');
const sources = fs
  .readdirSync(path.join(root, 'src'), { recursive: true })
  .filter((name) => name.endsWith('.js'))
  .map((name) => fs.readFileSync(path.join(root, 'src', name), 'utf8'))
  .join('\n');

test('the commands of the manifest are those of the code', () => {
  const parts = ['society', 'messages', 'tasks', 'files'].map((name) => require(`../src/commands/${name}.js`)({}));
  const made = parts.flatMap((part) => Object.keys(part)).map((name) => `society.${name}`);
  assert.deepEqual(made.sort(), commands.map(({ command }) => command).sort());
});

test('menus, welcomes and sources name only what there is', () => {
  const known = new Set(commands.map(({ command }) => command));
  const ids = views.society.map(({ id }) => id);
  const named = Object.values(menus)
    .flat()
    .map(({ command }) => command);
  for (const { contents } of viewsWelcome)
    named.push(...[...contents.matchAll(/\(command:(society\.\w+)\)/g)].map(([, name]) => name));
  for (const name of named) assert.ok(known.has(name), name);
  for (const [, name] of sources.matchAll(/executeCommand\('(society\.[\w.]+)'/g))
    assert.ok(known.has(name) || ids.includes(name.replace(/\.focus$/, '')), name);
  for (const { view } of viewsWelcome) assert.ok(ids.includes(view), view);
  for (const id of ids) assert.ok(sources.includes(`new Tree('${id}'`), id);
  const pictures = [manifest, ...manifest.contributes.viewsContainers.activitybar, ...views.society].map(({ icon }) => icon);
  for (const picture of pictures) assert.ok(fs.existsSync(path.join(root, picture)), picture);
});

test('every setting is read, and has a description', () => {
  for (const [name, { description, markdownDescription }] of Object.entries(manifest.contributes.configuration.properties)) {
    assert.ok(description || markdownDescription, name);
    assert.ok(sources.includes(`'${name.replace('society.', '')}'`), name);
  }
});

test('a thread as a document', () => {
  const text = threadText([
    { from: 'a', to: ['b', 'c'], type: 'question', timestamp: 'T', subject: 'S', content: 'x\u001b[2Jy' },
    { from: 'b', to: 'a', type: 'answer', timestamp: 'U', content: { ok: true }, acknowledgedAt: 'V' },
  ]);
  assert.match(text, /^a → b, c {4}T {4}question\n\nS\n\nx \[2Jy\n/);
  assert.match(text, /b → a {4}U {4}answer\nAcknowledged V\n/);
  assert.match(text, /"ok": true/);
  assert.match(threadText([{ from: 'a', to: 'b', content: 2n ** 64n, attachments: [null, { name: 'n', size: {} }] }]), /Attached: n \({} bytes\)\n\n"18446744073709551616"/);
  assert.match(threadText([{ from: {}, to: null, type: 7, attachments: 'x', content: undefined }]), /^{} → /);
});

test('a task as a document', () => {
  const fields = {
    role: null,
    parent: null,
    labels: [],
    paths: ['a/**'],
    dependsOn: [],
    createdBy: 'w',
    createdAt: 'T',
    updatedAt: null,
  };
  const text = taskText({
    id: 't1',
    title: 'Build',
    state: 'claimed',
    holder: 'w1',
    priority: 1,
    assignee: null,
    result: null,
    reason: null,
    ...fields,
    description: 'All of it',
    notes: [{ text: 'half', from: 'w1' }],
  });
  assert.match(text, /^t1 {2}Build\n\nState {5}claimed, held by w1\nPriority {2}1\nFiles {5}a\/\*\*\nMade {6}w, T\n/);
  assert.match(text, /All of it\n/);
  assert.match(text, /• half {2}\(w1\)\n/);
});
