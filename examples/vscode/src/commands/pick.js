// SPDX-License-Identifier: MIT
//
// What a command is about: the node of a view that it was called on, what a program gave, or else what the person picks. Whoever
// gives up picking ends the command without a word.

'use strict';

const vscode = require('vscode');
const { line, about, ago } = require('../folds/words.js');

class GivenUp extends Error {}

function wanted(value) {
  if (value === undefined) throw new GivenUp();
  return value;
}

// `items`: {label, description, detail, value}. An empty list is told as `none`.
async function pick(items, placeHolder, none) {
  if (items.length === 0) throw new Error(none);
  return wanted(await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true })).value;
}

const ask = async (prompt, options = {}) =>
  wanted(await vscode.window.showInputBox({ prompt, ignoreFocusOut: true, ...options }));

const notEmpty = (what) => (value) => (value.trim() ? undefined : `${what} is needed.`);

// A string, or the field of a node's data.
const given = (argument, field) => (typeof argument === 'string' ? argument : argument && argument.data && argument.data[field]);

async function pickAgent(session, placeHolder, { everyone = false } = {}) {
  const items = session.agents
    .filter(({ agentId }) => agentId !== session.agent)
    .map(({ agentId, role, online }) => ({
      label: `$(${online ? 'circle-filled' : 'circle-outline'}) ${agentId}`,
      description: [role && line(role), online ? 'online' : 'offline'].filter(Boolean).join(' · '),
      value: agentId,
    }));
  if (everyone) items.push({ label: '$(megaphone) all', description: 'every agent', value: 'all' });
  items.push({ label: '$(edit) Another…', description: 'an agent who is not here yet, or role:NAME', value: null });
  const chosen = await pick(items, placeHolder, '');
  return chosen || ask('To whom?', { placeHolder: 'backend-001, role:tester, supervisor', validateInput: notEmpty('A name') });
}

async function pickTask(session, argument, tasks, placeHolder) {
  const id = given(argument, 'task');
  if (id) return id;
  const items = tasks.map((task) => ({
    label: line(task.title, 80),
    description: `${task.id} · ${task.state}`,
    value: task.id,
  }));
  return pick(items, placeHolder, 'There is no such task now.');
}

// A message, from a node, from itself, or from its id.
async function pickMessage(session, argument, messages, placeHolder) {
  if (argument && argument.data && argument.data.message) return argument.data.message;
  if (argument && typeof argument === 'object') return argument;
  if (typeof argument === 'string') return session.inbox.get(argument) || (await session.open()).message(argument);
  const items = [...messages].reverse().map((message) => ({
    label: about(message),
    description: [line(message.from || 'somebody', 64), ago(message.timestamp)].filter(Boolean).join(' · '),
    value: message,
  }));
  return pick(items, placeHolder, 'There is no such message.');
}

// A reservation, from a node, from a warning, or from the list.
async function pickReservation(argument, reservations, placeHolder) {
  const found = argument && ((argument.data && argument.data.reservation) || argument.reservation);
  if (found) return found;
  const items = reservations.map((reservation) => ({
    label: line(reservation.paths.join(', '), 80),
    description: line(reservation.holder, 64),
    value: reservation,
  }));
  return pick(items, placeHolder, 'There is no such reservation now.');
}

module.exports = { GivenUp, given, notEmpty, pick, ask, pickAgent, pickTask, pickMessage, pickReservation };
