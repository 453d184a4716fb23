/* Opportunistic leases: where they may stand, and how they give way. */
#include "controlplane/domain/reclaiming.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id alpha, beta;

/* skt guarantees 12 of its 16 GPUs to alpha, and lends beta what is free, up to 16. */
static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 12, .notice_s = 3600});
    world_make_loan(
        &w, &(struct world_loan_terms){
                .id = "loan-b", .project = "beta", .gpus = 1, .burst = 15, .notice_s = 3600});
    alpha = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
    beta = world_make_allocation(&w, "beta", 16, WORLD_BUDGET);
}

static struct id borrow(uint32_t gpus, uint32_t priority, const char *service_class)
{
    world_must(&w,
               world_book(&w, &(struct world_booking){.actor = "han.lunit",
                                                      .allocation = beta,
                                                      .gpus = gpus,
                                                      .priority = priority,
                                                      .service_class = service_class,
                                                      .from = w.now,
                                                      .to = instant_add(w.now, 9 * WORLD_DAY)}));
    struct id id = w.changes.answer.id;
    world_due(&w);
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    return id;
}

static int take(uint32_t gpus, struct instant from, int64_t length_s)
{
    struct book_lease_request r = {
        .allocation = alpha, .gpus = gpus, .from = from, .to = INSTANT_NEVER, .length_s = length_s};
    return world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r);
}

static const struct lease *lease(const struct id *id)
{
    return world_lease(&w, id->text);
}

START_TEST(test_they_have_what_is_guaranteed_to_others_and_idle_and_committed_ones_do_not)
{
    struct world_booking b = {.actor = "han.lunit",
                              .allocation = beta,
                              .gpus = 8,
                              .from = w.now,
                              .to = instant_add(w.now, WORLD_DAY)};
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "guarantees");
    b.service_class = "opportunistic";
    expect_ok(&w, world_book(&w, &b));
}
END_TEST

START_TEST(test_a_committed_lease_that_begins_at_once_begins_after_the_reclaim_time)
{
    struct id id = borrow(16, 0, "opportunistic");
    expect_ok(&w, take(12, INSTANT_NEVER, WORLD_DAY));
    struct id mine = w.changes.answer.id;
    ck_assert_ptr_nonnull(world_note(&w, "gives way at"));
    /* 300 s to stop, 300 s to clean */
    ck_assert_int_eq(lease(&mine)->from.s, instant_add(w.now, 600).s);
    ck_assert_int_eq(lease(&mine)->to.s, instant_add(w.now, 600 + WORLD_DAY).s);
    ck_assert_int_eq(lease(&id)->state, LEASE_DRAINING);
    ck_assert_int_eq(lease(&id)->end_reason, END_RECLAIMED);
    ck_assert_int_eq(lease(&id)->ends_at.s, instant_add(w.now, 300).s);
    world_advance(&w, 300);
    ck_assert_int_eq(lease(&id)->state, LEASE_RETURNING);
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    ck_assert_int_eq(lease(&id)->state, LEASE_ENDED);
    world_advance(&w, 300);
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    ck_assert_int_eq(lease(&mine)->state, LEASE_ACTIVE);
}
END_TEST

START_TEST(test_one_that_begins_later_lets_them_run_until_then)
{
    struct id id = borrow(16, 0, "opportunistic");
    expect_ok(&w, take(12, world_at(WORLD_DAY), WORLD_DAY));
    ck_assert_int_eq(lease(&id)->ends_at.s, world_at(WORLD_DAY - 300).s);
}
END_TEST

START_TEST(test_one_that_begins_sooner_at_a_stated_instant_reclaims_nothing)
{
    struct id id = borrow(16, 0, "opportunistic");
    expect_refused(&w, take(12, instant_add(w.now, 599), WORLD_DAY), ERR_NO_CAPACITY, "");
    ck_assert_int_eq(lease(&id)->state, LEASE_ACTIVE);
}
END_TEST

START_TEST(test_lower_priority_goes_first_and_who_is_not_needed_stays)
{
    struct id low = borrow(4, 0, "opportunistic"), high = borrow(4, 5, "opportunistic");
    struct id large = borrow(8, 1, "opportunistic");
    expect_ok(&w, take(4, INSTANT_NEVER, WORLD_DAY));
    ck_assert_int_eq(lease(&low)->end_reason, END_RECLAIMED);
    ck_assert_int_eq(lease(&high)->end_reason, END_NONE);
    ck_assert_int_eq(lease(&large)->end_reason, END_NONE);
    expect_ok(&w, take(8, INSTANT_NEVER, WORLD_DAY));
    ck_assert_int_eq(lease(&large)->end_reason, END_RECLAIMED);
    ck_assert_int_eq(lease(&high)->end_reason, END_NONE);
}
END_TEST

START_TEST(test_who_would_find_no_room_even_then_stops_nobody)
{
    struct id id = borrow(8, 0, "opportunistic");
    expect_refused(&w, take(13, INSTANT_NEVER, WORLD_DAY), ERR_NO_CAPACITY,
                   "loan loan-a leaves 12");
    ck_assert_int_eq(lease(&id)->state, LEASE_ACTIVE);
    ck_assert_int_eq(lease(&id)->end_reason, END_NONE);
}
END_TEST

START_TEST(test_an_opportunistic_lease_makes_nobody_give_way)
{
    struct id id = borrow(16, 0, "opportunistic");
    struct world_booking b = {.allocation = alpha,
                              .gpus = 4,
                              .service_class = "opportunistic",
                              .from = world_at(WORLD_DAY),
                              .to = world_at(2 * WORLD_DAY)};
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "");
    ck_assert_int_eq(lease(&id)->end_reason, END_NONE);
}
END_TEST

static Suite *reclaiming_suite(void)
{
    Suite *s = suite_create("reclaiming");
    TCase *c = tcase_create("reclaiming");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c,
                   test_they_have_what_is_guaranteed_to_others_and_idle_and_committed_ones_do_not);
    tcase_add_test(c, test_a_committed_lease_that_begins_at_once_begins_after_the_reclaim_time);
    tcase_add_test(c, test_one_that_begins_later_lets_them_run_until_then);
    tcase_add_test(c, test_one_that_begins_sooner_at_a_stated_instant_reclaims_nothing);
    tcase_add_test(c, test_lower_priority_goes_first_and_who_is_not_needed_stays);
    tcase_add_test(c, test_who_would_find_no_room_even_then_stops_nobody);
    tcase_add_test(c, test_an_opportunistic_lease_makes_nobody_give_way);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(reclaiming_suite)
