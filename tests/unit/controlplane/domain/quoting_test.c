/* Prices: the quote is the bill. */
#include "controlplane/domain/quoting.h"

#include "controlplane/domain/stating.h"
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

/* ---- The quote is the bill ---- */

#define BOOKINGS 1000

static uint64_t dice = 20251101;
static int64_t roll(int64_t n)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int64_t)(dice % (uint64_t)n);
}

struct booked {
    struct id lease;
    size_t organisation;
    int64_t quote;
};

/* One more random lease that finds room; its dry run has said what it costs. */
static struct booked book_at_random(const char *const actors[2])
{
    for (;;) {
        struct booked b = {.organisation = (size_t)roll(2)};
        struct instant from = world_at(roll(290 * 24) * WORLD_HOUR + roll(3600));
        struct world_booking wish = {.actor = actors[b.organisation],
                                     .allocation = allocation,
                                     .gpus = (uint32_t)(1 + roll(4)),
                                     .units = roll(4) ? 0 : 7 * (1 + roll(999)),
                                     .from = from,
                                     .to = instant_add(from, 600 + roll(20 * 3600)),
                                     .dry_run = true};
        struct month begins = month_of(wish.from), ends = month_of(instant_add(wish.to, -1));
        if (begins.index != ends.index || world_book(&w, &wish) < 0)
            continue;
        b.quote = w.changes.answer.quote.value_krw.krw;
        wish.dry_run = false;
        expect_ok(&w, world_book(&w, &wish));
        b.lease = w.changes.answer.id;
        return b;
    }
}

/* By the statements of all months: each drops what is below a won. */
static int64_t billed(const char *organisation)
{
    struct id project = id_literal("alpha"), member = id_literal(organisation);
    int64_t krw = 0;
    for (int i = 0; i < 12; i++) {
        struct month m = {month_of(WORLD_START).index + i};
        struct statement *statement;
        expect_ok(&w,
                  stating_member(w.state, &project, &member, month_window(m), &statement, &w.err));
        krw += statement->result->total.value_krw.krw;
        statement_destroy(statement);
    }
    return krw;
}

START_TEST(test_a_thousand_random_bookings_are_billed_what_their_dry_runs_said)
{
    static const char *const actors[2] = {"kim.upstage", "lee.kaist"};
    static struct booked all[BOOKINGS];
    int64_t quoted[2] = {0};
    for (size_t i = 0; i < BOOKINGS; i++)
        all[i] = book_at_random(actors);
    for (size_t i = 0; i < BOOKINGS; i++) {
        const struct lease *l = world_lease(&w, all[i].lease.text);
        expect_ok(&w, world_use(&w, "n1", i + 1, l->id.text, l->from, l->to));
        ck_assert_uint_eq(w.changes.entries.n, 1);
        const struct ledger_entry *line = LIST_AT(struct ledger_entry, &w.changes.entries, 0);
        ck_assert_msg(line->amount_krw.krw == all[i].quote, "%s: quoted %lld, billed %lld",
                      all[i].lease.text, (long long)all[i].quote, (long long)line->amount_krw.krw);
        quoted[all[i].organisation] += all[i].quote;
    }
    ck_assert_int_eq(billed("upstage"), quoted[0]);
    ck_assert_int_eq(billed("kaist"), quoted[1]);
    ck_assert_int_gt(quoted[0], 0);
    ck_assert_int_gt(quoted[1], 0);
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
    tcase_add_test(c, test_a_thousand_random_bookings_are_billed_what_their_dry_runs_said);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(quoting_suite)
