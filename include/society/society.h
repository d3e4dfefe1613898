/* SPDX-License-Identifier: MIT */
/*
 * libsociety: several agents in one project, without losing messages.
 *
 * A society is a directory, `.society-agent/`, of append-only logs of JSON lines. Every process
 * that opens it is a full member; there is no daemon. This header is the door: it opens a
 * directory, says who is speaking, and holds what the others share. Then:
 *
 *   <society/message.h>   send, receipts, attachments, inbox
 *   <society/agent.h>     who is here: registration, status, presence
 *   <society/tail.h>      follow a log as it grows
 *   <society/task.h>      tasks, and claims on them
 *   <society/ownership.h> who may write which files; mutexes
 *   <society/wait.h>      wait for claims, files and mutexes in a loop of one's own
 *   <society/error.h>     results
 *   <society/testing.h>   for unit tests: a society in memory
 *
 * Handles.  A `society` is one process's view of one directory. It is used by one thread at a time
 * and may move between threads; two handles never share anything, also when they name the same
 * directory, so a program gives each of its threads a handle. After fork() the child gets -ECHILD
 * from every call but society_close(), which only frees memory and descriptors there.
 *
 * Text.  Strings are UTF-8 and end in NUL. What goes in is copied. A `const char *` that comes out
 * is borrowed until its object is changed, advanced or freed; a `char *` that comes out belongs to
 * the caller, who gives it to society_free(). Records and states cross as JSON text, positions as
 * int64_t.
 *
 * Manners.  The library never prints, exits, changes the working directory, starts a thread or
 * touches a signal handler, and it keeps no state outside its handles.
 *
 * Blocking.  A function that appends may wait for the log's lock, 5 seconds at most, and for the
 * disk. Readers never wait for writers. What waits for others to act is called "wait" and takes a
 * timeout.
 */
#ifndef SOCIETY_SOCIETY_H
#define SOCIETY_SOCIETY_H

#include <stdint.h>

#include <society/error.h>
#include <society/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A process's view of one society. */
typedef struct society society;

/* An immutable snapshot: a list of JSON texts. */
typedef struct society_list society_list;

/* The directory's files are for the owner's group too (society_init). */
#define SOCIETY_INIT_SHARED 1u

/**
 * Makes an empty handle. Nothing is opened yet.
 *
 * @param ret_society  receives the handle, to be given to society_close()
 * @return 0; -ENOMEM
 *
 * Does not block. Since 0.1.0.
 */
int society_new(society **ret_society);

/**
 * Releases a handle and everything it holds: tails, presence, descriptors. NULL is allowed.
 *
 * The tails of the handle are closed with it and must not be used afterwards; snapshots and strings
 * owned by the caller stay valid. Does not block. Since 0.1.0.
 */
void society_close(society *s);

/**
 * Makes a society: the directory `.society-agent` in `path`, with its `project.json`, and opens it.
 *
 * An existing society is left as it is, and opened. In a git repository the directory is added to
 * the repository's exclude file (`info/exclude`).
 *
 * @param path        the project's directory; NULL: the working directory
 * @param project_id  written to project.json when that is made; NULL: the name of the project's
 *                    directory
 * @param flags       0 or SOCIETY_INIT_SHARED (modes 0770/0660 and setgid instead of 0700/0600)
 * @return 1 made, 0 it existed; -EBUSY the handle is open already; SOCIETY_E_INVALID project_id or
 *         flags; SOCIETY_E_UNSAFE_FILESYSTEM; any errno of making directories and files
 *
 * Blocks for the disk. Since 0.1.0.
 */
int society_init(society *s, const char *path, const char *project_id, uint32_t flags);

/**
 * Opens a society.
 *
 * @param dir  the `.society-agent` directory or the directory that contains it; NULL:
 *             `$SOCIETY_DIR`, else the nearest `.society-agent` at or above the working directory,
 *             else the one that the git directory of a worktree or clone names
 *             (society-worktree(1)), else, in a linked git worktree, that of the main worktree
 * @return 0; -EBUSY the handle is open already; SOCIETY_E_NO_SOCIETY none found, or `dir` is not
 *         one; SOCIETY_E_UNSAFE_FILESYSTEM; SOCIETY_E_FORMAT project.json is malformed (line and
 *         column in the message); SOCIETY_E_INVALID a field of project.json is out of its range;
 *         -EACCES, -EMFILE and other errnos
 *
 * Does not wait. Since 0.1.0.
 */
int society_open(society *s, const char *dir);

/**
 * Says who is speaking through this handle. May be called before or after society_open(), and not
 * while joined.
 *
 * @param agent  an agent id, `[A-Za-z0-9][A-Za-z0-9._-]{0,63}` and none of `all`, `broadcast`;
 *               NULL: `$SOCIETY_AGENT`, else `$SOCIETY_AGENT_ID`, else `$AMEIDE_AGENT_ID` (a
 *               contained `agent-NN` is the id), else the slot that the working directory's git
 *               worktree or clone was made for
 * @return 0; SOCIETY_E_NO_AGENT nothing says who; SOCIETY_E_INVALID not an agent id (the message
 *         names where it came from); -EBUSY the handle has joined
 *
 * Does not wait. Since 0.1.0.
 */
int society_identify(society *s, const char *agent);

/**
 * The absolute path of the open directory, borrowed from the handle; NULL while none is open. Since
 * 0.1.0.
 */
const char *society_dir(const society *s);

/**
 * The agent id of the handle, borrowed from it; NULL while there is none. Since 0.1.0.
 */
const char *society_agent(const society *s);

/**
 * What went wrong in the last call on this handle that failed, in words: one line of UTF-8 with no
 * control characters, borrowed until the next call on the handle. "" when none has failed. Since
 * 0.1.0.
 */
const char *society_last_message(const society *s);

/**
 * The state of the whole society on one screen, as one JSON object: `dir`, `projectId`, `agents`
 * (as society_agents(), each with `unread`), `tasks` (the number in each state),
 * `logs` (`log`, `bytes`, and `end`, the position of the end).
 *
 * @param ret_json  receives the text, to be given to society_free()
 * @return 0; -ENOMEM; any error of reading
 *
 * Reads the messages from the oldest cursor on; does not wait. Since 0.1.0.
 */
int society_status(society *s, char **ret_json);

/* society_check: repair what can be repaired without rewriting a record. */
#define SOCIETY_CHECK_REPAIR 1u

/**
 * Verifies every log, its archives, the cursors and the files of the directory.
 *
 * @param flags     0 or SOCIETY_CHECK_REPAIR: ends torn tails with a newline, carries late lines
 *                  over from archives, removes temporary files that a crash left, lock files
 *                  that no record explains and whose lease is over, and cursors that no agent can
 *                  use
 * @param ret_logs  receives a list with an object for each log: `log records foreign malformed torn
 *                  bytes` and `problems`, an array of `{"position":…,"what":…}` (position null
 *                  where the problem has none); and one with `"log":null` for the directory itself.
 *                  Give it to society_list_free().
 * @return the number of problems that remain; an error when the directory could not be examined
 *
 * Reads everything that is stored; with SOCIETY_CHECK_REPAIR waits for locks like an append. Since
 * 0.1.0.
 */
int society_check(society *s, uint32_t flags, society_list **ret_logs);

/* society_compact: rotate or compact also what is below its limit. */
#define SOCIETY_COMPACT_FORCE 1u
/* society_compact: delete archived history that project.json's `retention` no longer keeps. */
#define SOCIETY_COMPACT_RETAIN 2u

/**
 * Moves history out of the logs: rotates messages and deliveries, compacts registry, tasks and
 * ownership.
 *
 * Without SOCIETY_COMPACT_FORCE only what is over its limit is touched (rotateBytes, 16 MiB, for
 * messages and deliveries; 1 MiB and four times the live state for the others). Readers and writers
 * go on meanwhile. Archived messages are never deleted ahead of the cursor of a registered agent, or
 * of any agent that has one.
 *
 * @param log       "messages", "deliveries", "registry", "tasks", "ownership"; NULL: each of them
 * @param flags     0 or SOCIETY_COMPACT_FORCE, SOCIETY_COMPACT_RETAIN
 * @param ret_done  receives a list of objects `{"log","archived","base","bytes"}` and, for
 *                  deletions, `{"log","deleted","bytes"}`; give it to society_list_free(); NULL:
 *                  not wanted
 * @return the number of files archived and deleted; SOCIETY_E_INVALID log or flags;
 *         SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock and the disk. Since 0.1.0.
 */
int society_compact(society *s, const char *log, uint32_t flags, society_list **ret_done);

/** The number of items of a snapshot; 0 for NULL. Since 0.1.0. */
int64_t society_list_count(const society_list *list);

/** Item `index` (from 0) as JSON text, borrowed from the list; NULL when out of range. Since 0.1.0.
 */
const char *society_list_item(const society_list *list, int64_t index);

/** Frees a snapshot; NULL is allowed. Since 0.1.0. */
void society_list_free(society_list *list);

/** Frees a string that the library gave away; NULL is allowed. Since 0.1.0. */
void society_free(void *text);

#ifdef __cplusplus
}
#endif

#endif
