/* Usage intervals, once each, into the books. */
#include "controlplane/domain/metering.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

#include <stdlib.h>

EXPECT_WORLD

#define GPU_MONTH INT64_C(6600000)

static struct id allocation, lease;

/* 8 GPUs on one node, running since the start, for two days. */
static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                          .gpus = 8,
                                                          .from = world_at(0),
                                                          .to = world_at(2 * WORLD_DAY)}));
    lease = w.changes.answer.id;
    world_due(&w);
    world_report(&w, "n1", "active");
}

static int64_t posted(void)
{
    return world_allocation(&w, allocation.text)->posted_krw.krw;
}

static int64_t held(void)
{
    return world_allocation(&w, allocation.text)->held_krw.krw;
}

START_TEST(test_interval_ids_are_node_boot_and_number)
{
    struct id node = id_literal("n1"), long_node = {0};
    memset(long_node.text, 'a', 62);
    ck_assert_str_eq(metering_interval_id(&node, "12345678-9abc-def0-1234-56789abcdef0", 7).text,
                     "n1.123456789abcdef0.7");
    ck_assert_str_eq(metering_interval_id(&long_node, "12345678-9abc-def0", 7).text, "");
}
END_TEST

START_TEST(test_an_interval_posts_what_was_held)
{
    int64_t before = held();
    ck_assert_int_eq(before, 2 * 8 * GPU_MONTH / 30);
    expect_ok(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(WORLD_DAY)));
    ck_assert_int_eq(posted(), 8 * GPU_MONTH / 30);
    ck_assert_int_eq(held(), before - posted());
    const struct id id =
        metering_interval_id(&(struct id){"n1"}, "00000000-0000-0000-0000-000000000001", 1);
    const struct usage_interval *u = state_find(w.state, ENTITY_USAGE_INTERVAL, &id);
    ck_assert_ptr_nonnull(u);
    ck_assert_str_eq(u->organisation.text, "upstage"); /* not the node's to say */
    ck_assert_str_eq(u->project.text, "alpha");
    ck_assert_str_eq(u->model, "B200");
    ck_assert_int_eq(u->received_at.s, w.now.s);
    const struct ledger_entry *e = LIST_AT(struct ledger_entry, &w.changes.entries, 0);
    ck_assert_int_eq(e->kind, LEDGER_INTERVAL);
    ck_assert_int_eq(e->amount_krw.krw, 8 * GPU_MONTH / 30);
    ck_assert_str_eq(e->organisation.text, "upstage");
}
END_TEST

START_TEST(test_told_twice_it_counts_once)
{
    for (int i = 0; i < 3; i++)
        expect_ok(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(WORLD_DAY)));
    ck_assert_uint_eq(state_count(w.state, ENTITY_USAGE_INTERVAL), 1);
    ck_assert_int_eq(posted(), 8 * GPU_MONTH / 30);
    ck_assert_uint_eq(w.changes.n, 0);
    ck_assert_uint_eq(w.changes.entries.n, 0);
}
END_TEST

START_TEST(test_a_hole_in_the_numbers_is_noted_and_paid_by_nobody)
{
    expect_ok(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(WORLD_HOUR)));
    ck_assert_ptr_null(world_note(&w, "missing"));
    expect_ok(
        &w, world_use(&w, "n1", 3, lease.text, world_at(2 * WORLD_HOUR), world_at(3 * WORLD_HOUR)));
    ck_assert_ptr_nonnull(world_note(&w, "n1.0000000000000000.2 is missing"));
    ck_assert_int_eq(posted(), 2 * 8 * GPU_MONTH / 30 / 24);
    expect_ok(&w,
              world_use(&w, "n1", 2, lease.text, world_at(WORLD_HOUR), world_at(2 * WORLD_HOUR)));
    ck_assert_ptr_null(world_note(&w, "missing"));
    ck_assert_int_eq(posted(), 3 * 8 * GPU_MONTH / 30 / 24);
}
END_TEST

START_TEST(test_what_fits_no_lease_of_the_node_is_refused_alone)
{
    static const struct {
        const char *node;
        const char *lease; /* NULL: the lease */
        int64_t from, to, units;
        const char *text;
    } cases[] = {
        {"n1", "lease-9999", 0, 60, 7000, "n1 has no lease lease-9999"},
        {"n2", NULL, 0, 60, 7000, "n2 has no lease"},
        {"n1", NULL, 60, 60, 7000, "from must come before to"},
        {"n1", NULL, -1, 60, 7000, "outside the window"},
        {"n1", NULL, 60, 2 * WORLD_DAY + 301, 7000, "outside the window"},
        {"n1", NULL, 0, 60, 0, "takes 56000 units there, not 0"},
        {"n1", NULL, 0, 60, 56001, "takes 56000 units there, not 56001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char actor[16];
        struct report_usage_command r = {.node = id_literal(cases[i].node)};
        for (uint64_t seq = 1; seq <= 2; seq++) { /* the second is good */
            struct usage_interval *u = record_list_add(&r.intervals, sizeof *u);
            *u = (struct usage_interval){.node = r.node, .seq = 100 + 10 * i + seq, .lease = lease};
            memcpy(u->boot_id, "1", 2);
            u->from = world_at(600);
            u->to = world_at(601);
            u->units.units = 7000;
            if (seq == 2)
                continue;
            u->lease = cases[i].lease ? id_literal(cases[i].lease) : lease;
            u->from = world_at(cases[i].from);
            u->to = world_at(cases[i].to);
            u->units.units = cases[i].units;
        }
        size_t before = state_count(w.state, ENTITY_USAGE_INTERVAL);
        snprintf(actor, sizeof actor, "node:%s", cases[i].node);
        expect_ok(&w, world_decide(&w, actor, COMMAND_REPORT_USAGE, &r));
        ck_assert_msg(world_note(&w, cases[i].text) != NULL, "case %zu", i);
        bool good = strcmp(cases[i].node, "n1") == 0;
        ck_assert_uint_eq(state_count(w.state, ENTITY_USAGE_INTERVAL), before + good);
        bool refused = false;
        LIST_EACH(const struct ledger_entry, e, &w.changes.entries)
        {
            refused |= strstr(e->reason, "refused: ") != NULL;
        }
        ck_assert(refused);
        free(r.intervals.items);
    }
}
END_TEST

START_TEST(test_a_node_reports_for_itself_only)
{
    struct report_usage_command r = {.node = id_literal("n2")};
    expect_refused(&w, world_decide(&w, "node:n1", COMMAND_REPORT_USAGE, &r), ERR_DENIED,
                   "can't report for node n2");
    r.node = id_literal("n1");
    struct usage_interval *u = record_list_add(&r.intervals, sizeof *u);
    *u = (struct usage_interval){
        .node = id_literal("n2"), .seq = 1, .lease = lease, .from = world_at(0), .to = world_at(1)};
    memcpy(u->boot_id, "1", 2);
    expect_ok(&w, world_decide(&w, "node:n1", COMMAND_REPORT_USAGE, &r));
    ck_assert_ptr_nonnull(world_note(&w, "it is of node n2"));
    free(r.intervals.items);
}
END_TEST

START_TEST(test_use_that_comes_late_is_posted_all_the_same)
{
    world_advance(&w, 2 * WORLD_DAY);
    world_report(&w, "n1", "active");
    ck_assert_int_eq(world_lease(&w, lease.text)->state, LEASE_ENDED);
    ck_assert_int_eq(held(), 0);
    expect_ok(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(2 * WORLD_DAY)));
    ck_assert_int_eq(posted(), 2 * 8 * GPU_MONTH / 30);
    ck_assert_int_eq(held(), 0);
}
END_TEST

START_TEST(test_intervals_add_up_to_the_bill_however_they_are_cut)
{
    static const int64_t cuts[] = {0, 1, 77, 3600, 3601, 50000, 86399, 86400, 2 * 86400};
    for (size_t i = 1; i < sizeof cuts / sizeof cuts[0]; i++)
        expect_ok(&w, world_use(&w, "n1", i, lease.text, world_at(cuts[i - 1]), world_at(cuts[i])));
    ck_assert_int_eq(posted(), 2 * 8 * GPU_MONTH / 30);
    ck_assert_int_eq(held(), 0);
}
END_TEST

static Suite *metering_suite(void)
{
    Suite *s = suite_create("metering");
    TCase *c = tcase_create("metering");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_interval_ids_are_node_boot_and_number);
    tcase_add_test(c, test_an_interval_posts_what_was_held);
    tcase_add_test(c, test_told_twice_it_counts_once);
    tcase_add_test(c, test_a_hole_in_the_numbers_is_noted_and_paid_by_nobody);
    tcase_add_test(c, test_what_fits_no_lease_of_the_node_is_refused_alone);
    tcase_add_test(c, test_a_node_reports_for_itself_only);
    tcase_add_test(c, test_use_that_comes_late_is_posted_all_the_same);
    tcase_add_test(c, test_intervals_add_up_to_the_bill_however_they_are_cut);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(metering_suite)
