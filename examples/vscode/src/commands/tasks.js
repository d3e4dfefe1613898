// SPDX-License-Identifier: MIT
//
// Commands about tasks. Each takes the task's id, or its node in a view, or asks.

'use strict';

const { changes } = require('../folds/tasks.js');
const { inert } = require('../folds/words.js');
const { ask, given, notEmpty, pickAgent, pickTask } = require('./pick.js');

const PRIORITIES = ['first', 'high', 'normal', 'low', 'last'];

module.exports = ({ vscode, session, documents, status }) => {
  const able = (change) => session.tasks.all.filter((task) => changes(task, session.agent, session.tasks.ready).includes(change));
  const titleOf = (id) => (session.tasks.all.find((task) => task.id === id) || { title: id }).title;

  // A command that makes one change; `fields` asks for what belongs to it.
  const changing =
    (change, placeHolder, done, fields = () => undefined) =>
    async (argument, value) => {
      const { tasks } = await session.open();
      const id = await pickTask(session, argument, able(change), placeHolder);
      await tasks.change(id, change, await fields(id, value));
      status.done(`${done}: ${inert(titleOf(id))}`);
    };
  const reason = (prompt) => async (id, value) => ({
    reason: value || (await ask(`${prompt} ${id}`, { validateInput: notEmpty('A reason') })),
  });

  const claimed = async (claim) => {
    const { title, paths } = await claim.task();
    status.done(`claimed: ${inert(title)}`);
    if (paths.length) await vscode.commands.executeCommand('society.files.focus', { preserveFocus: true });
    return claim.id;
  };
  // With its files, where it names some.
  const claim = async (id) => {
    const { paths } = await (await session.open()).tasks.get(id);
    return claimed(await session.claim(id, { own: paths.length > 0 }));
  };

  return {
    async newTask(argument, options = {}) {
      const { tasks } = await session.open();
      const title =
        typeof argument === 'string' ? argument : await ask('What is to be done?', { validateInput: notEmpty('A title') });
      const assignee = given(argument, 'agentId') && typeof argument !== 'string' ? given(argument, 'agentId') : options.assignee;
      if (typeof argument === 'string') return tasks.create({ title, ...options });
      const priority = await vscode.window.showQuickPick(
        PRIORITIES.map((label, value) => ({ label, description: String(value), value })).sort(
          (a, b) => Math.abs(a.value - 2) - Math.abs(b.value - 2),
        ),
        { placeHolder: 'How urgent is it?' },
      );
      if (!priority) return undefined;
      const paths = await ask('Which files will it touch? Patterns, with spaces between; empty: not known', {
        placeHolder: 'src/auth/** doc/auth.md',
      });
      const id = await tasks.create({
        title,
        priority: priority.value,
        ...(paths.trim() ? { paths: paths.trim().split(/\s+/) } : {}),
        ...(assignee ? { assignee } : {}),
      });
      status.done(`made: ${id}`);
      return id;
    },

    async showTask(argument) {
      await session.open();
      await documents.showTask(await pickTask(session, argument, session.tasks.all, 'Show…'));
    },

    async claimTask(argument) {
      await session.open();
      return claim(await pickTask(session, argument, session.tasks.ready, 'Claim…'));
    },

    async claimBest() {
      await session.open();
      const [best] = session.tasks.ready;
      if (!best) throw new Error('No task is ready.');
      return claim(best.id);
    },

    completeTask: changing('complete', 'Complete…', 'completed', async (id, value) => {
      const result = value === undefined ? await ask(`What came of ${id}? (may be empty)`) : value;
      return result === '' ? null : { result };
    }),
    failTask: changing('fail', 'Give up…', 'failed', reason('Why did it fail?')),
    blockTask: changing('block', 'Block…', 'blocked', reason('What blocks it?')),
    unblockTask: changing('unblock', 'Unblock…', 'unblocked'),
    releaseTask: changing('release', 'Release…', 'released'),
    cancelTask: changing('cancel', 'Cancel…', 'cancelled'),
    reopenTask: changing('reopen', 'Reopen…', 'reopened'),
    noteTask: changing('note', 'Add a note to…', 'noted', async (id, value) => ({
      text: value || (await ask(`Note on ${id}`, { validateInput: notEmpty('A text') })),
    })),
    assignTask: changing('assign', 'Assign…', 'assigned', async (id, value) => ({
      to: value || (await pickAgent(session, `Give ${id} to…`)),
    })),
  };
};
