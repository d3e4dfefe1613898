// SPDX-License-Identifier: MIT
//
// Eight processes of Node and eight of C in one society: no message is lost or repeated, and every task is done once.

'use strict';

const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { members, finish } = require('./helpers.js');

const EACH = 8;
const COUNT = 40;
const PEERS = 2 * EACH - 1;
const TASKS = 160;

// What member.c does.
const MEMBER = `const { Society } = require('libsociety');
  const [agent, count, awaited] = process.argv.slice(1);
  (async () => {
    const society = await Society.open({ agent });
    const received = (async () => {
      let left = count * awaited;
      for await (const message of society.messages()) {
        console.log('received ' + message.content);
        if (--left === 0) break;
      }
    })();
    const work = async () => {
      for (;;) {
        const claim = await society.tasks.claim();
        await claim.complete();
        console.log('completed ' + claim.id);
      }
    };
    for (let i = 0; i < count; i++) await society.send({ to: 'all', content: agent + '-' + i });
    await work().catch((error) => { if (error.code !== 'NOT_FOUND') throw error; });
    await received;
    await society.close();
  })();`;

function compile(dir) {
  const program = path.join(dir, 'member');
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'society'], { encoding: 'utf8' }).trim().split(/\s+/);
  const libdir = execFileSync('pkg-config', ['--variable=libdir', 'society'], { encoding: 'utf8' }).trim();
  execFileSync('gcc', ['-o', program, path.join(__dirname, 'member.c'), ...flags, `-Wl,-rpath,${libdir}`]);
  return program;
}

function start(dir, program, language, number) {
  const agent = `${language}${number}`;
  const args = [agent, String(COUNT), String(PEERS)];
  const env = { ...process.env, SOCIETY_DIR: dir };
  const options = { cwd: __dirname, env, stdio: ['ignore', 'pipe', 'pipe'] };
  const child = language === 'c' ? spawn(program, args, options) : spawn(process.execPath, ['-e', MEMBER, ...args], options);
  return finish(child).then((result) => ({ agent, ...result }));
}

const words = (stdout, verb) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith(`${verb} `))
    .map((line) => line.slice(verb.length + 1));

test('eight processes of Node and eight of C lose and repeat nothing', async (t) => {
  const [lead] = await members(t, 'lead');
  const program = compile(path.dirname(lead.dir));
  const ids = await lead.tasks.import(Array.from({ length: TASKS }, (_, i) => ({ title: `task ${i}` })));
  const started = performance.now();
  const crowd = ['node', 'c'].flatMap((language) =>
    Array.from({ length: EACH }, (_, i) => start(lead.dir, program, language, i)),
  );
  const results = await Promise.all(crowd);
  t.diagnostic(`${2 * EACH} processes, ${2 * EACH * COUNT} messages and ${TASKS} tasks in ${Math.round(performance.now() - started)} ms`);
  for (const { agent, code, stderr } of results) assert.deepEqual([agent, code, stderr], [agent, 0, '']);

  const agents = results.map(({ agent }) => agent);
  for (const { agent, stdout } of results) {
    const received = words(stdout, 'received');
    const sent = agents.filter((other) => other !== agent).flatMap((other) => Array.from({ length: COUNT }, (_, i) => `${other}-${i}`));
    assert.deepEqual([...received].sort(), sent.sort(), `${agent} received each message once`);
    for (const other of agents) {
      const numbers = received.filter((word) => word.startsWith(`${other}-`)).map((word) => Number(word.slice(other.length + 1)));
      assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), `${agent} received those of ${other} in order`);
    }
  }
  const completed = results.flatMap(({ stdout }) => words(stdout, 'completed'));
  assert.deepEqual([...completed].sort(), [...ids].sort(), 'each task was done once');
  const log = await lead.doctor();
  assert.deepEqual(log.flatMap(({ problems }) => problems), []);
});
