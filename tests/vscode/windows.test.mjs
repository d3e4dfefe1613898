// SPDX-License-Identifier: MIT
//
// The extension in a real editor: two windows, which are two agents of one society, and a third agent without a window. One test
// goes on where the one before ended. The screenshots are in the directory $SHOTS.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { serve } from './server.mjs';
import { TOO_LONG_MS, Window } from './window.mjs';

const { TOOLS, EXTENSION, SHOTS, CODE_SERVER, CHROMIUM } = process.env;
const { chromium } = createRequire(path.join(TOOLS, 'package.json'))('playwright-core');
const { Society } = createRequire(path.join(EXTENSION, 'package.json'))('libsociety');
const FOLDERS = { 'backend-001': 'shop', 'frontend-001': 'shop-frontend', 'newcomer-001': 'new' };
const ROLES = { 'backend-001': 'backend-developer', 'frontend-001': 'frontend-developer' };

let at;
let server;
let browser;
let backend;
let frontend;
let supervisor;
const windows = {}; // by what is in the names of their pictures

async function openWindow(agent, { url } = server, name = agent) {
    windows[name] = await Window.open(browser, `${url}/?folder=${at}/${FOLDERS[agent]}`, SHOTS);
    return windows[name];
}

async function closeWindow(name) {
    await windows[name].page.context().close();
    delete windows[name];
}

const git = (...args) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: `${at}/shop` });

// A repository, and a second working copy of it: a folder for each of the two.
function makeProject() {
    at = mkdtempSync(path.join(tmpdir(), 'society-vscode-'));
    mkdirSync(`${at}/shop/src`, { recursive: true });
    writeFileSync(`${at}/shop/src/login.c`, 'int login(const char *name);\n');
    writeFileSync(`${at}/shop/src/cart.c`, 'int cart_add(int item);\n');
    writeFileSync(`${at}/shop/README.md`, '# Shop\n');
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', 'A shop');
    git('worktree', 'add', '--quiet', '../shop-frontend');
    for (const [agent, role] of Object.entries(ROLES)) {
        // One of them by the names that Kilo Code has for its settings.
        const prefix = agent === 'backend-001' ? 'society' : 'kilo-code.societyAgent';
        mkdirSync(`${at}/${FOLDERS[agent]}/.vscode`);
        const settings = { [`${prefix}.agentId`]: agent, [`${prefix}.role`]: role };
        writeFileSync(`${at}/${FOLDERS[agent]}/.vscode/settings.json`, JSON.stringify(settings));
    }
}

before(async () => {
    makeProject();
    supervisor = await Society.init({ path: `${at}/shop`, agent: 'supervisor-001' });
    server = await serve({ at: `${at}/server`, extensions: process.env.EXTENSIONS, program: CODE_SERVER });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});

after(async () => {
    if (browser) await browser.close();
    if (server) await server.stop();
    if (supervisor) await supervisor.close();
    rmSync(at, { recursive: true, force: true });
});

// A test that failed leaves pictures of what was on the screens, and those after it would wait in vain.
let failed = null;
function step(name, run) {
    test(name, async (t) => {
        assert.equal(failed, null, 'an earlier test failed');
        try {
            await run(t);
        } catch (error) {
            failed = name;
            for (const [name, window] of Object.entries(windows)) await window.photograph(`failed-${name}`);
            throw error;
        }
    });
}

step('two windows are two agents, who see each other', async () => {
    backend = await openWindow('backend-001');
    await backend.status('backend-001 · backend-developer');
    await backend.showViews();
    frontend = await openWindow('frontend-001');
    await frontend.status('frontend-001 · frontend-developer');
    await frontend.showViews();
    await backend.sees('Agents', /frontend-001.*frontend-developer/);
    await frontend.sees('Agents', 'backend-001');
    assert.match(readFileSync(path.join(supervisor.dir, 'registry.jsonl'), 'utf8'), /"vsCodePid":\d+/);
    await backend.photograph('agents');
});

step('one sends, the other is told and replies', async (t) => {
    await backend.command(
        'Society: Send Message',
        { pick: 'frontend-001' },
        { question: 'Message to frontend-001', type: 'Which port does the shop use?' },
    );
    const sent = performance.now();
    await frontend.notification('backend-001: Which port does the shop use?').waitFor();
    t.diagnostic(`shown ${Math.round(performance.now() - sent)} ms after the question was answered`);
    await frontend.sees('Inbox', 'Which port does the shop use?');
    await frontend.status(/frontend-001 .* 1$/);
    await frontend.photograph('message');
    await frontend.choose('Which port', 'Reply');
    await frontend.answer({ question: 'Reply to backend-001', type: 'Port 8080, until further notice' });
    await backend.notification('frontend-001: Port 8080').waitFor();
    await frontend.status(/frontend-developer$/);
    await backend.photograph('reply');
    await backend.choose('Port 8080', 'Open');
    await backend.page.locator('.view-lines', { hasText: 'Which port' }).waitFor();
    await backend.page.locator('.view-lines', { hasText: 'Port 8080' }).waitFor();
    await backend.photograph('thread');
});

step('messages are told as loudly as their priority says', async () => {
    await supervisor.send({ to: 'frontend-001', type: 'status_update', content: 'For the record' });
    await frontend.sees('Inbox', 'For the record');
    await supervisor.send({ to: 'frontend-001', type: 'review_request', content: 'When you have time' });
    await frontend.page.locator('#status\\.extensionMessage', { hasText: 'supervisor-001: When you have time' }).waitFor();
    const id = await supervisor.send({ to: 'frontend-001', content: 'Stop [everything](command:quit)', ackRequired: true });
    await frontend.notification('supervisor-001: Stop [everything] (command:quit)').waitFor();
    for (const quiet of ['For the record', 'When you have time']) assert.equal(await frontend.notification(quiet).count(), 0);
    await frontend.photograph('priorities');
    await frontend.choose('Stop', 'Acknowledge');
    await frontend.sees('Inbox', /Stop.*acknowledged/);
    const { receipts } = await supervisor.message(id);
    assert.equal(receipts[0].agent, 'frontend-001');
    assert.ok(receipts[0].acknowledgedAt);
});

step('one makes and claims a task, the other sees it', async () => {
    await backend.command(
        'Society: New Task',
        { question: 'What is to be done?', type: 'Implement the login' },
        { pick: 'high' },
        { question: 'Which files', type: 'src/login.c' },
    );
    await frontend.sees('Tasks', /Implement the login.*t1/);
    await backend.press('Tasks', 'Implement the login', 'Claim Task');
    await backend.sees('Tasks', /Implement the login.*t1 · backend-001/);
    await frontend.sees('Tasks', /Implement the login.*t1 · backend-001/);
    await frontend.photograph('task');
});

step('a file of the one is badged in the other', async () => {
    await frontend.sees('Owned Files', /src\/login\.c.*backend-001/);
    await frontend.explore();
    await frontend.file('src').click();
    await frontend.badge('login.c', 'BA');
    await frontend.badge('cart.c', '');
    await frontend.photograph('badge');
});

step('who edits it is warned, asks, waits, and has it in the end', async () => {
    await frontend.openFile('login.c');
    await frontend.write('// mine\n');
    await frontend.notification('login.c is reserved by backend-001 (t1, Implement the login)').waitFor();
    await frontend.photograph('warning');
    await frontend.choose('login.c is reserved', 'Ask');
    await frontend.answer({ question: 'Question to backend-001', type: 'May I, for a moment?' });
    await backend.notification('frontend-001: May I, for a moment?').waitFor();
    await frontend.save();
    await frontend.choose('login.c is reserved', 'Wait');
    await frontend.notification('Waiting for src/login.c').waitFor();
    await backend.showViews();
    await backend.sees('Owned Files', /src\/login\.c.*frontend-001 waiting/);
    await backend.press('Tasks', 'Implement the login', 'Complete Task');
    await backend.answer({ question: 'What came of t1', type: 'in branch login' });
    await frontend.notification('src/login.c is yours now').waitFor();
    await frontend.showViews();
    await frontend.sees('Owned Files', /src\/login\.c.*you/);
    await frontend.photograph('granted');
});

step('what a dead agent left behind is taken over', async () => {
    const program = `
    const { Society } = require('libsociety');
    Society.open({ dir: ${JSON.stringify(`${at}/shop`)}, agent: 'writer-001' }).then(async (society) => {
      await society.join();
      await society.ownership.acquire('README.md', { reason: 'new text' });
      console.log('held');
      setInterval(() => {}, 1000);
    });`;
    const writer = spawn(process.execPath, ['-e', program], { cwd: EXTENSION, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(writer.stdout, 'data');
    await frontend.sees('Owned Files', /README\.md.*writer-001/);
    writer.kill('SIGKILL');
    await frontend.sees('Owned Files', /README\.md.*who is gone/);
    await frontend.explore();
    await frontend.badge('README.md', 'WR');
    await frontend.openFile('README.md');
    await frontend.write('Welcome\n');
    const warning = 'README.md is still reserved by writer-001 (new text), who is gone';
    await frontend.notification(warning).waitFor();
    await frontend.photograph('left');
    await frontend.choose(warning, 'Take Over');
    await frontend.showViews();
    await frontend.sees('Owned Files', /README\.md.*you/);
    await frontend.photograph('taken');
    await frontend.explore();
    await frontend.badge('README.md', '');
    await frontend.showViews();
});

step('an extension that is not ours sends, assigns, and answers', async () => {
    await backend.command('Stranger: Work');
    await backend.notification(/stranger: backend-001 sent 36 letters and made t2/).waitFor();
    await frontend.notification('backend-001: Greetings from a stranger').waitFor();
    await frontend.sees('Tasks', /Paint the door.*for backend-001/);
    const echoes = supervisor.messages({ from: 'end', signal: AbortSignal.timeout(60000) });
    const first = echoes.next();
    await supervisor.send({ to: 'backend-001', type: 'echo', priority: 'log', content: 'hello' });
    assert.equal((await first).value.content, 'hello, 1');
    await backend.photograph('stranger');
});

step('who was away catches up', async () => {
    await backend.command('Society: Disconnect');
    await frontend.sees('Agents', /backend-001.*offline/);
    for (const content of ['first', 'second']) await supervisor.send({ to: 'backend-001', content });
    await backend.command('Society: Connect');
    await backend.notification(/\d messages while you were away, from .*supervisor-001/).waitFor();
    await backend.sees('Inbox', 'second');
    await frontend.sees('Agents', /backend-001\s*backend-developer$/);
    await backend.photograph('missed');
});

// Waits for what a command has brought about.
async function until(holds) {
    const deadline = performance.now() + TOO_LONG_MS;
    while (!(await holds())) {
        assert.ok(performance.now() < deadline, `in vain: ${holds}`);
        await setTimeout(20);
    }
}

step('every change of a task is a command', async () => {
    await supervisor.tasks.import([{ id: 'p1', title: 'Palette one' }, { id: 'p2', title: 'Palette two' }]);
    const pick = { pick: 'Palette one' };
    const leads = async (title, answers, state) => {
        await backend.command(`Society: ${title} Task`, pick, ...answers);
        await until(async () => (await supervisor.tasks.get('p1')).state === state);
    };
    await backend.sees('Tasks', 'Palette one');
    await leads('Claim', [], 'claimed');
    await leads('Add Note to', [{ question: 'Note on p1', type: 'half of it' }], 'claimed');
    await leads('Block', [{ question: 'What blocks it?', type: 'no keys' }], 'blocked');
    await leads('Unblock', [], 'open');
    await leads('Claim', [], 'claimed');
    await leads('Release', [], 'open');
    await leads('Claim', [], 'claimed');
    await leads('Fail', [{ question: 'Why did it fail?', type: 'no luck' }], 'failed');
    await leads('Reopen', [], 'open');
    await leads('Assign', [{ pick: 'frontend-001' }], 'open');
    await until(async () => (await supervisor.tasks.get('p1')).assignee === 'frontend-001');
    await backend.command('Society: Show Task', pick);
    await backend.page.locator('.view-lines', { hasText: 'half of it' }).waitFor();
    await backend.photograph('document');
    await backend.command('Society: Cancel Task', pick);
    await until(async () => (await supervisor.tasks.get('p1')).state === 'cancelled');
});

step('so are reservations, the status, and what is read', async () => {
    const owners = async () => (await supervisor.ownership.list()).filter(({ paths }) => paths[0] === 'docs/**');
    await backend.command(
        'Society: Reserve Files',
        { question: 'Which files?', type: 'docs/**' },
        { question: 'What for?', type: 'the manual' },
    );
    await until(async () => (await owners()).some(({ reason }) => reason === 'the manual'));
    await backend.sees('Owned Files', /docs.*you/);
    await backend.command('Society: Hand Files Over', { pick: 'docs/' }, { pick: 'frontend-001' });
    await until(async () => (await owners())[0].holder === 'frontend-001');
    await frontend.sees('Owned Files', /docs.*you/);
    await frontend.command('Society: Release Files', { pick: 'docs/' });
    await until(async () => (await owners()).length === 0);
    await backend.command('Society: Set Status', { pick: 'busy' }, { question: 'At what?', type: 'the tests' });
    await frontend.sees('Agents', /backend-001.*busy/);
    await backend.command('Society: Mark All as Read');
    await backend.status(/backend-developer$/);
});

step('a flood is one notification, not a hundred', async () => {
    const messages = Array.from({ length: 100 }, (_, i) => ({ to: 'backend-001', content: `${i + 1} of 100` }));
    await supervisor.sendAll(messages);
    await backend.notification(/\d+ messages, from supervisor-001/).waitFor();
    await backend.sees('Inbox', '100 of 100');
    const shown = backend.page.locator('.notification-list-item', { hasText: 'supervisor-001' });
    assert.ok((await shown.count()) < 10, `${await shown.count()} notifications`);
    await backend.photograph('flood');
});

step('a second window of the same agent looks on', async () => {
    const second = await openWindow('frontend-001', server, 'second');
    await second.status('frontend-001');
    await second.showViews();
    await second.sees('Agents', 'backend-001');
    await second.photograph('second');
    await frontend.command('Society: Disconnect');
    await second.page.locator('#libsociety\\.society\\.society\\.status .codicon-organization').waitFor();
    await closeWindow('second');
});

step('who begins makes a society where the settings want it, and says who this is', async () => {
    mkdirSync(`${at}/new/.vscode`, { recursive: true });
    const settings = { 'society.sharedDir': '../common', 'society.capabilities': ['api'] };
    writeFileSync(`${at}/new/.vscode/settings.json`, JSON.stringify(settings));
    const window = await openWindow('newcomer-001');
    await window.status('No society');
    await window.clickStatus();
    await window.photograph('beginning');
    await window.begin('Make One Here');
    await window.status('Who am I?');
    await window.begin('Say Who This Is');
    await window.answer({ question: 'The id of the agent', type: 'newcomer-001' });
    await window.status('newcomer-001');
    await window.sees('Agents', /newcomer-001.*you/);
    await window.photograph('begun');
    const common = await Society.open({ dir: `${at}/common`, agent: null });
    assert.deepEqual((await common.agentInfo('newcomer-001')).capabilities, ['api']);
    await common.close();
    await closeWindow('newcomer-001');
});

step('where the library is absent it says what to install', async () => {
    const bare = await serve({
        at: `${at}/bare`,
        extensions: process.env.EXTENSIONS,
        program: CODE_SERVER,
        env: { SOCIETY_LIBRARY: `${at}/nowhere/libsociety.so.0` },
    });
    try {
        const window = await openWindow('backend-001', bare, 'bare');
        await window.notification('Society needs the library libsociety').waitFor();
        await window.choose('Society needs the library', 'What to Install');
        await window.page.locator('.welcome-view', { hasText: 'make && sudo make install' }).first().waitFor();
        await window.photograph('library');
        await closeWindow('bare');
    } finally {
        await bare.stop();
    }
});
