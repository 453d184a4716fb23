/* lib/base/log_settings.h: which words there are, and what they do. */
#include "lib/base/log_settings.h"
#include "tests/support/suite.h"

#include <string.h>
#include <unistd.h>

static const struct config_option settings[] = {
    {"node.id", CONFIG_TEXT, "", 0, 0, "Id of this node"},
    LOG_SETTINGS,
    {.name = NULL},
};

static struct config *config;
static struct err err;

static void setup(void)
{
    config = config_create(settings);
    err = ERR_INIT;
    unsetenv("JOURNAL_STREAM");
}

static void teardown(void)
{
    config_destroy(config);
}

static void set(const char *name, const char *value)
{
    ck_assert_int_eq(config_set_value(config, name, value, &err), 0);
}

/* What comes out on standard error when the log is opened and told of two events. */
static void record(char *dst, size_t cap)
{
    struct log *log;
    int ends[2];
    int kept = dup(2);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_msg(log_settings_open("pumasid", config, &log, &err) == 0, "%s", err.text);
    dup2(ends[1], 2);
    log_event(log, LOG_LEVEL_INFO, "one");
    log_event(log, LOG_LEVEL_ERROR, "two");
    dup2(kept, 2);
    close(ends[1]);
    ssize_t n = read(ends[0], dst, cap - 1);
    dst[n] = '\0';
    log_destroy(log);
    close(kept);
    close(ends[0]);
}

static const struct {
    const char *level, *format;
    bool quiet; /* the first event is below the threshold */
    const char *holds;
} logs[] = {
    {"debug", "logfmt", false, "level=info program=pumasid event=one\n"},
    {"info", "logfmt", false, "level=info program=pumasid event=one\n"},
    {"warn", "logfmt", true, "level=error program=pumasid event=two\n"},
    {"error", "json", true, "\"event\":\"two\""},
};

START_TEST(the_log_is_as_the_two_say)
{
    char text[1024];
    set("log.level", logs[_i].level);
    set("log.format", logs[_i].format);
    record(text, sizeof text);
    ck_assert_msg(strstr(text, logs[_i].holds) != NULL, "%s", text);
    ck_assert_int_eq(strstr(text, "one") == NULL, logs[_i].quiet);
}
END_TEST

START_TEST(the_defaults_are_info_and_logfmt)
{
    ck_assert_str_eq(config_text(config, "log.level"), "info");
    ck_assert_str_eq(config_text(config, "log.format"), "logfmt");
}
END_TEST

static const struct {
    const char *name, *value, *words;
} refused[] = {
    {"log.level", "loud", "debug, info, warn, error"},
    {"log.level", "1", "debug, info, warn, error"},
    {"log.level", "", "debug, info, warn, error"},
    {"log.format", "xml", "logfmt, json"},
};

START_TEST(a_word_that_is_none_is_refused_with_those_there_are)
{
    struct log *log = NULL;
    set(refused[_i].name, refused[_i].value);
    ck_assert_int_eq(log_settings_open("pumasid", config, &log, &err), -ERR_INVALID);
    ck_assert_ptr_null(log);
    ck_assert_msg(strstr(err.text, refused[_i].name) && strstr(err.text, refused[_i].words), "%s",
                  err.text);
}
END_TEST

static Suite *log_settings_suite(void)
{
    Suite *suite = suite_create("log_settings");
    TCase *c = tcase_create("log_settings");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, the_log_is_as_the_two_say, 0, (int)(sizeof logs / sizeof logs[0]));
    tcase_add_test(c, the_defaults_are_info_and_logfmt);
    tcase_add_loop_test(c, a_word_that_is_none_is_refused_with_those_there_are, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    suite_add_tcase(suite, c);
    return suite;
}

SUITE_MAIN(log_settings_suite)
