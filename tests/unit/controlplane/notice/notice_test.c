/* What is worth a notice, and how it reads. */
#include "controlplane/notice/notice.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct notice n;

static bool tells(enum entity_kind kind, const char *name)
{
    struct id id = id_literal(name);
    return notice_of_change(w.state, kind, &id, &n);
}

START_TEST(test_a_plan_that_waits_and_what_was_decided)
{
    char first[NOTICE_ID_CAP];
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    struct id approval = w.changes.answer.approval;
    ck_assert(tells(ENTITY_APPROVAL, approval.text));
    ck_assert_str_eq(n.event, "approval.waits");
    ck_assert_int_eq(n.by.s, world_approval(&w, approval.text)->due_at.s);
    ck_assert_ptr_nonnull(strstr(n.text, "loan loan-a waits for approval"));
    memcpy(first, n.id, sizeof first);
    ck_assert(tells(ENTITY_APPROVAL, approval.text));
    ck_assert_str_eq(n.id, first); /* the same news */
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    ck_assert(tells(ENTITY_APPROVAL, approval.text));
    ck_assert_str_eq(n.event, "approval.decided");
    ck_assert_ptr_nonnull(strstr(n.text, "is approved"));
    ck_assert_str_ne(n.id, first);
}
END_TEST

START_TEST(test_a_recall_is_told_with_its_time)
{
    struct recall_loan_request r = {
        .id = id_literal("loan-a"), .units = share_gpus(8), .by = INSTANT_NEVER};
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    ck_assert(!tells(ENTITY_LOAN, "loan-a"));
    memcpy(r.reason, "repair", 7);
    expect_ok(&w, world_decide(&w, "op.skt", COMMAND_RECALL_LOAN, &r));
    ck_assert(tells(ENTITY_LOAN, "loan-a"));
    ck_assert_str_eq(n.event, "loan.recalled");
    ck_assert_int_eq(n.by.s, world_loan(&w, "loan-a")->recall_at.s);
    ck_assert_ptr_null(strstr(n.text, "repair")); /* no text of people goes out */
}
END_TEST

START_TEST(test_what_time_will_touch)
{
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    ck_assert(notice_of_time(ENTITY_LOAN, world_loan(&w, "loan-a"), &n));
    ck_assert_str_eq(n.event, "loan.ending");
    ck_assert_int_eq(n.by.s, world_loan(&w, "loan-a")->to.s);
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-b", .gpus = 1});
    struct id approval = w.changes.answer.approval;
    ck_assert(notice_of_time(ENTITY_APPROVAL, world_approval(&w, approval.text), &n));
    ck_assert_str_eq(n.event, "approval.expiring");
    ck_assert_int_eq(n.by.s, world_approval(&w, approval.text)->expires_at.s);
}
END_TEST

START_TEST(test_what_nobody_needs_to_be_told)
{
    ck_assert(!tells(ENTITY_PROJECT, "alpha"));
    ck_assert(!tells(ENTITY_LOAN, "none"));
    ck_assert(!notice_of_time(ENTITY_USER, NULL, &n));
}
END_TEST

START_TEST(test_a_notice_is_one_json_object)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, NOTICE_JSON_MAX);
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    ck_assert(tells(ENTITY_APPROVAL, w.changes.answer.approval.text));
    notice_format(&n, &text);
    ck_assert(!text.full);
    ck_assert_int_eq(strncmp(text.data, "{\"id\": \"approval-", 17), 0);
    ck_assert_ptr_nonnull(strstr(text.data, "\"kind\": \"approval\""));
    ck_assert_int_eq(text.data[text.len - 1], '}');
}
END_TEST

static Suite *notice_suite(void)
{
    Suite *s = suite_create("notice");
    TCase *c = tcase_create("notice");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, test_a_plan_that_waits_and_what_was_decided);
    tcase_add_test(c, test_a_recall_is_told_with_its_time);
    tcase_add_test(c, test_what_time_will_touch);
    tcase_add_test(c, test_what_nobody_needs_to_be_told);
    tcase_add_test(c, test_a_notice_is_one_json_object);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(notice_suite)
