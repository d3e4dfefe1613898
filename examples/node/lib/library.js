// SPDX-License-Identifier: MIT
//
// Finds libsociety and declares its functions. This is the only file that knows where the library is, what its functions look like
// and how they are called; it runs in the worker (worker.js).

'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const NAME = 'libsociety.so.0';
const MINIMUM = '0.1.0';

// Functions whose result is a number, with what they give beside it: `text` (a string to be freed), `list` (a snapshot), `number`
// (int32_t). worker.js calls them by these names alone.
const FUNCTIONS = {
  society_acknowledge: ['const char *id'],
  society_agent_get: ['const char *agent', 'text'],
  society_agents: ['list'],
  society_attach: ['const char *path', 'text'],
  society_attachment_open: ['const char *hash', 'number'],
  society_check: ['uint32_t flags', 'list'],
  society_compact: ['const char *log', 'uint32_t flags', 'list'],
  society_identify: ['const char *agent'],
  society_inbox: ['uint32_t flags', 'const char *thread', 'list'],
  society_init: ['const char *path', 'const char *project_id', 'uint32_t flags'],
  society_join: [],
  society_leave: [],
  society_mark_delivered: ['const char *id'],
  society_message_get: ['const char *id', 'text'],
  society_online: ['const char *agent'],
  society_open: ['const char *dir'],
  society_own_acquire: ['const char *patterns', 'uint32_t flags', 'const char *fields', 'int32_t timeout_ms', 'text'],
  society_own_change: ['int64_t token', 'const char *change', 'const char *fields'],
  society_own_check: ['const char *paths', 'list'],
  society_own_handover: ['const char *pattern', 'const char *to'],
  society_own_list: ['list'],
  society_own_release: ['const char *patterns'],
  society_own_renew: ['const char *patterns', 'int64_t lease_ms'],
  society_part: [],
  society_renew: ['number'],
  society_register: ['const char *fields'],
  society_send: ['const char *message', 'text'],
  society_send_lines: ['const char *messages', 'list'],
  society_set_status: ['const char *status', 'const char *note'],
  society_status: ['text'],
  society_task_change: ['const char *id', 'const char *change', 'const char *fields', 'int64_t token'],
  society_task_claim_with: ['const char *id', 'uint32_t flags', 'int64_t lease_ms', 'int32_t timeout_ms', 'text'],
  society_task_claim_several: ['int32_t count', 'uint32_t flags', 'int64_t lease_ms', 'list'],
  society_task_create: ['const char *task', 'text'],
  society_task_create_lines: ['const char *tasks', 'list'],
  society_task_get: ['const char *id', 'text'],
  society_tasks: ['uint32_t flags', 'const char *state', 'list'],
};

// The others, of which each has a place of its own in worker.js.
const OTHERS = [
  'const char *society_version(void)',
  'int society_new(_Out_ society **ret)',
  'void society_close(society *s)',
  'const char *society_dir(const society *s)',
  'const char *society_agent(const society *s)',
  'const char *society_last_message(const society *s)',
  'const char *society_error_name(int result)',
  'const char *society_strerror(int result)',
  'int64_t society_list_count(const society_list *list)',
  'const char *society_list_item(const society_list *list, int64_t index)',
  'void society_list_free(society_list *list)',
  'int society_tail_open(society *s, const char *log, int64_t position, uint32_t flags, _Out_ society_tail **ret)',
  'void society_tail_close(society_tail *tail)',
  'int32_t society_tail_fd(society_tail *tail)',
  'int society_tail_next(society_tail *tail, _Out_ const char **ret_record, _Out_ int64_t *ret_position)',
  'int society_tail_commit(society_tail *tail)',
  'const char *society_tail_incident(society_tail *tail)',
  'int society_own_wait(society *s, const char *patterns, uint32_t flags, const char *fields, _Out_ society_wait **ret)',
  'int society_task_wait(society *s, const char *id, uint32_t flags, int64_t lease_ms, _Out_ society_wait **ret)',
  'int society_mutex_wait(society *s, const char *name, _Out_ society_wait **ret)',
  'int society_mutex_lock(society *s, const char *name, int32_t timeout_ms, _Out_ society_mutex **ret)',
  'int32_t society_wait_fd(const society_wait *wait)',
  'int society_wait_take(society_wait *wait, _Out_ society_text *ret)',
  'int society_wait_mutex(society_wait *wait, _Out_ society_mutex **ret)',
  'void society_wait_close(society_wait *wait)',
  'void society_mutex_unlock(society_mutex *mutex)',
];

const OUTPUTS = {
  text: '_Out_ society_text *ret',
  list: '_Out_ society_list **ret',
  number: '_Out_ int32_t *ret',
};

function failure(message) {
  const error = new Error(message);
  error.code = 'LIBRARY';
  return error;
}

// What calls C. Its binary for this machine is a package of its own, an optional dependency, which npm may have left out.
let koffi;
function loadKoffi() {
  try {
    koffi = require('koffi');
  } catch (error) {
    throw failure(
      `koffi, which libsociety is called with, cannot be loaded on ${process.platform}-${process.arch} ` +
        `(${error.message.split('\n')[0]}). Install the package here, and its optional dependencies with it.`,
    );
  }
}

// What the worker needs of the C library.
function loadSystem() {
  loadKoffi();
  const libc = koffi.load(null);
  return {
    eventfd: libc.func('int eventfd(unsigned int count, int flags)'),
    poll: libc.func('int poll(void *fds, unsigned long count, int timeout)'),
  };
}

function pkgConfigDirectory() {
  const asked = spawnSync('pkg-config', ['--variable=libdir', 'society'], { encoding: 'utf8' });
  return asked.status === 0 ? asked.stdout.trim() : '';
}

// What to try, in order: $SOCIETY_LIBRARY alone; else pkg-config's directory, and whatever the loader finds.
function candidates() {
  const named = process.env.SOCIETY_LIBRARY;
  if (named) return [named];
  const directory = pkgConfigDirectory();
  const installed = directory && path.join(directory, NAME);
  return installed && fs.existsSync(installed) ? [installed, NAME] : [NAME];
}

function loadFirst(names) {
  const reasons = [];
  for (const name of names) {
    try {
      return [koffi.load(name), name];
    } catch (error) {
      reasons.push(`${name}: ${error.message.replace(/\s+/g, ' ').trim()}`);
    }
  }
  throw failure(
    `libsociety cannot be loaded (${reasons.join('; ')}). Install libsociety ${MINIMUM} or later, ` +
      'or set SOCIETY_LIBRARY to the path of libsociety.so.0.',
  );
}

function isOlder(version, minimum) {
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number));
  for (let i = 0; i < b.length; i++) if ((a[i] || 0) !== b[i]) return !((a[i] || 0) > b[i]);
  return false;
}

function declare(library, name) {
  for (const type of ['society', 'society_list', 'society_tail', 'society_wait', 'society_mutex']) koffi.opaque(type);
  const functions = {};
  functions.society_free = library.func('void society_free(void *text)');
  koffi.disposable('society_text', 'str', functions.society_free);
  for (const line of OTHERS) functions[/(\w+)\(/.exec(line)[1]] = library.func(line);
  for (const [key, parts] of Object.entries(FUNCTIONS)) {
    const list = ['society *s', ...parts.map((part) => OUTPUTS[part] || part)];
    functions[key] = library.func(`int ${key}(${list.join(', ')})`);
    functions[key].takes = parts.filter((part) => !OUTPUTS[part]);
    functions[key].gives = OUTPUTS[parts[parts.length - 1]] ? parts[parts.length - 1] : null;
  }
  const version = functions.society_version();
  if (isOlder(version, MINIMUM)) throw failure(`libsociety ${version} (${name}) is too old: ${MINIMUM} or later is needed.`);
  return functions;
}

// The functions by their names. Throws an Error with code LIBRARY that says what is wrong and what helps.
function load() {
  loadKoffi();
  const [library, name] = loadFirst(candidates());
  try {
    return declare(library, name);
  } catch (error) {
    if (error.code === 'LIBRARY') throw error;
    throw failure(`${name} is too old, or not libsociety: ${error.message}. libsociety ${MINIMUM} or later is needed.`);
  }
}

module.exports = { load, loadSystem };
