/* The waiting list: who is served when, and what those who wait are told. */
#include "controlplane/domain/waiting.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

/* 8 GPUs of skt, lent to alpha. */
static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 64, WORLD_BUDGET);
}

struct wish {
    uint32_t gpus;
    uint32_t priority;
    const char *service_class;
    int64_t length_s; /* 0: until `to` */
    struct instant to;
    bool wait;
};

static int ask(const struct wish *wish)
{
    struct book_lease_request r = {.allocation = allocation,
                                   .gpus = wish->gpus,
                                   .priority = wish->priority,
                                   .from = INSTANT_NEVER,
                                   .to = wish->length_s ? INSTANT_NEVER : wish->to,
                                   .length_s = wish->length_s,
                                   .wait = wish->wait};
    if (wish->service_class)
        r.service_class = id_literal(wish->service_class);
    return world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r);
}

static struct id must_ask(uint32_t gpus, uint32_t priority, const char *service_class)
{
    expect_ok(&w, ask(&(struct wish){.gpus = gpus,
                                     .priority = priority,
                                     .service_class = service_class,
                                     .length_s = WORLD_DAY,
                                     .wait = true}));
    return w.changes.answer.id;
}

static const struct lease *lease(const struct id *id)
{
    return world_lease(&w, id->text);
}

/* All 8 for ten days, running. */
static struct id fill(void)
{
    struct wish all = {.gpus = 8, .length_s = 10 * WORLD_DAY};
    expect_ok(&w, ask(&all));
    struct id id = w.changes.answer.id;
    world_due(&w);
    world_report(&w, "n1", "active");
    return id;
}

static void give_back(const struct id *id)
{
    expect_ok(&w, world_release(&w, "kim.upstage", id->text));
    world_due(&w);
    world_report(&w, "n1", "active");
    world_due(&w);
}

START_TEST(test_who_finds_room_does_not_wait)
{
    struct id id = must_ask(8, 0, NULL);
    ck_assert_int_eq(lease(&id)->state, LEASE_BOOKED);
    ck_assert_ptr_null(lease_waits(lease(&id)));
}
END_TEST

START_TEST(test_who_finds_none_is_told_why_and_waits)
{
    struct id first = fill();
    struct id id = must_ask(4, 0, NULL);
    ck_assert_int_eq(lease(&id)->state, LEASE_REQUESTED);
    ck_assert(!lease_holds_capacity(lease(&id)));
    ck_assert_int_eq(lease(&id)->held_krw.krw, 0);
    ck_assert_ptr_nonnull(strstr(lease_waits(lease(&id))->reason, first.text));
    ck_assert_ptr_nonnull(world_note(&w, "on the waiting list"));
    /* it is known when the first ends: tried then at the latest, cleaning after it */
    ck_assert_int_eq(lease_waits(lease(&id))->next_try.s,
                     instant_add(lease(&first)->ends_at, 300).s);
    ck_assert_int_eq(lease_waits(lease(&id))->until.s, world_at(99 * WORLD_DAY).s);
}
END_TEST

START_TEST(test_it_is_served_the_moment_the_devices_are_back)
{
    struct id first = fill(), id = must_ask(4, 0, NULL);
    world_advance(&w, WORLD_HOUR);
    give_back(&first);
    ck_assert_int_eq(lease(&first)->state, LEASE_ENDED);
    ck_assert_int_eq(lease(&id)->state, LEASE_PREPARING);
    ck_assert_int_eq(lease(&id)->from.s, w.now.s);
    ck_assert_int_eq(lease(&id)->to.s, instant_add(w.now, WORLD_DAY).s);
    ck_assert_int_gt(lease(&id)->held_krw.krw, 0);
    ck_assert_ptr_null(lease_waits(lease(&id)));
    world_report(&w, "n1", "active");
    ck_assert_int_eq(lease(&id)->state, LEASE_ACTIVE);
}
END_TEST

START_TEST(test_without_a_release_it_is_served_when_the_lease_before_it_ends)
{
    struct id first = fill(), id = must_ask(4, 0, NULL);
    world_advance(&w, 10 * WORLD_DAY + 300);
    world_report(&w, "n1", "active");
    world_due(&w);
    ck_assert_int_eq(lease(&first)->state, LEASE_ENDED);
    ck_assert_int_ge(lease(&id)->state, LEASE_BOOKED);
}
END_TEST

START_TEST(test_committed_then_priority_then_who_came_first)
{
    struct id first = fill();
    struct id opportunistic = must_ask(8, 9, "opportunistic");
    struct id late = must_ask(8, 0, NULL), later = must_ask(8, 0, NULL);
    struct id urgent = must_ask(8, 5, NULL);
    const struct id *order[] = {&urgent, &late, &later, &opportunistic};
    struct id running = first;
    for (size_t i = 0; i < 4; i++) {
        give_back(&running);
        for (size_t k = 0; k < 4; k++)
            ck_assert_msg((lease(order[k])->state == LEASE_REQUESTED) == (k > i),
                          "round %zu: %zu is %s", i, k,
                          enum_name(&lease_state_names, (int)lease(order[k])->state));
        running = *order[i];
        world_report(&w, "n1", "active");
    }
}
END_TEST

START_TEST(test_one_that_does_not_fit_keeps_nobody_behind_it_waiting)
{
    struct wish half = {.gpus = 4, .length_s = 10 * WORLD_DAY};
    expect_ok(&w, ask(&half));
    expect_ok(&w, ask(&half));
    struct id second = w.changes.answer.id;
    world_due(&w);
    world_report(&w, "n1", "active");
    struct id large = must_ask(8, 0, NULL), small = must_ask(4, 0, NULL);
    give_back(&second);
    ck_assert_int_eq(lease(&large)->state, LEASE_REQUESTED);
    ck_assert_int_ge(lease(&small)->state, LEASE_BOOKED);
    ck_assert_ptr_nonnull(strstr(lease_waits(lease(&large))->reason, "leaves"));
}
END_TEST

START_TEST(test_more_devices_and_more_lent_wake_the_list)
{
    (void)fill();
    struct id id = must_ask(4, 0, NULL);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_due(&w);
    ck_assert_int_eq(lease(&id)->state, LEASE_REQUESTED); /* the loan is the limit now */
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-b", .gpus = 8});
    world_due(&w);
    ck_assert_int_ge(lease(&id)->state, LEASE_BOOKED);
    ck_assert_str_eq(lease(&id)->loan.text, "loan-b");
}
END_TEST

START_TEST(test_who_can_not_begin_any_more_is_refused)
{
    (void)fill();
    struct wish wish = {.gpus = 1, .to = world_at(WORLD_DAY), .wait = true};
    expect_ok(&w, ask(&wish));
    struct id id = w.changes.answer.id;
    ck_assert_int_eq(lease_waits(lease(&id))->until.s, world_at(WORLD_DAY).s);
    world_advance(&w, WORLD_DAY);
    ck_assert_int_eq(lease(&id)->state, LEASE_REFUSED);
}
END_TEST

START_TEST(test_who_waits_may_cancel_and_what_runs_may_not)
{
    struct id first = fill(), id = must_ask(1, 0, NULL);
    struct cancel_lease_request r = {.id = id};
    expect_refused(&w, world_decide(&w, "han.lunit", COMMAND_CANCEL_LEASE, &r), ERR_NOT_FOUND, "");
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_CANCEL_LEASE, &r));
    ck_assert_int_eq(lease(&id)->state, LEASE_CANCELLED);
    r.id = first;
    expect_refused(&w, world_decide(&w, "kim.upstage", COMMAND_CANCEL_LEASE, &r), ERR_STATE,
                   "what has begun is released");
    give_back(&first);
    ck_assert_int_eq(lease(&id)->state, LEASE_CANCELLED);
}
END_TEST

START_TEST(test_nobody_opportunistic_is_booked_past_a_committed_one_that_waits)
{
    struct wish half = {.gpus = 4, .length_s = WORLD_DAY};
    expect_ok(&w, ask(&half));
    struct id id = must_ask(8, 0, NULL);
    half.service_class = "opportunistic";
    expect_refused(&w, ask(&half), ERR_NO_CAPACITY, "waits for B200 and comes first", id.text);
    half.service_class = NULL;
    expect_ok(&w, ask(&half));
}
END_TEST

START_TEST(test_a_budget_that_is_spent_keeps_it_waiting_and_says_so)
{
    struct id small = world_make_allocation(&w, "alpha", 8, 7000000);
    struct id first = fill();
    struct book_lease_request r = {.allocation = small,
                                   .gpus = 8,
                                   .from = INSTANT_NEVER,
                                   .length_s = 20 * WORLD_DAY,
                                   .to = INSTANT_NEVER,
                                   .wait = true};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r));
    struct id id = w.changes.answer.id;
    give_back(&first);
    ck_assert_int_eq(lease(&id)->state, LEASE_REQUESTED);
    ck_assert_ptr_nonnull(strstr(lease_waits(lease(&id))->reason, "KRW left"));
}
END_TEST

START_TEST(test_a_dry_run_waits_for_nothing)
{
    (void)fill();
    size_t n = state_count(w.state, ENTITY_LEASE);
    struct book_lease_request r = {.head = {.dry_run = true},
                                   .allocation = allocation,
                                   .gpus = 1,
                                   .from = INSTANT_NEVER,
                                   .length_s = WORLD_DAY,
                                   .to = INSTANT_NEVER,
                                   .wait = true};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r));
    ck_assert_str_eq(w.changes.answer.state.text, "requested");
    ck_assert_uint_eq(state_count(w.state, ENTITY_LEASE), n);
}
END_TEST

static Suite *waiting_suite(void)
{
    Suite *s = suite_create("waiting");
    TCase *c = tcase_create("waiting");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_who_finds_room_does_not_wait);
    tcase_add_test(c, test_who_finds_none_is_told_why_and_waits);
    tcase_add_test(c, test_it_is_served_the_moment_the_devices_are_back);
    tcase_add_test(c, test_without_a_release_it_is_served_when_the_lease_before_it_ends);
    tcase_add_test(c, test_committed_then_priority_then_who_came_first);
    tcase_add_test(c, test_one_that_does_not_fit_keeps_nobody_behind_it_waiting);
    tcase_add_test(c, test_more_devices_and_more_lent_wake_the_list);
    tcase_add_test(c, test_who_can_not_begin_any_more_is_refused);
    tcase_add_test(c, test_who_waits_may_cancel_and_what_runs_may_not);
    tcase_add_test(c, test_nobody_opportunistic_is_booked_past_a_committed_one_that_waits);
    tcase_add_test(c, test_a_budget_that_is_spent_keeps_it_waiting_and_says_so);
    tcase_add_test(c, test_a_dry_run_waits_for_nothing);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(waiting_suite)
