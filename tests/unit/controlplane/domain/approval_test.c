/* Approvals: what a copy owns, and the names of verdicts. */
#include "controlplane/domain/approval.h"

#include "tests/support/suite.h"

START_TEST(a_copy_owns_its_plan_and_its_decisions)
{
    struct approval a = {.id = {"approval-1"}, .state = REQUEST_REVIEW}, copy;
    struct plan_line *line = record_list_add(&a.plan.lines, sizeof *line);
    memcpy(line->text, "loan loan-a", 12);
    struct decision *d = record_list_add(&a.decisions, sizeof *d);
    *d = (struct decision){.user = {"ok1.nipa"}, .verdict = VERDICT_RETURNED, .paper = "2025-17"};
    record_copy(&approval_type, &copy, &a);
    ck_assert(record_equal(&approval_type, &copy, &a));
    line->text[0] = 'L';
    ck_assert(!record_equal(&approval_type, &copy, &a));
    record_fini(&approval_type, &a);
    ck_assert_str_eq(LIST_AT(struct plan_line, &copy.plan.lines, 0)->text, "loan loan-a");
    ck_assert_str_eq(LIST_AT(struct decision, &copy.decisions, 0)->paper, "2025-17");
    record_fini(&approval_type, &copy);
    ck_assert_uint_eq(copy.plan.lines.n, 0);
}
END_TEST

START_TEST(a_plans_hash_is_a_whole_sha256_in_hexadecimal)
{
    ck_assert_uint_eq(record_field(&plan_type, "hash")->size, 2 * 32 + 1);
    ck_assert_ptr_eq(record_field(&plan_type, "lines")->type, &plan_line_type);
}
END_TEST

START_TEST(verdicts_have_names)
{
    static const char *const names[] = {"approved", "returned", "withdrawn"};
    ck_assert_int_eq(verdict_names.count, VERDICT_COUNT);
    for (int i = 0; i < VERDICT_COUNT; i++)
        ck_assert_str_eq(enum_name(&verdict_names, i), names[i]);
}
END_TEST

static Suite *approval_suite(void)
{
    Suite *s = suite_create("domain/approval");
    TCase *c = tcase_create("approval");
    tcase_add_test(c, a_copy_owns_its_plan_and_its_decisions);
    tcase_add_test(c, a_plans_hash_is_a_whole_sha256_in_hexadecimal);
    tcase_add_test(c, verdicts_have_names);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(approval_suite)
