// SPDX-License-Identifier: MIT
//
// The same for `import`: one copy of everything, whichever way it is loaded.

import libsociety from './index.js';

export const {
  Society,
  Stream,
  Claim,
  Reservation,
  Mutex,
  parse,
  stringify,
  SocietyError,
  SystemError,
  HeldError,
  NotFoundError,
  FencedError,
  DeadlockError,
  TimeoutError,
  CorruptError,
  FormatError,
  InvalidError,
  UnsafeFilesystemError,
  UnsafeFileError,
  NoSocietyError,
  NoAgentError,
  GoneError,
  TooBigError,
  LibraryError,
  ClosedError,
} = libsociety;
export default libsociety;
