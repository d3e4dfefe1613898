/* SPDX-License-Identifier: MIT */
/*
 * Sending, inbox, threads, receipts and attachments through the door.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/files.h"
#include "harness/pair.h"
#include "harness/unit.h"

/* The ids of an inbox, with a blank between. */
static const char *inbox(society *s, uint32_t flags, const char *thread)
{
    static char ids[1000];
    society_list *list = NULL;
    int count = society_inbox(s, flags, thread, &list);

    ids[0] = '\0';
    assert_int_equal(count, society_list_count(list));
    for (int i = 0; i < count; i++) {
        strcat(ids, i ? " " : "");
        strcat(ids, member_text(society_list_item(list, i), "id"));
    }
    society_list_free(list);
    return ids;
}

static void test_sending(void **state)
{
    char *id = NULL;

    (void)state;
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":\"hello\"}", &id), 0);
    assert_int_equal(strlen(id), 36);
    assert_string_equal(inbox(w2, 0, NULL), id);
    assert_string_equal(inbox(w1, 0, NULL), "");
    society_free(id);
    id = NULL;
    assert_int_equal(society_send(w1, NULL, &id), SOCIETY_E_INVALID);
    assert_int_equal(society_send(w1, "{\"to\":\"w2\"", &id), SOCIETY_E_INVALID);
    assert_int_equal(society_send(w1, "{\"content\":1}", &id), SOCIETY_E_INVALID);
    assert_string_equal(society_last_message(w1), "field to is missing");
    assert_null(id);
    assert_int_equal(count_lines(member_path("messages.jsonl")), 1);
}

static void test_several_at_once(void **state)
{
    society_list *ids = NULL;

    (void)state;
    assert_int_equal(society_send_lines(w1,
                                        "{\"to\":\"w2\",\"content\":1,\"id\":\"a\"}\n\n  \r\n"
                                        "{\"to\":\"w2\",\"content\":2,\"id\":\"b\"}",
                                        &ids),
                     2);
    assert_string_equal(society_list_item(ids, 0), "\"a\"");
    assert_string_equal(society_list_item(ids, 1), "\"b\"");
    assert_null(society_list_item(ids, 2));
    society_list_free(ids);
    assert_int_equal(
        society_send_lines(w1, "{\"to\":\"w2\",\"content\":1}\n\n{\"to\":\"w2\"}\n", NULL),
        SOCIETY_E_INVALID);
    assert_string_equal(society_last_message(w1), "line 3: field content is missing");
    assert_int_equal(society_send_lines(w1, "{\"to\":\"w2\",\"content\":1}\n{\"to\" 1}\n", NULL),
                     SOCIETY_E_INVALID);
    assert_ptr_equal(strstr(society_last_message(w1), "line 2, column "), society_last_message(w1));
    assert_int_equal(society_send_lines(w1, NULL, NULL), SOCIETY_E_INVALID);
    assert_int_equal(society_send_lines(w1, "\n\n", NULL), 0);
    assert_string_equal(inbox(w2, 0, NULL), "a b");
}

static void test_receipts(void **state)
{
    char *message;

    (void)state;
    member_send(w1, "w2", "a");
    member_send(w1, "w2", "b");
    member_send(w1, "w3", "c");
    assert_string_equal(inbox(w2, SOCIETY_INBOX_UNREAD, NULL), "a b");
    assert_int_equal(society_mark_delivered(w2, "b"), 1);
    assert_int_equal(society_mark_delivered(w2, "b"), 0);
    assert_string_equal(inbox(w2, SOCIETY_INBOX_UNREAD, NULL), "a");
    assert_int_equal(society_acknowledge(w2, "b"), 1);
    assert_int_equal(society_acknowledge(w2, "b"), 0);
    assert_int_equal(society_acknowledge(w2, "a"), 1);
    assert_int_equal(society_mark_delivered(w2, "a"), 0);
    assert_string_equal(inbox(w2, SOCIETY_INBOX_UNREAD, NULL), "");
    assert_string_equal(inbox(w2, 0, NULL), "a b");
    assert_int_equal(society_acknowledge(w2, "c"), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_acknowledge(w2, "nothing"), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_acknowledge(w2, NULL), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_message_get(w1, "b", &message), 0);
    assert_string_equal(member_text(message, "content"), "text of b");
    assert_non_null(strstr(member_field(message, "receipts"), "\"agent\":\"w2\""));
    assert_null(strstr(member_field(message, "receipts"), "null"));
    society_free(message);
    assert_int_equal(society_message_get(w1, "nothing", &message), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_message_get(w1, NULL, &message), SOCIETY_E_NOT_FOUND);
}

static void test_foreign_fields(void **state)
{
    society_list *list;
    char *message;

    (void)state;
    append_text(
        member_path("messages.jsonl"),
        "{\"posi\\u0074ion\":1,\"unread\":5,\"to\":\"w2\",\"id\":\"x\",\"receipts\":2,\"n\":[3]}\n"
        "{\"to\":\"w2\",\"content\":\"position\"}\n");
    assert_int_equal(society_inbox(w2, 0, NULL, &list), 2);
    assert_string_equal(society_list_item(list, 0),
                        "{\"to\":\"w2\",\"id\":\"x\",\"receipts\":2,\"n\":[3],\"position\":0,"
                        "\"deliveredAt\":null,\"acknowledgedAt\":null,\"unread\":true}");
    assert_non_null(strstr(society_list_item(list, 1), "\"content\":\"position\",\"position\":"));
    society_list_free(list);
    assert_int_equal(society_message_get(w2, "x", &message), 0);
    assert_string_equal(message, "{\"unread\":5,\"to\":\"w2\",\"id\":\"x\",\"n\":[3],"
                                 "\"position\":0,\"receipts\":[]}");
    society_free(message);
    assert_int_equal(society_send(w1, "{\"to\":\"w2\",\"content\":1,\"unread\":true}", NULL),
                     SOCIETY_E_INVALID);
}

/* Other programs choose other ids, and write them with escapes: json.dumps() all that is not ASCII, PHP the slash. */
static void test_foreign_ids(void **state)
{
    char *message;

    (void)state;
    append_text(member_path("messages.jsonl"),
                "{\"to\":\"w2\",\"id\":\"caf\\u00e9\",\"content\":1}\n"
                "{\"to\":\"w2\",\"id\":\"a\\/b\",\"content\":2}\n");
    append_text(member_path("deliveries.jsonl"),
                "{\"messageId\":\"a\\/b\",\"deliveredTo\":\"\\u00772\","
                "\"deliveredAt\":\"2026-02-10T10:00:00Z\"}\n");
    assert_int_equal(society_message_get(w2, "caf\xc3\xa9", &message), 0);
    assert_string_equal(member_field(message, "content"), "1");
    society_free(message);
    assert_int_equal(society_message_get(w2, "a/b", &message), 0);
    assert_non_null(strstr(member_field(message, "receipts"), "\"agent\":\"w2\""));
    society_free(message);
    assert_int_equal(society_mark_delivered(w2, "a/b"), 0);
    assert_int_equal(society_acknowledge(w2, "caf\xc3\xa9"), 1);
    assert_int_equal(society_acknowledge(w2, "caf\xc3\xa9"), 0);
}

static void test_an_archived_message(void **state)
{
    char *message;

    (void)state;
    member_send(w1, "w2", "a");
    assert_int_equal(society_compact(w1, "messages", SOCIETY_COMPACT_FORCE, NULL), 1);
    member_send(w1, "w2", "b");
    assert_string_equal(inbox(w2, 0, NULL), "a b");
    assert_int_equal(society_message_get(w2, "a", &message), 0);
    assert_string_equal(member_field(message, "position"), "0");
    society_free(message);
    assert_int_equal(society_acknowledge(w2, "a"), 1);
    assert_int_equal(society_acknowledge(w2, "b"), 1);
    assert_string_equal(inbox(w2, SOCIETY_INBOX_UNREAD, NULL), "");
    /* What is receipted from the start is behind the cursor. */
    assert_true(file_exists(member_path("cursors/w2.json")));
}

static void test_threads(void **state)
{
    (void)state;
    member_send(w1, "w2", "first");
    assert_int_equal(society_send(w2,
                                  "{\"to\":\"w1\",\"content\":1,\"id\":\"second\",\"replyTo\":"
                                  "\"first\"}",
                                  NULL),
                     0);
    assert_int_equal(society_send(w1,
                                  "{\"to\":\"w2\",\"content\":1,\"id\":\"third\",\"replyTo\":"
                                  "\"second\"}",
                                  NULL),
                     0);
    member_send(w1, "w2", "other");
    assert_string_equal(inbox(w2, 0, "first"), "first second third");
    assert_string_equal(inbox(w1, 0, "first"), "first second third");
    assert_string_equal(inbox(w2, 0, "unknown"), "");
}

static void test_attachments(void **state)
{
    const char *path = member_path("../file.txt");
    char *object;
    char hash[65];
    int32_t fd = -1;
    char text[16] = "";

    (void)state;
    write_text(path, "content");
    assert_int_equal(society_attach(w1, path, &object), 0);
    assert_string_equal(member_text(object, "name"), "file.txt");
    assert_string_equal(member_field(object, "size"), "7");
    snprintf(hash, sizeof(hash), "%s", member_text(object, "hash"));
    society_free(object);
    assert_int_equal(society_attachment_open(w2, hash, &fd), 0);
    assert_int_equal(read(fd, text, sizeof(text)), 7);
    assert_string_equal(text, "content");
    close(fd);
    hash[0] = hash[0] == '0' ? '1' : '0';
    assert_int_equal(society_attachment_open(w2, hash, &fd), SOCIETY_E_NOT_FOUND);
    assert_int_equal(society_attachment_open(w2, "../x", &fd), SOCIETY_E_INVALID);
}

static void test_planted_attachments(void **state)
{
    char hash[65];
    char name[100];
    int32_t fd = -1;

    (void)state;
    memset(hash, 'a', 64);
    hash[64] = '\0';
    snprintf(name, sizeof(name), "attachments/%s", hash);
    write_text(member_path(name), "something else");
    assert_int_equal(society_attachment_open(w2, hash, &fd), SOCIETY_E_CORRUPT);
    assert_int_equal(unlink(member_path(name)), 0);
    assert_int_equal(symlink("/etc/passwd", member_path(name)), 0);
    assert_int_equal(society_attachment_open(w2, hash, &fd), SOCIETY_E_UNSAFE_FILE);
    assert_int_equal(fd, -1);
}

static void test_without_an_agent(void **state)
{
    society *nobody = member_open(NULL);
    society_list *list = NULL;

    (void)state;
    assert_int_equal(society_send(nobody, "{\"to\":\"w2\",\"content\":1}", NULL),
                     SOCIETY_E_NO_AGENT);
    assert_int_equal(society_inbox(nobody, 0, NULL, &list), SOCIETY_E_NO_AGENT);
    assert_int_equal(society_acknowledge(nobody, "a"), SOCIETY_E_NO_AGENT);
    assert_int_equal(society_inbox(w1, 64, NULL, &list), SOCIETY_E_INVALID);
    society_close(nobody);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sending),          TEST(test_several_at_once), TEST(test_receipts),
        TEST(test_foreign_fields),   TEST(test_foreign_ids),     TEST(test_an_archived_message),
        TEST(test_threads),          TEST(test_attachments),     TEST(test_planted_attachments),
        TEST(test_without_an_agent),
    };

    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
