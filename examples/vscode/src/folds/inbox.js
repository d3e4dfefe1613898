// SPDX-License-Identifier: MIT
//
// The agent's messages, folded from what the library gave at the start, from messages as they come and from receipts.

'use strict';

const text = (value) => typeof value === 'string' && value !== '';
// What tells a message from all others: an id is any text, or nothing that is one.
const keyOf = ({ id, position }) => (text(id) ? `id ${id}` : `at ${position}`);

// The id of the first message of the thread that a message stands in; of one that has none the position.
const threadOf = ({ thread, id, position }) => (text(thread) ? thread : text(id) ? id : String(position));

class Inbox {
  #agent;
  #messages = new Map(); // key -> message, in the order of the log

  constructor(agent, messages = []) {
    this.#agent = agent;
    for (const message of messages) this.#messages.set(keyOf(message), message);
  }

  // Takes a message in that has come: true, or false if it was known.
  add(message) {
    const key = keyOf(message);
    if (this.#messages.has(key)) return false;
    this.#messages.set(key, { unread: true, deliveredAt: null, acknowledgedAt: null, ...message });
    return true;
  }

  // Takes a record of deliveries.jsonl in: true if it changes something.
  receipt({ messageId, deliveredTo, deliveredAt, acknowledgedAt }) {
    const message = this.#messages.get(`id ${messageId}`);
    if (!message || deliveredTo !== this.#agent) return false;
    message.unread = false;
    message.deliveredAt = message.deliveredAt || deliveredAt || null;
    message.acknowledgedAt = message.acknowledgedAt || acknowledgedAt || null;
    return true;
  }

  // The person has seen them: gives those that were unread. One without an id can have no receipt, and is seen for this window
  // only.
  seen(messages) {
    const known = messages.map((message) => this.#messages.get(keyOf(message))).filter((message) => message && message.unread);
    for (const message of known) message.unread = false;
    return known;
  }

  get(id) {
    return this.#messages.get(`id ${id}`);
  }

  get all() {
    return [...this.#messages.values()];
  }

  get unread() {
    return this.all.filter((message) => message.unread);
  }

  // What is asked to be acknowledged and was not yet.
  get owed() {
    return this.all.filter((message) => message.ackRequired && !message.acknowledgedAt);
  }

  // {key, messages, unread, last}, that with the newest message first.
  threads() {
    const threads = new Map();
    for (const message of this.#messages.values()) {
      const key = threadOf(message);
      const thread = threads.get(key) || { key, messages: [], unread: 0, last: null };
      thread.messages.push(message);
      thread.unread += message.unread ? 1 : 0;
      thread.last = message;
      threads.delete(key);
      threads.set(key, thread);
    }
    return [...threads.values()].reverse();
  }
}

module.exports = { Inbox, keyOf, threadOf };
