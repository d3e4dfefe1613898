/* SPDX-License-Identifier: MIT */
/*
 * A society in a directory of its own, and its members, by the public interface. What fails ends
 * the program with words (die.h).
 */
#ifndef HARNESS_MEMBER_H
#define HARNESS_MEMBER_H

#include <society/agent.h>
#include <society/message.h>
#include <society/society.h>
#include <society/tail.h>
#include <stdbool.h>

/* Setup and teardown of a test: a project's directory with a society in it. Whatever the shell says
 * of agents and directories is forgotten. */
int member_setup(void **state);
int member_teardown(void **state);

/* The project's directory, and the path of a file of the society in it; good for the next eight
 * calls. */
const char *member_project(void);
const char *member_path(const char *name);

/* A handle on the society, speaking as `agent` (NULL: as nobody). */
society *member_open(const char *agent);
/* Sends a message with this id and text. */
void member_send(society *s, const char *to, const char *id);

/* The member `key` of a JSON text, as it stands there: "\"w1\"", "true", "17"; "" when it has none.
 * Good for the next eight calls. */
const char *member_field(const char *json, const char *key);
/* The value of a string member, without its quotes. */
const char *member_text(const char *json, const char *key);

/* What a tail gives now: the ids of its records, in order, with a blank between. Borrowed until the
 * next call. */
const char *member_take(society_tail *tail);
/* Waits for `count` records, each at most ten seconds, and gives their ids. */
const char *member_await(society_tail *tail, int count);
/* Waits until `tail`, of "presence", says that the agent is online or not; ten seconds at most. */
bool member_await_presence(society_tail *tail, const char *agent, bool online);

#endif
