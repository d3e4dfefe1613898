// SPDX-License-Identifier: MIT
//
// File ownership and mutexes.

'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { HeldError, FencedError, TimeoutError, DeadlockError, InvalidError, NotFoundError } = require('libsociety');
const { members, within } = require('./helpers.js');

const asyncDispose = Symbol.asyncDispose || Symbol.for('Symbol.asyncDispose');

test('files are reserved, checked and given back', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const mine = await w1.ownership.acquire(['src/auth/**', 'docs/'], { reason: 'auth', leaseMs: 60000 });
  assert.deepEqual([mine.paths, mine.mode, mine.holder], [['src/auth/**', 'docs/**'], 'exclusive', 'w1']);
  assert.deepEqual([mine.reason, mine.leaseMs, typeof mine.token], ['auth', 60000, 'bigint']);
  const [{ path, owner }] = await w2.ownership.check(['src/auth/login.c', 'README.md']);
  assert.deepEqual([path, owner.holder, owner.token], ['src/auth/login.c', 'w1', mine.token]);
  assert.deepEqual(await w1.ownership.check('src/auth/login.c'), []);
  const refused = await w2.ownership.acquire('src/**').then(assert.fail, (error) => error);
  assert.ok(refused instanceof HeldError);
  assert.match(refused.message, /w1/);
  await mine.renew();
  await mine.release();
  assert.equal(mine.held, false);
  assert.deepEqual(await w2.ownership.list(), []);
  await assert.rejects(w1.ownership.acquire([5]), InvalidError);
  await assert.rejects(w1.ownership.acquire({}), InvalidError);
  await assert.rejects(w1.ownership.release(['none']), NotFoundError);
});

test('each reservation is one of its own', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const ab = await w1.ownership.acquire(['a', 'b']);
  const ac = await w1.ownership.acquire(['a', 'c']);
  await ab.release();
  assert.deepEqual((await w2.ownership.list()).map(({ paths }) => paths), [['a', 'c']]);
  await ac.handover('w2');
  assert.equal(ac.held, false);
  await assert.rejects(ac.renew(), FencedError);
  assert.equal(ac.signal.aborted, true);
  assert.equal((await w1.ownership.check(['a']))[0].owner.holder, 'w2');
  assert.equal(await w2.ownership.renew(), 1);
  await w2.ownership.handover('a', 'w1');
  assert.equal(await w1.ownership.release('a'), 1);
});

test('shared reservations', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.ownership.acquire('a', { shared: true });
  assert.equal((await w2.ownership.acquire('a', { shared: true })).mode, 'shared');
});

test('who waits is served, in order', async (t) => {
  const [w1, w2, w3] = await members(t, 'w1', 'w2', 'w3');
  const first = await w1.ownership.acquire('a');
  const second = w2.ownership.acquire('a', { wait: true });
  await w2.agents(); // it has asked
  const third = w3.ownership.acquire('a', { wait: 20000 });
  await w3.agents();
  assert.deepEqual((await w1.ownership.list()).map(({ holder, waiting = false }) => [holder, waiting]), [
    ['w1', false],
    ['w2', true],
    ['w3', true],
  ]);
  await first.release();
  await (await within(second)).release();
  await (await within(third)).release();
});

test('a wait ends by time, by a signal, and where it would never end', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.ownership.acquire('a');
  await w2.ownership.acquire('b');
  const late = await w2.ownership.acquire('a', { wait: 30 }).then(assert.fail, (error) => error);
  assert.ok(late instanceof TimeoutError);
  assert.match(late.message, /30 ms are over: .*w1/);
  const controller = new AbortController();
  const aborted = w2.ownership.acquire('a', { wait: true, signal: controller.signal });
  await w2.agents();
  controller.abort();
  await assert.rejects(within(aborted), { name: 'AbortError' });
  assert.equal((await w1.ownership.list()).length, 2);
  const waiting = w1.ownership.acquire('b', { wait: true });
  await w1.agents();
  await assert.rejects(within(w2.ownership.acquire('a', { wait: true })), DeadlockError);
  await w2.ownership.release();
  await within(waiting);
});

test('a reservation is released at the end of its block', async (t) => {
  const [w1] = await members(t, 'w1');
  const reservation = await w1.ownership.acquire('a');
  await reservation[asyncDispose]();
  assert.deepEqual(await w1.ownership.list(), []);
  await reservation[asyncDispose]();
});

test('mutexes', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const mutex = await w1.mutex('gc');
  assert.equal(mutex.name, 'gc');
  await assert.rejects(w2.mutex('gc'), HeldError);
  await assert.rejects(w2.mutex('gc', { wait: 20 }), TimeoutError);
  await assert.rejects(w2.mutex('../gc'), InvalidError);
  const waiting = w2.mutex('gc', { wait: true });
  await mutex.release();
  const mine = await within(waiting);
  const controller = new AbortController();
  const aborted = w1.mutex('gc', { wait: true, signal: controller.signal });
  controller.abort();
  await assert.rejects(aborted, { name: 'AbortError' });
  await w2.close(); // which the mutex outlives
  await assert.rejects(w1.mutex('gc'), HeldError);
  await mine[asyncDispose]();
  await (await w1.mutex('gc')).release();
});
