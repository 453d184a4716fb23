/* Months: two people, one checklist; then sealed, then archived. */
#include "controlplane/domain/close.h"

#include "controlplane/domain/stating.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation, lease;

/* 8 GPUs on one node from the 1st to the 3rd of November. */
static void setup_november(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w,
                    &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .notice_s = WORLD_HOUR});
    allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                          .gpus = 8,
                                                          .from = world_at(0),
                                                          .to = world_at(2 * WORLD_DAY)}));
    lease = w.changes.answer.id;
    world_due(&w);
    world_report(&w, "n1", "active");
    world_must(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(WORLD_DAY)));
}

/* The clock then stands in December. */
static void setup(void)
{
    setup_november();
    world_advance(&w, 35 * WORLD_DAY);
}

static int ask(const char *actor, const char *month, const char *hash)
{
    struct close_month_request r = {.month = id_literal(month)};
    memcpy(r.checklist_hash, hash, strlen(hash));
    return world_decide(&w, actor, COMMAND_CLOSE_MONTH, &r);
}

static const struct closing *closing(const char *month)
{
    struct id id = id_literal(month);
    const struct closing *c = state_find(w.state, ENTITY_CLOSING, &id);
    ck_assert_ptr_nonnull(c);
    return c;
}

static bool has_line(const struct closing *c, const char *text)
{
    LIST_EACH(const struct plan_line, l, &c->checklist.lines)
    {
        if (strstr(l->text, text))
            return true;
    }
    return false;
}

static void close_november(void)
{
    char hash[PLAN_HASH_CAP];
    world_must(&w, ask("admin.nipa", "2025-11", ""));
    memcpy(hash, closing("2025-11")->checklist.hash, sizeof hash);
    world_must(&w, ask("ok1.nipa", "2025-11", hash));
    ck_assert_int_eq((int)closing("2025-11")->state, CLOSING_CLOSED);
}

static int seal(const char *month, const char *sha256)
{
    struct seal_month_command r = {
        .month = id_literal(month), .first_commit = 1, .last_commit = 40};
    memcpy(r.note_sha256, sha256, strlen(sha256));
    return world_decide(&w, "service", COMMAND_SEAL_MONTH, &r);
}

static int archive(const char *month)
{
    struct archive_month_command r = {.month = id_literal(month)};
    return world_decide(&w, "service", COMMAND_ARCHIVE_MONTH, &r);
}

START_TEST(two_people_close_on_the_same_checklist)
{
    world_must(&w, ask("admin.nipa", "2025-11", ""));
    const struct closing *c = closing("2025-11");
    char hash[PLAN_HASH_CAP];
    memcpy(hash, c->checklist.hash, sizeof hash);
    ck_assert_int_eq((int)c->state, CLOSING_PROPOSED);
    ck_assert_str_eq(c->proposed_by.text, "admin.nipa");
    ck_assert(w.changes.answer.has_plan);
    ck_assert_int_eq(ask("admin.nipa", "2025-11", hash), -ERR_DENIED); /* the same person */
    world_must(&w, ask("ok1.nipa", "2025-11", hash));
    c = closing("2025-11");
    ck_assert_int_eq((int)c->state, CLOSING_CLOSED);
    ck_assert_str_eq(c->closed_by.text, "ok1.nipa");
    ck_assert_int_eq(c->closed_at.s, w.now.s);
    const struct ledger_entry *e = LIST_AT(struct ledger_entry, &w.changes.entries, 0);
    ck_assert_int_eq((int)e->kind, LEDGER_CLOSE);
    ck_assert_str_eq(e->subject.text, "2025-11");
    ck_assert_str_eq(e->organisation.text, "nipa");
    ck_assert_int_eq(ask("ok1.nipa", "2025-11", hash), -ERR_STATE); /* once */
}
END_TEST

START_TEST(the_checklist_tells_of_gaps_and_of_time_that_was_not_metered)
{
    world_must(&w, world_use(&w, "n1", 3, lease.text, world_at(WORLD_DAY),
                             world_at(WORLD_DAY + WORLD_HOUR)));
    world_must(&w, ask("admin.nipa", "2025-11", ""));
    const struct closing *c = closing("2025-11");
    ck_assert(has_line(c, "gap: n1.0000000000000000.2 was never told"));
    ck_assert(has_line(c, "granted 172800 s, metered 90000 s"));
    ck_assert(has_line(c, "month: 2025-11, intervals 2, leases 1"));
    ck_assert_uint_eq(c->open_points, 0); /* to be known, not to be cured */
}
END_TEST

START_TEST(a_checklist_that_moved_is_shown_anew_and_closes_nothing)
{
    char hash[PLAN_HASH_CAP];
    world_must(&w, ask("admin.nipa", "2025-11", ""));
    memcpy(hash, closing("2025-11")->checklist.hash, sizeof hash);
    world_must(&w,
               world_use(&w, "n1", 2, lease.text, world_at(WORLD_DAY), world_at(2 * WORLD_DAY)));
    world_must(&w, ask("ok1.nipa", "2025-11", hash));
    const struct closing *c = closing("2025-11");
    ck_assert_int_eq((int)c->state, CLOSING_PROPOSED);
    ck_assert_str_eq(c->proposed_by.text, "ok1.nipa");
    ck_assert_str_ne(c->checklist.hash, hash);
    ck_assert_ptr_nonnull(world_note(&w, "the facts have moved"));
}
END_TEST

START_TEST(a_month_that_is_not_over_or_not_next_is_refused)
{
    ck_assert_int_eq(ask("admin.nipa", "2025-12", ""), -ERR_STATE);
    ck_assert_ptr_nonnull(strstr(w.err.text, "not over yet"));
    ck_assert_int_eq(ask("admin.nipa", "november", ""), -ERR_INVALID);
    close_november();
    ck_assert_int_eq(ask("admin.nipa", "2025-10", ""), -ERR_STATE);
    world_advance(&w, 31 * WORLD_DAY);
    ck_assert_int_eq(ask("admin.nipa", "2025-12", ""), -ERR_STATE);
    ck_assert_ptr_nonnull(strstr(w.err.text, "being sealed"));
    world_must(&w, seal("2025-11", "ab"));
    world_must(&w, ask("admin.nipa", "2025-12", ""));
}
END_TEST

START_TEST(a_month_whose_statement_can_not_be_made_does_not_close)
{
    const struct id upstage = id_literal("upstage");
    struct apply_organisation_request r;
    record_copy(&organisation_type, &r.organisation,
                state_find(w.state, ENTITY_ORGANISATION, &upstage));
    memset(&r.head, 0, sizeof r.head);
    /* Of a class that has no rate from the 2nd on. */
    struct size_fact *fact = record_list_add(&r.organisation.sizes, sizeof *fact);
    fact->size = SIZE_AGENCY;
    fact->from = world_at(WORLD_HOUR);
    memcpy(fact->evidence, "x", 2);
    int rc = world_decide(&w, "admin.nipa", COMMAND_APPLY_ORGANISATION, &r);
    record_fini(&organisation_type, &r.organisation);
    world_must(&w, rc);
    world_advance(&w, 35 * WORLD_DAY);
    world_must(&w, ask("admin.nipa", "2025-11", ""));
    char hash[PLAN_HASH_CAP];
    memcpy(hash, closing("2025-11")->checklist.hash, sizeof hash);
    ck_assert_uint_eq(closing("2025-11")->open_points, 1);
    ck_assert(has_line(closing("2025-11"), "open: project alpha:"));
    ck_assert_int_eq(ask("ok1.nipa", "2025-11", hash), -ERR_STATE);
    ck_assert_ptr_nonnull(strstr(w.err.text, "stand in the way"));
}
END_TEST

START_TEST(what_is_told_of_a_closed_month_is_a_correction)
{
    close_november();
    world_must(&w,
               world_use(&w, "n1", 2, lease.text, world_at(WORLD_DAY), world_at(2 * WORLD_DAY)));
    const struct ledger_entry *e = LIST_AT(struct ledger_entry, &w.changes.entries, 0);
    ck_assert_int_eq((int)e->kind, LEDGER_CORRECTION);
    ck_assert_int_eq((int)e->phase, PHASE_POST);
    ck_assert_int_eq(e->amount_krw.krw, 8 * INT64_C(6600000) / 30);
    ck_assert_str_eq(e->reason, "told after its month was closed");
}
END_TEST

START_TEST(a_seal_told_twice_is_one_seal_and_another_is_refused)
{
    ck_assert_int_eq(seal("2025-11", "ab"), -ERR_NOT_FOUND);
    world_must(&w, ask("admin.nipa", "2025-11", ""));
    ck_assert_int_eq(seal("2025-11", "ab"), -ERR_STATE); /* only proposed */
    char hash[PLAN_HASH_CAP];
    memcpy(hash, closing("2025-11")->checklist.hash, sizeof hash);
    world_must(&w, ask("ok2.nipa", "2025-11", hash));
    world_must(&w, seal("2025-11", "ab"));
    ck_assert_uint_eq(closing("2025-11")->last_commit, 40);
    ck_assert_int_eq((int)LIST_AT(struct ledger_entry, &w.changes.entries, 0)->kind, LEDGER_SEAL);
    world_must(&w, seal("2025-11", "ab"));
    ck_assert_uint_eq(w.changes.n, 0);
    ck_assert_uint_eq(w.changes.entries.n, 0);
    ck_assert_int_eq(seal("2025-11", "cd"), -ERR_CONFLICT);
}
END_TEST

START_TEST(an_archived_month_is_forgotten_and_told_again_counts_for_nothing)
{
    struct statement *statement;
    struct id alpha = id_literal("alpha");
    struct month november = {0};
    ck_assert_int_eq(month_parse(span_text("2025-11"), &november, NULL), 0);
    close_november();
    ck_assert_int_eq(archive("2025-11"), -ERR_STATE); /* not sealed */
    world_must(&w, seal("2025-11", "ab"));
    int64_t posted = world_allocation(&w, allocation.text)->posted_krw.krw;
    world_must(&w, archive("2025-11"));
    ck_assert_ptr_null(world_note(&w, "more"));
    ck_assert_uint_eq(state_count(w.state, ENTITY_USAGE_INTERVAL), 0);
    ck_assert_int_eq((int)closing("2025-11")->state, CLOSING_ARCHIVED);
    world_must(&w, world_use(&w, "n1", 1, lease.text, world_at(0), world_at(WORLD_DAY)));
    ck_assert_uint_eq(w.changes.entries.n, 0);
    ck_assert_int_eq(world_allocation(&w, allocation.text)->posted_krw.krw, posted);
    ck_assert_int_eq(stating_project(w.state, &alpha, month_window(november), &statement, NULL),
                     -ERR_STATE);
}
END_TEST

START_TEST(an_archive_goes_in_steps)
{
    for (uint64_t seq = 2; seq <= ARCHIVE_OBJECTS + 5; seq++)
        world_must(&w, world_use(&w, "n1", seq, lease.text, world_at(WORLD_DAY + 60 * (int64_t)seq),
                                 world_at(WORLD_DAY + 60 * (int64_t)seq + 60)));
    close_november();
    world_must(&w, seal("2025-11", "ab"));
    world_must(&w, archive("2025-11"));
    ck_assert_ptr_nonnull(world_note(&w, "more"));
    ck_assert_uint_le(state_count(w.state, ENTITY_USAGE_INTERVAL), 5);
    world_must(&w, archive("2025-11"));
    ck_assert_ptr_null(world_note(&w, "more"));
    ck_assert_uint_eq(state_count(w.state, ENTITY_USAGE_INTERVAL), 0);
}
END_TEST

static Suite *close_suite(void)
{
    Suite *s = suite_create("domain/close");
    TCase *c = tcase_create("close");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, two_people_close_on_the_same_checklist);
    tcase_add_test(c, the_checklist_tells_of_gaps_and_of_time_that_was_not_metered);
    tcase_add_test(c, a_checklist_that_moved_is_shown_anew_and_closes_nothing);
    tcase_add_test(c, a_month_that_is_not_over_or_not_next_is_refused);
    tcase_add_test(c, what_is_told_of_a_closed_month_is_a_correction);
    tcase_add_test(c, a_seal_told_twice_is_one_seal_and_another_is_refused);
    tcase_add_test(c, an_archived_month_is_forgotten_and_told_again_counts_for_nothing);
    tcase_add_test(c, an_archive_goes_in_steps);
    suite_add_tcase(s, c);
    TCase *n = tcase_create("in november");
    tcase_add_checked_fixture(n, setup_november, expect_teardown);
    tcase_add_test(n, a_month_whose_statement_can_not_be_made_does_not_close);
    suite_add_tcase(s, n);
    return s;
}

SUITE_MAIN(close_suite)
