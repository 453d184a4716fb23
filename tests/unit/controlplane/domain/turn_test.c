/* Reading and writing inside one decision. */
#include "controlplane/domain/turn.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct turn turn;
static struct decide_context ctx;
static struct changes changes;

static void setup(void)
{
    expect_setup();
    changes_init(&changes);
    ctx = (struct decide_context){.now = w.now, .actor = world_actor(&w, "kim.upstage")};
    turn = turn_begin(w.state, &ctx, &changes);
}

static void teardown(void)
{
    turn_end(&turn);
    changes_fini(&changes);
    expect_teardown();
}

static const struct id skt_pool = {"skt-b200"};

START_TEST(test_an_edit_is_seen_and_the_state_is_not_touched)
{
    const struct pool *before = turn_find(&turn, ENTITY_POOL, &skt_pool);
    struct pool *edited = turn_edit(&turn, ENTITY_POOL, &skt_pool);
    ck_assert_ptr_ne(before, edited);
    edited->lend_limit_units = share_gpus(1);
    const struct pool *after = turn_find(&turn, ENTITY_POOL, &skt_pool);
    ck_assert_int_eq(after->lend_limit_units.units, share_gpus(1).units);
    ck_assert_int_eq(before->lend_limit_units.units, share_gpus(64).units);
    ck_assert_ptr_eq(turn_edit(&turn, ENTITY_POOL, &skt_pool), edited); /* its own copy */
    changes_delete(&changes, ENTITY_POOL, &skt_pool);
    ck_assert_ptr_null(turn_find(&turn, ENTITY_POOL, &skt_pool));
}
END_TEST

static bool add_limits(const void *record, void *arg)
{
    int64_t *sum = arg;
    *sum += ((const struct pool *)record)->lend_limit_units.units / SHARE_PER_GPU;
    return true;
}

START_TEST(test_walks_see_edits_and_leave_out_what_was_deleted)
{
    int64_t sum = 0;
    struct pool *edited = turn_edit(&turn, ENTITY_POOL, &skt_pool);
    edited->lend_limit_units = share_gpus(1);
    turn_each(&turn, ENTITY_POOL, add_limits, &sum);
    ck_assert_int_eq(sum, 64 + 1);
    sum = 0;
    changes_delete(&changes, ENTITY_POOL, &skt_pool);
    turn_each(&turn, ENTITY_POOL, add_limits, &sum);
    ck_assert_int_eq(sum, 64);
}
END_TEST

START_TEST(test_what_the_actor_may_not_see_does_not_exist)
{
    struct id beta = {"beta"}, alpha = {"alpha"}, gamma = {"gamma"}, none = ID_NONE;
    const void *found = NULL;
    expect_refused(&w, turn_need(&turn, ENTITY_PROJECT, &beta, &found, &w.err), ERR_NOT_FOUND,
                   "project beta does not exist");
    expect_refused(&w, turn_need(&turn, ENTITY_PROJECT, &gamma, &found, &w.err), ERR_NOT_FOUND,
                   "project gamma does not exist");
    expect_refused(&w, turn_need(&turn, ENTITY_PROJECT, &none, &found, &w.err), ERR_INVALID,
                   "the name is missing");
    ck_assert_ptr_null(found);
    expect_ok(&w, turn_need(&turn, ENTITY_PROJECT, &alpha, &found, &w.err));
    ck_assert_ptr_nonnull(found);
}
END_TEST

START_TEST(test_numbers_rise_and_are_taken_when_applied)
{
    uint64_t first = turn_number(&turn);
    ck_assert_uint_eq(first, state_next_number(w.state));
    ck_assert_uint_eq(turn_number(&turn), first + 1);
    state_apply(w.state, &changes);
    ck_assert_uint_eq(turn_number(&turn), first + 2);
}
END_TEST

START_TEST(test_entries_are_in_the_name_of_whoever_asked)
{
    struct ledger_entry *e = turn_entry(&turn, LEDGER_BOOK, ENTITY_LEASE, &skt_pool);
    ck_assert_str_eq(e->subject_kind.text, "lease");
    ck_assert_str_eq(e->subject.text, "skt-b200");
    ck_assert_str_eq(e->actor.text, "kim.upstage");
    ck_assert_str_eq(e->organisation.text, "upstage");
    ck_assert_int_eq(e->at.s, w.now.s);
    ctx.actor = world_actor(&w, "service");
    ck_assert_str_eq(turn_entry(&turn, LEDGER_GRANT, ENTITY_LEASE, &skt_pool)->actor.text,
                     "service");
}
END_TEST

START_TEST(test_own_or_one_of_the_roles_named)
{
    struct id own = {"upstage"}, other = {"lunit"};
    expect_ok(&w, turn_own(&turn, &own, 0, "a thing of", &w.err));
    expect_refused(&w, turn_own(&turn, &other, ROLE_BIT(ROLE_AGENCY_ADMIN), "a thing of", &w.err),
                   ERR_DENIED, "a thing of lunit is not for upstage to change");
    ck_assert(turn_has_role(&turn, ROLE_ORG_MEMBER));
    ck_assert(!turn_has_role(&turn, ROLE_AGENCY_ADMIN));
    ctx.actor.roles |= ROLE_BIT(ROLE_AGENCY_ADMIN);
    expect_ok(&w, turn_own(&turn, &other, ROLE_BIT(ROLE_AGENCY_ADMIN), "a thing of", &w.err));
}
END_TEST

START_TEST(test_moves_are_noted_in_a_copy_of_the_calendar)
{
    ck_assert_ptr_eq(turn_calendar(&turn), state_calendar(w.state));
    struct calendar *draft = turn_draft(&turn);
    ck_assert_ptr_eq(turn_calendar(&turn), draft);
    ck_assert_ptr_ne(turn_calendar(&turn), state_calendar(w.state));
    ck_assert_ptr_eq(turn_draft(&turn), draft);
}
END_TEST

static Suite *turn_suite(void)
{
    Suite *s = suite_create("turn");
    TCase *c = tcase_create("turn");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_an_edit_is_seen_and_the_state_is_not_touched);
    tcase_add_test(c, test_walks_see_edits_and_leave_out_what_was_deleted);
    tcase_add_test(c, test_what_the_actor_may_not_see_does_not_exist);
    tcase_add_test(c, test_numbers_rise_and_are_taken_when_applied);
    tcase_add_test(c, test_entries_are_in_the_name_of_whoever_asked);
    tcase_add_test(c, test_own_or_one_of_the_roles_named);
    tcase_add_test(c, test_moves_are_noted_in_a_copy_of_the_calendar);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(turn_suite)
