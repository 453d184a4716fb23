/* The table of settings, and what it means to the guard and the tiers. */
#include "nodeagent/guard/settings.h"

#include "tests/support/suite.h"

static struct config *config;

static void setup(void)
{
    config = config_create(settings_table);
    ck_assert_int_eq(config_set(config, "node.id=node-01", NULL), 0);
}

static void teardown(void)
{
    config_destroy(config);
}

static void set(const char *assignment)
{
    ck_assert_int_eq(config_set(config, assignment, NULL), 0);
}

START_TEST(the_tiers_get_what_they_need)
{
    struct tier_config c;
    set("devices.common=c 195:255");
    ck_assert_int_eq(settings_tier(config, &c, NULL), 0);
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
    "devices.common=c 195:*",
};

START_TEST(what_makes_no_sense_is_refused)
{
    struct tier_config c;
    struct err err = ERR_INIT;
    set(bad[_i]);
    ck_assert_int_eq(settings_tier(config, &c, &err), -ERR_INVALID);
    ck_assert_int_ne(err.text[0], 0);
}
END_TEST

START_TEST(the_guard_needs_an_owner_and_keys)
{
    struct guard_config c;
    ck_assert_int_eq(settings_guard(config, &c, NULL), -ERR_INVALID);
    set("node.owner=skt");
    set("keys.control_plane=/no/such/place");
    ck_assert_int_eq(settings_guard(config, &c, NULL), -ERR_NOT_FOUND);
}
END_TEST

static Suite *settings_suite(void)
{
    Suite *suite = suite_create("settings");
    TCase *tc = tcase_create("settings");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_tiers_get_what_they_need);
    tcase_add_loop_test(tc, what_makes_no_sense_is_refused, 0, (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tc, the_guard_needs_an_owner_and_keys);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(settings_suite)
