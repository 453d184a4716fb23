#include "cli/value.h"

#include "tests/support/suite.h"

#define NOW   INT64_C(1770076800) /* 2026-02-03T09:00:00+09:00 */
#define FEB_3 INT64_C(1770044400) /* 2026-02-03T00:00:00+09:00 */
#define DAY   INT64_C(86400)

static const char *const choices[] = {"whole", "mig", NULL};

static const struct {
    enum option_type type;
    const char *text;
    int64_t number;
} good[] = {
    {OPTION_TEXT, "아무 글", 0},
    {OPTION_ID, "lease-12", 0},
    {OPTION_FILE, "/tmp/a b", 0},
    {OPTION_FILE, "-", 0},
    {OPTION_INT, "0", 0},
    {OPTION_INT, "4294967295", UINT32_MAX},
    {OPTION_MOMENT, "now", NOW},
    {OPTION_MOMENT, "+2h", NOW + 7200},
    {OPTION_MOMENT, "2026-02-03", FEB_3},
    {OPTION_MOMENT, "2026-02-03T09:00:00+09:00", NOW},
    {OPTION_MOMENT, "2026-02-03T00:00:00Z", NOW},
    {OPTION_UNTIL, "2026-02-03", FEB_3 + DAY},
    {OPTION_UNTIL, "2026-02-03T09:00:00+09:00", NOW},
    {OPTION_UNTIL, "+1d", NOW + DAY},
    {OPTION_DURATION, "90s", 90},
    {OPTION_DURATION, "15m", 900},
    {OPTION_DURATION, "7d", 7 * DAY},
    {OPTION_GPUS, "8", 56000},
    {OPTION_GPUS, "1/8", 875},
    {OPTION_GPUS, "0.25", 1750},
    {OPTION_WON, "1200000", 1200000},
    {OPTION_WON, "17,402,880,000", INT64_C(17402880000)},
    {OPTION_CHOICE, "whole", 0},
    {OPTION_CHOICE, "mig", 1},
    {OPTION_FLAG, "", 1},
};

static struct command_option option_of(enum option_type type)
{
    return (struct command_option){.name = "x", .type = type, .choices = choices, .help = "x"};
}

START_TEST(test_gives_the_number_behind_a_value)
{
    struct command_option option = option_of(good[_i].type);
    struct err err = ERR_INIT;
    int64_t number = -1;
    int rc = value_parse(&option, good[_i].text, (struct instant){NOW}, &number, &err);
    ck_assert_msg(rc == 0, "%s: %s", good[_i].text, err.text);
    ck_assert_int_eq(number, good[_i].number);
}
END_TEST

static const struct {
    enum option_type type;
    const char *text;
} bad[] = {
    {OPTION_TEXT, ""},
    {OPTION_TEXT, "\xff\xfe"},
    {OPTION_ID, "Lease"},
    {OPTION_ID, "../x"},
    {OPTION_ID, ""},
    {OPTION_INT, "-1"},
    {OPTION_INT, "+1"},
    {OPTION_INT, "1.0"},
    {OPTION_INT, "4294967296"},
    {OPTION_INT, ""},
    {OPTION_MOMENT, "2026-02-30"},
    {OPTION_MOMENT, "yesterday"},
    {OPTION_MOMENT, "+"},
    {OPTION_MOMENT, "2026-02-03T09:00"},
    {OPTION_UNTIL, "2026-13-01"},
    {OPTION_DURATION, "2 h"},
    {OPTION_DURATION, "-1s"},
    {OPTION_GPUS, "0"},
    {OPTION_GPUS, "1/3000"},
    {OPTION_GPUS, "0.0001"},
    {OPTION_WON, "1.5"},
    {OPTION_WON, "-3"},
    {OPTION_WON, ",1"},
    {OPTION_WON, "1,"},
    {OPTION_WON, "99999999999999999999"},
    {OPTION_WON, "11111111111111111111111111111111111111"},
    {OPTION_CHOICE, "MIG"},
    {OPTION_CHOICE, ""},
};

START_TEST(test_refuses_and_names_option_and_value)
{
    struct command_option option = option_of(bad[_i].type);
    struct err err = ERR_INIT;
    int64_t number = 42;
    int rc = value_parse(&option, bad[_i].text, (struct instant){NOW}, &number, &err);
    ck_assert_msg(rc < 0, "'%s' was accepted", bad[_i].text);
    ck_assert_int_eq(err_exit_code(err.code), 2);
    ck_assert_int_eq(strncmp(err.text, "x '", 3), 0);
    ck_assert_int_eq(number, 42);
}
END_TEST

START_TEST(test_a_refused_choice_lists_what_there_is)
{
    struct command_option option = option_of(OPTION_CHOICE);
    struct err err = ERR_INIT;
    int64_t number;
    ck_assert_int_lt(value_parse(&option, "half", (struct instant){NOW}, &number, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "whole, mig"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/value");
    TCase *t = tcase_create("value");
    tcase_add_loop_test(t, test_gives_the_number_behind_a_value, 0, sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(t, test_refuses_and_names_option_and_value, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(t, test_a_refused_choice_lists_what_there_is);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
