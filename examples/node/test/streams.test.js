// SPDX-License-Identifier: MIT
//
// Iterating over messages and logs.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { InvalidError } = require('libsociety');
const { members, member, take, within } = require('./helpers.js');

const contents = (messages) => messages.map((message) => message.content);

async function sendAll(society, to, ...list) {
  await society.sendAll(list.map((content) => ({ to, content })));
}

test('messages come as they are sent, and each is committed by the next turn', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await sendAll(w1, 'w2', 'a', 'b');
  const seen = [];
  for await (const message of w2.messages()) {
    seen.push(message.content);
    if (message.content === 'b') await w1.send({ to: 'w2', content: 'c' });
    if (message.content === 'c') break;
  }
  assert.deepEqual(seen, ['a', 'b', 'c']);
  // A loop that was left has not committed what it had in hand.
  const again = w2.messages();
  assert.deepEqual(contents(await take(again, 1)), ['c']);
  await again.commit();
  await again.close();
  assert.deepEqual(await w2.inbox({ unread: true }), []);
});

test('an exception in the loop leaves the message for the next one', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await sendAll(w1, 'w2', 'a', 'b');
  await assert.rejects(async () => {
    for await (const message of w2.messages()) if (message.content === 'b') throw new Error('no');
  }, /no/);
  const stream = w2.messages();
  assert.deepEqual(contents(await take(stream, 1)), ['b']);
  await stream.close();
});

test('nothing is committed where that is not wanted, and receipts where they are', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await sendAll(w1, 'w2', 'a', 'b', 'c');
  const looking = w2.messages({ commit: false });
  assert.deepEqual(contents(await take(looking, 3)), ['a', 'b', 'c']);
  await looking.close();
  const receiving = w2.messages({ receipts: true });
  const [first] = await take(receiving, 2);
  await receiving.close();
  assert.ok((await w1.message(first.id)).receipts[0].deliveredAt);
  assert.deepEqual(contents(await w2.inbox({ unread: true })), ['b', 'c']);
});

test('from a position, the start and the end', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await sendAll(w1, 'w2', 'a', 'b');
  const [, second] = await w2.inbox();
  const [from] = await take(w2.messages({ from: second.position, commit: false }), 1);
  assert.equal(from.content, 'b');
  assert.equal(from.position, second.position);
  assert.deepEqual(contents(await take(w2.follow('messages', { from: 'start' }), 2)), ['a', 'b']);
  const live = w1.follow('messages');
  const next = live.next();
  await sendAll(w1, 'w2', 'c');
  assert.equal((await within(next)).value.content, 'c');
  assert.throws(() => w2.messages({ from: 'yesterday' }), InvalidError);
  assert.throws(() => w2.messages({ from: -4 }), InvalidError);
  await assert.rejects(take(w2.messages({ from: 10n ** 6n }), 1), InvalidError);
  await assert.rejects(take(w2.follow('nothing'), 1), InvalidError);
});

test('an AbortSignal ends the loop with its reason', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const controller = new AbortController();
  const stream = w2.messages({ signal: controller.signal });
  const next = stream.next();
  controller.abort();
  await assert.rejects(within(next), { name: 'AbortError' });
  assert.equal((await stream.next()).done, true);
  await assert.rejects(take(w2.messages({ signal: AbortSignal.abort(new Error('mine')) }), 1), /mine/);
  await sendAll(w1, 'w2', 'kept');
  assert.deepEqual(contents(await take(w2.messages(), 1)), ['kept']);
});

test('what was handled when the signal came is committed', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await sendAll(w1, 'w2', 'a', 'b', 'c');
  const controller = new AbortController();
  const handled = [];
  const loop = async () => {
    for await (const { content } of w2.messages({ signal: controller.signal })) {
      handled.push(content);
      if (content === 'b') controller.abort();
    }
  };
  await assert.rejects(within(loop()), { name: 'AbortError' });
  assert.deepEqual(handled, ['a', 'b']);
  assert.deepEqual(contents(await take(w2.messages(), 1)), ['c']);
});

test('closing a stream or its society ends a loop that waits', async (t) => {
  const [w1] = await members(t, 'w1');
  const stream = w1.messages();
  const next = stream.next();
  await stream.close();
  assert.equal((await within(next)).done, true);
  const other = await member(t, path.dirname(w1.dir), 'w2');
  const waiting = other.messages().next();
  await other.close();
  await assert.rejects(within(waiting), { code: 'CLOSED' });
});

test('presence: who is there, comes and goes', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const stream = w1.follow('presence');
  const find = async (agentId, online) => {
    for (;;) {
      const { value } = await within(stream.next());
      if (value.agentId === agentId && value.online === online) return value;
    }
  };
  await w2.join();
  assert.equal((await find('w2', true)).position, undefined);
  await w2.part();
  await find('w2', false);
});

test('what happened to the log is said', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await sendAll(w1, 'w2', 'a', 'b');
  const stream = w2.messages();
  await take(stream, 2);
  assert.equal(stream.incident, null);
  fs.truncateSync(path.join(w1.dir, 'messages.jsonl'), 0);
  await sendAll(w1, 'w2', 'c');
  assert.deepEqual(contents(await take(stream, 1)), ['c']);
  assert.match(stream.incident, /truncated|replaced|shorter|no longer/);
});
