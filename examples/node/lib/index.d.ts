// SPDX-License-Identifier: MIT
//
// The types of libsociety for Node, and the documentation of each function.

/// <reference types="node" />

import type { ReadStream } from 'node:fs';

/** Whatever JSON can hold. Integers that a number does not hold exactly are bigint, in both directions. */
export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json | undefined };

/** How long to wait for others: false, not at all; true, for ever; or milliseconds, after which the wait ends with TimeoutError. */
export type Wait = boolean | number;

/**
 * Every call takes a signal, as its last argument or among its options, but for those that close or commit. What was not begun when the
 * signal is aborted is not done: the promise is rejected with the signal's reason. A call that is under way ends as it would have.
 */
export interface CallOptions {
  signal?: AbortSignal;
}

// ---- Messages

export type Priority = 'interrupt' | 'queue' | 'log';

export interface Attachment {
  name: string;
  type: string | null;
  size: number;
  hash: string;
  path: string;
}

/** A message to send. Other fields are kept. */
export interface NewMessage {
  /** An agent, `all`, `role:<role>`, `supervisor`, or an array of these. */
  to: string | string[];
  content?: Json;
  /** Default `message`; also `question`, `answer`, `status_update`, `review_request`, `task_assign` and any other word. */
  type?: string;
  subject?: string;
  replyTo?: string;
  thread?: string;
  priority?: Priority;
  ackRequired?: boolean;
  deadline?: string;
  attachments?: Attachment[];
  data?: Json;
  /** A UUID of one's own: who sends it again after an error sends it once. */
  id?: string;
  [field: string]: unknown;
}

/** A message as it stands in the log. What other programs wrote may lack any field. */
export interface Message {
  id?: string;
  type: string;
  from?: string;
  to: string | string[];
  content?: Json;
  subject?: string;
  replyTo?: string;
  thread?: string;
  priority?: Priority;
  ackRequired?: boolean;
  deadline?: string;
  attachments?: Attachment[];
  data?: Json;
  timestamp?: string;
  position: bigint;
  [field: string]: unknown;
}

export interface InboxMessage extends Message {
  unread: boolean;
  deliveredAt: string | null;
  acknowledgedAt: string | null;
}

export interface Receipt {
  agent: string;
  deliveredAt: string | null;
  acknowledgedAt: string | null;
}

/** A record of a log, with its position. */
export interface LogRecord {
  type?: string;
  position: bigint;
  /** Of tasks and ownership. */
  token?: bigint;
  takeover?: bigint;
  [field: string]: unknown;
}

/** Somebody has come or gone, or was there already. */
export interface PresenceEvent {
  type: 'presence';
  agentId: string;
  online: boolean;
  session: string | null;
  timestamp: string;
}

// ---- Agents

export type Status = 'idle' | 'busy' | 'paused' | 'offline';

export interface Registration {
  role?: string;
  capabilities?: string[];
  workspace?: string;
  url?: string;
  branch?: string;
  worktree?: string;
  slot?: string;
  model?: string;
  program?: string;
  supervisor?: string;
  pid?: number;
  /** The same, of an editor. */
  vsCodePid?: number;
  [field: string]: unknown;
}

export interface Agent {
  agentId: string;
  role: string | null;
  capabilities: string[];
  workspace: string | null;
  online: boolean;
  status: Status | null;
  lastSeen: string | null;
  session: string | null;
  pid: number | null;
  host: string | null;
  url: string | null;
  branch: string | null;
  /** Ids of the tasks that it has claimed. */
  claims: string[];
  /** Patterns that it has reserved. */
  owns: string[];
  /** How many tasks it has completed, and of them those with each label and path; null: none. */
  completed: { tasks: number; labels: Record<string, number>; paths: Record<string, number> } | null;
  [field: string]: unknown;
}

// ---- Tasks

export type TaskState = 'open' | 'claimed' | 'blocked' | 'review' | 'done' | 'failed' | 'cancelled';

export interface NewTask {
  title: string;
  /** Default `t1`, `t2`, … */
  id?: string;
  description?: string;
  /** 0, first, to 4; default 2. */
  priority?: number;
  dependsOn?: string[];
  labels?: string[];
  paths?: string[];
  role?: string;
  parent?: string;
  acceptance?: string;
  /** An agent, or `role:<role>`. */
  assignee?: string;
  maxRetries?: number;
}

/** A task that comes from elsewhere. */
export interface ImportedTask extends NewTask {
  state?: 'open' | 'done' | 'cancelled' | 'blocked';
  reason?: string;
}

export interface Task {
  id: string;
  title: string;
  description: string | null;
  state: TaskState;
  priority: number;
  assignee: string | null;
  role: string | null;
  labels: string[];
  paths: string[];
  dependsOn: string[];
  parent: string | null;
  holder: string | null;
  token: bigint | null;
  leaseMs: number | null;
  createdBy: string | null;
  createdAt: string | null;
  updatedAt: string | null;
  result: Json;
  reason: string | null;
  retries: number;
  /** Their number in lists, their texts from get(). */
  notes: number | Json[];
  [field: string]: unknown;
}

export interface HoldOptions {
  /** Default: project.json's `leaseSeconds`. */
  leaseMs?: number;
  wait?: Wait;
  /** Ends the wait. What was granted at that moment is resolved all the same. */
  signal?: AbortSignal;
  /** Whether the lease is renewed, each third of it, while the object lives. Default true. */
  renew?: boolean;
}

export interface ClaimOptions extends HoldOptions {
  /** Take the task's paths with it: both or neither, until the claim ends. Not together with `wait`. */
  own?: boolean;
  /** What the agent holds already from an earlier run comes first. */
  resume?: boolean;
  /** Among equals, what is most like what the agent has completed comes first. */
  familiar?: boolean;
}

declare class Held {
  readonly leaseMs: number;
  readonly token: bigint;
  /** Whether it has not been given back, completed or lost, as far as is known here. */
  readonly held: boolean;
  /** Aborted, with the error as its reason, when a call or a renewal found that it is another's. */
  readonly signal: AbortSignal;
  renew(leaseMs?: number, options?: CallOptions): Promise<void>;
  release(options?: CallOptions): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The claim on a task. Leaving its `using` block releases it, unless it was ended otherwise. */
export class Claim extends Held {
  private constructor();
  /** The task's id. */
  readonly id: string;
  /** The token of the claim that this one took over. */
  readonly takeover: bigint | null;
  task(options?: CallOptions): Promise<Task>;
  note(text: string, options?: CallOptions): Promise<void>;
  complete(result?: Json, options?: CallOptions): Promise<void>;
  /** Hands the work in for review. */
  submit(result?: Json, options?: CallOptions): Promise<void>;
  fail(reason?: string, options?: CallOptions): Promise<void>;
  block(reason: string, options?: CallOptions): Promise<void>;
}

export interface Tasks {
  /** @returns the task's id */
  create(task: NewTask, options?: CallOptions): Promise<string>;
  /** All or none, from objects or from JSON lines. They may depend on each other in any order. @returns their ids */
  import(tasks: Iterable<ImportedTask> | string, options?: CallOptions): Promise<string[]>;
  list(options?: CallOptions & { ready?: boolean; mine?: boolean; state?: TaskState | null }): Promise<Task[]>;
  /** What the agent may claim, the best first. */
  ready(options?: CallOptions): Promise<Task[]>;
  /** What the agent holds, is assigned to, or submitted. */
  mine(options?: CallOptions): Promise<Task[]>;
  get(id: string, options?: CallOptions): Promise<Task>;
  /**
   * Claims a task, or the best that is ready. Without `wait`: HeldError, another has it; NotFoundError, nothing is ready. With it,
   * until there is something: a task became ready, a claim was released, its holder died.
   */
  claim(options?: ClaimOptions): Promise<Claim>;
  claim(id: string | undefined, options?: ClaimOptions): Promise<Claim>;
  /**
   * Claims so many of the best that are ready, 100 at most, or as many as there are: one at least, or NotFoundError. Each is a
   * claim of its own.
   */
  claimSeveral(count: number, options?: CallOptions & { leaseMs?: number; renew?: boolean; familiar?: boolean }): Promise<Claim[]>;
  note(id: string, text: string, options?: CallOptions): Promise<void>;
  /** Of what the agent holds, or of what is in review. */
  complete(id: string, result?: Json, options?: CallOptions): Promise<void>;
  block(id: string, reason: string, options?: CallOptions): Promise<void>;
  unblock(id: string, options?: CallOptions): Promise<void>;
  cancel(id: string, reason?: string, options?: CallOptions): Promise<void>;
  reopen(id: string, text?: string, options?: CallOptions): Promise<void>;
  assign(id: string, to: string | null, options?: CallOptions): Promise<void>;
  depend(id: string, change: CallOptions & { on?: string[]; remove?: string[] }): Promise<void>;
  edit(id: string, fields: Partial<NewTask>, options?: CallOptions): Promise<void>;
  /** Any change, as society_task_change(3) has it. Without a token the agent's own current claim is meant. */
  change(
    id: string,
    change: string,
    fields?: object | null,
    token?: bigint | number,
    options?: CallOptions,
  ): Promise<void>;
}

// ---- Ownership

export interface ReservationInfo {
  paths: string[];
  mode: 'exclusive' | 'shared';
  holder: string;
  token: bigint;
  since: string | null;
  leaseMs: number;
  reason: string | null;
  task: string | null;
  /** Only of one that waits. */
  waiting?: true;
}

/** Paths that are reserved for the agent. Leaving its `using` block releases them. */
export class Reservation extends Held {
  private constructor();
  readonly paths: string[];
  readonly mode: 'exclusive' | 'shared';
  readonly holder: string;
  readonly since: string | null;
  readonly reason: string | null;
  readonly task: string | null;
  handover(to: string, options?: CallOptions): Promise<void>;
}

export interface Ownership {
  /**
   * Reserves files by patterns relative to the project's root: all of them or none. Without `wait`: HeldError says who has what.
   * With it: in the order of asking, or DeadlockError.
   */
  acquire(
    patterns: string | string[],
    options?: HoldOptions & { shared?: boolean; reason?: string; task?: string },
  ): Promise<Reservation>;
  /** Those of the agent with one of the patterns, or all. @returns their number */
  release(patterns?: string | string[], options?: CallOptions): Promise<number>;
  renew(patterns?: string | string[], options?: CallOptions & { leaseMs?: number }): Promise<number>;
  handover(pattern: string, to: string, options?: CallOptions): Promise<void>;
  /** A change of one reservation of the agent's, or of its place in the queue: "release", "renew" or "handover". */
  change(token: bigint | number, change: string, fields?: object | null, options?: CallOptions): Promise<void>;
  /** The paths that the agent may not write now, each with its owner. */
  check(paths: string | string[], options?: CallOptions): Promise<{ path: string; owner: ReservationInfo }[]>;
  list(options?: CallOptions): Promise<ReservationInfo[]>;
}

/** A named mutex that this process holds, until it is released, collected or the process ends. It may outlive its society. */
export class Mutex {
  private constructor();
  readonly name: string;
  release(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

// ---- Streams

/** A log as it grows. The same object is iterable once. */
export class Stream<T> implements AsyncIterableIterator<T> {
  private constructor();
  /**
   * What happened to the log behind the stream's back before the record given last: that it was truncated or replaced, and
   * reading began again. Null when nothing did.
   */
  readonly incident: string | null;
  /** The next record, when there is one. Commits the one before, if the stream does so. */
  next(): Promise<IteratorResult<T, undefined>>;
  /** Moves the agent's cursor over everything given so far. Only of messages(). */
  commit(): Promise<void>;
  close(): Promise<void>;
  return(value?: undefined): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): this;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export type From = 'cursor' | 'start' | 'end' | bigint | number;

// ---- The society

export interface OpenOptions extends CallOptions {
  /** The `.society-agent` directory or the one that contains it. Default: `$SOCIETY_DIR`, else the nearest at or above the working directory. */
  dir?: string | null;
  /** Who is speaking. Default: `$SOCIETY_AGENT` and what else society_identify(3) looks at. null: nobody, only to look. */
  agent?: string | null;
}

export interface InitOptions extends CallOptions {
  /** The project's directory. Default: the working directory. */
  path?: string | null;
  projectId?: string | null;
  /** For the group, too. */
  shared?: boolean;
  agent?: string | null;
}

export interface SocietyStatus {
  dir: string;
  projectId: string | null;
  agents: (Agent & { unread: number })[];
  tasks: Record<TaskState, number>;
  logs: { log: string; bytes: number; end: bigint }[];
}

export interface LogReport {
  /** null: the directory itself. */
  log: string | null;
  records: number;
  foreign: number;
  malformed: number;
  torn: number;
  bytes: number;
  problems: { position: bigint | null; what: string }[];
}

export interface CompactedFile {
  log: string;
  archived?: string;
  base?: bigint;
  deleted?: string;
  bytes: number;
}

/**
 * A society, as one agent sees it. Every promise may be rejected with a SocietyError. What is not closed is closed when it is
 * collected, and at the end of the process.
 */
export class Society {
  private constructor();
  static open(options?: OpenOptions): Promise<Society>;
  /** Makes a society, if there is none, and opens it. */
  static init(options?: InitOptions): Promise<Society>;

  /** The absolute path of the `.society-agent` directory. */
  readonly dir: string;
  /** The agent's id. */
  readonly agent: string | null;
  readonly tasks: Tasks;
  readonly ownership: Ownership;

  /** Registers the agent, or changes what is given of its registration. */
  register(fields?: Registration, options?: CallOptions): Promise<void>;
  setStatus(status: Status, note?: string | null, options?: CallOptions): Promise<void>;
  /** Holds the agent's presence: online from now on until part(), close() or the end of the process, however it ends. */
  join(options?: CallOptions): Promise<void>;
  part(options?: CallOptions): Promise<void>;
  /** Joins for as long as `work` runs. */
  hold<T>(work: (society: this) => T | Promise<T>, options?: CallOptions): Promise<T>;
  /** Takes the agent off the registry. */
  leave(options?: CallOptions): Promise<void>;
  online(agent: string, options?: CallOptions): Promise<boolean>;
  agents(options?: CallOptions): Promise<Agent[]>;
  agentInfo(agent: string, options?: CallOptions): Promise<Agent>;

  /** @returns the message's id */
  send(message: NewMessage, options?: CallOptions): Promise<string>;
  /** In one transaction: all or none. @returns their ids */
  sendAll(messages: Iterable<NewMessage>, options?: CallOptions): Promise<string[]>;
  /** Answers a message, to its sender and in its thread: with a text, or with fields of a message. */
  reply(message: Message, answer: string | Partial<NewMessage>, options?: CallOptions): Promise<string>;
  inbox(options?: CallOptions & { unread?: boolean; thread?: string | null }): Promise<InboxMessage[]>;
  message(id: string, options?: CallOptions): Promise<Message & { receipts: Receipt[] }>;
  /** @returns whether that was not recorded before */
  markDelivered(message: string | Message, options?: CallOptions): Promise<boolean>;
  /** @returns whether that was not recorded before */
  acknowledge(message: string | Message, options?: CallOptions): Promise<boolean>;
  /** Stores a file of at most 10 MiB. */
  attach(path: string, options?: CallOptions): Promise<Attachment>;
  /** The content, verified before the first byte. The signal ends the stream, too. */
  attachment(attachment: string | Attachment, options?: CallOptions): Promise<ReadStream>;
  /**
   * The messages for the agent, as they come, from its cursor on. Each is committed when the next one is asked for: at least once.
   * `receipts`: records with it that they were delivered.
   */
  messages(options?: { from?: From; signal?: AbortSignal; receipts?: boolean; commit?: boolean }): Stream<Message>;
  /** The records of a log as they come, by default from now on. */
  follow(log: 'presence', options?: { signal?: AbortSignal }): Stream<PresenceEvent>;
  follow(
    log: 'messages' | 'deliveries' | 'registry' | 'tasks' | 'ownership',
    options?: { from?: From; signal?: AbortSignal },
  ): Stream<LogRecord>;

  /** Takes a named mutex. */
  mutex(name: string, options?: { wait?: Wait; signal?: AbortSignal }): Promise<Mutex>;
  status(options?: CallOptions): Promise<SocietyStatus>;
  /** Verifies everything that is stored, and repairs what can be repaired without rewriting a record. */
  doctor(options?: CallOptions & { repair?: boolean }): Promise<LogReport[]>;
  /** Moves history out of the logs. */
  compact(options?: CallOptions & {
    log?: 'messages' | 'deliveries' | 'registry' | 'tasks' | 'ownership' | null;
    force?: boolean;
    retain?: boolean;
  }): Promise<CompactedFile[]>;

  /** Closes it, with its streams and waits. Claims and reservations stay the agent's. */
  close(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

// ---- JSON

/** JSON.parse, but that integers beyond 2^53 are bigint. */
export function parse(text: string): Json;
/** JSON.stringify, but that a bigint is an integer. */
export function stringify(value: unknown): string;

// ---- Errors

export class SocietyError extends Error {
  constructor(message: string, code: string, result?: number);
  /** The name of the result, as HELD or ENOSPC. */
  readonly code: string;
  /** What the library returned; 0 where the failure is not the library's. */
  readonly result: number;
}

/** An error of the system: its `code` is ENOSPC, EACCES and so on. */
export class SystemError extends SocietyError {
  readonly errno: number;
}
/** HELD: somebody else has it. */
export class HeldError extends SocietyError {}
/** NOT_FOUND */
export class NotFoundError extends SocietyError {}
/** FENCED: the claim or reservation was taken over. */
export class FencedError extends SocietyError {}
/** DEADLOCK: waiting would close a cycle of agents that wait for each other. */
export class DeadlockError extends SocietyError {}
/** TIMEOUT: the time is over; nothing was done. */
export class TimeoutError extends SocietyError {}
/** CORRUPT */
export class CorruptError extends SocietyError {}
/** FORMAT: a malformed file, or one of a later version. */
export class FormatError extends SocietyError {}
/** INVALID: an argument or a field. */
export class InvalidError extends SocietyError {}
/** UNSAFE_FILESYSTEM: locks may not hold there. */
export class UnsafeFilesystemError extends SocietyError {}
/** UNSAFE_FILE */
export class UnsafeFileError extends SocietyError {}
/** NO_SOCIETY: none here or above. */
export class NoSocietyError extends SocietyError {}
/** NO_AGENT: nobody said who is speaking. */
export class NoAgentError extends SocietyError {}
/** GONE: the society's directory was removed. */
export class GoneError extends SocietyError {}
/** TOO_BIG */
export class TooBigError extends SocietyError {}
/** LIBRARY: libsociety is missing or too old. */
export class LibraryError extends SocietyError {}
/** CLOSED: the object was closed. */
export class ClosedError extends SocietyError {}
