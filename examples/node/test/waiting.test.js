// SPDX-License-Identifier: MIT
//
// Fifty tails that wait cost the event loop and the thread pool nothing.

'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { test } = require('node:test');
const { members, within } = require('./helpers.js');

const TAILS = 50;
const RESOLUTION_MS = 2;
const SAMPLES = 500;
const READS = 200;

// The event loop's delay over so many samples, in milliseconds.
async function delays() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  while (histogram.count < SAMPLES) await new Promise((resolve) => setTimeout(resolve, 50));
  histogram.disable();
  return [50, 90, 99].map((percentile) => histogram.percentile(percentile) / 1e6);
}

// How long it takes the thread pool to read many files, in milliseconds.
async function reading() {
  const started = performance.now();
  const reads = await within(Promise.all(Array.from({ length: READS }, () => fs.promises.readFile(__filename))));
  assert.equal(reads.length, READS);
  return (performance.now() - started).toFixed(1);
}

const threads = () => fs.readdirSync('/proc/self/task').length;
const text = (list) => list.map((ms) => ms.toFixed(2)).join(' ');

test('fifty tails wait in one thread, and the event loop and the thread pool are free', async (t) => {
  const societies = await members(t, 'w1', 'w2', 'w3', 'w4', 'w5');
  await reading(); // the thread pool has its threads now
  const alone = await reading();
  const before = await delays();
  const count = threads();
  const streams = Array.from({ length: TAILS }, (_, i) => societies[i % 5].messages());
  const waiting = streams.map((stream) => stream.next());
  await societies[0].agents(); // they wait
  assert.equal(threads(), count, 'no thread more');

  t.diagnostic(`${READS} files read in ms: idle ${alone}; ${TAILS} tails wait ${await reading()}`);

  const cpu = process.cpuUsage();
  const began = performance.now();
  const during = await delays();
  const used = process.cpuUsage(cpu);
  const share = (used.user + used.system) / 1000 / (performance.now() - began);
  t.diagnostic(`event loop delay, p50 p90 p99 in ms: idle ${text(before)}; ${TAILS} tails wait ${text(during)}`);
  t.diagnostic(`ratio of the p50s ${(during[0] / before[0]).toFixed(2)}; processor time while they wait ${(100 * share).toFixed(1)} %`);
  assert.ok(during[0] < 5 * before[0], `the delay went from ${before[0]} to ${during[0]} ms`);

  await societies[0].send({ to: ['w1', 'w2', 'w3', 'w4', 'w5'], content: 'go' });
  const results = await within(Promise.all(waiting));
  assert.deepEqual(new Set(results.map(({ value }) => value.content)), new Set(['go']));
  assert.equal(results.length, TAILS);
});

test('fifty waits for one file sleep likewise, and each is served', async (t) => {
  const [w1, ...others] = await members(t, 'w1', 'w2', 'w3', 'w4', 'w5');
  const first = await w1.ownership.acquire('a');
  const count = threads();
  const waits = Array.from({ length: TAILS }, (_, i) => others[i % 4].mutex(`m${i % 3}`, { wait: true }));
  const queue = others.map((society) => society.ownership.acquire('a', { wait: true }));
  await within(Promise.all(others.map((society) => society.agents())));
  assert.equal(threads(), count);
  await first.release();
  for (const wait of queue) await (await within(wait)).release();
  await Promise.all(waits.map(async (wait) => (await within(wait)).release()));
});
