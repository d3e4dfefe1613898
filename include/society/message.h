/* SPDX-License-Identifier: MIT */
/*
 * Messages.
 *
 * A message is a JSON object with `to` (an agent id; `all` or `broadcast`: everyone but the sender;
 * `role:<role>`; `supervisor`; or an array of these) and `content` (a string or any JSON), and
 * optionally `type` (default `message`), `subject`, `replyTo`, `thread`, `priority` (`interrupt
 * queue log`), `ackRequired`, `deadline`, `attachments`, `data`. Other fields are kept. The library
 * adds `id` (UUIDv7) where none is given, `from`, `timestamp` and `crc`.
 *
 * No message is ever rewritten: that it was delivered or acknowledged is a receipt, a record of its
 * own. To receive messages as they come, open a tail of "messages" (<society/tail.h>).
 */
#ifndef SOCIETY_MESSAGE_H
#define SOCIETY_MESSAGE_H

#include <society/society.h>

#ifdef __cplusplus
extern "C" {
#endif

/* society_inbox: only messages that are neither behind the agent's cursor nor receipted by it. */
#define SOCIETY_INBOX_UNREAD 1u

/**
 * Sends a message. When this returns 0, the record is in the log and survives the death of any
 * process.
 *
 * After a failure whose outcome is unclear (-EIO from the disk) send again with the same `id`:
 * readers drop the repeat.
 *
 * @param message  a JSON object as described above, at most 256 KiB as a record
 * @param ret_id   receives the message's id, to be given to society_free(); NULL: not wanted
 * @return 0; SOCIETY_E_INVALID with the field, or line and column where the text is no JSON;
 *         SOCIETY_E_TOO_BIG; SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT the log was locked for 5 s,
 *         nothing was written; -ENOSPC, -EROFS and other errnos
 *
 * Waits for the log's lock. Since 0.1.0.
 */
int society_send(society *s, const char *message, char **ret_id);

/**
 * Sends several messages in one transaction: one lock, one write.
 *
 * @param messages  JSON objects, one a line; blank lines are passed over; at most 16 MiB together
 * @param ret_ids   receives a list of the ids as JSON strings, in order, to be given to
 *                  society_list_free(); NULL: not wanted
 * @return the number of messages; errors as society_send(), with the number of the bad line in the
 *         message, and nothing written
 *
 * Waits for the log's lock. Since 0.1.0.
 */
int society_send_lines(society *s, const char *messages, society_list **ret_ids);

/**
 * Stores a file as an attachment, under `attachments/`, named by its SHA-256; the same content is
 * stored once.
 *
 * @param path            a regular file of at most 10 MiB
 * @param ret_attachment  receives the object to put into a message's `attachments`: `name type size
 *                        hash path`; to be given to society_free()
 * @return 0; SOCIETY_E_TOO_BIG; SOCIETY_E_INVALID not a regular file; -ENOENT, -ENOSPC and other
 *         errnos
 *
 * Blocks for the disk. Since 0.1.0.
 */
int society_attach(society *s, const char *path, char **ret_attachment);

/**
 * Opens an attachment for reading, after its content was verified against its name.
 *
 * @param hash    64 hexadecimal digits, as in the attachment's `hash`
 * @param ret_fd  receives a descriptor at offset 0, close-on-exec, which the caller closes
 * @return 0; SOCIETY_E_NOT_FOUND; SOCIETY_E_INVALID not a hash; SOCIETY_E_CORRUPT the content is
 *         another; SOCIETY_E_UNSAFE_FILE; an errno
 *
 * Blocks for the disk. Since 0.1.0.
 */
int society_attachment_open(society *s, const char *hash, int32_t *ret_fd);

/**
 * The messages that are addressed to the handle's agent, oldest first, each as it stands with its
 * `position`, two fields of its receipts by this agent, `deliveredAt` and `acknowledgedAt` (RFC
 * 3339, or null), and `unread`: whether it is addressed to this agent and neither behind its cursor
 * nor receipted by it. A foreign writer's fields of these names are left out.
 *
 * @param flags     0: what `messages.jsonl` holds now and what is archived; SOCIETY_INBOX_UNREAD
 * @param thread    the id of a thread: only its messages, also those this agent sent; NULL: all
 * @param ret_list  receives the snapshot, to be given to society_list_free()
 * @return the number of messages; SOCIETY_E_NO_AGENT; SOCIETY_E_INVALID flags; an error of reading
 *
 * Does not wait. Since 0.1.0.
 */
int society_inbox(society *s, uint32_t flags, const char *thread, society_list **ret_list);

/**
 * One message, whoever it is addressed to, as it stands, with its `position` and `receipts`: an
 * array of objects `agent deliveredAt acknowledgedAt`. A foreign writer's fields of these names are
 * left out.
 *
 * @param id           the message's id
 * @param ret_message  receives the text, to be given to society_free()
 * @return 0; SOCIETY_E_NOT_FOUND; an error of reading
 *
 * Reads the log backwards from its end; does not wait. Since 0.1.0.
 */
int society_message_get(society *s, const char *id, char **ret_message);

/**
 * Records that the handle's agent has received a message, once; and moves its cursor over the
 * messages that are received.
 *
 * @param id  the message's id
 * @return 1 recorded, 0 was recorded before; SOCIETY_E_NOT_FOUND no such message for this agent;
 *         SOCIETY_E_NO_AGENT; SOCIETY_E_TIMEOUT; an errno
 *
 * Waits for the log's lock. Since 0.1.0.
 */
int society_mark_delivered(society *s, const char *id);

/**
 * Records that the handle's agent has acted on a message, once. Implies society_mark_delivered().
 *
 * @param id  the message's id
 * @return as society_mark_delivered()
 *
 * Waits for the log's lock. Since 0.1.0.
 */
int society_acknowledge(society *s, const char *id);

#ifdef __cplusplus
}
#endif

#endif
