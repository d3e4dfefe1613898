// SPDX-License-Identifier: MIT
//
// Two agents, one by each version of the SDK, do a whole round of work; a third is killed, and its task is taken over.
import { connect, done, is, like, note, ok, until } from './common.mjs';

const back = await connect('v1', ['--agent', 'backend-001', '--role', 'backend']);
const front = await connect('v2', ['--agent', 'frontend-001', '--role', 'frontend']);

// Registering
await back.call('join', { capabilities: ['api'] });
await front.call('join');
const here = (await front.call('status')).agents.filter((agent) => agent.online).map((agent) => [agent.agentId, agent.role]);
is(here, [['backend-001', 'backend'], ['frontend-001', 'frontend']], 'both are here');

// A task with a dependency
await back.call('task_add', { id: 'api', title: 'The API', paths: ['src/api/**'] });
await back.call('task_add', { id: 'ui', title: 'The page', paths: ['src/ui/**'], dependsOn: ['api'], role: 'frontend' });
const early = await front.call('task_claim', { id: 'ui' });
is(early.claimed, false, 'a task is not claimed before what it depends on is done');
like(early.reason, /ui waits for api/, "and the answer says why");
const claim = await back.call('task_claim', { own: true });
is([claim.claimed, claim.task.id, claim.task.holder], [true, 'api', 'backend-001'], 'the other one is claimed');

// A conflict of files
const refused = await front.call('files_own', { paths: ['src/**'] });
is(refused.granted, false, 'what another has reserved is refused');
like(refused.reason, /backend-001/, 'with its owner');
const check = await front.call('files_check', { paths: ['src/api/login.c', 'src/ui/page.ts'] });
is([check.allowed, check.owners.length, check.owners[0].path], [false, 1, 'src/api/login.c'], 'a check names the file');
is((await front.call('files_own', { paths: ['src/ui/**'] })).granted, true, 'what is free is granted');

// Messages, and a wait that is woken
const times = [];
for (let i = 0; i < 50; i++) {
    const woken = front.call('wait', { for: ['message'], seconds: 30 });
    await front.call('files_check', { paths: ['x'] }); // the wait has begun: requests are taken in order
    const start = process.hrtime.bigint();
    const sent = back.call('send', { to: 'frontend-001', content: `number ${i}` });
    const { messages } = await woken;
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
    await sent;
    if (messages.length !== 1 || messages[0].content !== `number ${i}`) ok(false, `message ${i}`, messages);
}
times.sort((a, b) => a - b);
ok(times.length === 50, 'fifty messages woke a wait each');
note(`from send to the end of the other's wait: median ${times[25].toFixed(2)} ms, slowest ${times[49].toFixed(2)} ms`);

// Review and completion, which make the next task ready
const ready = front.call('wait', { for: ['task'], seconds: 30 });
await back.call('task_update', { id: 'api', change: 'submit', text: 'see branch api' });
is((await front.call('task_list', { id: 'api' })).tasks[0].state, 'review', 'it is submitted');
await front.call('task_update', { id: 'api', change: 'complete', text: 'looks right' });
const next = await ready;
is([next.event, next.tasks[0].id], ['task', 'ui'], 'the review wakes who waits for a task');
is((await front.call('task_claim', { id: 'ui', own: true })).claimed, true, 'which is claimed now');
is((await front.call('files_check', { paths: ['src/api/login.c'] })).allowed, true, 'the paths of the first one ended with its claim');
await back.call('files_own', { paths: ['docs/**'] });
const released = front.call('wait', { for: ['release'], paths: ['docs/api.md'], seconds: 30 });
is((await back.call('files_own', { release: true })).released, 1, 'the files are given back');
is((await released).event, 'release', 'and who waits for them is woken');
await front.call('task_update', { id: 'ui', change: 'complete' });
is((await back.call('status')).tasks, { done: 2 }, 'all is done');

// Death
const third = await connect('v1', ['--agent', 'third-001']);
await third.call('task_add', { id: 'risky', title: 'Risky' });
const first = await third.call('task_claim', { id: 'risky' });
is((await back.call('task_claim', { id: 'risky' })).claimed, false, 'a live holder keeps its claim');
const taken = back.call('task_claim', { id: 'risky', seconds: 30 });
await back.call('files_check', { paths: ['x'] });
const killed = Date.now();
process.kill(third.pid, 'SIGKILL');
const second = await taken;
note(`taken over ${Date.now() - killed} ms after the kill`);
is([second.claimed, second.task.holder], [true, 'backend-001'], "a dead one's is taken over at once");
ok(second.token > first.token, 'with a higher token', [first.token, second.token]);
like(second.text, /taken over/, 'and the answer says so');
ok(await until(async () => (await front.call('status')).agents.some((a) => a.agentId === 'third-001' && !a.online)), 'who died is offline');
await done();
