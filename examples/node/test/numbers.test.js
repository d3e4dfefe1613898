// SPDX-License-Identifier: MIT
//
// Positions, tokens and numbers beyond 2^53 lose no digit.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { parse, stringify } = require('libsociety');
const { members, take } = require('./helpers.js');

const LARGE = 2n ** 53n + 1n;

test('parse and stringify', () => {
  assert.deepEqual(parse('{"a":9007199254740993,"b":[-9223372036854775808,1],"c":"9007199254740993"}'), {
    a: LARGE,
    b: [-(2n ** 63n), 1],
    c: '9007199254740993',
  });
  assert.deepEqual(parse('["\\"9007199254740993\\\\",9007199254740991,1234567890.123456789012345,1e30]'), [
    '"9007199254740993\\',
    Number.MAX_SAFE_INTEGER,
    1234567890.1234567,
    1e30,
  ]);
  assert.deepEqual(parse('{"bigint0:":"bigint0:1","bigint1:2":9007199254740993}'), { 'bigint0:': 'bigint0:1', 'bigint1:2': LARGE });
  assert.throws(() => parse('{"a":9007199254740993'), SyntaxError);
  assert.equal(stringify({ a: LARGE, b: [1n], c: 'bigint0:1' }), '{"a":9007199254740993,"b":[1],"c":"bigint0:1"}');
  assert.equal(stringify({ a: 1, b: undefined }), '{"a":1}');
  for (const value of [0, LARGE, -LARGE, 'x', null, [LARGE, { y: 'bigint1:' }]]) assert.deepEqual(parse(stringify(value)), value);
});

test('a word behind escapes is taken for no number', () => {
  assert.deepEqual(parse('{"a":"\\u0062igint0:xyz","b":9007199254740993}'), { a: 'bigint0:xyz', b: LARGE });
});

test('a BigInt is an integer though the program has given it a toJSON()', (t) => {
  t.after(() => delete BigInt.prototype.toJSON);
  BigInt.prototype.toJSON = function () {
    return String(this);
  };
  assert.equal(stringify({ a: LARGE, b: [1n] }), '{"a":9007199254740993,"b":[1]}');
});

test('what is no integer of 64 bits is refused, and not cut', async (t) => {
  const [w1] = await members(t, 'w1');
  await w1.tasks.create({ title: 'x' });
  const claim = await w1.tasks.claim();
  const mine = await w1.ownership.acquire('a');
  for (const token of [claim.token + 2n ** 64n, 1.5, 'x', null, 2 ** 60])
    await assert.rejects(w1.tasks.change('t1', 'release', null, token), { code: 'INVALID' });
  for (const token of [mine.token + 2n ** 64n, 1.5, 'x', undefined])
    await assert.rejects(w1.ownership.change(token, 'release'), { code: 'INVALID' });
  await assert.rejects(w1.ownership.renew('a', { leaseMs: 2n ** 64n + 5n }), { code: 'INVALID' });
  assert.deepEqual([(await claim.task()).state, (await w1.ownership.list()).length], ['claimed', 1]);
  for (const nothing of [undefined, () => {}, Symbol('x')])
    await assert.rejects(w1.send(nothing), { code: 'INVALID', message: `this cannot be written as JSON: ${typeof nothing}` });
});

test('content', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const content = { large: LARGE, small: 1, text: `${LARGE}`, surrogate: 'a\ud800b', smile: '😀' };
  await w1.send({ to: 'w2', content });
  const [message] = await w2.inbox();
  assert.deepEqual(message.content, { ...content, surrogate: 'a\ufffdb' });
});

// CRC-32C, by its definition.
function crc(text) {
  let value = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  }
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

// Makes a log that begins at a position, as after rotations, and gives the position behind its header.
function begin(society, log, base) {
  const body = `{"type":"log_segment","log":"${log}","version":1,"base":${base}`;
  const line = `${body},"crc":"${crc(body)}"}\n`;
  fs.writeFileSync(path.join(society.dir, `${log}.jsonl`), line);
  return base + BigInt(line.length);
}

test('positions beyond 2^53', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const start = begin(w1, 'messages', 2n ** 53n - 2n); // the largest base is 2^53
  await w1.sendAll(Array.from({ length: 3 }, (_, content) => ({ to: 'w2', content })));
  const messages = await take(w2.messages(), 3);
  assert.equal(messages[0].position, start);
  assert.ok(start > 2n ** 53n);
  for (const { position, content } of await w2.inbox()) assert.equal(position, messages[content].position);
  for (const { position, content } of messages) {
    const [again] = await take(w2.messages({ from: position, commit: false }), 1);
    assert.equal(again.content, content);
  }
  assert.ok((await w2.status()).logs.find(({ log }) => log === 'messages').end > messages[2].position);
});

test('tokens in the records of a log', async (t) => {
  const [w1] = await members(t, 'w1');
  await w1.tasks.create({ title: 'one' });
  const claim = await w1.tasks.claim();
  fs.appendFileSync(path.join(w1.dir, 'tasks.jsonl'), '{"type":"else","token":1.5}\n{"type":"else","token":"x"}\n');
  const records = await take(w1.follow('tasks', { from: 'start' }), 4);
  assert.deepEqual(records.map(({ token }) => token), [undefined, claim.token, 1.5, 'x']);
  const reservation = await w1.ownership.acquire('a');
  await reservation.renew();
  const [, renewal] = await take(w1.follow('ownership', { from: 'start' }), 2);
  assert.equal(renewal.token, reservation.token);
});

// A token is a field of a record, where the format allows no more than 2^53.
test('tokens up to 2^53', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const base = 2n ** 53n - 10001n;
  const token = begin(w1, 'ownership', base);
  begin(w1, 'tasks', base);
  const reservation = await w1.ownership.acquire('a');
  assert.equal(reservation.token, token);
  await reservation.renew();
  assert.equal((await w2.ownership.list())[0].token, token);
  await reservation.release();
  await w1.tasks.create({ title: 'one' });
  const claim = await w1.tasks.claim();
  assert.ok(claim.token > base);
  assert.equal((await w2.tasks.get('t1')).token, claim.token);
  await assert.rejects(w1.tasks.change('t1', 'complete', null, claim.token - 1n), { code: 'FENCED' });
  await claim.complete();
});
