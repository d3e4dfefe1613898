// SPDX-License-Identifier: MIT
//
// Errors are classes with a `code`: the name that the library gives the result (society_error_name), such as HELD or ENOSPC.

'use strict';

class SocietyError extends Error {
  constructor(message, code, result = 0) {
    super(message);
    this.code = code;
    this.result = result; // what the library returned; 0 where the failure is not the library's
  }

  get name() {
    return this.constructor.name;
  }
}

class SystemError extends SocietyError {
  get errno() {
    return this.result;
  }
}

const define = (name) => ({ [name]: class extends SocietyError {} })[name];

const byCode = {
  HELD: define('HeldError'),
  NOT_FOUND: define('NotFoundError'),
  FENCED: define('FencedError'),
  DEADLOCK: define('DeadlockError'),
  TIMEOUT: define('TimeoutError'),
  CORRUPT: define('CorruptError'),
  FORMAT: define('FormatError'),
  INVALID: define('InvalidError'),
  UNSAFE_FILESYSTEM: define('UnsafeFilesystemError'),
  UNSAFE_FILE: define('UnsafeFileError'),
  NO_SOCIETY: define('NoSocietyError'),
  NO_AGENT: define('NoAgentError'),
  GONE: define('GoneError'),
  TOO_BIG: define('TooBigError'),
  LIBRARY: define('LibraryError'),
  CLOSED: define('ClosedError'),
};

// The error for an answer of the worker; `asked` has the stack of whoever asked.
function toError({ code, result, message }, asked) {
  const Class = byCode[code] || (result < 0 && result >= -4095 ? SystemError : SocietyError);
  const error = new Class(message, code, result);
  if (asked) error.stack = `${error.name}: ${message}\n${asked.stack.slice(asked.stack.indexOf('\n') + 1)}`;
  return error;
}

function invalid(message) {
  return new byCode.INVALID(message, 'INVALID', -4103);
}

const classes = { SocietyError, SystemError };
for (const Class of Object.values(byCode)) classes[Class.name] = Class;

module.exports = { ...classes, toError, invalid };
