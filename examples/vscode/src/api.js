// SPDX-License-Identifier: MIT
//
// What other extensions get:
//
//     const society = await vscode.extensions.getExtension('libsociety.society').activate();
//     await society.sendMessage('backend-001', 'Auth API ready');
//     society.onMessage((message) => …);
//
// The types are in api.d.ts.

'use strict';

const asFields = (message) => (typeof message === 'object' && message !== null ? message : { content: message });

function makeApi(vscode, session) {
  const emitters = [];
  const event = (name, pick = () => undefined) => {
    const emitter = new vscode.EventEmitter();
    session.on(name, (...args) => emitter.fire(pick(...args)));
    emitters.push(emitter);
    return emitter.event;
  };

  return {
    dispose: () => emitters.forEach((emitter) => emitter.dispose()),
    api: Object.freeze({
      version: 1,
      get state() {
        return session.state;
      },
      get agent() {
        return session.agent;
      },
      get dir() {
        return session.society ? session.society.dir : null;
      },
      get agents() {
        return session.agents;
      },
      get tasks() {
        return session.tasks.all;
      },
      get files() {
        return session.files;
      },
      async sendMessage(to, message) {
        return (await session.open()).send({ ...asFields(message), to });
      },
      // A task that there is already is assigned; else it is made, and then assigned.
      async assignTask(task) {
        const { tasks } = await session.open();
        const { to, ...fields } = task;
        if (fields.id && Object.keys(fields).length === 1) {
          await tasks.assign(fields.id, to);
          return fields.id;
        }
        return tasks.create({ ...fields, ...(to ? { assignee: to } : {}) });
      },
      onMessage: event('message', (message) => message),
      onTasks: event('tasks', () => session.tasks.all),
      onAgents: event('agents', () => session.agents),
      onFiles: event('files', () => session.files),
      onState: event('state', (state) => state),
    }),
  };
}

module.exports = { makeApi };
