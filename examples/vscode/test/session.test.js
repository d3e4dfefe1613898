// SPDX-License-Identifier: MIT
//
// A window's session, against the library and a society of its own.

'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { Society } = require('libsociety');
const { makeApi } = require('../src/api.js');
const { Session } = require('../src/session.js');

const TOO_LONG_MS = 20000;

function project(t) {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'society-extension-')));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function member(t, dir, agent) {
  const society = await Society.init({ path: dir, agent });
  t.after(() => society.close());
  return society;
}

function session(t) {
  const made = new Session();
  t.after(() => made.disconnect());
  return made;
}

// The next event of that name after which the condition holds.
async function until(emitter, name, condition) {
  const signal = AbortSignal.timeout(TOO_LONG_MS);
  while (!condition()) await once(emitter, name, { signal });
}

test('a window joins as the agent of its settings, and catches up', async (t) => {
  const dir = project(t);
  const other = await member(t, dir, 'w2');
  await other.send({ to: 'w1', content: 'missed' });
  fs.mkdirSync(path.join(dir, 'sub'));
  const own = session(t);
  const missed = once(own, 'missed');
  await own.connect({ folder: path.join(dir, 'sub'), settings: { agentId: 'w1', role: 'tester', capabilities: ['c'] } });
  assert.deepEqual([own.state, own.agent, own.root], ['ready', 'w1', dir]);
  assert.deepEqual(
    (await missed)[0].map(({ content }) => content),
    ['missed'],
  );
  const { online, role, capabilities, workspace, pid } = await other.agentInfo('w1');
  assert.deepEqual([online, role, capabilities, workspace, pid], [true, 'tester', ['c'], path.join(dir, 'sub'), process.pid]);
  await own.disconnect();
  assert.equal(await other.online('w1'), false);
});

test('what is unread stays so until the person has read it, over windows', async (t) => {
  const dir = project(t);
  const other = await member(t, dir, 'w2');
  const own = session(t);
  const here = { folder: dir, settings: { agentId: 'w1' } };
  await own.connect(here);
  for (const content of ['one', 'two']) await other.send({ to: 'w1', content });
  await until(own, 'inbox', () => own.inbox.unread.length === 2);
  await own.read([own.inbox.unread[0]]);
  await own.connect(here);
  assert.deepEqual(
    own.inbox.unread.map(({ content }) => content),
    ['two'],
  );
  await other.send({ to: 'w1', content: 'three' });
  await until(own, 'inbox', () => own.inbox.unread.length === 2);
  await own.read(own.inbox.unread);
  await own.connect(here);
  assert.deepEqual([own.inbox.unread.length, own.inbox.all.length], [0, 3]);
});

test('lists follow what others do, and tell of a claim that was lost', async (t) => {
  const dir = project(t);
  const other = await member(t, dir, 'w2');
  const own = session(t);
  await own.connect({ folder: dir, settings: { agentId: 'w1' } });
  await other.tasks.create({ title: 'one', paths: ['a'] });
  await until(own, 'tasks', () => own.tasks.ready.length === 1);
  await own.claim('t1', { own: true });
  await until(own, 'files', () => own.files.length === 1);
  await until(own, 'agents', () => own.agents.some(({ agentId, claims }) => agentId === 'w1' && claims[0] === 't1'));
  const reservation = await other.ownership.acquire('b/**');
  await until(own, 'files', () => own.files.length === 2);
  assert.equal((await own.owner(path.join(dir, 'b/c'))).holder, 'w2');
  assert.equal(await own.owner(path.join(dir, 'a')), null);
  assert.equal(await own.owner('/etc/passwd'), null);
  await reservation.release();
  await until(own, 'files', () => own.files.length === 1);
  assert.equal(await own.owner(path.join(dir, 'b/c')), null);
  const lost = once(own, 'lost', { signal: AbortSignal.timeout(TOO_LONG_MS) });
  await own.society.tasks.change('t1', 'release');
  await other.tasks.claim('t1');
  assert.deepEqual(await lost, ['t1', 'w2']);
});

test('the same agent twice: the second looks on, and joins when the first ends', async (t) => {
  const dir = project(t);
  const first = await member(t, dir, 'w1');
  await first.join();
  const own = session(t);
  const here = { folder: dir, settings: { agentId: 'w1' } };
  await own.connect(here);
  assert.equal(own.state, 'elsewhere');
  const free = once(own, 'free', { signal: AbortSignal.timeout(TOO_LONG_MS) });
  await first.part();
  await free;
  await own.connect(here);
  assert.equal(own.state, 'ready');
});

test('what the agent held is taken up again by its next window', async (t) => {
  const dir = project(t);
  const program = `
    const { Society } = require('libsociety');
    Society.init({ path: ${JSON.stringify(dir)}, agent: 'w1' }).then(async (society) => {
      await society.join();
      await society.tasks.create({ title: 'one' });
      await society.tasks.claim('t1');
      await society.ownership.acquire('a');
      process.kill(process.pid, 'SIGKILL');
    });`;
  assert.throws(() => execFileSync(process.execPath, ['-e', program], { cwd: __dirname, timeout: TOO_LONG_MS }), {
    signal: 'SIGKILL',
  });
  const own = session(t);
  await own.connect({ folder: dir, settings: { agentId: 'w1' } });
  const other = await member(t, dir, 'w2');
  await assert.rejects(other.tasks.claim('t1'), { code: 'HELD' });
  await assert.rejects(other.ownership.acquire('a'), { code: 'HELD' });
});

test('what is missing has a name', async (t) => {
  const dir = project(t);
  const own = session(t);
  await own.connect({ folder: dir, settings: { agentId: 'w1' } });
  assert.equal(own.state, 'society');
  await assert.rejects(own.open(), /no society|\.society-agent/i);
  await member(t, dir, 'w2');
  await own.connect({ folder: dir, settings: {} });
  assert.equal(own.state, 'agent');
  await own.connect({ folder: dir, settings: { agentId: 'w1', sharedDir: 'elsewhere' } });
  assert.equal(own.state, 'society');
  assert.match(own.error.message, /^society\.sharedDir: elsewhere/);
  const library = process.env.SOCIETY_LIBRARY;
  process.env.SOCIETY_LIBRARY = '/nonexistent/libsociety.so.0';
  await own.connect({ folder: dir, settings: { agentId: 'w1' } });
  if (library === undefined) delete process.env.SOCIETY_LIBRARY;
  else process.env.SOCIETY_LIBRARY = library;
  assert.equal(own.state, 'library');
  assert.match(own.error.message, /libsociety/);
  await own.connect({ folder: dir, settings: { agentId: 'w1' } });
  assert.equal(own.state, 'ready');
});

test('a society that is removed is left', async (t) => {
  const dir = project(t);
  await (await Society.init({ path: dir, agent: 'w2' })).close();
  const own = session(t);
  await own.connect({ folder: dir, settings: { agentId: 'w1' } });
  fs.rmSync(path.join(dir, '.society-agent'), { recursive: true });
  await until(own, 'state', () => own.state === 'society');
});

test('what other extensions get', async (t) => {
  const dir = project(t);
  const other = await member(t, dir, 'w2');
  const own = session(t);
  class EventEmitter {
    #listeners = [];
    event = (listener) => this.#listeners.push(listener);
    fire(value) {
      for (const listener of this.#listeners) listener(value);
    }
    dispose() {
      this.#listeners = [];
    }
  }
  const { api, dispose } = makeApi({ EventEmitter }, own);
  await assert.rejects(api.sendMessage('w2', 'x'), /not in a society/);
  const connected = own.connect({ folder: dir, settings: { agentId: 'w1' } });
  await api.sendMessage('w2', 'text'); // waits for the connection under way
  await api.sendMessage(['w2'], { content: { a: 1 }, type: 'question' });
  await connected;
  assert.deepEqual(
    (await other.inbox()).map(({ content, type }) => [content, type]),
    [
      ['text', 'message'],
      [{ a: 1 }, 'question'],
    ],
  );
  const id = await api.assignTask({ title: 'one', to: 'w2' });
  assert.equal((await other.tasks.get(id)).assignee, 'w2');
  assert.equal(await api.assignTask({ id, to: 'w1' }), id);
  assert.equal((await other.tasks.get(id)).assignee, 'w1');
  const told = new Promise((resolve) => api.onMessage(resolve));
  await other.send({ to: 'w1', content: 'back' });
  assert.equal((await told).content, 'back');
  assert.deepEqual([api.state, api.agent, api.version], ['ready', 'w1', 1]);
  dispose();
});
