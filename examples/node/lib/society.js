// SPDX-License-Identifier: MIT
//
// A society, as one agent sees it.

'use strict';

const fs = require('node:fs');
const { Remote } = require('./engine.js');
const { invalid } = require('./errors.js');
const { parse, stringify, withBigInts } = require('./json.js');
const { Ownership, Mutex } = require('./ownership.js');
const { Stream } = require('./stream.js');
const { Tasks } = require('./tasks.js');

const INIT_SHARED = 1;
const INBOX_UNREAD = 1;
const CHECK_REPAIR = 1;
const COMPACT_FORCE = 1;
const COMPACT_RETAIN = 2;
const LONGEST_WAIT_MS = 2 ** 31 - 1;

// A string that C can hold, or null.
function checkArgument(value) {
  if (value === null || typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value !== 'string') throw invalid(`a string is wanted, not ${typeof value}`);
  if (value.includes('\0')) throw invalid('a string must not contain NUL');
  return value;
}

// `wait`: false, true (for ever) or milliseconds.
function toTimeout(wait) {
  if (wait === false || wait === undefined) return 0;
  if (wait === true || wait === Infinity) return -1;
  if (typeof wait !== 'number' || !(wait >= 0)) throw invalid('wait must be true, false or a number of milliseconds');
  return Math.min(LONGEST_WAIT_MS, Math.ceil(wait));
}

// A stream of a file that is forgotten before its end has not closed its descriptor.
const unread = new FinalizationRegistry((fd) => fs.closeSync(fd));

const toMessage = (text) => withBigInts(parse(text), 'position');
const idOf = (message) => (typeof message === 'object' && message !== null ? message.id : message);

class Society extends Remote {
  #tasks = new Tasks(this);
  #ownership = new Ownership(this);

  // Opens the society of `dir`, or the one that the working directory belongs to, and speaks as `agent`, or as whom the
  // environment names; without an agent (null) only as one who looks.
  static async open({ dir = null, agent, signal } = {}) {
    return new Society()._open([['society_open', checkArgument(dir)]], agent, signal);
  }

  // Makes a society in the project's directory `path`, if there is none, and opens it.
  static async init({ path = null, projectId = null, shared = false, agent, signal } = {}) {
    const call = ['society_init', checkArgument(path), checkArgument(projectId), shared ? INIT_SHARED : 0];
    return new Society()._open([call], agent, signal);
  }

  async _open(calls, agent, signal) {
    if (agent !== null) calls.push(['society_identify', agent === undefined ? null : checkArgument(agent)]);
    try {
      [this.dir, this.agent] = await this.engine.request('open', [this.number, calls], signal);
    } catch (error) {
      this.end();
      throw error;
    }
    return this;
  }

  // A call of the library's function with this name, whose first argument is the society.
  async call(name, args = [], options) {
    const { signal } = options || {};
    return this.engine.request('call', [this.number, name, args.map(checkArgument)], signal);
  }

  async wait(kind, args, wait, signal, number = 0) {
    const request = [number, this.number, kind, args.map(checkArgument), toTimeout(wait)];
    return this.engine.request('wait', request, signal);
  }

  get tasks() {
    return this.#tasks;
  }

  get ownership() {
    return this.#ownership;
  }

  // ---- Agents

  async register(fields = {}, options) {
    await this.call('society_register', [stringify(fields)], options);
  }

  async setStatus(status, note = null, options) {
    await this.call('society_set_status', [status, note], options);
  }

  async join(options) {
    await this.call('society_join', [], options);
  }

  async part(options) {
    await this.call('society_part', [], options);
  }

  async leave(options) {
    await this.call('society_leave', [], options);
  }

  // Joins for as long as `work` runs.
  async hold(work, options) {
    await this.join(options);
    try {
      return await work(this);
    } finally {
      await this.part();
    }
  }

  async online(agent, options) {
    return (await this.call('society_online', [agent], options)) === 1;
  }

  async agents(options) {
    return (await this.call('society_agents', [], options)).map(parse);
  }

  async agentInfo(agent, options) {
    return parse(await this.call('society_agent_get', [agent], options));
  }

  // ---- Messages

  async send(message, options) {
    return this.call('society_send', [stringify(message)], options);
  }

  async sendAll(messages, options) {
    const lines = Array.from(messages, stringify).join('\n');
    return (await this.call('society_send_lines', [lines], options)).map(JSON.parse);
  }

  // Answers a message: to its sender, in its thread.
  async reply(message, answer, options) {
    const fields = typeof answer === 'object' && answer !== null ? answer : { content: answer };
    if (!message || typeof message.from !== 'string') throw invalid('the message that is answered has no sender');
    const { id, from, type } = message;
    const own = { to: from, ...(type === 'question' ? { type: 'answer' } : {}), ...(id ? { replyTo: id } : {}) };
    return this.send({ ...own, ...fields }, options);
  }

  async inbox({ unread = false, thread = null, signal } = {}) {
    return (await this.call('society_inbox', [unread ? INBOX_UNREAD : 0, thread], { signal })).map(toMessage);
  }

  async message(id, options) {
    return toMessage(await this.call('society_message_get', [id], options));
  }

  async markDelivered(message, options) {
    return (await this.call('society_mark_delivered', [idOf(message)], options)) === 1;
  }

  async acknowledge(message, options) {
    return (await this.call('society_acknowledge', [idOf(message)], options)) === 1;
  }

  async attach(path, options) {
    return parse(await this.call('society_attach', [path], options));
  }

  // The attachment's content as a stream of bytes, verified before the first of them.
  async attachment(attachment, { signal } = {}) {
    const hash = typeof attachment === 'string' ? attachment : attachment.hash;
    const fd = await this.call('society_attachment_open', [hash], { signal });
    const stream = fs.createReadStream('', { fd, signal: signal || undefined });
    unread.register(stream, fd, stream);
    stream.once('close', () => unread.unregister(stream));
    return stream;
  }

  // The agent's messages as they come, from its cursor on.
  messages({ from = 'cursor', signal, receipts = false, commit = true } = {}) {
    return new Stream(this, 'messages', { from, signal, receipts, commit });
  }

  // The records of a log as they come: messages (of everyone), deliveries, registry, tasks, ownership; or presence.
  follow(log, { from = 'end', signal } = {}) {
    return new Stream(this, checkArgument(log), { from, signal, everyone: log === 'messages', commit: false });
  }

  // ---- The whole

  async mutex(name, { wait = false, signal } = {}) {
    const mutex = new Mutex(this, checkArgument(name));
    try {
      await this.wait('mutex', [name], wait, signal, mutex.number);
    } catch (error) {
      mutex.end();
      throw error;
    }
    return mutex;
  }

  async status(options) {
    const status = parse(await this.call('society_status', [], options));
    for (const log of status.logs) withBigInts(log, 'end');
    return status;
  }

  async doctor({ repair = false, signal } = {}) {
    const logs = (await this.call('society_check', [repair ? CHECK_REPAIR : 0], { signal })).map(parse);
    for (const { problems } of logs) for (const problem of problems) withBigInts(problem, 'position');
    return logs;
  }

  async compact({ log = null, force = false, retain = false, signal } = {}) {
    const flags = (force ? COMPACT_FORCE : 0) | (retain ? COMPACT_RETAIN : 0);
    return (await this.call('society_compact', [log, flags], { signal })).map((text) => withBigInts(parse(text), 'base'));
  }
}

module.exports = { Society };
