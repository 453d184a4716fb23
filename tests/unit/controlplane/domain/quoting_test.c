/* Prices: the quote is the bill. */
#include "controlplane/domain/quoting.h"

#include "lib/base/korea.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

#define GPU_MONTH INT64_C(6600000)

static struct id allocation;

static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(
        &w, &(struct world_loan_terms){
                .id = "loan-a", .gpus = 8, .from = world_at(0), .to = world_at(300 * WORLD_DAY)});
    struct request_allocation_request r = {.project = id_literal("alpha"),
                                           .model = "B200",
                                           .from = world_at(0),
                                           .to = world_at(300 * WORLD_DAY),
                                           .units = share_gpus(8),
                                           .budget_krw = {WORLD_BUDGET}};
    world_must(&w, world_decide(&w, "kim.upstage", COMMAND_REQUEST_ALLOCATION, &r));
    allocation = w.changes.answer.id;
    struct id approval = w.changes.answer.approval;
    world_must(&w, world_sign(&w, "ok1.nipa", approval.text));
}

static struct instant day(int month, int d)
{
    return date_start((struct date){month == 11 || month == 12 ? 2025 : 2026, month, d});
}

/* Books and returns the price. */
static int64_t price(const char *actor, uint32_t gpus, struct instant from, struct instant to)
{
    expect_ok(&w, world_book(&w, &(struct world_booking){.actor = actor,
                                                         .allocation = allocation,
                                                         .gpus = gpus,
                                                         .from = from,
                                                         .to = to}));
    return w.changes.answer.quote.value_krw.krw;
}

START_TEST(test_a_whole_month_costs_a_month_whatever_its_length)
{
    ck_assert_int_eq(price(NULL, 1, day(12, 1), day(1, 1)), GPU_MONTH);
    ck_assert_int_eq(price(NULL, 1, day(2, 1), day(3, 1)), GPU_MONTH);
}
END_TEST

START_TEST(test_two_leases_of_one_month_cost_one_month)
{
    int64_t first = price(NULL, 1, day(12, 1), day(12, 16));
    int64_t second = price(NULL, 1, instant_add(day(12, 16), 300), day(1, 1));
    ck_assert_int_eq(first, GPU_MONTH / 2);
    ck_assert_int_eq(second, GPU_MONTH / 2); /* 16 days less 5 minutes, but 30 make a month */
}
END_TEST

START_TEST(test_leases_side_by_side_are_levels_of_one_profile)
{
    ck_assert_int_eq(price(NULL, 4, day(12, 1), day(1, 1)), 4 * GPU_MONTH);
    ck_assert_int_eq(price(NULL, 4, day(12, 1), day(12, 16)), 4 * GPU_MONTH / 2);
}
END_TEST

START_TEST(test_each_organisation_has_its_own_profile_and_rate)
{
    ck_assert_int_eq(price(NULL, 4, day(12, 1), day(12, 16)), 4 * GPU_MONTH / 2);
    ck_assert_int_eq(w.changes.answer.quote.burden_krw.krw, 4 * GPU_MONTH / 2 / 20); /* sme 5 % */
    ck_assert(w.changes.answer.quote.confirmed);
    ck_assert_int_eq(price("lee.kaist", 4, day(12, 1), day(12, 16)), 4 * GPU_MONTH / 2);
    ck_assert_int_eq(w.changes.answer.quote.burden_krw.krw, 0); /* a university */
    ck_assert_str_eq(w.changes.answer.quote.organisation.text, "kaist");
}
END_TEST

START_TEST(test_the_exact_value_is_a_fraction_of_a_won)
{
    price(NULL, 1, day(12, 1), instant_add(day(12, 1), 3601));
    char text[FRAC_TEXT_CAP];
    /* 3601 s of 30 days at 6,600,000 */
    ck_assert_str_eq(frac_format(w.changes.answer.quote.value_exact, text), "990275/108");
    ck_assert_int_eq(w.changes.answer.quote.value_krw.krw, 9169);
}
END_TEST

START_TEST(test_a_loan_with_its_own_price_is_billed_by_it)
{
    struct propose_loan_request r;
    struct world_loan_terms terms = {
        .id = "loan-p", .pool = "naver-b200", .project = "beta", .gpus = 4};
    world_make_node(&w, "v1", "naver-b200", 8);
    world_loan_request(&w, &terms, &r);
    r.loan.price_krw = (struct won){3000000};
    expect_ok(&w, world_decide(&w, "op.naver", COMMAND_PROPOSE_LOAN, &r));
    record_fini(&propose_loan_request_type, &r);
    struct consent_loan_request c = {.id = id_literal("loan-p")};
    expect_ok(&w, world_decide(&w, "boss.lunit", COMMAND_CONSENT_LOAN, &c));
    struct id approval = w.changes.answer.approval;
    ck_assert_int_lt(world_approval(&w, approval.text)->amount_krw.krw, 4 * 4 * INT64_C(3000000));
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    allocation = world_make_allocation(&w, "beta", 8, WORLD_BUDGET);
    ck_assert_int_eq(price("han.lunit", 4, day(12, 1), day(1, 1)), 4 * INT64_C(3000000));
    ck_assert_int_eq(w.changes.answer.quote.burden_krw.krw, 4 * INT64_C(3000000) / 20);
}
END_TEST

START_TEST(test_without_a_rate_there_is_no_price)
{
    struct apply_project_request r = {
        .project = {.id = id_literal("delta"), .programme = id_literal(WORLD_PROGRAMME)}};
    struct member *m = record_list_add(&r.project.members, sizeof *m);
    *m = (struct member){.organisation = id_literal("lunit"), .role = MEMBER_LEAD};
    struct openness_fact *fact = record_list_add(&r.project.openness, sizeof *fact);
    fact->openness = OPENNESS_OPEN_NONCOMMERCIAL; /* nobody has set it */
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, &r));
    record_fini(&apply_project_request_type, &r);
    struct propose_loan_request p;
    world_loan_request(
        &w, &(struct world_loan_terms){.id = "loan-d", .project = "delta", .gpus = 4}, &p);
    expect_ok(&w, world_decide(&w, "op.skt", COMMAND_PROPOSE_LOAN, &p));
    record_fini(&propose_loan_request_type, &p);
    struct consent_loan_request c = {.id = id_literal("loan-d")};
    expect_refused(&w, world_decide(&w, "boss.lunit", COMMAND_CONSENT_LOAN, &c), ERR_NO_RATE,
                   "open_noncommercial");
}
END_TEST

/* The sum of what was quoted is the value of all together, in whatever order and pieces. */
START_TEST(test_quotes_add_up_to_the_whole)
{
    unsigned dice = 7u + (unsigned)_i;
    int64_t sum = 0;
    struct instant t = day(11, 2);
    while (t.s < day(3, 1).s) {
        dice = dice * 1103515245u + 12345u;
        struct instant to = instant_add(t, 3600 + (dice >> 8) % (12 * 86400));
        sum += price(NULL, 2, t, to);
        t = instant_add(to, 300);
    }
    ck_assert_int_eq(world_allocation(&w, allocation.text)->held_krw.krw, sum);
    struct turn turn = turn_begin(w.state, &(struct decide_context){.now = w.now}, &w.changes);
    struct lease none = {.project = id_literal("alpha"),
                         .organisation = id_literal("upstage"),
                         .model = "B200",
                         .gpus = 8, /* beside nothing: levels 3 to 8 are new */
                         .units_per_gpu = share_gpus(1),
                         .from = day(12, 1),
                         .ends_at = day(1, 1)};
    struct quote quote;
    expect_ok(&w, quote_lease(&turn, &none, &quote, &w.err));
    ck_assert_int_eq(quote.value_krw.krw, 8 * GPU_MONTH);
    turn_end(&turn);
}
END_TEST

START_TEST(test_nothing_costs_nothing)
{
    struct turn turn = turn_begin(w.state, &(struct decide_context){.now = w.now}, &w.changes);
    struct lease empty = {.project = id_literal("alpha"),
                          .organisation = id_literal("upstage"),
                          .from = w.now,
                          .ends_at = w.now};
    struct quote quote;
    expect_ok(&w, quote_lease(&turn, &empty, &quote, &w.err));
    ck_assert_int_eq(quote.value_krw.krw, 0);
    turn_end(&turn);
}
END_TEST

static Suite *quoting_suite(void)
{
    Suite *s = suite_create("quoting");
    TCase *c = tcase_create("quoting");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, test_a_whole_month_costs_a_month_whatever_its_length);
    tcase_add_test(c, test_two_leases_of_one_month_cost_one_month);
    tcase_add_test(c, test_leases_side_by_side_are_levels_of_one_profile);
    tcase_add_test(c, test_each_organisation_has_its_own_profile_and_rate);
    tcase_add_test(c, test_the_exact_value_is_a_fraction_of_a_won);
    tcase_add_test(c, test_a_loan_with_its_own_price_is_billed_by_it);
    tcase_add_test(c, test_without_a_rate_there_is_no_price);
    tcase_add_loop_test(c, test_quotes_add_up_to_the_whole, 0, 3);
    tcase_add_test(c, test_nothing_costs_nothing);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(quoting_suite)
