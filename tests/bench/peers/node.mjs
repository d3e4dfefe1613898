// SPDX-License-Identifier: MIT
//
// Node, as agents written in TypeScript do it today: proper-lockfile around fs.appendFile, chokidar to see that the log has changed. The
// command line is peer.h's. Each worker and listener is a process of its own; PEER_MODULES is the directory of the two packages.

import { fork, spawnSync } from 'node:child_process';
import { createReadStream, promises as fs } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const require = createRequire(`${process.env.PEER_MODULES}/`);
const lockfile = () => require('proper-lockfile');
const chokidar = () => require('chokidar');

const LOG = 'log.jsonl';
const FILLING =
    'Auth API ready at /api/auth; tests passed, coverage is above ninety per cent, and the branch is waiting for its review.';
const OPENS = 20;
const CHOKIDAR_DEAF_MS = 50;
const retries = { forever: true, factor: 1.2, minTimeout: 1, maxTimeout: 10 };
const now = () => Number(process.hrtime.bigint());
const self = fileURLToPath(import.meta.url);

function result(row, nanoseconds) {
    console.log(`${row} ${Math.round(nanoseconds)}`);
}

function record(to, sent) {
    const text = `{"type":"message","from":"alice","to":"${to}","sent":${sent},"content":"${FILLING}`;
    return `${text.slice(0, 197)}"}\n`;
}

async function locked(what) {
    const release = await lockfile().lock(LOG, { retries });
    try {
        return await what();
    } finally {
        await release();
    }
}

const send = (to, sent) => locked(() => fs.appendFile(LOG, record(to, sent)));

// Counts the free tasks down; false: there are none.
const claim = (agent) =>
    locked(async () => {
        const left = Number(await fs.readFile('left', 'utf8'));
        if (left <= 0) return false;
        await fs.writeFile('left', String(left - 1));
        await fs.appendFile('claims', `${agent} ${left}\n`);
        return true;
    });

// What is appended from now on, line by line; resolves once it watches.
async function listen(agent, handle) {
    const file = await fs.open(LOG, 'r');
    let at = (await file.stat()).size;
    let rest = '';
    let again = false;
    let reading = false;
    async function look() {
        again = true;
        if (reading) return;
        reading = true;
        while (again) {
            again = false;
            const { bytesRead, buffer } = await file.read(Buffer.alloc(65536), 0, 65536, at);
            at += bytesRead;
            again = again || bytesRead > 0;
            const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n');
            rest = lines.pop();
            for (const message of lines.map((line) => JSON.parse(line))) if (message.to === agent) handle(message);
        }
        reading = false;
    }
    // chokidar drops the changes of the 50 ms after one that it told: look again behind them.
    const watcher = chokidar().watch(LOG, { ignoreInitial: true });
    watcher.on('change', () => {
        look();
        setTimeout(look, CHOKIDAR_DEAF_MS);
    });
    await new Promise((resolve) => watcher.on('ready', resolve));
    return async () => {
        await watcher.close();
        await file.close();
    };
}

const workers = {
    async append(number, deadline) {
        const times = [];
        let ended = now();
        do {
            const began = ended;
            await send('nobody', 0);
            ended = now();
            times.push(ended - began);
        } while (ended < deadline);
        return { times, ended };
    },
    async claim(number, deadline) {
        while (now() < deadline && (await claim(`agent-${number}`)));
        return { times: [], ended: now() };
    },
};

// A process that was forked below: prepares, says so, and does what it is told.
async function work(kind, number) {
    if (kind === 'listen') {
        await listen(`agent-${number}`, (message) => process.send(now() - message.sent));
    } else {
        lockfile();
        process.once('message', async (deadline) => {
            process.send(await workers[kind](number, deadline), () => process.disconnect());
        });
    }
    process.send('ready');
}

const heard = (child) =>
    new Promise((resolve, reject) => {
        child.once('message', resolve);
        child.once('exit', (status) => reject(new Error(`a process ended with ${status}`)));
    });

async function crew(kind, count) {
    const children = Array.from({ length: count }, (_, i) => fork(self, ['work', kind, String(i)]));
    await Promise.all(children.map(heard));
    return children;
}

async function race(kind, processes, ms) {
    const children = await crew(kind, processes);
    const answers = children.map(heard);
    const began = now();
    for (const child of children) child.send(began + ms * 1e6);
    const done = await Promise.all(answers);
    return { times: done.flatMap((each) => each.times), took: Math.max(...done.map((each) => each.ended)) - began };
}

const sorted = (numbers) => numbers.sort((a, b) => a - b);

async function measureAppend(processes, ms) {
    const { times, took } = await race('append', processes, ms);
    result(`append-${processes}`, took / times.length);
    result(`append-${processes}-p99`, sorted(times)[Math.ceil(times.length * 0.99) - 1]);
}

async function measureClaim(processes, tasks, ms) {
    await fs.writeFile('left', String(tasks));
    const { took } = await race('claim', processes, ms);
    result(`claim-${processes}`, took / (tasks - Number(await fs.readFile('left', 'utf8'))));
}

async function measureLatency(listeners, count) {
    const children = await crew('listen', listeners);
    const latencies = [];
    const sends = [];
    for (let i = -listeners; i < count; i++) {
        const number = (i + listeners) % listeners;
        await pause(Number(process.env.SPACING_US ?? 5000) / 1000);
        const answer = heard(children[number]);
        const began = now();
        await send(`agent-${number}`, began);
        if (i >= 0) sends.push(now() - began);
        const latency = await answer;
        if (i >= 0) latencies.push(latency);
    }
    for (const child of children) child.removeAllListeners('exit').kill('SIGKILL');
    result(`latency-${listeners}`, sorted(latencies)[count >> 1]);
    result(`latency-${listeners}-p99`, latencies[count - 1 - Math.floor(count / 100)]);
    result(`latency-${listeners}-send`, sorted(sends)[count >> 1]);
}

async function fill(count) {
    for (let i = 1; i <= count; ) {
        const lines = [];
        for (; i <= count && lines.length < 10000; i++) lines.push(record(i % 100 === 0 ? 'reader' : 'nobody', i));
        await fs.appendFile(LOG, lines.join(''));
    }
}

async function measureOpen(records, rounds) {
    await fill(records);
    for (let round = 0; round < rounds; round++) {
        const samples = [];
        for (let i = 0; i < OPENS; i++) {
            const began = now();
            const close = await listen('reader', () => {});
            samples.push(now() - began);
            await close();
        }
        result(`open-${records}`, sorted(samples)[OPENS / 2]);
    }
}

async function measureHistory(mib, rounds) {
    await fill(Math.floor((mib * 1048576) / 200));
    for (let round = 0; round < rounds; round++) {
        const began = now();
        let found = 0;
        for await (const line of createInterface({ input: createReadStream(LOG) })) found += JSON.parse(line).to === 'reader';
        if (found === 0) throw new Error('the history is empty');
        result('history', now() - began);
    }
}

async function measureCold(what, count) {
    await fs.writeFile('left', '1000');
    const program = `${process.env.SOCIETY_BUILD}/tests/bench/peers/floor`;
    const { status } = spawnSync(program, ['spawn', `cold-${what}`, count, process.execPath, self, 'once', what], { stdio: 'inherit' });
    process.exitCode = status;
}

const [verb, first, second, third] = process.argv.slice(2);
if (verb === 'work') {
    await work(first, Number(second));
} else if (verb === 'once') {
    await (first === 'claim' ? claim('alice') : send('nobody', 0));
} else {
    await fs.writeFile(LOG, '');
    if (verb === 'append') await measureAppend(Number(first), Number(second));
    else if (verb === 'claim') await measureClaim(Number(first), Number(second), Number(third));
    else if (verb === 'latency') await measureLatency(Number(first), Number(second));
    else if (verb === 'open') await measureOpen(Number(first), Number(second));
    else if (verb === 'history') await measureHistory(Number(first), Number(second));
    else if (verb === 'cold') await measureCold(first, second);
}
