// SPDX-License-Identifier: MIT
//
// The window's membership in a society: opened, registered, joined, followed. It knows nothing of the editor. What it holds is
// always what the library said last: when a log grows, the lists that depend on it are asked for again, once for any number
// of records that came meanwhile. Nothing runs while nothing happens.
//
// States: off; connecting; ready; elsewhere (another process is this agent: one looks on, and joins when that one ends); and, with
// `error`, library, society, agent or error: what is missing, or what went wrong.

'use strict';

const { EventEmitter } = require('node:events');
const path = require('node:path');
const { discover } = require('./discover.js');
const { Inbox } = require('./folds/inbox.js');

const STATE_OF = { LIBRARY: 'library', NO_SOCIETY: 'society', GONE: 'society', NO_AGENT: 'agent' };
// What is asked for again when a log has grown.
const DEPENDENT = {
  tasks: ['tasks', 'agents', 'files'],
  ownership: ['files', 'agents'],
  registry: ['agents', 'tasks'],
  presence: ['agents', 'files'],
};
const EMPTY = { agents: [], files: [], tasks: { all: [], ready: [], mine: [] } };

class Session extends EventEmitter {
  state = 'off';
  error = null;
  society = null;
  inbox = new Inbox(null);
  agents = EMPTY.agents;
  files = EMPTY.files;
  tasks = EMPTY.tasks;
  #attempt = 0;
  #held = new Map(); // task -> the token of the claim
  #stop = new AbortController();
  #asked = new Map(); // list -> {again}, while it is asked for
  #settled = Promise.resolve();
  #commit = null; // moves the cursor over all that has come

  constructor({ log = () => {} } = {}) {
    super();
    this.log = log;
  }

  get agent() {
    return this.society ? this.society.agent : null;
  }

  // The directory that paths are relative to.
  get root() {
    return this.society ? path.dirname(this.society.dir) : null;
  }

  // The society, once the attempt under way has ended; an error if there is none.
  async open() {
    await this.#settled;
    if (this.society) return this.society;
    throw this.error || new Error('this window is not in a society');
  }

  #set(state, error = null) {
    this.state = state;
    this.error = error;
    this.emit('state', state);
  }

  // ---- Coming and going

  connect(options) {
    const before = this.#settled;
    this.#settled = before.then(() => this.#connect(options));
    return this.#settled;
  }

  disconnect() {
    this.#settled = this.#settled.then(() => this.#leave('off'));
    return this.#settled;
  }

  async #connect({ folder, settings, registration = {} }) {
    await this.#leave('connecting');
    try {
      const found = await discover(folder, settings);
      if (found.error) throw Object.assign(new Error(found.error.message), { code: found.error.code });
      if (!found.agent) throw Object.assign(new Error('nobody has said which agent this window is'), { code: 'NO_AGENT' });
      await this.#enter(found, settings, { workspace: folder, ...registration });
    } catch (error) {
      await this.#leave(STATE_OF[error.code] || 'error', error);
    }
  }

  async #enter({ dir, agent }, { role, capabilities }, registration) {
    const { Society } = require('libsociety');
    const society = await Society.open({ dir, agent });
    this.society = society;
    const joined = await this.#join();
    if (joined)
      await society.register({ ...registration, pid: process.pid, ...(role && { role }), ...(capabilities && { capabilities }) });
    this.#follow();
    this.inbox = new Inbox(agent, await society.inbox());
    await Promise.all(['agents', 'tasks', 'files'].map((list) => this.#ask(list)));
    if (joined) await this.#resume();
    this.#set(joined ? 'ready' : 'elsewhere');
    this.emit('inbox');
    if (joined) this.emit('missed', this.inbox.unread);
  }

  async #join() {
    try {
      await this.society.join();
      return true;
    } catch (error) {
      if (error.code !== 'HELD') throw error;
      this.log(error.message);
      return false;
    }
  }

  // What the agent held when its last window ended is taken up again.
  async #resume() {
    for (const { id } of this.tasks.mine.filter(({ state, holder }) => state === 'claimed' && holder === this.agent))
      await this.#claim(this.society, id, { resume: true }).catch((error) =>
        this.log(`${id} is not taken up again: ${error.message}`),
      );
    if (this.files.some(({ holder, waiting, task }) => holder === this.agent && !waiting && !task))
      await this.society.ownership.renew().catch((error) => this.log(`reservations are not renewed: ${error.message}`));
  }

  async #leave(state, error) {
    this.#attempt++;
    this.#stop.abort();
    this.#stop = new AbortController();
    const { society } = this;
    this.society = null;
    this.#held.clear();
    this.#commit = null;
    Object.assign(this, EMPTY, { inbox: new Inbox(null) });
    this.#set(state, error);
    for (const name of ['inbox', 'agents', 'tasks', 'files']) this.emit(name);
    if (society) await society.close().catch((failure) => this.log(failure.message));
  }

  // ---- Following

  // The streams begin before the lists are asked for, so that nothing falls between.
  #follow() {
    const { society } = this;
    const { signal } = this.#stop;
    for (const log of Object.keys(DEPENDENT))
      this.#read(log, society.follow(log, { signal }), (record) => this.#changed(log, record));
    this.#read('deliveries', society.follow('deliveries', { signal }), (record) => {
      if (this.inbox.receipt(record)) this.emit('inbox');
    });
    const messages = society.messages({ signal, commit: false });
    this.#read('messages', messages, (message) => this.#received(message, messages));
  }

  async #read(log, stream, take) {
    const attempt = this.#attempt;
    try {
      for await (const record of stream) {
        if (attempt !== this.#attempt) return;
        if (stream.incident) this.log(`${log}: ${stream.incident}`);
        await take(record);
      }
    } catch (error) {
      if (attempt !== this.#attempt) return;
      this.log(`${log}: ${error.message}`);
      this.#settled = this.#settled.then(() => attempt === this.#attempt && this.#leave(STATE_OF[error.code] || 'error', error));
    }
  }

  #changed(log, record) {
    for (const list of DEPENDENT[log]) this.#ask(list).catch((error) => this.log(`${list}: ${error.message}`));
    if (log === 'presence' && this.state === 'elsewhere' && record.agentId === this.agent && !record.online) this.emit('free');
    this.emit('record', log, record);
  }

  // The cursor is moved over what was read by the person, all of it, and no further: until then the next window is to find it.
  async #received(message, stream) {
    if (this.inbox.add(message)) {
      this.emit('inbox');
      if (this.state === 'ready') this.emit('message', message);
    }
    this.#commit = () => stream.commit();
    await this.#commitRead();
  }

  async #commitRead() {
    if (this.#commit && this.state === 'ready' && this.inbox.unread.length === 0) await this.#commit();
  }

  // Asks for a list again, once for all who want that while it is under way.
  async #ask(list) {
    const asked = this.#asked.get(list);
    if (asked) {
      asked.again = true;
      return asked.done;
    }
    const entry = { again: false };
    this.#asked.set(list, entry);
    entry.done = (async () => {
      try {
        do {
          entry.again = false;
          const { society } = this;
          const value = society && (await this.#load(society, list));
          if (society && society === this.society) this[list] = value;
        } while (entry.again);
      } finally {
        this.#asked.delete(list);
      }
      this.emit(list);
    })();
    return entry.done;
  }

  async #load(society, list) {
    if (list === 'agents') return society.agents();
    if (list === 'files') return society.ownership.list();
    const [all, ready, mine] = await Promise.all([society.tasks.list(), society.tasks.ready(), society.tasks.mine()]);
    this.#notice(all);
    return { all, ready, mine };
  }

  // ---- Messages

  // The person has seen these messages.
  async read(messages) {
    const society = await this.open();
    const unread = this.inbox.seen(messages);
    if (unread.length === 0) return;
    this.emit('inbox');
    for (const { id } of unread) if (typeof id === 'string') await society.markDelivered(id);
    await this.#commitRead();
  }

  // ---- Tasks

  // Claims a task. Neither it nor a reservation needs renewing: they last as long as the agent's presence, which is the window.
  async claim(id, options = {}) {
    return this.#claim(await this.open(), id, options);
  }

  async #claim({ tasks }, id, options) {
    const claim = await tasks.claim(id, { ...options, renew: false });
    this.#held.set(claim.id, claim.token);
    return claim;
  }

  // Tells of tasks that were the agent's and are another's now.
  #notice(tasks) {
    for (const { id, token, holder } of tasks) {
      if (!this.#held.has(id) || this.#held.get(id) === token) continue;
      this.#held.delete(id);
      if (holder && holder !== this.agent) this.emit('lost', id, holder);
    }
  }

  // ---- Files

  // A change of one of the agent's reservations, or of its place in the queue.
  async changeFiles(token, change, fields = null) {
    const { ownership } = await this.open();
    await ownership.change(token, change, fields);
  }

  // The reservation that keeps the agent from writing a file; null: none, or the file is outside the project.
  async owner(file) {
    if (!this.society || this.files.length === 0) return null;
    try {
      const [found] = await this.society.ownership.check([file]);
      return found ? found.owner : null;
    } catch (error) {
      if (error.code !== 'INVALID') this.log(error.message);
      return null;
    }
  }

  online() {
    return new Set(this.agents.filter(({ online }) => online).map(({ agentId }) => agentId));
  }
}

module.exports = { Session };
