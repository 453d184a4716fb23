/* Plans: what is in them, and that the same facts give the same bytes. */
#include "controlplane/domain/plan.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id approval;

static void setup(void)
{
    expect_setup();
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-a",
                                                             .gpus = 16,
                                                             .burst = 4,
                                                             .notice_s = 86400,
                                                             .cooldown_s = 7200,
                                                             .silence_s = 90000,
                                                             .from = world_at(0),
                                                             .to = world_at(30 * WORLD_DAY)});
    approval = w.changes.answer.approval;
}

static bool has_line(const struct plan *p, const char *line)
{
    LIST_EACH(const struct plan_line, l, &p->lines)
    {
        if (strcmp(l->text, line) == 0)
            return true;
    }
    return false;
}

START_TEST(test_a_loans_plan_says_who_gains_and_loses_what_and_when)
{
    static const char *const lines[] = {
        "kind: loan",
        "subject: loan-a",
        "programme: spec",
        "proposer: boss.upstage of upstage",
        "window: from 2025-11-01T09:00:00+09:00 to 2025-12-01T09:00:00+09:00 (exclusive)",
        "loses: skt, 16 B200 guaranteed and 4 more while free, of pool skt-b200",
        "gains: project alpha led by upstage, the same",
        "recall: notice 86400 s, protected runtime 0 s, cool-down 7200 s",
        "worst case: a silent node gives back within 90300 s of a recall",
        "pays: idle borrower, notice borrower, handover nobody, fault nobody",
        "isolation: whole, mig",
        "price: of the programme",
        "consented by: boss.upstage",
        "approvers: 1, none of a party to it",
        "expires: 2025-12-01T09:00:00+09:00",
    };
    const struct plan *p = &world_approval(&w, approval.text)->plan;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(has_line(p, lines[i]), "missing: %s", lines[i]);
    ck_assert_uint_eq(strlen(p->hash), 64);
}
END_TEST

START_TEST(test_an_allocations_plan_says_what_is_awarded_and_for_how_much)
{
    struct request_allocation_request r = {.project = id_literal("alpha"),
                                           .model = "B200",
                                           .from = world_at(0),
                                           .to = world_at(WORLD_DAY),
                                           .units = share_gpus(8),
                                           .budget_krw = {1234567},
                                           .purpose = "one\nbudget: at most 1 KRW\x7f"};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_REQUEST_ALLOCATION, &r));
    const struct plan *p = &w.changes.answer.plan;
    ck_assert(has_line(p, "kind: allocation"));
    ck_assert(has_line(p, "budget: at most 1,234,567 KRW of GPU time"));
    ck_assert(has_line(p,
                       "gains: project alpha led by upstage, the right to book up to 8 B200 at a "
                       "time"));
    /* what people write stays on its line */
    ck_assert(has_line(p, "purpose: one budget: at most 1 KRW "));
}
END_TEST

static void no_digest(struct span bytes, uint8_t out[32])
{
    memset(out, (int)(bytes.len % 251), 32);
}

START_TEST(test_the_same_facts_give_the_same_bytes_at_any_time)
{
    const struct approval *a = world_approval(&w, approval.text);
    CLEANUP_BUF struct buf stored;
    buf_init(&stored, PLAN_TEXT_MAX);
    plan_text(&a->plan, &stored);
    ck_assert_int_eq(stored.data[stored.len - 1], '\n');
    for (int64_t days = 0; days < 20; days += 5) {
        struct decide_context ctx = {.now = world_at(days * WORLD_DAY), .sha256 = no_digest};
        struct turn turn = turn_begin(w.state, &ctx, &w.changes);
        struct plan_facts facts;
        CLEANUP_BUF struct buf text;
        buf_init(&text, PLAN_TEXT_MAX);
        expect_ok(&w, plan_compute(&turn, a, &facts, &w.err));
        plan_text(&facts.plan, &text);
        ck_assert(span_equal(buf_span(&text), buf_span(&stored)));
        plan_facts_fini(&facts);
        plan_facts_fini(&facts);
        turn_end(&turn);
    }
}
END_TEST

START_TEST(test_a_subject_that_is_gone_has_no_plan)
{
    struct approval a = *world_approval(&w, approval.text); /* borrows its lists */
    struct decide_context ctx = {.now = w.now, .sha256 = no_digest};
    struct turn turn = turn_begin(w.state, &ctx, &w.changes);
    struct plan_facts facts;
    a.subject = id_literal("loan-z");
    expect_refused(&w, plan_compute(&turn, &a, &facts, &w.err), ERR_NOT_FOUND, "loan loan-z");
    a.subject_kind = id_literal("allocation");
    expect_refused(&w, plan_compute(&turn, &a, &facts, &w.err), ERR_NOT_FOUND, "allocation loan-z");
    turn_end(&turn);
}
END_TEST

static Suite *plan_suite(void)
{
    Suite *s = suite_create("plan");
    TCase *c = tcase_create("plan");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_a_loans_plan_says_who_gains_and_loses_what_and_when);
    tcase_add_test(c, test_an_allocations_plan_says_what_is_awarded_and_for_how_much);
    tcase_add_test(c, test_the_same_facts_give_the_same_bytes_at_any_time);
    tcase_add_test(c, test_a_subject_that_is_gone_has_no_plan);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(plan_suite)
