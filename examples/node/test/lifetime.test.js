// SPDX-License-Identifier: MIT
//
// Handles that are forgotten are closed; processes and threads end when they should.

'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const { members, run, directory } = require('./helpers.js');

const prelude = (dir) => `const fs = require('node:fs');
  const { Society } = require('libsociety');
  const dir = ${JSON.stringify(dir)};
  const descriptors = () => fs.readdirSync('/proc/self/fd').length;`;

test('what is forgotten is closed when it is collected', async (t) => {
  const source = `${prelude(directory(t))}
    const file = ${JSON.stringify(__filename)};
    async function leave() {
      const society = await Society.init({ path: dir, agent: 'w1' });
      await society.join();
      const streams = [society.messages(), society.follow('tasks'), society.follow('presence')];
      await streams[2].next();
      await society.mutex('gc');
      await society.attachment(await society.attach(file));
      await society.tasks.claim(await society.tasks.create({ title: 'x' }));
    }
    (async () => {
      const looking = await Society.init({ path: dir, agent: null });
      await looking.agents();
      const before = descriptors();
      for (let i = 0; i < 3; i++) {
        await leave();
        const deadline = Date.now() + 20000;
        while (descriptors() > before || (await looking.online('w1'))) {
          if (Date.now() > deadline) throw new Error(descriptors() + ' descriptors instead of ' + before);
          global.gc();
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await (await looking.mutex('gc')).release();
      }
      console.log('all closed');
    })();`;
  const result = await run(source, { flags: ['--expose-gc'] });
  assert.deepEqual([result.stderr, result.stdout, result.code], ['', 'all closed\n', 0]);
});

test('an open society keeps no process alive, an unanswered wait does', async (t) => {
  const dir = directory(t);
  const idle = await run(`${prelude(dir)} Society.init({ path: dir, agent: 'w1' }).then((s) => { s.messages(); return s.join(); });`);
  assert.deepEqual([idle.code, idle.signal, idle.stderr], [0, null, '']);
  const waits = await run(`${prelude(dir)} Society.open({ dir, agent: 'w1' }).then(async (s) => {
    setTimeout(() => s.send({ to: 'w1', content: 'late' }), 200).unref();
    const timer = setInterval(() => {}, 50); setTimeout(() => clearInterval(timer), 100);
    console.log((await s.messages().next()).value.content);
  });`);
  assert.equal(waits.code, 0);
});

test('a process ends at once, however it ends, and its presence with it', async (t) => {
  const [w1] = await members(t, 'w1');
  const dir = path.dirname(w1.dir);
  const begin = `${prelude(dir)} Society.open({ dir, agent: 'w2' }).then(async (s) => {
    await s.join(); s.messages().next().catch(() => {}); s.mutex('gc', { wait: true }).catch(() => {});`;
  const ends = {
    'process.exit(7)': 7,
    'throw new Error("on purpose")': 1,
    'setImmediate(() => { throw new Error("on purpose"); })': 1,
    'process.kill(process.pid, "SIGTERM")': null,
  };
  for (const [end, code] of Object.entries(ends)) {
    const result = await run(`${begin} ${end}; });`);
    assert.equal(result.code, code, `${end}: ${result.stderr}`);
    assert.equal(await w1.online('w2'), false, end);
  }
});

test('a process that ends gives up its places in the queue', async (t) => {
  const [w1] = await members(t, 'w1');
  await w1.ownership.acquire('a');
  const source = `${prelude(path.dirname(w1.dir))} Society.open({ dir, agent: 'w2' }).then(async (s) => {
    s.ownership.acquire('a', { wait: true }).catch(() => {});
    console.log((await s.ownership.list()).length);
    process.exit(0);
  });`;
  assert.equal((await run(source)).stdout, '2\n');
  assert.equal((await w1.ownership.list()).length, 1);
});

test('in threads of the program, which end by themselves or are ended', async (t) => {
  const source = `${prelude(directory(t))}
    const { Worker } = require('node:worker_threads');
    const inside = \`const { Society } = require('libsociety');
      Society.init({ path: \${JSON.stringify(dir)}, agent: 'inner' }).then(async (s) => {
        await s.join();
        require('node:worker_threads').parentPort.postMessage(await s.online('inner'));
        if (process.argv[2] === 'wait') await s.messages().next();
      });\`;
    const start = async (...argv) => {
      const worker = new Worker(inside, { eval: true, argv });
      const ended = new Promise((resolve) => worker.on('exit', resolve)); // it may come at once behind the message
      console.log(await new Promise((resolve) => worker.on('message', resolve)));
      return { worker, ended };
    };
    (async () => {
      const society = await Society.init({ path: dir, agent: 'outer' });
      const { ended } = await start('end');
      console.log(await ended, await society.online('inner'));
      const { worker } = await start('wait');
      console.log(await worker.terminate());
    })();`;
  const result = await run(source);
  assert.deepEqual([result.stdout, result.stderr, result.code], ['true\n0 false\ntrue\n1\n', '', 0]);
});
