#include "controlplane/sim/options.h"

#include "tests/support/suite.h"

#include <string.h>

static int parse(const char *const *words, struct options *ret, struct err *err)
{
    char *argv[12] = {(char *)"pumasi-sim"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)words[argc - 1];
    argv[argc] = NULL;
    return options_parse(argc, argv, ret, err);
}

static const struct {
    const char *words[6];
    const char *file;
    const char *statements;
    bool json;
} good[] = {
    {{"scenario", "a.json"}, "a.json", NULL, false},
    {{"scenario", "a.json", "-o", "json"}, "a.json", NULL, true},
    {{"scenario", "-o", "text", "a.json"}, "a.json", NULL, false},
    {{"scenario", "a.json", "--output", "json", "--statements=out"}, "a.json", "out", true},
    {{"--version"}, NULL, NULL, false},
    {{"--help"}, NULL, NULL, false},
};

START_TEST(a_good_line_is_read)
{
    struct options o;
    ck_assert_int_eq(parse(good[_i].words, &o, NULL), 0);
    ck_assert_pstr_eq(o.file, good[_i].file);
    ck_assert_pstr_eq(o.statements, good[_i].statements);
    ck_assert_int_eq(o.json, good[_i].json);
    ck_assert_int_eq(o.command, good[_i].file ? OPTIONS_SCENARIO : OPTIONS_NOTHING);
}
END_TEST

START_TEST(the_files_of_a_calendar_are_read_in_any_order)
{
    static const char *const words[] = {"calendar",  "--answers", "a",          "--queries", "q",
                                        "--domains", "d",         "--bookings", "b",         NULL};
    struct options o;
    ck_assert_int_eq(parse(words, &o, NULL), 0);
    ck_assert_int_eq(o.command, OPTIONS_CALENDAR);
    ck_assert_str_eq(o.calendar.domains, "d");
    ck_assert_str_eq(o.calendar.bookings, "b");
    ck_assert_str_eq(o.calendar.queries, "q");
    ck_assert_str_eq(o.calendar.answers, "a");
}
END_TEST

START_TEST(the_files_of_a_pack_are_read_and_some_may_miss)
{
    static const char *const words[] = {"pack", "--nodes",    "n", "--placements",
                                        "p",    "--arrivals", "a", NULL};
    struct options o;
    ck_assert_int_eq(parse(words, &o, NULL), 0);
    ck_assert_int_eq(o.command, OPTIONS_PACK);
    ck_assert_str_eq(o.pack.nodes, "n");
    ck_assert_str_eq(o.pack.arrivals, "a");
    ck_assert_str_eq(o.pack.placements, "p");
    ck_assert_ptr_null(o.pack.mix);
}
END_TEST

static const struct {
    const char *words[6];
    const char *says;
} bad[] = {
    {{NULL}, "what shall be done"},
    {{"play", "a.json"}, "what shall be done"},
    {{"scenario"}, "name one file"},
    {{"scenario", "a.json", "b.json"}, "name one file"},
    {{"scenario", "a.json", "-o", "xml"}, "xml"},
    {{"scenario", "a.json", "-o"}, "incomplete"},
    {{"scenario", "a.json", "--seed", "1"}, "--seed"},
    {{"calendar", "--domains", "d"}, "--bookings is missing"},
    {{"calendar", "--domains"}, "incomplete option --domains"},
    {{"calendar", "--seed", "1"}, "--seed"},
};

START_TEST(a_bad_line_is_told)
{
    struct options o;
    struct err err = ERR_INIT;
    ck_assert_int_eq(parse(bad[_i].words, &o, &err), -ERR_INVALID);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s", err.text);
}
END_TEST

static Suite *options_suite(void)
{
    Suite *s = suite_create("options");
    TCase *c = tcase_create("command line");
    tcase_add_loop_test(c, a_good_line_is_read, 0, (int)(sizeof good / sizeof *good));
    tcase_add_test(c, the_files_of_a_calendar_are_read_in_any_order);
    tcase_add_test(c, the_files_of_a_pack_are_read_and_some_may_miss);
    tcase_add_loop_test(c, a_bad_line_is_told, 0, (int)(sizeof bad / sizeof *bad));
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(options_suite)
