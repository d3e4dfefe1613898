// SPDX-License-Identifier: MIT
//
// Opening, agents and messages.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { Society, NoSocietyError, InvalidError, HeldError, NotFoundError, NoAgentError, ClosedError, SystemError } = require('libsociety');
const { directory, members, member, run } = require('./helpers.js');

test('a society is made, found and opened', async (t) => {
  const dir = directory(t);
  await assert.rejects(Society.open({ dir }), NoSocietyError);
  const made = await Society.init({ path: dir, projectId: 'shop', agent: 'w1' });
  assert.equal(made.dir, path.join(fs.realpathSync(dir), '.society-agent'));
  assert.equal(made.agent, 'w1');
  const found = await Society.open({ dir, agent: null });
  assert.equal(found.agent, null);
  assert.equal((await found.status()).projectId, 'shop');
  await assert.rejects(found.send({ to: 'w1', content: 'x' }), NoAgentError);
  await found.close();
  await found.close();
  await made.close();
  await assert.rejects(made.agents(), ClosedError);
});

test('who is speaking may come from the environment', async (t) => {
  const dir = directory(t);
  const say = (open) => `const { Society } = require('libsociety');
    process.chdir(${JSON.stringify(dir)});
    ${open}.then((society) => console.log(society.agent, society.dir));`;
  const made = `${fs.realpathSync(dir)}/.society-agent\n`;
  const none = await run(say('Society.init()'), { env: { SOCIETY_AGENT: '', SOCIETY_DIR: '' } });
  assert.equal(none.stdout, `null ${made}`);
  const named = await run(say("Society.open()"), { env: { SOCIETY_AGENT: 'w7', SOCIETY_DIR: dir } });
  assert.equal(named.stdout, `w7 ${made}`);
});

test('errors are classes with a code, a sentence and the stack of the call', async (t) => {
  const [w1] = await members(t, 'w1');
  const error = await w1.send({ content: 'to nobody' }).then(assert.fail, (reason) => reason);
  assert.ok(error instanceof InvalidError);
  assert.equal(error.code, 'INVALID');
  assert.equal(error.name, 'InvalidError');
  assert.equal(error.result, -4103);
  assert.match(error.message, /\bto\b/);
  assert.match(error.stack, /messages\.test\.js/);
  await assert.rejects(w1.attach('/no/such/file'), (reason) => reason instanceof SystemError && reason.code === 'ENOENT');
  await assert.rejects(w1.online('a\0b'), InvalidError);
  await assert.rejects(w1.online(undefined), InvalidError);
  // A number must never be taken for a pointer.
  for (const wrong of [5, 5n, 0, true, {}]) {
    await assert.rejects(w1.online(wrong), InvalidError);
    await assert.rejects(w1.tasks.get(wrong), InvalidError);
    if (typeof wrong !== 'object') await assert.rejects(w1.tasks.claim(wrong, { wait: 10 }), InvalidError);
    await assert.rejects(async () => w1.mutex(wrong), InvalidError);
    await assert.rejects(async () => w1.follow(wrong).next(), InvalidError);
    await assert.rejects(async () => Society.open({ dir: wrong }), InvalidError);
    await assert.rejects(async () => Society.open({ dir: w1.dir, agent: wrong }), InvalidError);
  }
  await assert.rejects(w1.ownership.renew(undefined, { leaseMs: 'long' }), InvalidError);
  await assert.rejects(w1.send(undefined), InvalidError);
  assert.throws(() => w1.messages({ from: 2n ** 63n }), InvalidError);
  await assert.rejects(Society.open({ dir: w1.dir, agent: 'not an id' }), InvalidError);
});

test('what is wrong with the arguments is told by the promise', async (t) => {
  const [w1] = await members(t, 'w1');
  const circular = { to: 'w1' };
  circular.content = circular;
  const calls = [
    () => w1.send(circular),
    () => w1.tasks.create(circular),
    () => w1.reply({}, 'x'),
    () => w1.ownership.release(5),
    () => w1.ownership.renew(5),
    () => Society.open({ dir: {} }),
    () => Society.init({ path: 'a\0b' }),
  ];
  for (const call of calls) await assert.rejects(call(), InvalidError);
});

test('agents register, say what they do, and are there while they have joined', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w1.register({ role: 'backend', capabilities: ['api'] });
  await w1.setStatus('busy', 'auth');
  const info = await w2.agentInfo('w1');
  assert.deepEqual([info.role, info.capabilities, info.status], ['backend', ['api'], 'busy']);
  await w1.join();
  await assert.rejects((await member(t, path.dirname(w1.dir), 'w1')).join(), HeldError);
  assert.equal(await w2.online('w1'), true);
  await w1.part();
  assert.equal(await w2.online('w1'), false);
  const seen = await w1.hold((society) => {
    assert.equal(society, w1);
    return w2.online('w1');
  });
  assert.equal(seen, true);
  assert.equal(await w2.online('w1'), false);
  await w2.register();
  assert.deepEqual((await w2.agents()).map((agent) => agent.agentId), ['w1', 'w2']);
  await w1.leave();
  await assert.rejects(w2.agentInfo('none'), NotFoundError);
});

test('messages, replies, threads and receipts', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const id = await w1.send({ to: 'w2', type: 'question', content: 'Which port?', ackRequired: true });
  const [question] = await w2.inbox({ unread: true });
  assert.equal(question.id, id);
  assert.equal(typeof question.position, 'bigint');
  await w2.reply(question, '8080');
  await w2.reply(question, { content: 'or 8081', subject: 'port' });
  const [answer, second] = await w1.inbox();
  assert.deepEqual([answer.type, answer.content, answer.replyTo, second.subject], ['answer', '8080', id, 'port']);
  assert.equal((await w1.inbox({ thread: id })).length, 3);
  assert.equal(await w2.markDelivered(id), true);
  assert.equal(await w2.acknowledge(question), true);
  assert.equal(await w2.acknowledge(id), false);
  assert.deepEqual(await w2.inbox({ unread: true }), []);
  const { receipts } = await w1.message(id);
  assert.equal(receipts[0].agent, 'w2');
  assert.ok(receipts[0].acknowledgedAt);
  await assert.rejects(w1.message('no-such-id'), NotFoundError);
});

test('a batch is sent whole or not at all', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const ids = await w1.sendAll(Array.from({ length: 100 }, (_, i) => ({ to: 'w2', content: i })));
  assert.equal(new Set(ids).size, 100);
  await assert.rejects(w1.sendAll([{ to: 'w2', content: 'good' }, { content: 'bad' }]), /2/);
  assert.deepEqual((await w2.inbox()).map((message) => message.content), Array.from({ length: 100 }, (_, i) => i));
});

test('attachments', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  const file = path.join(path.dirname(w1.dir), 'plan.txt');
  fs.writeFileSync(file, 'the plan\n');
  const attachment = await w1.attach(file);
  assert.equal(attachment.size, 9);
  await w1.send({ to: 'w2', content: 'see there', attachments: [attachment] });
  const [message] = await w2.inbox();
  const parts = [];
  for await (const part of await w2.attachment(message.attachments[0])) parts.push(part);
  assert.equal(Buffer.concat(parts).toString(), 'the plan\n');
  await assert.rejects(w2.attachment('0'.repeat(64)), NotFoundError);
});

test('the whole: status, doctor, compact', async (t) => {
  const [w1, w2] = await members(t, 'w1', 'w2');
  await w2.register();
  await w1.send({ to: 'w2', content: 'x' });
  const status = await w1.status();
  assert.equal(status.agents.find((agent) => agent.agentId === 'w2').unread, 1);
  assert.equal(typeof status.logs.find((log) => log.log === 'messages').end, 'bigint');
  fs.appendFileSync(path.join(w1.dir, 'messages.jsonl'), 'no JSON\n');
  const report = (await w1.doctor()).find((log) => log.log === 'messages');
  assert.equal(report.malformed, 1);
  assert.equal(typeof report.problems[0].position, 'bigint');
  const [file] = await w1.compact({ log: 'messages', force: true });
  assert.deepEqual([file.log, file.base], ['messages', 0n]);
  await w2.doctor({ repair: true });
});
