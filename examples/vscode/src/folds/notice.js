// SPDX-License-Identifier: MIT
//
// How much a message may disturb: by its priority, which follows its type if it has none.

'use strict';

const { about, count, inert } = require('./words.js');

const PRIORITIES = ['interrupt', 'queue', 'log'];
const BY_TYPE = {
  __proto__: null, // types are anybody's words
  question: 'interrupt',
  message: 'interrupt',
  shutdown: 'interrupt',
  task_assign: 'queue',
  review_request: 'queue',
  task_complete: 'log',
  status_update: 'log',
};

const priorityOf = ({ priority, type }) => (PRIORITIES.includes(priority) ? priority : BY_TYPE[type] || 'queue');

// What to show: {level: 'toast' | 'quiet', text}, or null.
function noticeOf(message) {
  const priority = priorityOf(message);
  if (priority === 'log') return null;
  const text = `${inert(message.from || 'somebody', 64)}: ${inert(about(message, 200), 200)}`;
  return { level: priority === 'interrupt' ? 'toast' : 'quiet', text };
}

// Several messages are one notice: {level, text, messages}, or null. `when` follows their number.
function noticeOfMany(messages, when = '') {
  const told = messages.filter((message) => priorityOf(message) !== 'log');
  if (told.length === 0) return null;
  if (told.length === 1) return { ...noticeOf(told[0]), messages: told };
  const level = told.some((message) => priorityOf(message) === 'interrupt') ? 'toast' : 'quiet';
  const senders = [...new Set(told.map((message) => inert(message.from || 'somebody', 64)))];
  const from = senders.length > 3 ? `${senders.slice(0, 3).join(', ')} and others` : senders.join(', ');
  return { level, text: `${count(told.length, 'message')}${when}, from ${from}`, messages: told };
}

// What came while the window was closed.
const noticeOfMissed = (messages) => noticeOfMany(messages, ' while you were away');

module.exports = { priorityOf, noticeOf, noticeOfMany, noticeOfMissed };
