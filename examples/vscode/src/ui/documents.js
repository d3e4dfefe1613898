// SPDX-License-Identifier: MIT
//
// Threads and tasks as documents that can be read, searched and copied, and not written. They are plain text: nothing in them is
// rendered.

'use strict';

const vscode = require('vscode');
const { threadOf } = require('../folds/inbox.js');
const { about, json, line, lines } = require('../folds/words.js');

const SCHEME = 'society';
const RULE = '─'.repeat(72);

function threadText(messages) {
  const parts = messages.map((message) => {
    const to = [].concat(message.to).join(', ');
    const receipt = message.acknowledgedAt ? `\nAcknowledged ${line(message.acknowledgedAt)}` : '';
    const attached = (Array.isArray(message.attachments) ? message.attachments : [])
      .filter((attachment) => attachment && typeof attachment === 'object')
      .map(({ name, size }) => `\nAttached: ${line(name)} (${line(size)} bytes)`)
      .join('');
    const content = message.content === undefined ? message.task || message.data || null : message.content;
    return [
      `${line(message.from || 'somebody')} → ${line(to)}    ${line(message.timestamp)}    ${line(message.type)}${receipt}${attached}`,
      message.subject ? `\n${line(message.subject)}\n` : '',
      typeof content === 'string' ? lines(content) : lines(json(content, 2)),
    ].join('\n');
  });
  return `${parts.join(`\n\n${RULE}\n\n`)}\n`;
}

function taskText(task) {
  const fields = [
    ['State', task.state + (task.holder ? `, held by ${task.holder}` : '')],
    ['Priority', task.priority],
    ['For', task.assignee || (task.role && `role ${task.role}`)],
    ['After', task.dependsOn.join(', ')],
    ['Part of', task.parent],
    ['Labels', task.labels.join(', ')],
    ['Files', task.paths.join(', ')],
    ['Made', [task.createdBy, task.createdAt].filter(Boolean).join(', ')],
    ['Changed', task.updatedAt],
    ['Reason', task.reason],
    ['Result', task.result],
  ];
  const table = fields.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const notes = Array.isArray(task.notes) ? task.notes : [];
  return [
    `${task.id}  ${line(task.title, 200)}`,
    '',
    ...table.map(([name, value]) => `${name.padEnd(9)} ${line(value, 500)}`),
    ...(task.description ? ['', RULE, '', lines(task.description)] : []),
    ...(notes.length
      ? ['', RULE, '', ...notes.map((note) => `• ${line(note.text || note, 2000)}${note.from ? `  (${line(note.from)})` : ''}`)]
      : []),
    '',
  ].join('\n');
}

class Documents {
  #session;
  #changed = new vscode.EventEmitter();
  #registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  onDidChange = this.#changed.event;

  constructor(session) {
    this.#session = session;
    session.on('inbox', () => this.#refresh('/thread/'));
    session.on('tasks', () => this.#refresh('/task/'));
  }

  #refresh(prefix) {
    for (const { uri } of vscode.workspace.textDocuments)
      if (uri.scheme === SCHEME && uri.path.startsWith(prefix)) this.#changed.fire(uri);
  }

  async provideTextDocumentContent(uri) {
    const [, kind] = uri.path.split('/');
    const society = await this.#session.open();
    const { inbox } = this.#session;
    if (kind === 'task') return taskText(await society.tasks.get(uri.query));
    const messages = await society.inbox({ thread: uri.query });
    return threadText(messages.length ? messages : inbox.all.filter((message) => threadOf(message) === uri.query));
  }

  async #show(kind, key, title) {
    const name =
      line(title, 40)
        .replace(/[/\\?#%]/g, ' ')
        .trim() || key;
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${kind}/${name}`, query: key });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  showThread(message) {
    return this.#show('thread', threadOf(message), about(message, 40));
  }

  showTask(id) {
    return this.#show('task', id, id);
  }

  dispose() {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

module.exports = { Documents, threadText, taskText };
