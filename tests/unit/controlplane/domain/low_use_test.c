/* Loans that are hardly used, and what is proposed about them. */
#include "controlplane/domain/low_use.h"

#include "controlplane/domain/recall.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

/* Less than half of a loan used over ten days is little. */
static void setup(void)
{
    struct apply_programme_request r = {0};
    struct id id = id_literal(WORLD_PROGRAMME);
    expect_setup();
    record_copy(&programme_type, &r.programme, state_find(w.state, ENTITY_PROGRAMME, &id));
    r.programme.low_use_percent = 50;
    r.programme.low_use_window_s = 10 * WORLD_DAY;
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROGRAMME, &r));
    record_fini(&apply_programme_request_type, &r);
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
}

static void use(uint32_t gpus, int64_t days)
{
    expect_ok(&w,
              world_book(&w, &(struct world_booking){.allocation = allocation,
                                                     .gpus = gpus,
                                                     .from = w.now,
                                                     .to = instant_add(w.now, days * WORLD_DAY)}));
    world_due(&w);
    world_report(&w, "n1", "active");
}

static bool last_of(const void *record, void *arg)
{
    *(const struct recall **)arg = record;
    return true;
}

static const struct recall *proposal(void)
{
    const struct recall *r = NULL;
    state_each(w.state, ENTITY_RECALL, NULL, last_of, &r);
    return r;
}

START_TEST(test_what_is_used_enough_is_left_alone)
{
    use(4, 10);
    world_advance(&w, 10 * WORLD_DAY);
    ck_assert_ptr_null(proposal());
}
END_TEST

START_TEST(test_little_use_proposes_to_recall_what_was_never_used)
{
    use(3, 10);
    world_advance(&w, 10 * WORLD_DAY);
    const struct recall *r = proposal();
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r->cause, RECALL_LOW_USE);
    ck_assert_int_eq(r->units.units, share_gpus(5).units);
    ck_assert_int_eq(r->state, REQUEST_SUBMITTED);
    ck_assert_ptr_nonnull(strstr(r->reason, "37 % of it were used"));
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_ACTIVE); /* a human decides */
}
END_TEST

START_TEST(test_a_booking_that_no_node_ever_had_is_no_use)
{
    expect_ok(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                         .gpus = 8,
                                                         .from = w.now,
                                                         .to = instant_add(w.now, 9 * WORLD_DAY)}));
    world_advance(&w, 10 * WORLD_DAY);
    ck_assert_ptr_nonnull(proposal());
    ck_assert_int_eq(proposal()->units.units, share_gpus(8).units);
}
END_TEST

START_TEST(test_approved_by_the_agency_it_runs_with_the_notice_and_a_supplier_is_not_enough)
{
    world_advance(&w, 10 * WORLD_DAY);
    struct id approval = proposal()->approval;
    ck_assert_uint_eq(world_approval(&w, approval.text)->approvers_needed, 1);
    expect_refused(&w, world_sign(&w, "sign.skt", approval.text), ERR_DENIED,
                   "only an agency-approver");
    world_advance(&w, 12 * WORLD_DAY); /* one open proposal is enough */
    ck_assert_uint_eq(state_count(w.state, ENTITY_RECALL), 1);
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_RECALLING);
    ck_assert_int_eq(world_loan(&w, "loan-a")->recall_at.s, instant_add(w.now, 3600).s);
}
END_TEST

START_TEST(test_a_programme_that_does_not_ask_is_told_nothing)
{
    expect_teardown();
    expect_setup();
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8});
    world_advance(&w, 50 * WORLD_DAY);
    ck_assert_ptr_null(proposal());
}
END_TEST

static Suite *low_use_suite(void)
{
    Suite *s = suite_create("low_use");
    TCase *c = tcase_create("low_use");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_what_is_used_enough_is_left_alone);
    tcase_add_test(c, test_little_use_proposes_to_recall_what_was_never_used);
    tcase_add_test(c, test_a_booking_that_no_node_ever_had_is_no_use);
    tcase_add_test(
        c, test_approved_by_the_agency_it_runs_with_the_notice_and_a_supplier_is_not_enough);
    tcase_add_test(c, test_a_programme_that_does_not_ask_is_told_nothing);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(low_use_suite)
