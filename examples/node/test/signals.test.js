// SPDX-License-Identifier: MIT
//
// Every call takes an AbortSignal: what has not begun is not done, and what waits is given up.

'use strict';

const assert = require('node:assert/strict');
const { getEventListeners } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const koffi = require('koffi');
const { Society } = require('libsociety');
const { directory, member, members, within } = require('./helpers.js');

const F_OFD_SETLK = 37;
const F_WRLCK = 1;

// Keeps everyone from appending to a log, as a slow writer does: a function that lets them.
function lock(society, log) {
  const fd = fs.openSync(path.join(society.dir, `${log}.jsonl`), 'r+');
  const whole = Buffer.alloc(32); // struct flock
  whole.writeInt16LE(F_WRLCK, 0);
  const fcntl = koffi.load(null).func('int fcntl(int fd, int command, void *lock)');
  assert.equal(fcntl(fd, F_OFD_SETLK, whole), 0);
  return () => fs.closeSync(fd);
}

test('a call that has not begun is not made', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.send({ to: 'w2', content: 'first' });
  const task = await w1.tasks.create({ title: 'x' });
  const claim = await w1.tasks.claim(task);
  const unlock = lock(w1, 'messages');
  const controller = new AbortController();
  const { signal } = controller;
  const before = w1.send({ to: 'w2', content: 'before' }); // which the others are behind
  const behind = Promise.allSettled([
    w1.send({ to: 'w2', content: 'behind' }, { signal }),
    w1.sendAll([{ to: 'w2', content: 'behind' }], { signal }),
    w1.agents({ signal }),
    w1.inbox({ signal }),
    w1.doctor({ signal }),
    w1.join({ signal }),
    w1.tasks.create({ title: 'y' }, { signal }),
    w1.tasks.list({ signal }),
    w1.tasks.ready({ signal }),
    claim.complete('done', { signal }),
    w1.ownership.acquire('a', { signal }),
    w1.ownership.list({ signal }),
    w1.mutex('m', { signal }),
    Society.open({ dir: w1.dir, signal }),
  ]);
  controller.abort('no more');
  unlock();
  assert.equal((await within(before)).length, 36);
  for (const { status, reason } of await within(behind))
    assert.deepEqual([status, reason], ['rejected', 'no more']);
  assert.deepEqual((await w2.inbox()).map(({ content }) => content), ['first', 'before']);
  assert.deepEqual((await w2.tasks.list()).map(({ id, state }) => [id, state]), [[task, 'claimed']]);
  assert.deepEqual([await w2.ownership.list(), claim.held], [[], true]);
  await assert.rejects(w1.status({ signal }), (error) => error === 'no more');
  await (await w2.mutex('m')).release();
  await (await member(t, path.dirname(w1.dir), 'w1')).join(); // which nobody holds
});

test('many waits on one signal are one listener, which is gone with the last of them', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = () => getEventListeners(signal, 'abort').length;
  const first = w1.messages({ signal }).next();
  const waits = Array.from({ length: 30 }, () => w2.messages({ signal, commit: false }).next());
  await w2.agents(); // they wait
  assert.equal(listeners(), 1);
  await w2.send({ to: 'w1', content: 'x' });
  assert.equal((await within(first)).value.content, 'x');
  assert.equal(listeners(), 1);
  controller.abort();
  for (const { reason } of await within(Promise.allSettled(waits))) assert.equal(reason.name, 'AbortError');
  assert.equal(listeners(), 0);
});

test('a signal that has done its work may be forgotten', async (t) => {
  const [w1] = await members(t, 'w1');
  const { signal } = new AbortController();
  await w1.agents({ signal });
  await w1.tasks.list({ signal });
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('what is no signal is refused, and no options are none', async (t) => {
  const [w1] = await members(t, 'w1');
  for (const signal of [5, 'x', {}, new AbortController(), { aborted: false }]) {
    await assert.rejects(w1.agents({ signal }), { code: 'INVALID', message: 'signal must be an AbortSignal' });
    await assert.rejects(w1.messages({ signal }).next(), { code: 'INVALID' });
    await assert.rejects(w1.tasks.claim({ wait: true, signal }), { code: 'INVALID' });
  }
  assert.deepEqual(await w1.agents(null), await w1.agents({ signal: null }));
});

test('an attachment is read no further', async (t) => {
  const [w1] = await members(t, 'w1');
  const file = path.join(directory(t), 'large');
  fs.writeFileSync(file, Buffer.alloc(1 << 20));
  const controller = new AbortController();
  const stream = await w1.attachment(await w1.attach(file), { signal: controller.signal });
  const read = (async () => {
    for await (const chunk of stream) controller.abort(chunk.length);
  })();
  await assert.rejects(within(read), { name: 'AbortError' });
});
