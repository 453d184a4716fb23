/* Statements are issued once, corrected by the next version, and computed again to the byte. */
#include "controlplane/domain/issuing.h"

#include "controlplane/domain/stating.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 32, WORLD_BUDGET);
}

static struct id book(int64_t from, int64_t to)
{
    world_must(&w, world_book(&w, &(struct world_booking){.actor = "kim.upstage",
                                                          .allocation = allocation,
                                                          .gpus = 4,
                                                          .from = world_at(from * WORLD_DAY),
                                                          .to = world_at(to * WORLD_DAY)}));
    return w.changes.answer.id;
}

static void use_gpus(uint64_t seq, const struct id *lease, int64_t from, int64_t to)
{
    world_must(&w, world_use(&w, "n1", seq, lease->text, world_at(from * WORLD_DAY),
                             world_at(to * WORLD_DAY)));
}

static int issue(const char *who, const char *month, const char *reason)
{
    struct issue_statement_request r = {.project = id_literal("alpha")};
    memcpy(r.month, month, strlen(month) + 1);
    memcpy(r.reason, reason, strlen(reason) + 1);
    return world_decide(&w, who, COMMAND_ISSUE_STATEMENT, &r);
}

static const struct issued_statement *find(const char *id)
{
    struct id name = id_literal(id);
    return state_find(w.state, ENTITY_STATEMENT, &name);
}

static struct id issued(const char *reason)
{
    world_must(&w, issue("admin.nipa", "2025-11", reason));
    return w.changes.answer.id;
}

static struct basis again(const struct id *id)
{
    struct basis basis;
    struct err err = ERR_INIT;
    int rc = issuing_basis(w.state, find(id->text), world_sha256, &basis, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    return basis;
}

START_TEST(a_version_keeps_what_was_known_when_it_was_issued)
{
    struct id lease = book(0, 5), other = book(6, 8);
    use_gpus(1, &lease, 0, 5);
    w.now = world_at(40 * WORLD_DAY);
    struct id first = issued("");
    ck_assert_uint_eq(find(first.text)->facts.version, 1);
    ck_assert_uint_eq(find(first.text)->facts.uses.n, 0);
    w.now = world_at(41 * WORLD_DAY);
    use_gpus(2, &other, 6, 8); /* told late */
    struct basis one = again(&first);
    ck_assert_uint_eq(one.uses.n, 1);
    w.now = world_at(42 * WORLD_DAY);
    struct id second = issued("use told late");
    struct basis two = again(&second);
    ck_assert_uint_eq(two.uses.n, 2);
    ck_assert_uint_eq(two.version, 2);
    ck_assert(id_equal(&two.supersedes, &first));
    ck_assert_int_eq(find(first.text)->state, STATEMENT_SUPERSEDED);
    ck_assert_str_ne(find(first.text)->document_sha256, find(second.text)->document_sha256);
    record_fini(&basis_type, &one);
    record_fini(&basis_type, &two);
}
END_TEST

START_TEST(a_further_version_needs_a_reason)
{
    w.now = world_at(40 * WORLD_DAY);
    issued("");
    expect_refused(&w, issue("admin.nipa", "2025-11", ""), ERR_INVALID, "say why");
}
END_TEST

START_TEST(what_has_no_rate_or_has_not_begun_is_not_issued)
{
    expect_refused(&w, issue("admin.nipa", "2031-01", ""), ERR_STATE, "has not begun");
    expect_refused(&w, issue("admin.nipa", "", ""), ERR_INVALID, "a month or a stage");
}
END_TEST

START_TEST(an_objection_has_a_date_and_closing_says_what_came_of_it)
{
    w.now = world_at(40 * WORLD_DAY);
    struct id id = issued("");
    struct dispute_statement_request d = {.id = id, .reason = "n1 was down"};
    struct close_statement_request c = {.id = id};
    expect_ok(&w, world_decide(&w, "fin.upstage", COMMAND_DISPUTE_STATEMENT, &d));
    ck_assert_int_eq(find(id.text)->state, STATEMENT_DISPUTED);
    const struct objection *o = LIST_AT(struct objection, &find(id.text)->objections, 0);
    ck_assert_int_eq(o->at.s, w.now.s);
    expect_refused(&w, world_decide(&w, "admin.nipa", COMMAND_CLOSE_STATEMENT, &c), ERR_INVALID,
                   "what came of them");
    memcpy(c.reason, "checked", sizeof "checked");
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_CLOSE_STATEMENT, &c));
    ck_assert_int_eq(find(id.text)->state, STATEMENT_CLOSED);
    expect_refused(&w, world_decide(&w, "fin.upstage", COMMAND_DISPUTE_STATEMENT, &d), ERR_STATE,
                   "closed");
}
END_TEST

START_TEST(every_cell_of_the_life_cycle_is_a_state_or_a_named_error)
{
    for (int state = 0; state < ISSUED_STATE_COUNT; state++) {
        for (int event = 0; event < ISSUED_EVENT_COUNT; event++) {
            enum issued_state to = ISSUED_STATE_COUNT;
            struct err err = ERR_INIT;
            int rc = issued_next((enum issued_state)state, (enum issued_event)event, &to, &err);
            ck_assert(rc == 0 ? to < ISSUED_STATE_COUNT : err.code == ERR_STATE);
        }
    }
}
END_TEST

static Suite *issuing_suite(void)
{
    Suite *s = suite_create("issuing");
    TCase *t = tcase_create("issuing");
    tcase_add_checked_fixture(t, setup, expect_teardown);
    tcase_add_test(t, a_version_keeps_what_was_known_when_it_was_issued);
    tcase_add_test(t, a_further_version_needs_a_reason);
    tcase_add_test(t, what_has_no_rate_or_has_not_begun_is_not_issued);
    tcase_add_test(t, an_objection_has_a_date_and_closing_says_what_came_of_it);
    tcase_add_test(t, every_cell_of_the_life_cycle_is_a_state_or_a_named_error);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(issuing_suite)
