/* Entries with their parties, and books that balance. */
#include "controlplane/domain/posting.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation, lease;
static int64_t pending, freed, voided, posted;

static void note(void)
{
    LIST_EACH(const struct ledger_entry, e, &w.changes.entries)
    {
        ck_assert_msg(!id_is_none(&e->organisation), "%s of %s is in nobody's log",
                      enum_name(&ledger_kind_names, (int)e->kind), e->subject.text);
        ck_assert(!id_equal(&e->organisation, &e->counterparty));
        pending += e->phase == PHASE_PENDING ? e->amount_krw.krw : 0;
        voided += e->phase == PHASE_VOID ? e->amount_krw.krw : 0;
        posted += e->phase == PHASE_POST ? e->amount_krw.krw : 0;
        freed += e->freed_krw.krw;
    }
}

static const struct ledger_entry *entry(size_t i)
{
    ck_assert_uint_lt(i, w.changes.entries.n);
    return LIST_AT(const struct ledger_entry, &w.changes.entries, i);
}

static void setup(void)
{
    expect_setup();
    pending = freed = voided = posted = 0;
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w,
                    &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .notice_s = WORLD_HOUR});
    allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                          .gpus = 8,
                                                          .from = world_at(0),
                                                          .to = world_at(2 * WORLD_DAY)}));
    lease = w.changes.answer.id;
    note();
}

START_TEST(a_booking_is_pending_between_borrower_and_lender)
{
    const struct ledger_entry *e = entry(0);
    ck_assert_int_eq((int)e->kind, LEDGER_BOOK);
    ck_assert_int_eq((int)e->phase, PHASE_PENDING);
    ck_assert_str_eq(e->organisation.text, "upstage");
    ck_assert_str_eq(e->counterparty.text, "skt");
    ck_assert_str_eq(e->project.text, "alpha");
    ck_assert_int_eq(e->amount_krw.krw, world_lease(&w, lease.text)->held_krw.krw);
}
END_TEST

START_TEST(an_interval_carries_what_the_node_signed)
{
    world_due(&w);
    world_report(&w, "n1", "active");
    world_must(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(WORLD_DAY)));
    const struct ledger_entry *e = entry(0);
    const struct usage_interval *u = state_find(w.state, ENTITY_USAGE_INTERVAL, &e->subject);
    ck_assert_ptr_nonnull(u);
    ck_assert_int_eq((int)e->phase, PHASE_POST);
    ck_assert_int_eq(e->freed_krw.krw, e->amount_krw.krw);
    ck_assert_str_eq(e->subject_kind.text, "usage-interval");
    ck_assert_str_eq(e->counterparty.text, "skt");
    ck_assert_str_eq(e->lease.text, lease.text);
    ck_assert_str_eq(e->loan.text, "loan-a");
    ck_assert_str_eq(e->node.text, "n1");
    ck_assert_str_eq(e->boot_id, u->boot_id);
    ck_assert_uint_eq(e->seq, 1);
    ck_assert_str_eq(e->model, "B200");
    ck_assert_str_eq(e->isolation.text, "whole");
    ck_assert_str_eq(e->cause.text, "running");
    ck_assert_int_eq(e->from.s, u->from.s);
    ck_assert_int_eq(e->to.s, u->to.s);
    ck_assert_int_eq(e->units.units, u->units.units);
    ck_assert_int_eq(e->received_at.s, u->received_at.s);
}
END_TEST

/* Lets the lease end by itself, all of it told or a part. */
static void live_to_the_end(int64_t told_s)
{
    world_due(&w);
    note();
    world_report(&w, "n1", "active");
    note();
    world_must(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(told_s)));
    note();
    w.now = world_at(2 * WORLD_DAY);
    world_due(&w);
    note();
    world_must(&w, world_report_one(&w, "n1", lease.text, "returned"));
    note();
}

START_TEST(what_was_pending_is_freed_by_use_or_void_in_the_end)
{
    static const int64_t told[] = {WORLD_HOUR, WORLD_DAY, 2 * WORLD_DAY};
    live_to_the_end(told[_i]);
    ck_assert_int_gt(pending, 0);
    ck_assert_int_eq(pending, freed + voided);
    ck_assert_int_eq(posted, freed); /* nothing beyond what was held */
    ck_assert_int_eq(world_allocation(&w, allocation.text)->held_krw.krw, 0);
    ck_assert_int_eq(world_allocation(&w, allocation.text)->posted_krw.krw, posted);
}
END_TEST

START_TEST(a_booking_that_is_cancelled_is_void_at_once)
{
    world_must(&w, world_release(&w, "kim.upstage", lease.text));
    note();
    ck_assert_int_eq(voided, pending);
    ck_assert_int_eq((int)entry(0)->kind, LEDGER_RELEASE);
}
END_TEST

START_TEST(a_release_frees_what_the_lease_is_worth_less)
{
    world_due(&w);
    world_report(&w, "n1", "active");
    w.now = world_at(WORLD_DAY);
    world_must(&w, world_release(&w, "kim.upstage", lease.text));
    note();
    ck_assert_int_eq(voided, pending / 2);
}
END_TEST

START_TEST(acts_of_the_clock_on_a_loan_are_in_the_logs_of_its_parties)
{
    world_advance(&w, 100 * WORLD_DAY);
    note();
    ck_assert_str_eq(entry(0)->organisation.text, "skt");
    ck_assert_str_eq(entry(0)->counterparty.text, "upstage"); /* leads alpha */
}
END_TEST

START_TEST(money_of_nothing_is_no_posting)
{
    struct ledger_entry e = {.kind = LEDGER_RETURN};
    posting_money(&e, PHASE_VOID, 0);
    ck_assert_int_eq((int)e.phase, PHASE_NONE);
    posting_money(&e, PHASE_POST, 0);
    ck_assert_int_eq((int)e.phase, PHASE_POST);
}
END_TEST

static Suite *posting_suite(void)
{
    Suite *s = suite_create("domain/posting");
    TCase *c = tcase_create("posting");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, a_booking_is_pending_between_borrower_and_lender);
    tcase_add_test(c, an_interval_carries_what_the_node_signed);
    tcase_add_loop_test(c, what_was_pending_is_freed_by_use_or_void_in_the_end, 0, 3);
    tcase_add_test(c, a_booking_that_is_cancelled_is_void_at_once);
    tcase_add_test(c, a_release_frees_what_the_lease_is_worth_less);
    tcase_add_test(c, acts_of_the_clock_on_a_loan_are_in_the_logs_of_its_parties);
    tcase_add_test(c, money_of_nothing_is_no_posting);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(posting_suite)
