// SPDX-License-Identifier: MIT
//
// What the views show, how loudly messages are told, and when files are warned of: all without an editor.

'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const agents = require('../src/folds/agents.js');
const files = require('../src/folds/files.js');
const { Guard } = require('../src/folds/guard.js');
const { Inbox, keyOf } = require('../src/folds/inbox.js');
const { answerOf } = require('../src/discover.js');
const { noticeOf, noticeOfMany, noticeOfMissed, priorityOf } = require('../src/folds/notice.js');
const { Paced } = require('../src/folds/paced.js');
const { placeOf, readSettings } = require('../src/folds/settings.js');
const tasks = require('../src/folds/tasks.js');
const words = require('../src/folds/words.js');

test('words of strangers are one line of plain text', () => {
  assert.equal(words.line('a\u0000b\n\u202ec\u200bd'), 'a b c d');
  assert.equal(words.line('x'.repeat(200), 10), `${'x'.repeat(9)}…`);
  assert.equal(words.line({ n: 2n ** 60n }), '{"n":"1152921504606846976"}');
  assert.equal(words.line(null), '');
  assert.equal(words.inert('[a](command:b) $(zap)'), '[a] (command:b) $ (zap)');
  assert.equal(words.lines('a\r\nb\u001b[31m\tc'), 'a\nb [31m    c');
});

test('messages of strangers stay apart, whatever their ids are', () => {
  const keys = [{ id: 5, position: 1 }, { id: 5, position: 2 }, { id: {}, position: 3 }, { id: {}, position: 4 }, { id: '3', position: 5 }].map(keyOf);
  assert.equal(new Set(keys).size, keys.length);
});

test('times are told as people do', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  const told = ['2026-01-01T23:59:30Z', '2026-01-01T23:55:00Z', '2026-01-01T21:00:00Z', '2025-12-30T00:00:00Z', 'nonsense'];
  assert.deepEqual(
    told.map((time) => words.ago(time, now)),
    ['now', '5 min', '3 h', '3 d', ''],
  );
});

test('a message is about its subject, its first line, or its task', () => {
  assert.equal(words.about({ subject: 'S', content: 'c' }), 'S');
  assert.equal(words.about({ content: '\nfirst\nsecond' }), 'first');
  assert.equal(words.about({ content: { title: 'T' } }), 'T');
  assert.equal(words.about({ type: 'task_assign', task: { id: 't1', desc: 'Build' } }), 'Build');
  assert.equal(words.about({ type: 'task_complete', task: 't1' }), 't1');
  assert.equal(words.about({ type: 'shutdown' }), 'shutdown');
});

const message = (id, fields) => ({ id, type: 'message', from: 'a', to: 'me', content: id, position: 0n, ...fields });

test('the inbox knows each message once, and what its receipts say', () => {
  const inbox = new Inbox('me', [message('m1', { unread: false }), message('m2', { unread: true })]);
  assert.equal(inbox.add(message('m2')), false);
  assert.equal(inbox.add(message('m3', { ackRequired: true })), true);
  assert.deepEqual(
    inbox.unread.map(({ id }) => id),
    ['m2', 'm3'],
  );
  assert.equal(inbox.receipt({ messageId: 'm2', deliveredTo: 'another' }), false);
  assert.equal(inbox.receipt({ messageId: 'none', deliveredTo: 'me' }), false);
  assert.equal(inbox.receipt({ messageId: 'm2', deliveredTo: 'me', deliveredAt: 'T' }), true);
  assert.deepEqual(
    inbox.owed.map(({ id }) => id),
    ['m3'],
  );
  inbox.receipt({ messageId: 'm3', deliveredTo: 'me', acknowledgedAt: 'T' });
  assert.deepEqual([inbox.owed.length, inbox.unread.length], [0, 0]);
});

test('a message of a foreign writer, without an id, is one message too', () => {
  const inbox = new Inbox('me');
  assert.equal(inbox.add({ from: 'a', content: 'x', position: 7n }), true);
  assert.equal(inbox.add({ from: 'a', content: 'x', position: 7n }), false);
  assert.equal(inbox.add({ from: 'a', content: 'x', position: 99n }), true);
  assert.equal(inbox.seen(inbox.all).length, 2);
  assert.equal(inbox.seen(inbox.all).length, 0);
});

test('what stands in the fields of strangers does no harm', () => {
  const hostile = {
    id: 7,
    thread: {},
    type: 'constructor',
    from: ['x'],
    content: null,
    subject: [1],
    priority: {},
    position: 5n,
  };
  const inbox = new Inbox('me');
  inbox.add(hostile);
  inbox.add({ position: 6n, thread: '', type: '__proto__' });
  assert.deepEqual(
    inbox.threads().map(({ key }) => key),
    ['6', '5'],
  );
  assert.equal(priorityOf(hostile), 'queue');
  assert.equal(priorityOf({ type: '__proto__' }), 'queue');
  assert.equal(noticeOf(hostile).text, '["x"]: [1]');
});

test('threads: that with the newest message first', () => {
  const inbox = new Inbox('me', [
    message('m1', { unread: false }),
    message('m2', { unread: true }),
    message('m3', { thread: 'm1', unread: true }),
    message('m4', { thread: 'mine', unread: false }),
  ]);
  const threads = inbox.threads();
  assert.deepEqual(
    threads.map(({ key, messages, unread }) => [key, messages.length, unread]),
    [
      ['mine', 1, 0],
      ['m1', 2, 1],
      ['m2', 1, 1],
    ],
  );
  assert.equal(threads[1].last.id, 'm3');
});

test('a message disturbs as its priority says, which follows its type', () => {
  const types = ['question', 'message', 'shutdown', 'task_assign', 'review_request', 'task_complete', 'status_update', 'other'];
  const expected = ['interrupt', 'interrupt', 'interrupt', 'queue', 'queue', 'log', 'log', 'queue'];
  assert.deepEqual(
    types.map((type) => priorityOf({ type })),
    expected,
  );
  assert.equal(priorityOf({ type: 'question', priority: 'log' }), 'log');
  assert.equal(priorityOf({ type: 'question', priority: 'loudest' }), 'interrupt');
  assert.deepEqual(noticeOf(message('m1')), { level: 'toast', text: 'a: m1' });
  assert.equal(noticeOf(message('m1', { type: 'task_assign' })).level, 'quiet');
  assert.equal(noticeOf(message('m1', { priority: 'log' })), null);
});

test('what was missed is told in one', () => {
  const log = message('m1', { type: 'status_update' });
  assert.equal(noticeOfMissed([log]), null);
  assert.equal(noticeOfMissed([log, message('m2')]).text, 'a: m2');
  const many = ['a', 'b', 'c', 'd'].map((from, i) => message(`m${i}`, { from, type: 'task_assign' }));
  assert.deepEqual(
    [noticeOfMissed(many).level, noticeOfMissed(many).text],
    ['quiet', '4 messages while you were away, from a, b, c and others'],
  );
  assert.equal(noticeOfMissed([...many, message('m9')]).level, 'toast');
});

test('several messages at once are told in one', () => {
  const many = ['a', 'a', 'b'].map((from, i) => message(`m${i}`, { from }));
  const { level, text, messages } = noticeOfMany(many);
  assert.deepEqual([level, text, messages.length], ['toast', '3 messages, from a, b', 3]);
  assert.equal(noticeOfMany(many.slice(0, 1)).text, 'a: m0');
});

test('a flood comes in portions, and what comes alone at once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const portions = [];
  const paced = new Paced((items) => portions.push(items.join('')), 1000);
  paced.add('a');
  assert.deepEqual(portions, ['a']);
  for (const item of 'bcd') paced.add(item);
  assert.deepEqual(portions, ['a']);
  t.mock.timers.tick(1000);
  assert.deepEqual(portions, ['a', 'bcd']);
  paced.add('e');
  t.mock.timers.tick(1000);
  assert.deepEqual(portions, ['a', 'bcd', 'e']);
  t.mock.timers.tick(1000);
  paced.add('f');
  paced.add('g');
  paced.dispose();
  t.mock.timers.tick(5000);
  assert.deepEqual(portions, ['a', 'bcd', 'e', 'f']);
});

const task = (id, fields) => ({
  id,
  title: id,
  state: 'open',
  priority: 2,
  dependsOn: [],
  holder: null,
  assignee: null,
  role: null,
  ...fields,
});

test('tasks: mine without what is over, all by urgency', () => {
  const all = [
    task('t1', { state: 'done' }),
    task('t2', { priority: 4 }),
    task('t3'),
    task('t4', { state: 'claimed', holder: 'me' }),
  ];
  const groups = tasks.groups({ all, ready: [all[2]], mine: [all[0], all[3]] });
  assert.deepEqual(
    groups.map((group) => group.tasks.map(({ id }) => id)),
    [['t4'], ['t3'], ['t4', 't3', 't2', 't1']],
  );
});

test('what can be done with a task', () => {
  const own = task('t1', { state: 'claimed', holder: 'me' });
  assert.ok(tasks.changes(own, 'me', []).includes('complete'));
  assert.deepEqual(tasks.changes(own, 'you', []), ['note']);
  const open = task('t2');
  assert.ok(!tasks.changes(open, 'me', []).includes('claim'));
  assert.ok(tasks.changes(open, 'me', [open]).includes('claim'));
  assert.deepEqual(tasks.changes(task('t3', { state: 'done' }), 'me', []), ['reopen']);
  assert.equal(tasks.detail(task('t4', { dependsOn: ['t1'], assignee: 'w1' })), 't4 · after t1 · for w1');
  assert.equal(tasks.detail(task('t5', { state: 'blocked', role: 'r' })), 't5 · blocked · for r');
});

test('agents: oneself, who is here, who is not', () => {
  const agent = (agentId, online, fields) => ({ agentId, online, role: null, status: 'idle', claims: [], owns: [], ...fields });
  const list = [agent('c', false), agent('b', true), agent('a', true), agent('me', true)];
  assert.deepEqual(
    agents.ordered(list, 'me').map(({ agentId }) => agentId),
    ['me', 'a', 'b', 'c'],
  );
  assert.equal(agents.detail(agent('me', true, { role: 'r', status: 'busy', claims: ['t1'] }), 'me'), 'you · r · busy · 1 task');
  assert.equal(agents.detail(agent('c', false), 'me'), 'offline');
});

test('files: own ones first, who waits last', () => {
  const list = [{ holder: 'w', waiting: true }, { holder: 'a' }, { holder: 'me' }];
  assert.deepEqual(
    files.ordered(list, 'me').map(({ holder }) => holder),
    ['me', 'a', 'w'],
  );
  const online = new Set(['a']);
  assert.equal(files.detail({ holder: 'a', mode: 'shared', task: 't1', reason: null }, 'me', online), 'a · shared · t1');
  assert.equal(files.detail({ holder: 'z', mode: 'exclusive' }, 'me', online), 'z, who is gone');
  assert.equal(files.detail({ holder: 'a', waiting: true }, 'me', online), 'a waiting');
});

test('typing warns once for a reservation, saving each time', async () => {
  const guard = new Guard();
  const owner = { token: 7n, holder: 'w1', reason: 'auth' };
  assert.equal(guard.judge('a.c', { owner: null, left: null, saved: true }), null);
  const first = guard.judge('a.c', { owner, saved: false });
  assert.deepEqual([first.text, first.offers], ['a.c is reserved by w1 (auth).', ['Ask', 'Wait']]);
  assert.equal(guard.judge('a.c', { owner, saved: false }), null);
  assert.ok(guard.judge('a.c', { owner, saved: true }));
  assert.ok(guard.judge('b.c', { owner, saved: false }));
  assert.ok(guard.judge('a.c', { owner: { ...owner, token: 8n }, saved: false }));
  await guard.showing('a.c', async () => assert.equal(guard.judge('a.c', { owner, saved: true }), null));
  assert.ok(guard.judge('a.c', { owner, saved: true }));
});

test('what the dead left is offered once', () => {
  const guard = new Guard();
  const left = { token: 7n, holder: 'w1' };
  assert.deepEqual(guard.judge('a.c', { left, saved: true }).offers, ['Take Over']);
  assert.equal(guard.judge('a.c', { left, saved: true }), null);
});

test('what a file is reserved for is said: the reason, else the task', () => {
  const known = [task('t1', { title: 'Implement auth' })];
  assert.equal(files.purpose({ reason: 'auth', task: 't1' }, known), 'auth');
  assert.equal(files.purpose({ reason: null, task: 't1' }, known), 't1, Implement auth');
  assert.equal(files.purpose({ reason: null, task: 't2' }, known), 't2');
  assert.equal(files.purpose({ reason: null, task: null }, known), '');
  const { text } = new Guard().judge('a.c', { owner: { token: 7n, holder: 'w1', task: 't1' }, saved: false, tasks: known });
  assert.equal(text, 'a.c is reserved by w1 (t1, Implement auth).');
});

test('where a society is made: in the folder, or where the settings want it', () => {
  assert.equal(placeOf('/shop', {}), '/shop');
  assert.equal(placeOf('/shop', { sharedDir: '../all' }), '/all');
  assert.equal(placeOf('/shop', { sharedDir: '/all/.society-agent/' }), '/all');
  assert.equal(placeOf('/shop', { sharedDir: '.society-agent' }), '/shop');
});

test('only a library that is missing is called so', () => {
  assert.deepEqual(answerOf(null, '{"dir":"/x","agent":null}', ''), { dir: '/x', agent: null });
  assert.equal(answerOf(Object.assign(new Error('x'), { killed: true }), '', '').error.code, 'TIMEOUT');
  assert.deepEqual(answerOf(new Error('x'), '', 'Segmentation fault\n').error, { code: 'LIBRARY', message: 'Segmentation fault' });
});

test('settings: our own first, then those of Kilo Code, and empty ones are none', () => {
  const set = {
    'society.agentId': { workspaceValue: '', globalValue: 'w1' },
    'society.capabilities': { defaultValue: [] },
    'kilo-code.societyAgent.agentId': { globalValue: 'k1' },
    'kilo-code.societyAgent.role': { workspaceFolderValue: 'tester', globalValue: 'x' },
    'kilo-code.societyAgent.capabilities': { globalValue: ['c'] },
  };
  assert.deepEqual(
    readSettings((key) => set[key]),
    { agentId: 'w1', role: 'tester', capabilities: ['c'] },
  );
});
