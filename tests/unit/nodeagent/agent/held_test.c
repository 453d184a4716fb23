/* nodeagent/agent/held.h: grants are remembered as long as anybody needs them. */
#include "nodeagent/agent/held.h"

#include "tests/support/suite.h"

#include <stdio.h>

static struct held_table table;

static void setup(void)
{
    memset(&table, 0, sizeof table);
}

static struct link_grant grant_of(const char *lease)
{
    struct link_grant g = {.lease = id_literal(lease),
                           .organisation = id_literal("upstage"),
                           .project = id_literal("alpha"),
                           .model = "B200"};
    struct grant decoded = {.lease = g.lease,
                            .organisation = g.organisation,
                            .project = g.project,
                            .node = id_literal("node-01"),
                            .key = id_literal("0123456789abcdef"),
                            .fence = 1,
                            .seq = 1,
                            .issued_at = {INT64_C(1764547200)},
                            .ttl_ms = 1000,
                            .ends_at = {INT64_C(1764550800)},
                            .isolation = GRANT_ISOLATION_WHOLE,
                            .share = {7000},
                            .devices = {{.major = 195, .minor = 3, .uuid = "GPU-3"}},
                            .device_count = 1};
    struct err err = ERR_INIT;
    ck_assert_msg(grant_encode(&decoded, &g.install.grant, &err) == 0, "%s", err.text);
    return g;
}

static int note(const char *lease)
{
    struct link_grant g = grant_of(lease);
    return held_note(&table, &g, NULL);
}

static const struct held *find(const char *lease)
{
    struct id id = id_literal(lease);
    return held_find(&table, &id);
}

static void compare(const char *lease, const char *state)
{
    struct link_held held = {.lease = id_literal(lease), .state = state};
    held_compare(&table, &held, 1);
}

START_TEST(a_grant_is_remembered_with_what_a_report_needs)
{
    ck_assert_int_eq(note("lease-1"), 0);
    const struct held *h = find("lease-1");
    ck_assert_ptr_nonnull(h);
    ck_assert(h->named);
    ck_assert_str_eq(h->lease.organisation.text, "upstage");
    ck_assert_str_eq(h->lease.project.text, "alpha");
    ck_assert_str_eq(h->lease.model, "B200");
    ck_assert_str_eq(h->lease.isolation, "whole");
    ck_assert_int_eq(h->lease.units.units, 7000);
    ck_assert_int_eq(h->ends_at.s, INT64_C(1764550800));
    ck_assert_uint_eq(h->device_count, 1);
    ck_assert_str_eq(h->uuids[0], "GPU-3");
    ck_assert_ptr_null(find("lease-2"));
}
END_TEST

START_TEST(bytes_that_are_no_grant_are_refused)
{
    struct link_grant g = grant_of("lease-1");
    g.install.grant.data[0] ^= 1;
    ck_assert_int_eq(held_note(&table, &g, NULL), -ERR_INVALID);
    ck_assert_ptr_null(find("lease-1"));
}
END_TEST

START_TEST(nothing_is_named_before_a_grant_set)
{
    ck_assert_int_eq(note("lease-1"), 0);
    held_unname(&table);
    ck_assert(!find("lease-1")->named);
    ck_assert_int_eq(note("lease-1"), 0);
    ck_assert(find("lease-1")->named);
}
END_TEST

START_TEST(a_node_can_hold_any_number_of_leases_one_after_the_other)
{
    char name[32];
    for (int i = 0; i < 5 * HELD_MAX; i++) {
        (void)snprintf(name, sizeof name, "lease-%d", i);
        held_unname(&table);
        ck_assert_msg(note(name) == 0, "%s", name);
        compare(name, "active");
        ck_assert_ptr_nonnull(find(name));
        compare(name, "returned");
    }
}
END_TEST

START_TEST(what_is_named_or_enforced_keeps_its_place)
{
    static struct link_held held[HELD_MAX];
    char name[32];
    for (int i = 0; i < HELD_MAX; i++) {
        (void)snprintf(name, sizeof name, "lease-%d", i);
        ck_assert_int_eq(note(name), 0);
        held[i] = (struct link_held){.lease = id_literal(name), .state = "draining"};
    }
    held_compare(&table, held, 0);
    ck_assert_int_eq(note("lease-more"), -ERR_LIMIT); /* all are named */
    held_unname(&table);
    held_compare(&table, held, HELD_MAX);
    ck_assert_int_eq(note("lease-more"), -ERR_LIMIT); /* all are enforced */
    held[7].state = "returned";
    held_compare(&table, held, HELD_MAX);
    ck_assert_int_eq(note("lease-more"), 0);
    ck_assert_ptr_null(find("lease-7"));
    ck_assert_ptr_nonnull(find("lease-8"));
}
END_TEST

START_TEST(a_lease_that_the_guard_does_not_list_is_not_enforced)
{
    ck_assert_int_eq(note("lease-1"), 0);
    ck_assert_int_eq(note("lease-2"), 0);
    compare("lease-2", "tainted");
    ck_assert(!find("lease-1")->enforced);
    ck_assert(find("lease-2")->enforced);
    compare("lease-3", "active"); /* never granted as far as this agent knows */
    ck_assert(!find("lease-2")->enforced);
    ck_assert_ptr_null(find("lease-3"));
}
END_TEST

static Suite *held_suite(void)
{
    Suite *suite = suite_create("held");
    TCase *tc = tcase_create("held");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_grant_is_remembered_with_what_a_report_needs);
    tcase_add_test(tc, bytes_that_are_no_grant_are_refused);
    tcase_add_test(tc, nothing_is_named_before_a_grant_set);
    tcase_add_test(tc, a_node_can_hold_any_number_of_leases_one_after_the_other);
    tcase_add_test(tc, what_is_named_or_enforced_keeps_its_place);
    tcase_add_test(tc, a_lease_that_the_guard_does_not_list_is_not_enforced);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(held_suite)
