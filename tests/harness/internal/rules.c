/* SPDX-License-Identifier: MIT */
/* Records of tasks put to a state: see rules.h. */
#include "harness/internal/rules.h"

#include <stdio.h>
#include <string.h>

#include "harness/unit.h"

struct soc_tasks *tasks;
int64_t now;
int64_t put_position;
struct soc_error why;

int rules_setup(void **state)
{
    (void)state;
    tasks = soc_tasks_over(NULL);
    now = 1000;
    return tasks ? 0 : -1;
}

int rules_teardown(void **state)
{
    (void)state;
    soc_tasks_free(tasks);
    return 0;
}

int put(const char *text)
{
    SOC_AUTO_STRBUF struct soc_strbuf before = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf after = SOC_STRBUF_INIT;
    SOC_AUTO_STRBUF struct soc_strbuf line = SOC_STRBUF_INIT;

    soc_strbuf_add_string(&line, text);
    for (size_t i = 0; i < line.length; i++)
        if (line.data[i] == '\'')
            line.data[i] = '"';
    SOC_AUTO_JSON soc_json *json = soc_json_parse(line.data, line.length, &why);
    if (!json)
        fail_msg("%s: %s", line.data, why.text);
    const char *type = soc_json_get_string(json, "type");
    struct soc_record record = {json, type ? type : "", now, now + (int64_t)line.length + 1};
    why = (struct soc_error){0};
    soc_json_dump(tasks->tasks, &before);
    int result = soc_task_check(tasks, &record, &why);
    int applied = soc_tasks_fold.apply(tasks, &record);
    if (applied != (result == 0))
        fail_msg("%s: check says %s (%s), apply %d", line.data, society_error_name(result),
                 why.text, applied);
    soc_json_dump(tasks->tasks, &after);
    if (applied == 0)
        assert_string_equal(before.data, after.data);
    if (result < 0)
        assert_string_not_equal(why.text, "");
    put_position = now;
    now += (int64_t)line.length + 1;
    return result;
}

int putf(const char *format, ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return put(text);
}

int put_task(const char *id, const char *members)
{
    return putf("{'type':'task_create','from':'lead','task':{'id':'%s','title':'T'%s%s}}", id,
                *members ? "," : "", members);
}

const char *text_of(const char *id, const char *key)
{
    const char *text = soc_json_get_string(soc_tasks_get(tasks, id), key);

    return text ? text : "";
}

int64_t number_of(const char *id, const char *key)
{
    int64_t number = -1;

    soc_json_get_integer(soc_tasks_get(tasks, id), key, &number);
    return number;
}
