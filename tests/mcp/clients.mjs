// SPDX-License-Identifier: MIT
//
// Everything a client can do, with the official SDK: version 1, and version 2 in both eras of the protocol.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { encode } from 'gpt-tokenizer';

import { connect, directory, done, is, isRunning, like, note, ok, society, throws, until } from './common.mjs';

async function lists(kind, { client }) {
    const { tools } = await client.listTools();
    ok(tools.length <= 12, `${kind}: at most a dozen tools`, tools.length);
    ok(
        tools.every((tool) => tool.inputSchema && tool.outputSchema && tool.annotations && tool.description),
        `${kind}: each has schemas and annotations`,
    );
    const tokens = encode(JSON.stringify({ tools })).length;
    ok(tokens < 2000, `${kind}: the list of tools is under 2,000 tokens`, tokens);
    note(`${kind}: ${tools.length} tools, ${tokens} tokens`);
    const { resources } = await client.listResources();
    is(
        resources.map((resource) => resource.uri),
        ['society://agents', 'society://tasks', 'society://ownership', `society://inbox/${kind}`],
        `${kind}: the resources`,
    );
    is((await client.listResourceTemplates()).resourceTemplates.length, 1, `${kind}: a template`);
    is(
        (await client.listPrompts()).prompts.map((prompt) => prompt.name),
        ['work', 'hand_over', 'review'],
        `${kind}: the prompts`,
    );
    const prompt = await client.getPrompt({ name: 'review', arguments: { task: 't7' } });
    like(prompt.messages[0].content.text, /Review task t7/, `${kind}: a prompt with its argument`);
}

async function refusals(kind, { client, call }) {
    await throws(client.callTool({ name: 'none', arguments: {} }), /-32602/, `${kind}: an unknown tool`);
    await throws(client.readResource({ uri: 'society://none' }), /-32002|-32602/, `${kind}: an unknown resource`);
    await throws(client.getPrompt({ name: 'none' }), /-32602/, `${kind}: an unknown prompt`);
    const wrong = await call('send', { to: 'x' });
    ok(wrong.isError && /content is missing/.test(wrong.text), `${kind}: a missing argument is told to the model`, wrong);
}

// Every tool, in each of the ways in which it can answer, against the schema that it was listed with.
async function schemas(kind, { client, call }) {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false });
    const { tools } = await client.listTools();
    const outputs = new Map(tools.map((tool) => [tool.name, ajv.compile(tool.outputSchema)]));
    const inputs = new Map(tools.map((tool) => [tool.name, ajv.compile(tool.inputSchema)]));
    const seen = new Set();
    const wrong = [];
    const look = async (name, args = {}, more = undefined) => {
        const { text, isError, ...structure } = await call(name, args, more);
        seen.add(name);
        if (isError) wrong.push([name, text]);
        else if (!outputs.get(name)(structure)) wrong.push([name, structure, outputs.get(name).errors]);
        if (!inputs.get(name)(args)) wrong.push([name, args, inputs.get(name).errors]);
        return structure;
    };
    const me = `${kind}-schemas`;
    const task = `${kind}-task`;
    const glob = `${kind}/**`;
    await look('join', { role: 'tester', capabilities: ['a'], status: 'idle', note: 'n' });
    const { id } = await look('send', { to: [me, 'nobody'], content: 'to two', type: 'status_update', subject: 's', data: { a: 1 } });
    await look('send', { to: 'nobody', content: 'x', replyTo: id, priority: 'log' });
    society('send', '--agent', 'other', me, 'first');
    const { messages } = await look('wait', { for: ['message'], seconds: 5 });
    await look('inbox', { id: messages[0].id, offset: 1, ack: [messages[0].id] });
    await look('inbox', { thread: messages[0].id, limit: 1 });
    await look('inbox');
    await look('ask', { question: 'q', to: 'other', choices: ['a'], seconds: 0 });
    await look('task_add', { id: task, title: 't', description: 'd', priority: 0, paths: [glob], acceptance: 'a' });
    await look('task_add', { id: `${task}-2`, title: 't', dependsOn: [task], role: 'nobody', assignee: 'role:nobody' });
    await look('wait', { for: ['task'], seconds: 0 });
    for (const args of [{}, { id: task }, { state: 'open' }, { ready: true }, { mine: true }, { after: task }, { id: task, offset: 1 }])
        await look('task_list', args);
    await look('task_claim', { id: `${task}-2` });
    const { token } = await look('task_claim', { id: task, own: true });
    await look('status');
    await look('task_update', { id: task, change: 'note', text: 'n', token });
    await look('task_update', { id: task, change: 'block', text: 'why' });
    await look('task_update', { id: task, change: 'unblock' });
    society('own', '--agent', 'other', 'acquire', `${kind}-other/**`);
    await look('files_own', { paths: [`${kind}-x`], shared: true, reason: 'r' });
    await look('files_own', { paths: [`${kind}-other/a`] });
    await look('files_check', { paths: [`${kind}-other/a`, 'b'] });
    await look('files_check', { paths: ['b'] });
    await look('wait', { paths: ['b'], seconds: 0 });
    await look('files_own', { release: true });
    await look('task_update', { id: task, change: 'cancel' });
    await look('wait', { seconds: 0 });
    is(wrong, [], `${kind}: every answer is as its schema says`);
    is(seen.size, tools.length, `${kind}: of every tool`);
}

async function oddities(kind, { call }) {
    await throws(call('send', { to: 'x', content: 'y'.repeat(5e6) }), /longer than/, `${kind}: a frame over the limit is refused at once`);
    await throws(call('send', { to: 'x', content: 'y\u0000' }), /-32700/, `${kind}: and so is what can't be read`);
    const half = await call('send', { to: `${kind}-half`, content: 'cut \ud83d' });
    is(half.isError, false, `${kind}: half a character is no reason`);
}

async function reading(kind, { client, call }) {
    await call('join', { role: 'tester', status: 'busy', note: 'testing' });
    const { contents } = await client.readResource({ uri: 'society://agents' });
    const me = JSON.parse(contents[0].text).agents.find((agent) => agent.agentId === kind);
    is([me.role, me.online, me.status], ['tester', true, 'busy'], `${kind}: it has registered and joined`);
}

async function subscriptions(kind, { client }) {
    const updated = [];
    const uri = 'society://tasks';
    if (kind === 'v2') {
        client.setNotificationHandler('notifications/resources/updated', (n) => void updated.push(n.params.uri));
        const subscription = await client.listen({ resourceSubscriptions: [uri] });
        society('task', '--agent', 'other', 'add', 'For subscribers');
        ok(await until(() => updated.includes(uri)), `${kind}: a change is told`, updated);
        await subscription.close();
        return;
    }
    const { ResourceUpdatedNotificationSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const kindOf = kind === 'v1' ? ResourceUpdatedNotificationSchema : 'notifications/resources/updated';
    client.setNotificationHandler(kindOf, (n) => void updated.push(n.params.uri));
    await client.subscribeResource({ uri });
    society('task', '--agent', 'other', 'add', 'For subscribers');
    ok(await until(() => updated.includes(uri)), `${kind}: a change is told`, updated);
    await client.unsubscribeResource({ uri });
}

async function waiting(kind, { call }) {
    const progress = [];
    const nothing = await call('wait', { for: ['message'], seconds: 0 });
    is(nothing.event, null, `${kind}: a wait of no time finds nothing`);
    const abort = new AbortController();
    const cancelled = call('wait', { for: ['message'], seconds: 60 }, {
        signal: abort.signal,
        onprogress: (p) => {
            progress.push(p);
            abort.abort('enough');
        },
    });
    await throws(cancelled, /enough/, `${kind}: a wait is cancelled`);
    is([progress[0].progress, progress[0].total], [0, 60000], `${kind}: and has reported progress`);
    const slow = call('wait', { for: ['message'], seconds: 60 });
    const { isError } = await call('status');
    is(isError, false, `${kind}: a waiting call delays no other`);
    society('send', '--agent', 'other', kind, 'hello');
    const woken = await slow;
    is([woken.event, woken.messages[0].content, woken.messages[0].verified], ['message', 'hello', false], `${kind}: it is woken`);
    is((await call('inbox')).messages, [], `${kind}: a message is given once`);
}

async function asking(kind) {
    const asked = [];
    const { call, client } = await connect(kind, ['--agent', `${kind}-asks`], { elicitation: {} }, async (request) => {
        asked.push(request.params.message);
        return { action: 'accept', content: { answer: 'blue' } };
    });
    const answer = await call('ask', { question: 'Which colour?', choices: ['red', 'blue'] });
    is([answer.answered, answer.answer, asked], [true, 'blue', ['Which colour?']], `${kind}: the operator answers at the client`);
    await client.close();
    const declining = await connect(kind, ['--agent', `${kind}-asks`], { elicitation: {} }, async () => ({ action: 'decline' }));
    is((await declining.call('ask', { question: 'Which?' })).answered, false, `${kind}: or declines`);
}

async function naming(kind) {
    const { call } = await connect(kind, [], { elicitation: {} }, async () => ({
        action: 'accept',
        content: { agent: `${kind}-named` },
    }));
    ok(!(await call('send', { to: 'x', content: 'y' })).isError, `${kind}: the first call asks for the name`);
    is((await call('status')).agent, `${kind}-named`, `${kind}: which is kept`);
    const nameless = await connect(kind, []);
    like((await nameless.call('send', { to: 'x', content: 'y' })).text, /call join/, `${kind}: or tells the model to say it`);
    await nameless.call('join', { agent: `${kind}-later` });
    ok(!(await nameless.call('send', { to: 'x', content: 'y' })).isError, `${kind}: who then takes part`);
}

async function operator(kind, { call }) {
    const pending = call('ask', { question: 'Deploy?', seconds: 30 });
    let question;
    await until(() => {
        const list = society('inbox', '--agent', 'operator', '--unread', '--json').trim();
        question = list && list.split('\n').map((line) => JSON.parse(line)).find((message) => message.from === kind);
        return question;
    });
    society('inbox', '--agent', 'operator', 'reply', question.id, 'Not today');
    const answer = await pending;
    is([question.type, answer.answered, answer.answer], ['question', true, 'Not today'], `${kind}: the operator answers by message`);
    is((await call('inbox')).messages, [], `${kind}: which is not given twice`);
}

for (const kind of ['v1', 'v2-legacy', 'v2']) {
    const member = await connect(kind, ['--agent', kind]);
    await lists(kind, member);
    await refusals(kind, member);
    await schemas(kind, await connect(kind, ['--agent', `${kind}-schemas`]));
    await oddities(kind, member);
    await reading(kind, member);
    await subscriptions(kind, member);
    await waiting(kind, member);
    await operator(kind, member);
    await asking(kind);
    await naming(kind);
    const { pid } = member;
    const pending = member.call('wait', { seconds: 60, for: ['message'] }).catch(() => 'gone');
    await member.client.close();
    await pending;
    ok(await until(() => !isRunning(pid)), `${kind}: no process stays when the client closes in the middle of a wait`);
}
note(`society: ${directory}`);
await done();
