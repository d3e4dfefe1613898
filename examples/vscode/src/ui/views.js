// SPDX-License-Identifier: MIT
//
// The four views: agents, inbox, tasks, owned files.

'use strict';

const agentsFold = require('../folds/agents.js');
const filesFold = require('../folds/files.js');
const tasksFold = require('../folds/tasks.js');
const { keyOf } = require('../folds/inbox.js');
const { priorityOf } = require('../folds/notice.js');
const { about, ago, count, line } = require('../folds/words.js');
const { Tree, node, icon, tooltip } = require('./tree.js');

const command = (name, title, ...args) => ({ command: `society.${name}`, title, arguments: args });

// ---- Agents

const STATUS_ICONS = { __proto__: null, busy: ['circle-filled', 'charts.orange'], paused: ['circle-filled', 'charts.yellow'] };

function agentNode(session, agent) {
  const { agentId, online, status, claims, owns } = agent;
  const [name, color] = online
    ? STATUS_ICONS[status] || ['circle-filled', 'charts.green']
    : ['circle-outline', 'disabledForeground'];
  const titles = new Map(session.tasks.all.map(({ id, title }) => [id, title]));
  const children = () => [
    ...claims.map((id) =>
      node(line(titles.get(id) || id), {
        description: id,
        icon: icon('tasklist'),
        command: command('showTask', 'Show', id),
      }),
    ),
    ...owns.map((pattern) => node(line(pattern), { icon: icon('lock') })),
  ];
  return node(agentId, {
    id: `agent ${agentId}`,
    description: agentsFold.detail(agent, session.agent),
    tooltip: tooltip(agentId, [
      agent.role && `Role: ${line(agent.role)}`,
      agent.capabilities.length > 0 && `Can: ${line(agent.capabilities.join(', '))}`,
      agent.workspace && `In: ${line(agent.workspace)}`,
      agent.branch && `Branch: ${line(agent.branch)}`,
      agent.note && `Says: ${line(agent.note)}`,
      online
        ? `Online${agent.host ? `, process ${agent.pid} on ${line(agent.host)}` : ''}`
        : agent.lastSeen && `Last seen ${line(agent.lastSeen)}`,
    ]),
    icon: icon(name, color),
    context: agentId === session.agent ? 'self' : 'agent',
    children: claims.length + owns.length > 0 ? children : undefined,
    open: true,
    data: { agentId },
  });
}

const agentNodes = (session) => agentsFold.ordered(session.agents, session.agent).map((agent) => agentNode(session, agent));

// ---- Inbox

const TYPE_ICONS = {
  __proto__: null,
  question: 'question',
  answer: 'comment',
  task_assign: 'tasklist',
  task_complete: 'pass',
  review_request: 'eye',
};

function messageNode(message, { label = about(message), unread = message.unread, thread, children } = {}) {
  const owed = message.ackRequired && !message.acknowledgedAt;
  const marks = [line(message.from || 'somebody', 64), ago(message.timestamp), owed && 'to be acknowledged'];
  const color = !unread ? undefined : priorityOf(message) === 'interrupt' ? 'charts.red' : 'charts.blue';
  return node(label, {
    id: `${thread ? 'thread' : 'message'} ${keyOf(message)}`,
    description: [...marks, message.acknowledgedAt && 'acknowledged'].filter(Boolean).join(' · '),
    tooltip: tooltip(line(message.subject || about(message)), [
      `From ${line(message.from || 'somebody')}, ${line(message.timestamp)}`,
      line(message.content, 1000),
    ]),
    icon: icon(unread ? 'mail' : TYPE_ICONS[message.type] || 'mail-read', color),
    context: owed ? 'message acknowledge' : 'message',
    command: command('openThread', 'Open', message),
    children,
    data: { message },
  });
}

function threadNode({ messages, unread, last }) {
  if (messages.length === 1) return messageNode(last);
  const label = `${about(messages[0])} (${messages.length})`;
  const children = () => [...messages].reverse().map((message) => messageNode(message));
  return messageNode(last, { label, unread: unread > 0, thread: true, children });
}

const inboxNodes = (session) => session.inbox.threads().map(threadNode);

// ---- Tasks

const STATE_ICONS = {
  open: ['circle-large-outline'],
  claimed: ['play-circle', 'charts.blue'],
  blocked: ['circle-slash', 'charts.orange'],
  review: ['eye', 'charts.purple'],
  done: ['pass-filled', 'charts.green'],
  failed: ['error', 'charts.red'],
  cancelled: ['circle-slash', 'disabledForeground'],
};

function taskNode(session, group, task) {
  const changes = tasksFold.changes(task, session.agent, session.tasks.ready);
  return node(line(task.title), {
    id: `${group} ${task.id}`,
    description: tasksFold.detail(task),
    tooltip: tooltip(line(task.title), [
      `${task.id}: ${task.state}, priority ${task.priority}`,
      task.holder && `Held by ${line(task.holder)}`,
      task.paths.length > 0 && `Touches ${line(task.paths.join(', '))}`,
      task.dependsOn.length > 0 && `After ${line(task.dependsOn.join(', '))}`,
      task.reason && `Reason: ${line(task.reason, 500)}`,
      line(task.description, 1000),
    ]),
    icon: icon(...STATE_ICONS[task.state]),
    context: `task ${changes.join(' ')}`,
    command: command('showTask', 'Show', task.id),
    data: { task: task.id },
  });
}

function taskNodes(session) {
  if (session.tasks.all.length === 0) return [];
  return tasksFold.groups(session.tasks).map(({ key, label, tasks }) =>
    node(label, {
      id: `group ${key}`,
      description: String(tasks.length),
      children: () => tasks.map((task) => taskNode(session, key, task)),
      open: true,
    }),
  );
}

// ---- Owned files

function fileNodes(session) {
  const online = session.online();
  return filesFold.ordered(session.files, session.agent).map((reservation) => {
    const { holder, paths, token, waiting, since } = reservation;
    const own = holder === session.agent;
    const name = waiting ? 'watch' : own ? 'lock' : online.has(holder) ? 'lock' : 'unlock';
    return node(line(paths.join(', ')), {
      id: `files ${token}`,
      description: filesFold.detail(reservation, session.agent, online),
      tooltip: tooltip(line(paths.join(', '), 500), [
        `${waiting ? 'Waited for' : 'Held'} by ${line(holder)}${since ? ` since ${line(since)}` : ''}`,
        line(filesFold.purpose(reservation, session.tasks.all), 500),
      ]),
      icon: icon(name, own ? 'charts.green' : waiting ? undefined : 'society.ownedByOther'),
      context: waiting
        ? own
          ? 'files.mine'
          : 'files.waiting'
        : own
          ? 'files.mine'
          : online.has(holder)
            ? 'files.held'
            : 'files.left',
      data: { reservation },
    });
  });
}

// ---- All of them

function makeViews(session) {
  const agents = new Tree('society.agents', () => agentNodes(session));
  const inbox = new Tree('society.inbox', () => inboxNodes(session));
  const tasks = new Tree('society.tasks', () => taskNodes(session));
  const files = new Tree('society.files', () => fileNodes(session));
  session.on('agents', () => {
    agents.refresh();
    files.refresh();
    const online = session.agents.filter((agent) => agent.online).length;
    agents.view.description = session.society ? `${online} online` : '';
  });
  session.on('tasks', () => {
    tasks.refresh();
    agents.refresh();
  });
  session.on('files', () => files.refresh());
  // How long ago something came is told when somebody looks.
  inbox.view.onDidChangeVisibility(() => inbox.refresh());
  session.on('inbox', () => {
    inbox.refresh();
    const { length } = session.inbox.unread;
    inbox.badge = { value: length, tooltip: count(length, 'unread message') };
    inbox.view.description = length ? `${length} unread` : '';
  });
  return [agents, inbox, tasks, files];
}

module.exports = { makeViews };
