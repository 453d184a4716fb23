/* Booking and releasing. */
#include "controlplane/domain/booking.h"

#include "controlplane/domain/timetable.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

#define GPU_MONTH INT64_C(6600000)

/* Two nodes of eight lent to alpha, twelve of them awarded. */
static struct id lent_world(void)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16, .notice_s = 3600});
    return world_make_allocation(&w, "alpha", 12, WORLD_BUDGET);
}

static struct world_booking day_of(struct id allocation, uint32_t gpus)
{
    return (struct world_booking){.allocation = allocation,
                                  .gpus = gpus,
                                  .from = world_at(WORLD_HOUR),
                                  .to = world_at(WORLD_HOUR + WORLD_DAY)};
}

/* ---- What a booking is ---- */

START_TEST(test_a_booking_has_devices_loan_price_fence_and_a_place_in_the_books)
{
    struct world_booking b = day_of(lent_world(), 8);
    expect_ok(&w, world_book(&w, &b));
    const struct lease *l = world_lease(&w, world_answer(&w));
    ck_assert_int_eq(l->state, LEASE_BOOKED);
    ck_assert_str_eq(l->loan.text, "loan-a");
    ck_assert_str_eq(l->organisation.text, "upstage");
    ck_assert_str_eq(l->booked_by.text, "kim.upstage");
    ck_assert_uint_eq(l->placements.n, 1); /* all on one node, because one has room */
    const struct placement *p = LIST_AT(const struct placement, &l->placements, 0);
    ck_assert_uint_eq(p->devices.n, 8);
    ck_assert_int_eq(p->state, PLACEMENT_PLANNED);
    ck_assert_uint_eq(LIST_AT(const struct placed_device, &p->devices, 3)->minor, 3);
    ck_assert_uint_gt(l->fence, 0);
    ck_assert_int_eq(l->isolation, ISOLATION_WHOLE);
    ck_assert_int_eq(l->service_class, CLASS_COMMITTED);
    ck_assert_int_eq(l->void_at.s, l->to.s + TIMETABLE_RETURN_MARGIN_S);
    /* 8 GPUs for a day of a 30-day month: 8 x 6,600,000 / 30 */
    ck_assert_int_eq(l->held_krw.krw, 8 * GPU_MONTH / 30);
    ck_assert_int_eq(world_allocation(&w, b.allocation.text)->held_krw.krw, l->held_krw.krw);
    ck_assert(w.changes.answer.has_quote);
    ck_assert_int_eq(w.changes.answer.quote.value_krw.krw, l->held_krw.krw);
    ck_assert_int_eq(w.changes.answer.quote.burden_krw.krw, l->held_krw.krw / 20 / 10 * 10);
    ck_assert_uint_eq(w.changes.entries.n, 1);
    ck_assert_int_eq(LIST_AT(struct ledger_entry, &w.changes.entries, 0)->kind, LEDGER_BOOK);
}
END_TEST

START_TEST(test_every_booking_has_another_name_and_fence)
{
    struct world_booking b = day_of(lent_world(), 4);
    expect_ok(&w, world_book(&w, &b));
    struct id first = w.changes.answer.id;
    uint64_t fence = world_lease(&w, first.text)->fence;
    expect_ok(&w, world_book(&w, &b));
    ck_assert_str_ne(world_answer(&w), first.text);
    ck_assert_uint_gt(world_lease(&w, world_answer(&w))->fence, fence);
}
END_TEST

START_TEST(test_from_defaults_to_now_and_isolation_to_the_size)
{
    struct world_booking b = day_of(lent_world(), 1);
    b.from = INSTANT_NEVER;
    b.units = 875;
    world_must(&w, world_recall(&w, "op.skt", "loan-a", 1, INSTANT_NEVER)); /* any loan will do */
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "isolation timeslice", "loan-a");
    b.isolation = "mig";
    expect_ok(&w, world_book(&w, &b));
    ck_assert_int_eq(world_lease(&w, world_answer(&w))->from.s, w.now.s);
    ck_assert_int_eq(world_lease(&w, world_answer(&w))->isolation, ISOLATION_MIG);
}
END_TEST

START_TEST(test_a_dry_run_decides_the_same_and_changes_nothing)
{
    struct world_booking b = day_of(lent_world(), 8);
    uint64_t next = state_next_number(w.state);
    b.dry_run = true;
    expect_ok(&w, world_book(&w, &b));
    struct id name = w.changes.answer.id;
    int64_t price = w.changes.answer.quote.value_krw.krw;
    ck_assert_uint_eq(state_count(w.state, ENTITY_LEASE), 0);
    ck_assert_uint_eq(state_next_number(w.state), next);
    b.dry_run = false;
    expect_ok(&w, world_book(&w, &b));
    ck_assert_str_eq(world_answer(&w), name.text);
    ck_assert_int_eq(w.changes.answer.quote.value_krw.krw, price);
}
END_TEST

/* ---- Refusals ---- */

START_TEST(test_refusals_name_the_rule_and_the_value)
{
    struct id a = lent_world();
    const struct {
        struct world_booking booking;
        enum err_code code;
        const char *text;
    } cases[] = {
        {{.gpus = 0, .from = world_at(0), .to = world_at(9)}, ERR_INVALID, "gpus: 0 is not in 1.."},
        {{.gpus = 9999, .from = world_at(0), .to = world_at(9)}, ERR_INVALID, "gpus: 9999"},
        {{.gpus = 1, .from = world_at(9), .to = world_at(9)}, ERR_INVALID, "to must come after"},
        {{.gpus = 1, .from = world_at(0), .to = INSTANT_NEVER}, ERR_INVALID, "to must come after"},
        {{.gpus = 1, .from = world_at(-1), .to = world_at(9)}, ERR_INVALID, "lies in the past"},
        {{.gpus = 1, .from = world_at(0), .to = world_at(101 * WORLD_DAY)},
         ERR_INVALID,
         "runs from 2025-11-01T09:00:00+09:00"},
        {{.gpus = 1, .units = 7001, .from = world_at(0), .to = world_at(9)},
         ERR_INVALID,
         "units_per_gpu: 7001"},
        {{.gpus = 1, .units = -1, .from = world_at(0), .to = world_at(9)},
         ERR_INVALID,
         "units_per_gpu: -1"},
        {{.gpus = 1, .isolation = "mig", .from = world_at(0), .to = world_at(9)},
         ERR_INVALID,
         "a whole GPU is shared with nobody"},
        {{.gpus = 1, .units = 7, .isolation = "whole", .from = world_at(0), .to = world_at(9)},
         ERR_INVALID,
         "a part of a GPU can't be whole"},
        {{.gpus = 1, .isolation = "magic", .from = world_at(0), .to = world_at(9)},
         ERR_INVALID,
         "\"magic\" is none of"},
        {{.gpus = 1, .service_class = "gold", .from = world_at(0), .to = world_at(9)},
         ERR_INVALID,
         "\"gold\" is none of"},
        {{.gpus = 13, .from = world_at(0), .to = world_at(9)}, ERR_NO_CAPACITY, "awards 12 B200"},
        {{.actor = "han.lunit", .gpus = 1, .from = world_at(0), .to = world_at(9)},
         ERR_NOT_FOUND,
         "does not exist"},
        {{.actor = "admin.nipa", .gpus = 1, .from = world_at(0), .to = world_at(9)},
         ERR_DENIED,
         "nipa is no member of project alpha"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world_booking b = cases[i].booking;
        b.allocation = a;
        expect_refused(&w, world_book(&w, &b), cases[i].code, cases[i].text);
    }
    ck_assert_uint_eq(state_count(w.state, ENTITY_LEASE), 0);
}
END_TEST

START_TEST(test_nobody_books_for_another_organisation)
{
    struct book_lease_request r = {.allocation = lent_world(),
                                   .organisation = id_literal("kaist"),
                                   .gpus = 1,
                                   .from = world_at(0),
                                   .to = world_at(WORLD_HOUR)};
    expect_refused(&w, world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r), ERR_DENIED,
                   "upstage can't book for kaist");
    expect_ok(&w, world_decide(&w, "lee.kaist", COMMAND_BOOK_LEASE, &r));
}
END_TEST

START_TEST(test_a_length_counts_from_the_beginning)
{
    struct book_lease_request r = {.allocation = lent_world(),
                                   .gpus = 1,
                                   .from = INSTANT_NEVER,
                                   .to = INSTANT_NEVER,
                                   .length_s = 12};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r));
    const struct lease *l = world_lease(&w, world_answer(&w));
    ck_assert_int_eq(l->from.s, w.now.s);
    ck_assert_int_eq(l->to.s, w.now.s + 12);
    r.to = world_at(WORLD_HOUR);
    expect_refused(&w, world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r), ERR_INVALID,
                   "either to or length_s");
    r.to = INSTANT_NEVER;
    r.length_s = -1;
    expect_refused(&w, world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r), ERR_INVALID,
                   "either to or length_s");
}
END_TEST

START_TEST(test_too_many_users_are_refused)
{
    struct book_lease_request r = {
        .allocation = lent_world(), .gpus = 1, .from = world_at(0), .to = world_at(WORLD_HOUR)};
    for (uint32_t i = 0; i < 17; i++)
        ((struct user_id *)record_list_add(&r.uids, sizeof(struct user_id)))->uid = 1000 + i;
    expect_refused(&w, world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r), ERR_INVALID,
                   "uids: at most 16, not 17");
    r.uids.n = 16;
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_BOOK_LEASE, &r));
    ck_assert_uint_eq(world_lease(&w, world_answer(&w))->uids.n, 16);
    record_fini(&book_lease_request_type, &r);
}
END_TEST

START_TEST(test_an_allocation_that_waits_is_no_allocation)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    struct request_allocation_request r = {.project = id_literal("alpha"),
                                           .model = "B200",
                                           .from = world_at(0),
                                           .to = world_at(WORLD_DAY),
                                           .units = share_gpus(8),
                                           .budget_krw = {1000}};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_REQUEST_ALLOCATION, &r));
    struct id a = w.changes.answer.id, approval = w.changes.answer.approval;
    struct world_booking b = day_of(a, 1);
    b.from = world_at(0);
    b.to = world_at(WORLD_HOUR);
    expect_refused(&w, world_book(&w, &b), ERR_WAITING, "waits for", approval.text);
    struct return_approval_request no = {.id = approval, .reason = "too much"};
    expect_ok(&w, world_decide(&w, "ok1.nipa", COMMAND_RETURN_APPROVAL, &no));
    expect_refused(&w, world_book(&w, &b), ERR_STATE, "is returned");
}
END_TEST

START_TEST(test_without_a_loan_there_is_nothing_to_book)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    struct id a = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    struct world_booking b = day_of(a, 1);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "no loan lends B200 to project alpha",
                   "ask a supplier");
    world_make_loan(&w,
                    &(struct world_loan_terms){
                        .id = "loan-short", .gpus = 8, .from = world_at(0), .to = world_at(60)});
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "loan loan-short runs from");
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-long", .gpus = 8});
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "loan loan-long is consented");
}
END_TEST

START_TEST(test_the_budget_holds_or_the_booking_does_not)
{
    lent_world();
    int64_t day = 8 * GPU_MONTH / 30;
    struct id a = world_make_allocation(&w, "alpha", 16, 2 * day + 5);
    struct world_booking b = day_of(a, 8);
    expect_ok(&w, world_book(&w, &b));
    b.from = world_at(2 * WORLD_DAY);
    b.to = world_at(4 * WORLD_DAY);
    expect_refused(&w, world_book(&w, &b), ERR_BUDGET, "has 1,760,005 KRW left",
                   "costs 3,520,000 KRW", "supplement");
    b.to = world_at(3 * WORLD_DAY);
    expect_ok(&w, world_book(&w, &b));
    ck_assert_int_eq(world_allocation(&w, a.text)->held_krw.krw, 2 * day);
}
END_TEST

START_TEST(test_devices_that_are_there_but_not_lent_are_not_booked)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 4});
    struct world_booking b = day_of(world_make_allocation(&w, "alpha", 8, WORLD_BUDGET), 5);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "loan loan-a leaves 4 B200",
                   "5 are asked");
    b.gpus = 4;
    expect_ok(&w, world_book(&w, &b));
    struct id first = w.changes.answer.id;
    b.gpus = 1;
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "loan loan-a leaves 0 B200", first.text,
                   "holds the most");
}
END_TEST

START_TEST(test_devices_that_are_lent_but_not_there_are_not_booked)
{
    world_make_node(&w, "n1", "skt-b200", 4);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    struct world_booking b = day_of(world_make_allocation(&w, "alpha", 16, WORLD_BUDGET), 5);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY,
                   "4 of 4 B200 devices in service are free");
    b.gpus = 4;
    expect_ok(&w, world_book(&w, &b));
}
END_TEST

/* ---- When could I? ---- */

START_TEST(test_a_lack_of_room_comes_with_the_earliest_start_that_works)
{
    struct world_booking b = day_of(lent_world(), 12);
    b.from = world_at(0);
    b.to = world_at(10 * WORLD_HOUR);
    expect_ok(&w, world_book(&w, &b));
    b.gpus = 8;
    b.to = world_at(5 * WORLD_HOUR);
    /* 10 hours and the cleaning time of 300 s */
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY,
                   "the earliest start that works is 2025-11-01T19:05:00+09:00");
    b.from = world_at(10 * WORLD_HOUR + 300);
    b.to = world_at(15 * WORLD_HOUR + 300);
    expect_ok(&w, world_book(&w, &b));
}
END_TEST

START_TEST(test_a_loan_that_begins_later_is_a_start_that_works)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a",
                                                   .gpus = 8,
                                                   .from = world_at(3 * WORLD_DAY),
                                                   .to = world_at(9 * WORLD_DAY)});
    struct world_booking b = day_of(world_make_allocation(&w, "alpha", 8, WORLD_BUDGET), 8);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY,
                   "the earliest start that works is 2025-11-04T09:00:00+09:00");
    b.to = world_at(20 * WORLD_DAY);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "no later start", "works either");
}
END_TEST

START_TEST(test_leases_that_touch_need_the_cleaning_time_between_them)
{
    struct world_booking b = day_of(lent_world(), 12);
    b.from = world_at(0);
    b.to = world_at(WORLD_HOUR);
    expect_ok(&w, world_book(&w, &b));
    b.from = world_at(WORLD_HOUR);
    b.to = world_at(2 * WORLD_HOUR);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "2025-11-01T10:05:00+09:00");
    b.from = world_at(WORLD_HOUR + 299);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "at 2025-11-01T09:59:59+09:00");
    b.from = world_at(WORLD_HOUR + 300);
    expect_ok(&w, world_book(&w, &b));
}
END_TEST

/* ---- Own pools, burst, sharing ---- */

START_TEST(test_parts_of_other_projects_share_a_device_only_under_mig)
{
    world_make_node(&w, "n1", "skt-b200", 1);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .burst = 1});
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-b", .burst = 1, .project = "beta"});
    world_make_loan(
        &w, &(struct world_loan_terms){.id = "loan-soft", .burst = 1, .isolation = "timeslice"});
    struct id a = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    struct id beta = world_make_allocation(&w, "beta", 8, WORLD_BUDGET);
    struct world_booking b = day_of(a, 1);
    b.units = 1000;
    b.isolation = "mig";
    expect_ok(&w, world_book(&w, &b));
    struct world_booking other = day_of(beta, 1);
    other.actor = "han.lunit";
    other.units = 1000;
    other.isolation = "mig";
    expect_ok(&w, world_book(&w, &other));
    b.isolation = "timeslice"; /* not beside MIG instances */
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "0 of 1 B200");
}
END_TEST

START_TEST(test_a_burst_takes_what_is_free_and_no_more)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 2, .burst = 4});
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-b", .gpus = 3, .project = "beta"});
    struct world_booking b = day_of(world_make_allocation(&w, "alpha", 8, WORLD_BUDGET), 6);
    /* beta's guarantee stays beta's, booked or not */
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY,
                   "pool skt-b200, with what it guarantees, leaves 5");
    b.gpus = 5;
    expect_ok(&w, world_book(&w, &b));
    struct world_booking other = day_of(world_make_allocation(&w, "beta", 8, WORLD_BUDGET), 3);
    other.actor = "han.lunit";
    expect_ok(&w, world_book(&w, &other));
}
END_TEST

/* ---- Releasing ---- */

START_TEST(test_release_before_the_start_cancels_and_frees_everything)
{
    struct world_booking b = day_of(lent_world(), 8);
    expect_ok(&w, world_book(&w, &b));
    struct id id = w.changes.answer.id;
    expect_ok(&w, world_release(&w, "kim.upstage", id.text));
    ck_assert_str_eq(w.changes.answer.state.text, "cancelled");
    ck_assert_int_eq(world_lease(&w, id.text)->end_reason, END_RELEASED);
    ck_assert_int_eq(world_allocation(&w, b.allocation.text)->held_krw.krw, 0);
    ck_assert_int_eq(world_lease(&w, id.text)->held_krw.krw, 0);
    b.gpus = 12;
    expect_ok(&w, world_book(&w, &b));
    expect_refused(&w, world_release(&w, "kim.upstage", id.text), ERR_STATE,
                   "is cancelled already");
}
END_TEST

START_TEST(test_release_while_it_runs_takes_back_and_frees_what_was_not_used)
{
    struct world_booking b = day_of(lent_world(), 8);
    expect_ok(&w, world_book(&w, &b));
    struct id id = w.changes.answer.id;
    int64_t held = world_lease(&w, id.text)->held_krw.krw;
    world_advance(&w, WORLD_HOUR);
    world_report(&w, "n1", "active");
    ck_assert_int_eq(world_lease(&w, id.text)->state, LEASE_ACTIVE);
    world_advance(&w, 6 * WORLD_HOUR);
    expect_ok(&w, world_release(&w, "kim.upstage", id.text));
    const struct lease *l = world_lease(&w, id.text);
    ck_assert_int_eq(l->state, LEASE_RETURNING);
    ck_assert_int_eq(l->ends_at.s, w.now.s);
    ck_assert_int_eq(l->held_krw.krw, held / 4); /* six of twenty-four hours */
    /* a silent node may keep it for the loan's silence, and not a moment of it longer */
    ck_assert_int_eq(l->void_at.s, w.now.s + 3600 + TIMETABLE_RETURN_MARGIN_S);
    ck_assert_int_eq(world_enforced(&w, "n1"), 0);
    world_report(&w, "n1", "active");
    ck_assert_int_eq(world_lease(&w, id.text)->state, LEASE_ENDED);
    ck_assert_int_eq(world_allocation(&w, b.allocation.text)->held_krw.krw, 0);
}
END_TEST

START_TEST(test_only_its_organisation_and_the_agency_release)
{
    struct world_booking b = day_of(lent_world(), 1);
    static const struct {
        const char *actor;
        enum err_code code;
    } cases[] = {
        {"han.lunit", ERR_NOT_FOUND}, /* does not exist for a stranger */
        {"lee.kaist", ERR_DENIED},    /* a member sees what the others hold, and no more */
        {"op.skt", ERR_DENIED},       /* the lender sees it, and recalls instead */
    };
    expect_ok(&w, world_book(&w, &b));
    struct id id = w.changes.answer.id;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(&w, world_release(&w, cases[i].actor, id.text), cases[i].code, "");
    expect_ok(&w, world_release(&w, "admin.nipa", id.text));
}
END_TEST

static Suite *booking_suite(void)
{
    Suite *s = suite_create("booking");
    TCase *c = tcase_create("booking");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, test_a_booking_has_devices_loan_price_fence_and_a_place_in_the_books);
    tcase_add_test(c, test_every_booking_has_another_name_and_fence);
    tcase_add_test(c, test_from_defaults_to_now_and_isolation_to_the_size);
    tcase_add_test(c, test_a_dry_run_decides_the_same_and_changes_nothing);
    tcase_add_test(c, test_refusals_name_the_rule_and_the_value);
    tcase_add_test(c, test_nobody_books_for_another_organisation);
    tcase_add_test(c, test_a_length_counts_from_the_beginning);
    tcase_add_test(c, test_too_many_users_are_refused);
    tcase_add_test(c, test_an_allocation_that_waits_is_no_allocation);
    tcase_add_test(c, test_without_a_loan_there_is_nothing_to_book);
    tcase_add_test(c, test_the_budget_holds_or_the_booking_does_not);
    tcase_add_test(c, test_devices_that_are_there_but_not_lent_are_not_booked);
    tcase_add_test(c, test_devices_that_are_lent_but_not_there_are_not_booked);
    tcase_add_test(c, test_a_lack_of_room_comes_with_the_earliest_start_that_works);
    tcase_add_test(c, test_a_loan_that_begins_later_is_a_start_that_works);
    tcase_add_test(c, test_leases_that_touch_need_the_cleaning_time_between_them);
    tcase_add_test(c, test_parts_of_other_projects_share_a_device_only_under_mig);
    tcase_add_test(c, test_a_burst_takes_what_is_free_and_no_more);
    tcase_add_test(c, test_release_before_the_start_cancels_and_frees_everything);
    tcase_add_test(c, test_release_while_it_runs_takes_back_and_frees_what_was_not_used);
    tcase_add_test(c, test_only_its_organisation_and_the_agency_release);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(booking_suite)
