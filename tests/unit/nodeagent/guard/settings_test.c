/* The command line and the table of settings. */
#include "nodeagent/guard/settings.h"

#include "tests/support/suite.h"

#include <string.h>

static struct settings s;

static int parse(int argc, const char *const *argv, struct err *err)
{
    char *copy[16];
    ck_assert_int_lt(argc, 15);
    for (int i = 0; i < argc; i++)
        copy[i] = (char *)(uintptr_t)argv[i];
    copy[argc] = NULL;
    return settings_init(&s, argc, copy, err);
}

static void teardown(void)
{
    settings_fini(&s);
}

#define PARSE(...)                                                                                 \
    parse((int)(sizeof((const char *const[]){"guard", __VA_ARGS__}) / sizeof(char *)),             \
          (const char *const[]){"guard", __VA_ARGS__}, NULL)

START_TEST(a_run_needs_no_arguments)
{
    const char *const argv[] = {"guard"};
    ck_assert_int_eq(parse(1, argv, NULL), 0);
    ck_assert_int_eq((int)s.action, SETTINGS_RUN);
}
END_TEST

START_TEST(later_arguments_win)
{
    ck_assert_int_eq(
        PARSE("--node", "node-01", "--set", "node.id=node-02", "--cgroup-root", "/cg", "--detach"),
        0);
    ck_assert_int_eq((int)s.action, SETTINGS_DETACH);
    ck_assert_str_eq(config_text(s.config, "node.id"), "node-02");
    ck_assert_str_eq(config_text(s.config, "guard.cgroup_root"), "/cg");
}
END_TEST

START_TEST(each_action_has_its_argument)
{
    ck_assert_int_eq(PARSE("--help"), 0);
    ck_assert_int_eq((int)s.action, SETTINGS_HELP);
    settings_fini(&s);
    ck_assert_int_eq(PARSE("--version"), 0);
    ck_assert_int_eq((int)s.action, SETTINGS_VERSION);
    settings_fini(&s);
    ck_assert_int_eq(PARSE("--dump-config"), 0);
    ck_assert_int_eq((int)s.action, SETTINGS_DUMP);
}
END_TEST

START_TEST(unknown_arguments_are_refused)
{
    ck_assert_int_eq(PARSE("--frobnicate"), -ERR_INVALID);
    settings_fini(&s);
    ck_assert_int_eq(PARSE("--set"), -ERR_INVALID);
    settings_fini(&s);
    ck_assert_int_eq(PARSE("word"), -ERR_INVALID);
    settings_fini(&s);
    ck_assert_int_eq(PARSE("--set", "node.nothing=1"), -ERR_INVALID);
    settings_fini(&s);
    ck_assert_int_lt(PARSE("--config", "/no/such/file"), 0);
}
END_TEST

START_TEST(the_tiers_get_what_they_need)
{
    struct tier_config c;
    ck_assert_int_eq(PARSE("--node", "node-01", "--set", "devices.common=c 195:255"), 0);
    ck_assert_int_eq(settings_tier(&s, &c, NULL), 0);
    ck_assert_str_eq(c.node, "node-01");
    ck_assert(rules_match(&c.gated, 195, 7));
    ck_assert_uint_eq(c.common.count, 1);
}
END_TEST

static const char *const bad[] = {
    "node.id=UPPER",
    "node.id=",
    "guard.cgroup_root=relative",
    "guard.v1_root=/a/very/long/path/that/leaves/no/room/for/the/names/of/the/node/and/of/its/"
    "leases/in"
    "/a/cgroup/path",
    "guard.probe_dir=dev",
    "devices.gated=",
    "devices.gated=gpu",
    "devices.common=c 1:3",
    "devices.common=c 195:*",
};

START_TEST(what_makes_no_sense_is_refused)
{
    struct tier_config c;
    struct err err = ERR_INIT;
    ck_assert_int_eq(PARSE("--node", "node-01", "--set", bad[_i]), 0);
    ck_assert_int_eq(settings_tier(&s, &c, &err), -ERR_INVALID);
    ck_assert_int_ne(err.text[0], 0);
}
END_TEST

START_TEST(the_guard_needs_an_owner_and_keys)
{
    struct guard_config c;
    ck_assert_int_eq(PARSE("--node", "node-01"), 0);
    ck_assert_int_eq(settings_guard(&s, &c, NULL), -ERR_INVALID);
    settings_fini(&s);
    ck_assert_int_eq(PARSE("--node", "node-01", "--set", "node.owner=skt", "--set",
                           "keys.control_plane=/no/such/place"),
                     0);
    ck_assert_int_eq(settings_guard(&s, &c, NULL), -ERR_NOT_FOUND);
}
END_TEST

static Suite *settings_suite(void)
{
    Suite *suite = suite_create("settings");
    TCase *tc = tcase_create("settings");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, a_run_needs_no_arguments);
    tcase_add_test(tc, later_arguments_win);
    tcase_add_test(tc, each_action_has_its_argument);
    tcase_add_test(tc, unknown_arguments_are_refused);
    tcase_add_test(tc, the_tiers_get_what_they_need);
    tcase_add_loop_test(tc, what_makes_no_sense_is_refused, 0, (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tc, the_guard_needs_an_owner_and_keys);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(settings_suite)
