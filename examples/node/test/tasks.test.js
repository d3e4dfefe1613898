// SPDX-License-Identifier: MIT
//
// Tasks and claims.

'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { once } = require('node:events');
const { test } = require('node:test');
const { HeldError, NotFoundError, FencedError, TimeoutError, InvalidError } = require('libsociety');
const { members, member, take, within } = require('./helpers.js');

test('tasks are made, shown and changed', async (t) => {
  const [lead] = await members(t, 'lead');
  assert.equal(await lead.tasks.create({ title: 'first', priority: 1 }), 't1');
  assert.deepEqual(await lead.tasks.import([{ id: 'a', title: 'a', dependsOn: ['b'] }, { id: 'b', title: 'b' }]), ['a', 'b']);
  assert.deepEqual(await lead.tasks.import('{"id":"c","title":"c","state":"done"}\n'), ['c']);
  assert.deepEqual((await lead.tasks.ready()).map((task) => task.id), ['t1', 'b']);
  assert.deepEqual((await lead.tasks.list({ state: 'done' })).map((task) => task.id), ['c']);
  await lead.tasks.edit('t1', { title: 'changed', paths: ['src/**'] });
  await lead.tasks.note('b', 'careful');
  await lead.tasks.assign('t1', 'w1');
  await lead.tasks.depend('t1', { on: ['c'] });
  await lead.tasks.block('b', 'no time');
  await lead.tasks.unblock('b');
  await lead.tasks.cancel('b', 'never');
  await lead.tasks.reopen('b');
  const task = await lead.tasks.get('t1');
  assert.deepEqual([task.title, task.paths, task.assignee, task.dependsOn], ['changed', ['src/**'], 'w1', ['c']]);
  assert.equal(task.token, null);
  await assert.rejects(lead.tasks.get('none'), NotFoundError);
  await assert.rejects(lead.tasks.create({ title: 'x', dependsOn: ['none', 5] }), InvalidError);
  await assert.rejects(lead.tasks.change('t1', 'explode'), InvalidError);
});

test('several claims by one call', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.tasks.import(['a', 'b', 'c', 'd'].map((id) => ({ id, title: id })));
  const claims = await w1.tasks.claimSeveral(3);
  assert.deepEqual(claims.map((claim) => claim.id), ['a', 'b', 'c']);
  await claims[1].complete('done');
  await claims[2].release();
  assert.deepEqual((await w2.tasks.claimSeveral(100)).map((claim) => claim.id), ['c', 'd']);
  assert.deepEqual((await w1.tasks.list()).map((task) => task.holder), ['w1', null, 'w2', 'w2']);
  await assert.rejects(w2.tasks.claimSeveral(1), NotFoundError);
  await assert.rejects(w2.tasks.claimSeveral(0), InvalidError);
  await assert.rejects(w2.tasks.claimSeveral(2 ** 40), InvalidError);
  await assert.rejects(w2.tasks.claimSeveral(1, { leaseMs: 0.5 }), InvalidError);
});

test('a claim, from its beginning to its end', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.tasks.create({ title: 'one' });
  const claim = await w1.tasks.claim();
  assert.equal(claim.id, 't1');
  assert.equal(typeof claim.token, 'bigint');
  assert.equal(claim.takeover, null);
  await assert.rejects(w2.tasks.claim('t1'), HeldError);
  await assert.rejects(w2.tasks.claim(), NotFoundError);
  await claim.note('half of it');
  await claim.renew();
  assert.equal((await claim.task()).token, claim.token);
  assert.equal((await claim.task()).notes.length, 1);
  await claim.complete({ branch: 'auth' });
  assert.equal(claim.held, false);
  assert.deepEqual((await w2.tasks.get('t1')).result, { branch: 'auth' });
  await assert.rejects(w1.tasks.claim({ leaseMs: 1.5 }), InvalidError);
});

test('a claim on what was cancelled meanwhile needs no release', async (t) => {
  const [lead, w1] = await members(t, 'lead', 'w1');
  await lead.tasks.create({ title: 'one' });
  const claim = await w1.tasks.claim();
  await lead.tasks.cancel(claim.id, 'not needed');
  await claim[Symbol.asyncDispose || Symbol.for('Symbol.asyncDispose')]();
  assert.equal((await lead.tasks.get(claim.id)).state, 'cancelled');
});

test('a task is claimed with its paths, or neither', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.tasks.create({ title: 'one', paths: ['src/**'] });
  const reservation = await w2.ownership.acquire('src/a.c');
  await assert.rejects(w1.tasks.claim('t1', { own: true }), HeldError);
  await assert.rejects(w1.tasks.claim('t1', { own: true, wait: true }), InvalidError);
  await reservation.release();
  const claim = await w1.tasks.claim('t1', { own: true });
  assert.equal((await w2.ownership.check('src/b.c'))[0].owner.task, 't1');
  await claim.complete();
  assert.deepEqual(await w2.ownership.check('src/b.c'), []);
});

test('submit, fail, block and release', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.tasks.import(['submit', 'fail', 'block', 'release'].map((id) => ({ id, title: id })));
  await (await w1.tasks.claim('submit')).submit('done?');
  await assert.rejects(w1.tasks.complete('submit'), HeldError);
  await w2.tasks.complete('submit');
  await (await w1.tasks.claim('fail')).fail('no luck');
  await (await w1.tasks.claim('block')).block('waiting for keys');
  await (await w1.tasks.claim('release')).release();
  const states = Object.fromEntries((await w1.tasks.list()).map((task) => [task.id, task.state]));
  assert.deepEqual(states, { submit: 'done', fail: 'failed', block: 'blocked', release: 'open' });
});

test('waiting for something to do', async (t) => {
  const [lead, w1, w2] = await members(t, 'lead', 'w1', 'w2');
  await assert.rejects(w1.tasks.claim({ wait: 30 }), TimeoutError);
  const waiting = w1.tasks.claim({ wait: true });
  await lead.tasks.create({ title: 'one' });
  const claim = await within(waiting);
  const next = w2.tasks.claim('t1', { wait: 20000 });
  await claim.release();
  assert.equal((await within(next)).id, 't1');
  const controller = new AbortController();
  const aborted = w1.tasks.claim({ wait: true, signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
});

test('a lease is renewed while the claim is held, and not afterwards', async (t) => {
  const [w1] = await members(t, 'w1');
  const renewals = w1.follow('tasks');
  const opened = renewals.next();
  await w1.tasks.create({ title: 'one' });
  await opened;
  const claim = await w1.tasks.claim('t1', { leaseMs: 60 });
  const types = (await take(renewals, 3)).map((record) => record.type);
  assert.deepEqual(types, ['task_claim', 'task_renew', 'task_renew']);
  await claim.complete();
  const after = [];
  for (let record; (record = (await take(renewals, 1))[0]).type !== 'task_complete'; after.push(record.type));
  await w1.tasks.create({ title: 'two' });
  const idle = await w1.tasks.claim('t2', { leaseMs: 60000, renew: false });
  assert.deepEqual((await take(renewals, 2)).map((record) => record.type), ['task_create', 'task_claim']);
  await idle.release();
});

test('who lost a claim is told', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.tasks.create({ title: 'one' });
  const claim = await w1.tasks.claim('t1', { leaseMs: 20, renew: false });
  const taken = await within(w2.tasks.claim('t1', { wait: true, leaseMs: 60000 }));
  assert.equal(taken.takeover, claim.token);
  await assert.rejects(claim.complete(), FencedError);
  assert.equal(claim.signal.aborted, true);
  assert.ok(claim.signal.reason instanceof FencedError);
  assert.equal(claim.held, false);
  // By the renewals, too.
  await w1.tasks.create({ title: 'two' });
  const cancelled = await w1.tasks.claim('t2', { leaseMs: 60 });
  const lost = once(cancelled.signal, 'abort');
  await w2.tasks.cancel('t2');
  await within(lost);
});

test('the claim of a dead worker is taken over at once', async (t) => {
  const [w1] = await members(t, 'w1');
  const w2 = await member(t, path.dirname(w1.dir), 'w2');
  await w2.join();
  await w1.tasks.create({ title: 'one' });
  await w2.tasks.claim('t1');
  const waiting = w1.tasks.claim('t1', { wait: true });
  await w2.close();
  assert.notEqual((await within(waiting)).takeover, null);
});

test('a claim is released at the end of its block', async (t) => {
  const [w1] = await members(t, 'w1');
  await w1.tasks.create({ title: 'one' });
  const asyncDispose = Symbol.asyncDispose || Symbol.for('Symbol.asyncDispose');
  const dispose = Symbol.dispose || Symbol.for('Symbol.dispose');
  await (await w1.tasks.claim('t1'))[asyncDispose]();
  assert.equal((await w1.tasks.get('t1')).state, 'open');
  const done = await w1.tasks.claim('t1');
  done[dispose]();
  await w1.agents(); // calls are served in order
  assert.equal((await w1.tasks.get('t1')).state, 'open');
  const claim = await w1.tasks.claim('t1');
  await claim.complete();
  await claim[asyncDispose]();
  assert.equal((await w1.tasks.get('t1')).state, 'done');
});
