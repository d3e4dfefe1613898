// SPDX-License-Identifier: MIT
//
// Words for people. What stands in a record was written by anybody: it goes to the screen as plain text only, without control
// characters, and without what the editor would take for a link (notifications) or an icon (the status bar).

'use strict';

// Control characters, those that turn the direction of writing, and those of no width.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text);

// JSON of whatever stands in a record: integers beyond 2^53 are BigInts, which JSON.stringify() throws on.
const json = (value, indent) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part), indent);

// One line of text.
function line(value, most = 120) {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : json(value);
  return cut(text.replace(UNSEEN, ' ').trim(), most);
}

// Lines of text, for a document.
const lines = (value) =>
  String(typeof value === 'string' ? value : line(value, Infinity))
    .split(/\r?\n/)
    .map((part) => part.replace(/\t/g, '    ').replace(UNSEEN, ' '))
    .join('\n');

// For a notification, which would make links of `[text](command:…)`, and for the status bar, which would make icons of
// `$(name)`.
const inert = (value, most) => line(value, most).replace(/\]\(/g, '] (').replace(/\$\(/g, '$ (');

// How long ago: "now", "5 min", "3 h", "2 d".
function ago(timestamp, now = Date.now()) {
  const minutes = Math.floor((now - Date.parse(timestamp)) / 60000);
  if (Number.isNaN(minutes)) return '';
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} d`;
}

const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

// What a message is about: its subject, else the beginning of its content.
function about(message, most = 80) {
  const { subject, content } = message;
  if (subject) return line(subject, most);
  if (typeof content === 'string' && content.trim()) return line(content.trim().split('\n', 1)[0], most);
  if (content && typeof content === 'object') return line(content.title || content.text || content, most);
  const { task } = message;
  if (task && typeof task === 'object') return line(task.title || task.desc || task.id, most);
  return line(task || message.type, most);
}

module.exports = { json, line, lines, inert, ago, count, about };
