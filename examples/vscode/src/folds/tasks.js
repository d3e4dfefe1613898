// SPDX-License-Identifier: MIT
//
// Tasks as the view groups them, and what can be done with one.

'use strict';

const OVER = ['done', 'failed', 'cancelled'];
const ORDER = ['claimed', 'blocked', 'review', 'open', 'failed', 'done', 'cancelled'];

const byUrgency = (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.priority - b.priority;

// [{key, label, tasks}], from the lists that the library gives.
function groups({ all, ready, mine }) {
  const live = mine.filter((task) => !OVER.includes(task.state));
  return [
    { key: 'mine', label: 'Mine', tasks: [...live].sort(byUrgency) },
    { key: 'ready', label: 'Ready', tasks: ready },
    { key: 'all', label: 'All', tasks: [...all].sort(byUrgency) },
  ];
}

// The changes that make sense for the agent, of a task as it stands.
function changes(task, agent, ready) {
  if (task.state === 'claimed') return task.holder === agent ? ['complete', 'fail', 'block', 'release', 'note'] : ['note'];
  if (task.state === 'open') return [...(ready.some(({ id }) => id === task.id) ? ['claim'] : []), 'assign', 'cancel', 'note'];
  if (task.state === 'blocked') return ['unblock', 'cancel', 'note'];
  if (task.state === 'review') return ['complete', 'reopen', 'note'];
  return ['reopen'];
}

// The words behind a task's title. That it is open, claimed or done its icon says.
function detail({ id, state, holder, assignee, role, dependsOn }) {
  const open = state === 'open' && dependsOn.length > 0 && `after ${dependsOn.join(', ')}`;
  const who = holder || (assignee && `for ${assignee}`) || (role && `for ${role}`);
  return [id, open || (!['open', 'claimed', 'done'].includes(state) && state), who].filter(Boolean).join(' · ');
}

module.exports = { groups, changes, detail };
