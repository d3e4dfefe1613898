// SPDX-License-Identifier: MIT
//
// This side of the worker (worker.js): requests go there and their answers become promises. The worker is started when it is
// first needed and does not keep the process alive; an unanswered request does, as an unanswered read of a socket would.

'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Worker, MessageChannel, isMainThread, receiveMessageOnPort } = require('node:worker_threads');
const { invalid, toError } = require('./errors.js');

const LONGEST_STOP_MS = 2000;
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

const isSignal = ({ aborted, addEventListener }) => typeof aborted === 'boolean' && typeof addEventListener === 'function';

class Engine {
  #port;
  #wake = -1; // the eventfd, once the worker has said it
  #stopping = new Int32Array(new SharedArrayBuffer(8)); // asked for, done
  #requests = new Map();
  #signals = new Map(); // signal -> the requests that it ends, and its listener
  #count = 0;
  #dead = null; // why it is of no more use
  #exit = () => this.#stop();

  constructor() {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(path.join(__dirname, 'worker.js'), {
      workerData: { port: port2, stopping: this.#stopping, owner: isMainThread ? 'main' : 'thread' },
      transferList: [port2],
      name: 'libsociety',
      execArgv: [],
    });
    worker.unref();
    worker.on('error', (error) => this.#fail({ code: 'INTERNAL', result: 0, message: error.message }));
    worker.on('exit', () => this.#end());
    this.#port = port1;
    port1.on('message', (message) => this.#receive(message));
    port1.unref();
    process.on('exit', this.#exit);
  }

  // Asks for an operation. With a signal, it may be given up while it waits or has not begun: then the promise is rejected with the
  // signal's reason, unless the answer was on its way already.
  request(operation, args, signal) {
    if (signal && !isSignal(signal)) return Promise.reject(invalid('signal must be an AbortSignal'));
    if (signal && signal.aborted) return Promise.reject(signal.reason);
    if (this.#dead) return Promise.reject(toError(this.#dead));
    const number = ++this.#count;
    const asked = {}; // where: an error made when the answer comes would not know
    Error.captureStackTrace(asked, this.request);
    const promise = new Promise((resolve, reject) => this.#requests.set(number, { resolve, reject, signal, asked }));
    if (signal) this.#obey(signal, number);
    if (this.#requests.size === 1) this.#port.ref();
    this.#send([number, operation, ...args]);
    return promise;
  }

  // One listener for each signal: the runtime takes many on one signal for a leak, and says so.
  #obey(signal, number) {
    if (!this.#signals.has(signal)) {
      const numbers = new Set();
      const listener = () => numbers.forEach((each) => this.tell('cancel', [each]));
      this.#signals.set(signal, { numbers, listener });
      signal.addEventListener('abort', listener, { once: true });
    }
    this.#signals.get(signal).numbers.add(number);
  }

  // The request has been answered.
  #disobey(signal, number) {
    const { numbers, listener } = this.#signals.get(signal);
    numbers.delete(number);
    if (numbers.size > 0) return;
    this.#signals.delete(signal);
    signal.removeEventListener('abort', listener);
  }

  // Asks for an operation of which nobody wants to know the end.
  tell(operation, args) {
    this.#send([++this.#count, operation, ...args]);
  }

  #send(message) {
    this.#port.postMessage(message);
    this.#notify();
  }

  #notify() {
    if (this.#wake >= 0) fs.writeSync(this.#wake, ONE);
  }

  #receive([number, error, value]) {
    if (number === 'ready') {
      this.#wake = error;
      this.#notify();
      return;
    }
    if (number === 'failed') {
      this.#fail(error);
      return;
    }
    const request = this.#requests.get(number);
    if (!request) return;
    this.#requests.delete(number);
    if (this.#requests.size === 0) this.#port.unref();
    if (request.signal) this.#disobey(request.signal, number);
    if (!error) request.resolve(value);
    else request.reject(error.code === 'ABORTED' ? request.signal.reason : toError(error, request.asked));
  }

  // The worker has ended; what it said last may not have been heard yet.
  #end() {
    for (let last; !this.#dead && (last = receiveMessageOnPort(this.#port)); ) this.#receive(last.message);
    this.#fail({ code: 'CLOSED', result: 0, message: 'the worker of libsociety has ended' });
  }

  // The worker is of no more use: the next one to ask gets another.
  #fail(error) {
    if (this.#dead) return;
    this.#dead = error;
    this.#wake = -1;
    if (engine === this) engine = null;
    process.off('exit', this.#exit);
    for (const [number, { reject, signal, asked }] of this.#requests) {
      if (signal) this.#disobey(signal, number);
      reject(toError(error, asked));
    }
    this.#requests.clear();
    this.#port.close();
  }

  // At the end of the process or thread the worker must come out of its poll() to be ended, and closes what is open: a place in a
  // queue would outlive the process, and presence the thread.
  #stop() {
    Atomics.store(this.#stopping, 0, 1);
    if (this.#wake < 0) return;
    this.#notify();
    this.#wake = -1;
    Atomics.wait(this.#stopping, 1, 0, LONGEST_STOP_MS);
  }
}

let engine = null;
let objects = 0;

function get() {
  engine = engine || new Engine();
  return engine;
}

// What is forgotten without being closed is closed when it is collected.
const forgotten = new FinalizationRegistry(({ of, number }) => of.tell('close', [number]));

// An object of the worker's, closed when it is closed or forgotten.
class Remote {
  constructor(of) {
    this.engine = of || get();
    this.number = ++objects;
    this.closed = false;
    forgotten.register(this, { of: this.engine, number: this.number }, this);
  }

  // Closes it: true when that was still to be done.
  end() {
    if (this.closed) return false;
    this.closed = true;
    forgotten.unregister(this);
    return true;
  }

  async close() {
    if (this.end()) await this.engine.request('close', [this.number]);
  }

  [Symbol.dispose || Symbol.for('Symbol.dispose')]() {
    if (this.end()) this.engine.tell('close', [this.number]);
  }

  [Symbol.asyncDispose || Symbol.for('Symbol.asyncDispose')]() {
    return this.close();
  }
}

module.exports = { Remote };
