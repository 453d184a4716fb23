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

START_TEST(test_an_interval_posts_what_was_held)
{
    int64_t before = held();
    ck_assert_int_eq(before, 2 * 8 * GPU_MONTH / 30);
    expect_ok(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(WORLD_DAY)));
    ck_assert_int_eq(posted(), 8 * GPU_MONTH / 30);
    ck_assert_int_eq(held(), before - posted());
    const struct id id = id_literal("n1.0000000000000000.1");
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
            u->from = world_at(600 + (int64_t)i);
            u->to = world_at(601 + (int64_t)i);
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

/* The entry of the last decision whose reason holds the text, or NULL. */
static const struct ledger_entry *entry_that_says(const char *text)
{
    LIST_EACH(const struct ledger_entry, e, &w.changes.entries)
    {
        if (strstr(e->reason, text))
            return e;
    }
    return NULL;
}

START_TEST(test_no_second_of_a_lease_on_a_node_is_taken_twice)
{
    static const struct {
        int64_t from, to;
        bool taken;
    } cases[] = {
        {600, 1200, false}, /* the same */
        {0, 601, false},    {1199, 1300, false}, {700, 800, false},
        {0, 5000, false},   {0, 600, true},      {1200, 1201, true}, /* beside it */
    };
    expect_ok(&w, world_use(&w, "n1", 1, lease.text, world_at(600), world_at(1200)));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = state_count(w.state, ENTITY_USAGE_INTERVAL);
        int64_t billed = posted();
        expect_ok(&w, world_use(&w, "n1", 2 + i, lease.text, world_at(cases[i].from),
                                world_at(cases[i].to)));
        ck_assert_msg((world_note(&w, "a part of that time: n1.0000000000000000.1") != NULL) !=
                          cases[i].taken,
                      "case %zu", i);
        ck_assert_uint_eq(state_count(w.state, ENTITY_USAGE_INTERVAL), before + cases[i].taken);
        ck_assert((posted() > billed) == cases[i].taken);
        ck_assert((entry_that_says("refused: ") != NULL) != cases[i].taken);
    }
}
END_TEST

/* Names that stand before and after each other's intervals in every order. */
START_TEST(test_nodes_of_one_lease_are_in_nobodys_way)
{
    enum { NODES = 5 };
    static const char *const nodes[NODES] = {"m", "m-1", "m1", "m10", "lz"};
    for (size_t i = 0; i < NODES; i++)
        world_make_node(&w, nodes[i], "naver-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-b", .pool = "naver-b200", .gpus = 40, .notice_s = 3600});
    struct id a = world_make_allocation(&w, "alpha", 40, WORLD_BUDGET);
    expect_ok(&w, world_book(&w, &(struct world_booking){.allocation = a,
                                                         .gpus = 40,
                                                         .from = world_at(0),
                                                         .to = world_at(WORLD_DAY)}));
    struct id wide = w.changes.answer.id;
    world_due(&w);
    for (uint64_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < NODES; i++) {
            expect_ok(&w, world_use(&w, nodes[i], round + 1, wide.text, world_at(0),
                                    world_at(WORLD_HOUR)));
            ck_assert_msg((world_note(&w, "is refused") != NULL) == (round == 1), "%s", nodes[i]);
        }
    }
    ck_assert_uint_eq(state_count(w.state, ENTITY_USAGE_INTERVAL), NODES);
}
END_TEST

START_TEST(test_nor_within_one_report)
{
    struct report_usage_command r = {.node = id_literal("n1")};
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct usage_interval *u = record_list_add(&r.intervals, sizeof *u);
        *u = (struct usage_interval){.node = r.node, .seq = seq, .lease = lease, .boot_id = "1"};
        u->from = world_at(seq == 3 ? 60 : 0);
        u->to = world_at(seq == 3 ? 90 : 60);
        u->units.units = 7000;
    }
    expect_ok(&w, world_decide(&w, "node:n1", COMMAND_REPORT_USAGE, &r));
    ck_assert_ptr_nonnull(world_note(&w, "n1.1.2 is refused"));
    ck_assert_uint_eq(state_count(w.state, ENTITY_USAGE_INTERVAL), 2);
    free(r.intervals.items);
}
END_TEST

static void add_refused(struct report_usage_command *r, const char *boot, uint64_t seq)
{
    struct refused_interval *u = record_list_add(&r->refused, sizeof *u);
    *u = (struct refused_interval){.seq = seq, .reason = "not signed by it"};
    snprintf(u->boot_id, sizeof u->boot_id, "%s", boot);
}

START_TEST(test_what_came_in_refused_stands_in_notes_and_ledger)
{
    struct report_usage_command r = {.node = id_literal("n1")};
    expect_ok(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(60)));
    add_refused(&r, "00000000-0000-0000-0000-000000000001", 1); /* taken in good time */
    add_refused(&r, "00000000-0000-0000-0000-000000000001", 2);
    expect_ok(&w, world_decide(&w, "node:n1", COMMAND_REPORT_USAGE, &r));
    ck_assert_ptr_null(world_note(&w, "n1.0000000000000000.1"));
    ck_assert_ptr_nonnull(world_note(&w, "n1.0000000000000000.2 is refused: not signed by it"));
    const struct ledger_entry *e = entry_that_says("refused: not signed by it");
    ck_assert_ptr_nonnull(e);
    ck_assert_str_eq(e->subject.text, "n1.0000000000000000.2");
    ck_assert_str_eq(e->organisation.text, "skt");
    ck_assert_uint_eq(state_count(w.state, ENTITY_USAGE_INTERVAL), 1);
    free(r.refused.items);
}
END_TEST

/* Nodes that joined before names were bounded: their reports go on. */
START_TEST(test_an_interval_that_can_have_no_id_is_refused_alone)
{
    struct report_usage_command r = {.node = ID_NONE};
    struct decide_context ctx = {.now = w.now, .actor = {.kind = ACTOR_NODE}};
    struct changes changes;
    memset(r.node.text, 'n', ID_CAP - 1);
    ctx.actor.name = r.node;
    add_refused(&r, "1", 1);
    struct usage_interval *u = record_list_add(&r.intervals, sizeof *u);
    *u = (struct usage_interval){.node = r.node, .seq = 2, .lease = lease, .boot_id = "1"};
    changes_init(&changes);
    expect_ok(&w, decide(w.state, COMMAND_REPORT_USAGE, &r, &ctx, &changes, &w.err));
    ck_assert_uint_eq(changes.n, 0);
    ck_assert_uint_eq(changes.entries.n, 2);
    LIST_EACH(const struct ledger_entry, e, &changes.entries)
    {
        ck_assert_str_eq(e->subject_kind.text, "node");
        ck_assert_str_eq(e->subject.text, r.node.text);
    }
    changes_fini(&changes);
    free(r.intervals.items);
    free(r.refused.items);
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
    tcase_add_test(c, test_an_interval_posts_what_was_held);
    tcase_add_test(c, test_told_twice_it_counts_once);
    tcase_add_test(c, test_a_hole_in_the_numbers_is_noted_and_paid_by_nobody);
    tcase_add_test(c, test_what_fits_no_lease_of_the_node_is_refused_alone);
    tcase_add_test(c, test_no_second_of_a_lease_on_a_node_is_taken_twice);
    tcase_add_test(c, test_nodes_of_one_lease_are_in_nobodys_way);
    tcase_add_test(c, test_nor_within_one_report);
    tcase_add_test(c, test_what_came_in_refused_stands_in_notes_and_ledger);
    tcase_add_test(c, test_an_interval_that_can_have_no_id_is_refused_alone);
    tcase_add_test(c, test_a_node_reports_for_itself_only);
    tcase_add_test(c, test_use_that_comes_late_is_posted_all_the_same);
    tcase_add_test(c, test_intervals_add_up_to_the_bill_however_they_are_cut);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(metering_suite)
