/* lib/base/log_line.h: one event is one line, whatever is in it. */
#include "lib/base/log_line.h"
#include "tests/support/suite.h"

#include <stdio.h>

static void check_lines(const struct log_event *e, const char *logfmt, const char *json)
{
    CLEANUP_BUF struct buf line = {.data = NULL};

    buf_init(&line, LOG_LINE_MAX);
    log_line_logfmt(e, &line);
    ck_assert_str_eq(line.data, logfmt);
    buf_reset(&line);
    log_line_json(e, &line);
    ck_assert_str_eq(line.data, json);
}

START_TEST(a_line_has_head_and_fields)
{
    const struct log_field fields[] = {
        LOG_STR("lease", "lease-1042"), LOG_INT("gpus", 8), LOG_INT("left", -1), {.key = NULL}};
    struct log_event e = {{1770076800}, LOG_LEVEL_INFO, "pumasid", "lease.booked", fields};

    check_lines(&e,
                "time=2026-02-03T09:00:00+09:00 level=info program=pumasid event=lease.booked "
                "lease=lease-1042 gpus=8 left=-1",
                "{\"time\":\"2026-02-03T09:00:00+09:00\",\"level\":\"info\","
                "\"program\":\"pumasid\",\"event\":\"lease.booked\",\"lease\":\"lease-1042\","
                "\"gpus\":8,\"left\":-1}");
}
END_TEST

START_TEST(time_and_program_may_be_left_to_the_journal)
{
    const struct log_field none[] = {{.key = NULL}};
    struct log_event e = {INSTANT_NEVER, LOG_LEVEL_ERROR, NULL, "died", none};

    check_lines(&e, "level=error event=died", "{\"level\":\"error\",\"event\":\"died\"}");
}
END_TEST

START_TEST(nothing_a_stranger_sends_begins_a_line)
{
    static const struct {
        const char *value;
        const char *logfmt;
        const char *json;
    } cases[] = {
        {"plain-1.2_3", "plain-1.2_3", "\"plain-1.2_3\""},
        {"", "\"\"", "\"\""},
        {"two words", "\"two words\"", "\"two words\""},
        {"a=b", "\"a=b\"", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\"", "\"back\\\\slash\""},
        {"a\nlevel=error", "\"a\\nlevel=error\"", "\"a\\nlevel=error\""},
        {"\r\t", "\"\\u000d\\u0009\"", "\"\\u000d\\u0009\""},
        {"\x1B[31mred", "\"\\u001b[31mred\"", "\"\\u001b[31mred\""},
        {"\x7F", "\"\\u007f\"", "\"\\u007f\""},
        {"\xC2\x9B"
         "31m",
         "\"\\u009b31m\"", "\"\\u009b31m\""}, /* a C1 control */
        {"품앗이", "\"품앗이\"", "\"품앗이\""},
        {"bad\xFF"
         "byte",
         "\"bad\xEF\xBF\xBD"
         "byte\"",
         "\"bad\xEF\xBF\xBD"
         "byte\""},
        {"\xED\x95", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct log_field fields[] = {LOG_STR("v", cases[i].value), {.key = NULL}};
        struct log_event e = {INSTANT_NEVER, LOG_LEVEL_WARN, NULL, "e", fields};
        char logfmt[128];
        char json[128];
        snprintf(logfmt, sizeof(logfmt), "level=warn event=e v=%s", cases[i].logfmt);
        snprintf(json, sizeof(json), "{\"level\":\"warn\",\"event\":\"e\",\"v\":%s}",
                 cases[i].json);
        check_lines(&e, logfmt, json);
    }
}
END_TEST

START_TEST(fields_that_do_not_fit_are_counted)
{
    static char large[LOG_LINE_MAX];
    memset(large, 'x', sizeof(large) - 1);
    static char half[LOG_LINE_MAX / 2 + 100];
    memset(half, 'y', sizeof(half) - 1);
    const struct log_field fields[] = {LOG_STR("large", large),
                                       LOG_STR("one", half),
                                       LOG_STR("two", half),
                                       LOG_STR("small", "kept"),
                                       {.key = NULL}};
    struct log_event e = {INSTANT_NEVER, LOG_LEVEL_INFO, NULL, "e", fields};
    CLEANUP_BUF struct buf line = {.data = NULL};

    buf_init(&line, LOG_LINE_MAX);
    log_line_json(&e, &line);
    ck_assert(!line.full);
    ck_assert_ptr_nonnull(strstr(line.data, ",\"one\":\"yyy"));
    ck_assert_ptr_nonnull(strstr(line.data, ",\"small\":\"kept\",\"dropped\":2}"));
    ck_assert_ptr_null(strstr(line.data, "\"two\""));
}
END_TEST

START_TEST(no_text_counts_as_empty)
{
    const struct log_field fields[] = {LOG_STR("why", (const char *)NULL), {.key = NULL}};
    struct log_event e = {INSTANT_NEVER, LOG_LEVEL_DEBUG, NULL, "e", fields};

    check_lines(&e, "level=debug event=e why=\"\"",
                "{\"level\":\"debug\",\"event\":\"e\",\"why\":\"\"}");
}
END_TEST

static Suite *log_line_suite(void)
{
    Suite *s = suite_create("log_line");
    TCase *t = tcase_create("log_line");

    tcase_add_test(t, a_line_has_head_and_fields);
    tcase_add_test(t, time_and_program_may_be_left_to_the_journal);
    tcase_add_test(t, nothing_a_stranger_sends_begins_a_line);
    tcase_add_test(t, fields_that_do_not_fit_are_counted);
    tcase_add_test(t, no_text_counts_as_empty);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(log_line_suite)
