/* controlplane/domain/use.h: what is taken, as a decision sees it that has changed something. The
 * oracle adds up every lease again. */
#include "controlplane/domain/use.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

#define LEASES 40

static struct id allocation, loan, leases[LEASES];
static size_t n_leases;
static struct changes changed;
static struct decide_context ctx;
static struct turn turn;

static uint32_t dice(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % n;
}

/* Leases of two organisations, some over, some metered. */
static void setup(void)
{
    uint32_t seed = 5;
    expect_setup();
    loan = id_literal("loan-a");
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    n_leases = 0;
    for (size_t i = 0; i < LEASES; i++) {
        int64_t from = 1 + dice(&seed, 900);
        struct world_booking b = {.actor = dice(&seed, 3) ? "kim.upstage" : "lee.kaist",
                                  .allocation = allocation,
                                  .gpus = 1 + dice(&seed, 2),
                                  .from = world_at(from * WORLD_HOUR),
                                  .to = world_at((from + 1 + dice(&seed, 60)) * WORLD_HOUR)};
        if (world_book(&w, &b) == 0)
            leases[n_leases++] = w.changes.answer.id;
    }
    ck_assert_uint_gt(n_leases, LEASES / 2);
    changes_init(&changed);
    ctx = (struct decide_context){.now = w.now};
    turn = turn_begin(w.state, &ctx, &changed);
}

static void teardown(void)
{
    turn_end(&turn);
    changes_fini(&changed);
    expect_teardown();
}

/* Shorter, over, elsewhere, as a decision would leave them. */
static void change_some(void)
{
    for (size_t i = 0; i + 3 < n_leases; i += 4) {
        struct lease *l = turn_edit(&turn, ENTITY_LEASE, &leases[i]);
        l->ends_at = instant_add(l->from, (l->ends_at.s - l->from.s) / 2);
        l = turn_edit(&turn, ENTITY_LEASE, &leases[i + 1]);
        l->state = LEASE_CANCELLED;
        l = turn_edit(&turn, ENTITY_LEASE, &leases[i + 2]);
        l->loan = id_literal("loan-b");
    }
}

struct oracle {
    const struct id *loan; /* NULL: any */
    const struct id *organisation;
    const struct table *ignore;
    struct steps sum;
};

static bool sum_up(const void *record, void *arg)
{
    struct oracle *o = arg;
    const struct lease *l = record;
    bool counts = lease_holds_capacity(l) && (!o->loan || id_equal(&l->loan, o->loan)) &&
                  (!o->organisation || id_equal(&l->organisation, o->organisation)) &&
                  !(o->ignore && table_find(o->ignore, &l->id));
    if (counts)
        steps_add(&o->sum, lease_window(l), lease_units(l).units);
    return true;
}

static struct steps summed(struct oracle o)
{
    turn_each(&turn, ENTITY_LEASE, sum_up, &o);
    return o.sum;
}

static void expect_steps(const struct steps *got, struct steps want)
{
    ck_assert_uint_eq(got->n, want.n);
    for (size_t i = 0; i < want.n; i++) {
        ck_assert_int_eq(got->items[i].from.s, want.items[i].from.s);
        ck_assert(got->items[i].value == want.items[i].value);
    }
    steps_fini(&want);
}

START_TEST(test_what_nobody_changed_is_the_state_s_own)
{
    struct use u;
    use_of_loan(&turn, &loan, NULL, &u);
    ck_assert_ptr_ne(u.steps, &u.own);
    expect_steps(u.steps, summed((struct oracle){.loan = &loan}));
    use_fini(&u);
    use_fini(&(struct use){0});
}
END_TEST

START_TEST(test_changed_leases_count_as_changed)
{
    struct use on_loan, in_allocation, elsewhere;
    struct id other = id_literal("loan-b");
    change_some();
    use_of_loan(&turn, &loan, NULL, &on_loan);
    use_of_loan(&turn, &other, NULL, &elsewhere);
    use_of_allocation(&turn, &allocation, &in_allocation);
    expect_steps(on_loan.steps, summed((struct oracle){.loan = &loan}));
    expect_steps(elsewhere.steps, summed((struct oracle){.loan = &other}));
    expect_steps(in_allocation.steps, summed((struct oracle){0}));
    ck_assert_uint_gt(elsewhere.steps->n, 0);
    use_fini(&on_loan);
    use_fini(&elsewhere);
    use_fini(&in_allocation);
}
END_TEST

START_TEST(test_ignored_leases_do_not_count_changed_or_not)
{
    struct table ignore = {0};
    struct use u;
    change_some();
    for (size_t i = 0; i < n_leases; i += 3)
        table_put(&ignore, &leases[i]);
    use_of_loan(&turn, &loan, &ignore, &u);
    expect_steps(u.steps, summed((struct oracle){.loan = &loan, .ignore = &ignore}));
    use_fini(&u);
    table_fini(&ignore);
}
END_TEST

START_TEST(test_leases_that_the_decision_made_count)
{
    struct use u;
    struct lease made;
    record_copy(&lease_type, &made, state_find(w.state, ENTITY_LEASE, &leases[0]));
    made.id = id_literal("lease-new");
    turn_put(&turn, ENTITY_LEASE, &made);
    use_of_loan(&turn, &made.loan, NULL, &u);
    struct steps want = summed((struct oracle){.loan = &made.loan});
    steps_add(&want, lease_window(&made), lease_units(&made).units);
    expect_steps(u.steps, want);
    record_fini(&lease_type, &made);
    use_fini(&u);
}
END_TEST

START_TEST(test_an_account_is_one_organisation_s_and_cut_to_its_window)
{
    struct id skipped = leases[3], nothing = ID_NONE;
    struct table ignore = {0};
    static const char *const names[] = {"upstage", "kaist"};
    table_put(&ignore, &skipped);
    for (int changing = 0; changing < 2; changing++) {
        for (size_t i = 0; i < 2; i++) {
            struct id organisation = id_literal(names[i]);
            struct use_account a = {.project = id_literal("alpha"),
                                    .organisation = organisation,
                                    .window = {world_at(0), world_at(400 * WORLD_HOUR)}};
            use_planned(&turn, &skipped, &a);
            LIST_EACH(const struct use_line, line, &a.lines)
            {
                struct steps all = summed((struct oracle){
                    .loan = &line->loan, .organisation = &organisation, .ignore = &ignore});
                expect_steps(&line->units, steps_cut(&all, a.window));
                ck_assert_str_eq(line->model, "B200");
                steps_fini(&all);
            }
            ck_assert_uint_ge(a.lines.n, 1);
            use_account_fini(&a);
            use_metered(&turn, &nothing, &a);
            ck_assert_uint_eq(a.lines.n, 0);
            use_account_fini(&a);
        }
        change_some();
    }
    table_fini(&ignore);
}
END_TEST

static const struct lease *first_active(void)
{
    for (size_t i = 0; i < n_leases; i++) {
        const struct lease *l = world_lease(&w, leases[i].text);
        if (l->state == LEASE_ACTIVE)
            return l;
    }
    return NULL;
}

/* Half an hour of the first lease that runs, reported by its node. */
static void meter_one(struct id *ret_lease, struct id *ret_interval)
{
    const struct lease *l;
    while (!(l = first_active())) {
        world_advance(&w, WORLD_HOUR / 2);
        world_report(&w, "n1", "active");
    }
    *ret_lease = l->id;
    struct instant to = instant_add(l->from, WORLD_HOUR / 2);
    expect_ok(&w, world_use(&w, "n1", 1, l->id.text, l->from, to));
    *ret_interval = id_literal("n1.0000000000000000.1");
    ctx.now = w.now;
}

START_TEST(test_intervals_are_what_was_metered_and_one_can_be_left_out)
{
    struct id lease = ID_NONE, interval, nothing = ID_NONE;
    meter_one(&lease, &interval);
    ck_assert(!id_is_none(&lease));
    const struct lease *l = world_lease(&w, lease.text);
    struct use_account a = {.project = l->project,
                            .organisation = l->organisation,
                            .window = {world_at(0), world_at(9000 * WORLD_HOUR)}};
    use_metered(&turn, &nothing, &a);
    ck_assert_uint_eq(a.lines.n, 1);
    const struct use_line *line = LIST_AT(struct use_line, &a.lines, 0);
    ck_assert_int_eq((int64_t)steps_peak(&line->units, a.window), lease_units(l).units);
    ck_assert_int_eq(steps_next(&line->units, l->from).s, l->from.s + WORLD_HOUR / 2);
    use_account_fini(&a);
    use_metered(&turn, &interval, &a);
    ck_assert_uint_eq(LIST_AT(struct use_line, &a.lines, 0)->units.n, 0);
    use_account_fini(&a);
    /* A decision that ends the lease: from then on it counts as metered. */
    struct lease *ended = turn_edit(&turn, ENTITY_LEASE, &lease);
    ended->state = LEASE_ENDED;
    use_planned(&turn, &nothing, &a);
    line = LIST_AT(struct use_line, &a.lines, 0);
    ck_assert_int_eq((int64_t)steps_at(&line->units, ended->from), lease_units(ended).units);
    use_account_add(&a, "B200", &line->loan, (struct window){ended->from, ended->to}, 7);
    ck_assert_int_eq((int64_t)steps_at(&line->units, ended->from), lease_units(ended).units + 7);
    use_account_fini(&a);
}
END_TEST

START_TEST(test_devices_in_service_are_those_of_the_nodes_as_changed)
{
    struct id pool = id_literal("skt-b200"), name = id_literal("n1");
    ck_assert_int_eq(use_in_service(&turn, &pool), share_gpus(8).units);
    struct node *n = turn_edit(&turn, ENTITY_NODE, &name);
    LIST_AT(struct device, &n->devices, 0)->state = DEVICE_FAULTY;
    ck_assert_int_eq(use_in_service(&turn, &pool), share_gpus(7).units);
}
END_TEST

static Suite *use_suite(void)
{
    Suite *s = suite_create("use");
    TCase *t = tcase_create("use");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_what_nobody_changed_is_the_state_s_own);
    tcase_add_test(t, test_changed_leases_count_as_changed);
    tcase_add_test(t, test_ignored_leases_do_not_count_changed_or_not);
    tcase_add_test(t, test_leases_that_the_decision_made_count);
    tcase_add_test(t, test_an_account_is_one_organisation_s_and_cut_to_its_window);
    tcase_add_test(t, test_intervals_are_what_was_metered_and_one_can_be_left_out);
    tcase_add_test(t, test_devices_in_service_are_those_of_the_nodes_as_changed);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(use_suite)
