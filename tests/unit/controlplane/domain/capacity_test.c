/* What may be taken: loan, pool and tree. */
#include "controlplane/domain/capacity.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct decide_context ctx;
static struct changes changes;
static struct turn turn;

static void setup(void)
{
    expect_setup();
    changes_init(&changes);
}

static void teardown(void)
{
    changes_fini(&changes);
    expect_teardown();
}

/* Whether so many GPUs on the loan (NULL: skt's own) fit from..to, cleaning included. */
static int check(const char *loan, int64_t gpus, int64_t from, int64_t to, int64_t cleaning_s)
{
    struct capacity *c = NULL;
    struct id pool = {"skt-b200"};
    struct lease l = {.project = id_literal("alpha"),
                      .organisation = id_literal(loan ? "upstage" : "skt"),
                      .loan = loan ? id_literal(loan) : ID_NONE,
                      .model = "B200",
                      .gpus = (uint32_t)gpus,
                      .units_per_gpu = share_gpus(1),
                      .from = world_at(from),
                      .ends_at = world_at(to)};
    ctx = (struct decide_context){.now = w.now, .actor = world_actor(&w, "kim.upstage")};
    turn = turn_begin(w.state, &ctx, &changes);
    w.err = ERR_INIT;
    ck_assert_int_eq(capacity_create(&turn, "B200", NULL, &c, NULL), 0);
    int rc = capacity_check(c, &l, &pool, cleaning_s, &w.err);
    capacity_destroy(c);
    turn_end(&turn);
    return rc;
}

/* ---- What a loan gives ---- */

START_TEST(test_a_loan_through_time)
{
    struct loan l = {.from = {100},
                     .to = {1000},
                     .guaranteed_units = {60},
                     .burst_units = {20},
                     .recalled_units = {40},
                     .recall_at = {500},
                     .cooldown_s = 200,
                     .state = LOAN_RECALLING};
    static const struct {
        int64_t t, guaranteed, all;
    } cases[] = {
        {0, 0, 0},     {99, 0, 0},    {100, 60, 80}, {499, 60, 80}, {500, 20, 20},
        {699, 20, 20}, {700, 20, 40}, {999, 20, 40}, {1000, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct instant t = {cases[i].t};
        ck_assert_int_eq(capacity_guaranteed(&l, t), cases[i].guaranteed);
        ck_assert_int_eq(capacity_of_loan(&l, t), cases[i].all);
    }
    static const int64_t changes_at[] = {100, 500, 700, 1000, INT64_MAX};
    struct instant t = {0};
    for (size_t i = 0; i < 5; i++) {
        t = capacity_next_change(&l, t);
        ck_assert_int_eq(t.s, changes_at[i]);
    }
}
END_TEST

START_TEST(test_which_loans_bind_their_pool)
{
    for (int state = 0; state < LOAN_STATE_COUNT; state++) {
        struct loan l = {.state = (enum loan_state)state};
        bool binds = state == LOAN_CONSENTED || state == LOAN_APPROVED || state == LOAN_ACTIVE ||
                     state == LOAN_RECALLING;
        ck_assert_int_eq(capacity_binds(&l), binds);
    }
}
END_TEST

START_TEST(test_a_lease_takes_until_its_devices_are_back)
{
    struct lease l = {.from = {10}, .ends_at = {20}, .void_at = {30}, .state = LEASE_DRAINING};
    ck_assert_int_eq(lease_window(&l).to.s, 20);
    l.state = LEASE_RETURNING;
    ck_assert_int_eq(lease_window(&l).to.s, 30);
}
END_TEST

START_TEST(test_the_peak_of_what_is_lent)
{
    struct id pool = {"skt-b200"};
    struct instant at;
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-1", .gpus = 8, .from = world_at(0), .to = world_at(100)});
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-2", .gpus = 4, .from = world_at(50), .to = world_at(200)});
    ctx = (struct decide_context){.now = w.now};
    turn = turn_begin(w.state, &ctx, &changes);
    struct window all = {world_at(0), world_at(1000)}, late = {world_at(100), world_at(1000)};
    ck_assert_int_eq(capacity_lent_peak(&turn, &pool, NULL, all, &at), share_gpus(12).units);
    ck_assert_int_eq(at.s, world_at(50).s);
    ck_assert_int_eq(capacity_lent_peak(&turn, &pool, NULL, late, &at), share_gpus(4).units);
    ck_assert_int_eq(capacity_lent_peak(&turn, &pool, world_loan(&w, "loan-1"), all, &at),
                     share_gpus(4).units);
    struct window after = {world_at(200), world_at(1000)};
    ck_assert_int_eq(capacity_lent_peak(&turn, &pool, NULL, after, &at), 0);
    turn_end(&turn);
}
END_TEST

/* ---- The three rules ---- */

START_TEST(test_the_loan_rule)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 4, .burst = 2});
    expect_ok(&w, check("loan-a", 6, 0, 100, 0));
    expect_refused(&w, check("loan-a", 7, 0, 100, 0), ERR_NO_CAPACITY, "loan loan-a leaves 6 B200",
                   "7 are asked for");
}
END_TEST

START_TEST(test_cleaning_outside_the_loans_window_is_the_lenders)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-a", .gpus = 8, .from = world_at(0), .to = world_at(1000)});
    expect_ok(&w, check("loan-a", 8, 0, 1000, 300));
}
END_TEST

START_TEST(test_the_pool_rule_keeps_what_others_are_guaranteed)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 2, .burst = 6});
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-b", .project = "beta", .gpus = 3});
    expect_ok(&w, check("loan-a", 5, 0, 100, 0));
    expect_refused(&w, check("loan-a", 6, 0, 100, 0), ERR_NO_CAPACITY,
                   "pool skt-b200, with what it guarantees, leaves 5");
    expect_ok(&w, check(NULL, 3, 0, 100, 0)); /* the owner, beside 5 guaranteed */
    expect_refused(&w, check(NULL, 4, 0, 100, 0), ERR_NO_CAPACITY,
                   "pool skt-b200, with what it guarantees, leaves 3");
}
END_TEST

START_TEST(test_the_lend_limit_holds_for_bursts_too)
{
    struct apply_pool_request p = {
        .pool = *(const struct pool *)state_find(w.state, ENTITY_POOL, &(struct id){"skt-b200"})};
    p.pool.lend_limit_units = share_gpus(4);
    expect_ok(&w, world_decide(&w, "op.skt", COMMAND_APPLY_POOL, &p));
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 2, .burst = 6});
    expect_ok(&w, check("loan-a", 4, 0, 100, 0));
    expect_refused(&w, check("loan-a", 5, 0, 100, 0), ERR_NO_CAPACITY,
                   "the lend limit of pool skt-b200 leaves 4");
}
END_TEST

START_TEST(test_a_guarantee_holds_though_devices_are_missing)
{
    world_make_node(&w, "n1", "skt-b200", 4);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8});
    expect_ok(&w, check("loan-a", 8, 0, 100, 0)); /* the calendar will know */
    expect_refused(&w, check(NULL, 1, 0, 100, 0), ERR_NO_CAPACITY, "pool skt-b200");
}
END_TEST

START_TEST(test_the_tree_counts_all_loans_of_a_project)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "v1", "naver-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 4, .burst = 4});
    world_make_loan(&w,
                    &(struct world_loan_terms){.id = "loan-v", .pool = "naver-b200", .gpus = 8});
    struct id a = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
    struct world_booking b = {
        .allocation = a, .gpus = 8, .from = world_at(0), .to = world_at(WORLD_DAY)};
    world_must(&w, world_book(&w, &b)); /* a burst of loan-a: 4 of its own, 4 borrowed */
    world_must(&w, world_book(&w, &b)); /* loan-v, guaranteed */
    expect_refused(&w, check("loan-a", 1, 0, 100, 0), ERR_NO_CAPACITY, "loan loan-a leaves 0");
    ck_assert_int_eq(check("loan-a", 1, WORLD_DAY + 300, WORLD_DAY + 400, 0), 0);
}
END_TEST

static Suite *capacity_suite(void)
{
    Suite *s = suite_create("capacity");
    TCase *c = tcase_create("capacity");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_a_loan_through_time);
    tcase_add_test(c, test_which_loans_bind_their_pool);
    tcase_add_test(c, test_a_lease_takes_until_its_devices_are_back);
    tcase_add_test(c, test_the_peak_of_what_is_lent);
    tcase_add_test(c, test_the_loan_rule);
    tcase_add_test(c, test_cleaning_outside_the_loans_window_is_the_lenders);
    tcase_add_test(c, test_the_pool_rule_keeps_what_others_are_guaranteed);
    tcase_add_test(c, test_the_lend_limit_holds_for_bursts_too);
    tcase_add_test(c, test_a_guarantee_holds_though_devices_are_missing);
    tcase_add_test(c, test_the_tree_counts_all_loans_of_a_project);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(capacity_suite)
