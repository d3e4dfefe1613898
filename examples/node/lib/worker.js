// SPDX-License-Identifier: MIT
//
// The worker: one thread for all societies of a process. A handle is used by one thread at a time, so every call is made here, and
// the program's event loop and its thread pool have no part in it. It never returns to an event loop of its own:
//
//     for ever: take the requests that have come; poll() the eventfd that announces requests and the descriptors of all tails and
//     waits that somebody waits for; serve those that are readable.
//
// So any number of tails and waits sleep in one poll(), and nothing runs while nothing happens. A request is an array
// `[number, operation, …arguments]`; the answer `[number, error, value]`. Objects (societies, tails, waits, mutexes) have numbers
// that the other side gives them.

'use strict';

const fs = require('node:fs');
const { workerData, receiveMessageOnPort, isMainThread } = require('node:worker_threads');
const { load, loadSystem } = require('./library.js');

const { port, stopping, owner } = workerData;
const WITHDRAWABLE = ['open', 'call', 'wait'];
const ABORTED = { code: 'ABORTED', result: 0, message: 'it was given up' };
const POLLIN = 1;
const EFD_CLOEXEC_NONBLOCK = 0o2004000;
// Where a thread may be ended from outside, which no handler sees, the worker must come back to JavaScript to be ended with it.
const LONGEST_SLEEP_MS = owner === 'main' ? -1 : 500;

let lib;
const queue = new Map(); // number of a request -> it, until it is begun
const objects = new Map(); // number -> {kind, pointer, society, …}
const waiting = new Map(); // number of a request -> {fd, attempt, giveUp, deadline, late}

// ---- Errors

class Failure {
  constructor(result, message) {
    this.result = result;
    this.code = lib.society_error_name(result);
    this.message = message || lib.society_strerror(result);
  }
}

function fail(code, message) {
  throw { code, result: 0, message };
}

function check(society, result) {
  if (result < 0) throw new Failure(result, lib.society_last_message(society.pointer));
  return result;
}

function get(number, kind) {
  const object = objects.get(number);
  if (!object || object.kind !== kind) fail('CLOSED', `this ${kind} is closed`);
  return object;
}

// ---- Calls

function textsOf(list) {
  const texts = [];
  const count = lib.society_list_count(list);
  for (let i = 0; i < count; i++) texts.push(lib.society_list_item(list, i));
  lib.society_list_free(list);
  return texts;
}

const isInteger = (value) => typeof value === 'bigint' || Number.isSafeInteger(value);
const INTEGERS = {
  int32_t: { name: 'an integer of 32 bits', fits: (value) => BigInt.asIntN(32, value) === value },
  int64_t: { name: 'an integer of 64 bits', fits: (value) => BigInt.asIntN(64, value) === value },
  uint32_t: { name: 'an integer of 32 bits', fits: (value) => BigInt.asUintN(32, value) === value },
};

// koffi takes a number for a pointer, and cuts integers to what fits, so the arguments are looked at here. NULL is C's business.
function checkArguments(types, args) {
  types.forEach((type, i) => {
    const value = args[i];
    const integer = INTEGERS[type.split(' ')[0]];
    const fits = integer ? isInteger(value) && integer.fits(BigInt(value)) : value === null || typeof value === 'string';
    if (!fits) fail('INVALID', `${/\w+$/.exec(type)[0]} must be ${integer ? integer.name : 'a string'}`);
  });
}

function call(society, name, args) {
  const { gives, takes } = lib[name];
  checkArguments(takes, args);
  const out = [null];
  const result = check(society, lib[name](society.pointer, ...args, ...(gives ? [out] : [])));
  if (gives === 'list') return textsOf(out[0]);
  return gives ? out[0] : result;
}

// Nobody has to say who is speaking: a society without an agent is one to look at.
function callToOpen(society, name, args) {
  try {
    call(society, name, args);
  } catch (error) {
    if (error.code !== 'NO_AGENT' || args[0] !== null) throw error;
  }
}

// ---- Closing

const CLOSERS = {
  society: (object) => lib.society_close(object.pointer),
  stream: (object) => lib.society_tail_close(object.pointer),
  wait: (object) => lib.society_wait_close(object.pointer),
  mutex: (object) => lib.society_mutex_unlock(object.pointer),
};

function close(number) {
  const object = objects.get(number);
  if (!object) return;
  for (const [request, pending] of waiting)
    if (pending.object === number) answer(request, { code: 'CLOSED', result: 0, message: `this ${object.kind} was closed` });
  // What belongs to a society goes before it; a mutex is its own.
  if (object.kind === 'society')
    for (const [other, { society, kind }] of objects) if (society === object && kind !== 'mutex') close(other);
  objects.delete(number);
  CLOSERS[object.kind](object);
}

function closeAll() {
  for (const number of [...objects.keys()]) close(number);
}

// ---- What may have to wait

function answer(request, error, value) {
  waiting.delete(request);
  port.postMessage([request, error, value]);
}

// Tries at once, and again whenever the descriptor is readable. attempt() gives undefined for "not yet".
function begin(request, pending) {
  waiting.set(request, pending);
  advance(request, pending);
}

function advance(request, pending, attempt = pending.attempt) {
  try {
    const value = attempt();
    if (value === undefined) return;
    if (pending.end) pending.end();
    answer(request, null, value);
  } catch (error) {
    if (pending.end) pending.end();
    answer(request, plain(error));
  }
}

function nextRecord(tail) {
  const record = [null];
  const position = [0];
  const result = check(tail.society, lib.society_tail_next(tail.pointer, record, position));
  const incident = lib.society_tail_incident(tail.pointer);
  if (incident) tail.incident = incident;
  if (result === 0) return undefined;
  const told = tail.incident;
  tail.incident = null;
  return { record: record[0], position: BigInt(position[0]), incident: told };
}

// How each thing is waited for: begun, taken, and taken at once or not at all, which says who is in the way.
const WAITS = {
  own: {
    takes: ['const char *patterns', 'uint32_t flags', 'const char *fields'],
    begin: (s, args, out) => lib.society_own_wait(s, args[0], args[1], args[2], out),
    take: (wait, out) => lib.society_wait_take(wait, out),
    now: (s, args, out) => lib.society_own_acquire(s, args[0], args[1], args[2], 0, out),
  },
  task: {
    takes: ['const char *id', 'uint32_t flags', 'int64_t lease_ms'],
    begin: (s, args, out) => lib.society_task_wait(s, args[0], args[1], args[2], out),
    take: (wait, out) => lib.society_wait_take(wait, out),
    now: (s, args, out) => lib.society_task_claim_with(s, args[0], args[1], args[2], 0, out),
  },
  mutex: {
    takes: ['const char *name'],
    begin: (s, args, out) => lib.society_mutex_wait(s, args[0], out),
    take: (wait, out) => lib.society_wait_mutex(wait, out),
    now: (s, args, out) => lib.society_mutex_lock(s, args[0], 0, out),
  },
};

// A text is the answer itself; a mutex becomes an object with the number that the other side chose for it.
function given(kind, society, number, out) {
  if (kind !== 'mutex') return out[0];
  objects.set(number, { kind: 'mutex', pointer: out[0], society });
  return true;
}

function takeNow(kind, society, number, args) {
  const out = [null];
  check(society, WAITS[kind].now(society.pointer, args, out));
  return given(kind, society, number, out);
}

function takeLate(kind, society, number, args, timeout) {
  try {
    return takeNow(kind, society, number, args);
  } catch (error) {
    if (error.code !== 'HELD' && error.code !== 'NOT_FOUND') throw error;
    throw { code: 'TIMEOUT', result: 0, message: `${timeout} ms are over: ${error.message}` };
  }
}

function beginWait(request, number, societyNumber, kind, args, timeout) {
  const society = get(societyNumber, 'society');
  checkArguments(WAITS[kind].takes, args);
  if (timeout === 0) {
    answer(request, null, takeNow(kind, society, number, args));
    return;
  }
  const out = [null];
  check(society, WAITS[kind].begin(society.pointer, args, out));
  const pointer = out[0];
  const own = -request; // no number of the other side's
  objects.set(own, { kind: 'wait', pointer, society });
  begin(request, {
    object: own,
    get fd() {
      return lib.society_wait_fd(pointer); // there is none before the first attempt
    },
    deadline: timeout < 0 ? Infinity : performance.now() + timeout,
    attempt() {
      const result = [null];
      return check(society, WAITS[kind].take(pointer, result)) === 1 ? given(kind, society, number, result) : undefined;
    },
    end: () => endWait(own),
    late: () => takeLate(kind, society, number, args, timeout),
  });
}

function endWait(own) {
  const object = objects.get(own);
  objects.delete(own);
  if (object) CLOSERS.wait(object);
}

// ---- Requests

const OPERATIONS = {
  open(request, number, calls) {
    const out = [null];
    const result = lib.society_new(out);
    if (result < 0) throw new Failure(result);
    const society = { kind: 'society', pointer: out[0], society: null };
    try {
      for (const [name, ...args] of calls) callToOpen(society, name, args);
    } catch (error) {
      lib.society_close(society.pointer);
      throw error;
    }
    objects.set(number, society);
    answer(request, null, [lib.society_dir(society.pointer), lib.society_agent(society.pointer)]);
  },
  call(request, number, name, args) {
    answer(request, null, call(get(number, 'society'), name, args));
  },
  tail(request, number, societyNumber, log, position, flags) {
    const society = get(societyNumber, 'society');
    const out = [null];
    checkArguments(['const char *log'], [log]);
    check(society, lib.society_tail_open(society.pointer, log, position, flags, out));
    objects.set(number, { kind: 'stream', pointer: out[0], society, incident: null });
    answer(request, null, true);
  },
  // Commits what was given before, if that is asked, and gives the next record.
  next(request, number, commit) {
    const tail = get(number, 'stream');
    if (commit) check(tail.society, lib.society_tail_commit(tail.pointer));
    begin(request, {
      object: number,
      fd: lib.society_tail_fd(tail.pointer),
      deadline: Infinity,
      attempt: () => nextRecord(tail),
    });
  },
  commit(request, number) {
    const tail = get(number, 'stream');
    answer(request, null, check(tail.society, lib.society_tail_commit(tail.pointer)));
  },
  wait(request, number, society, kind, args, timeout) {
    beginWait(request, number, society, kind, args, timeout);
  },
  cancel(request, other) {
    const pending = waiting.get(other);
    if (pending) {
      if (pending.end) pending.end();
      answer(other, ABORTED);
    }
    answer(request, null, true);
  },
  close(request, number) {
    close(number);
    answer(request, null, true);
  },
};

// koffi refuses an argument of the wrong type with a TypeError.
function plain(error) {
  return { code: error.code || (error instanceof TypeError ? 'INVALID' : 'INTERNAL'), result: error.result || 0, message: error.message || String(error) };
}

function serve([request, operation, ...args]) {
  try {
    OPERATIONS[operation](request, ...args);
  } catch (error) {
    answer(request, plain(error));
  }
}

// What is withdrawn before it was begun is not done, but for a stream's `next`, which commits what was handled.
function receive() {
  for (let message; (message = receiveMessageOnPort(port)); ) {
    const [request, operation, other] = message.message;
    if (operation === 'cancel' && queue.has(other) && WITHDRAWABLE.includes(queue.get(other)[1])) {
      queue.delete(other);
      answer(other, ABORTED);
    } else {
      queue.set(request, message.message);
    }
  }
}

function serveAll() {
  for (receive(); queue.size > 0; receive()) {
    const [[number, request]] = queue;
    queue.delete(number);
    serve(request);
  }
}

// ---- The loop

// struct pollfd is { int fd; short events; short revents; }.
let fds = new ArrayBuffer(8 * 16);

function fillPollfds(wake) {
  const entries = [...waiting];
  if (fds.byteLength < 8 * (entries.length + 1)) fds = new ArrayBuffer(16 * (entries.length + 1));
  const numbers = new Int32Array(fds);
  const events = new Int16Array(fds);
  numbers[0] = wake;
  events[2] = POLLIN;
  events[3] = 0;
  entries.forEach(([, { fd }], i) => {
    numbers[2 * (i + 1)] = fd;
    events[4 * (i + 1) + 2] = POLLIN;
    events[4 * (i + 1) + 3] = 0;
  });
  return entries;
}

function timeLeft() {
  let soonest = Infinity;
  for (const { deadline } of waiting.values()) soonest = Math.min(soonest, deadline);
  if (soonest === Infinity) return LONGEST_SLEEP_MS;
  const left = Math.min(2 ** 30, Math.max(0, Math.ceil(soonest - performance.now())));
  return LONGEST_SLEEP_MS < 0 ? left : Math.min(left, LONGEST_SLEEP_MS);
}

function serveReadable(entries) {
  const events = new Int16Array(fds);
  const now = performance.now();
  entries.forEach(([request, pending], i) => {
    if (waiting.get(request) !== pending) return;
    if (events[4 * (i + 1) + 3] !== 0) advance(request, pending);
    if (waiting.get(request) !== pending || pending.deadline > now) return;
    if (pending.end) pending.end();
    advance(request, {}, pending.late);
  });
}

function run() {
  const { eventfd, poll } = loadSystem();
  lib = load();
  const wake = eventfd(0, EFD_CLOEXEC_NONBLOCK);
  if (wake < 0) throw new Error('no eventfd could be made');
  const count = new Uint8Array(8);
  port.postMessage(['ready', wake]);
  while (!Atomics.load(stopping, 0)) {
    serveAll();
    const entries = fillPollfds(wake);
    poll(new Uint8Array(fds), entries.length + 1, timeLeft());
    if (new Int16Array(fds)[3] !== 0) fs.readSync(wake, count);
    serveReadable(entries);
  }
  closeAll();
  fs.closeSync(wake);
  Atomics.store(stopping, 1, 1);
  Atomics.notify(stopping, 1);
}

if (!isMainThread) {
  try {
    run();
  } catch (error) {
    port.postMessage(['failed', plain(error)]);
  }
}
