/* Answers: who owns the plan and the notes. */
#include "controlplane/domain/answer.h"

#include "tests/support/suite.h"

static struct answer answer_with_plan(void)
{
    struct answer a = {.kind = ENTITY_LEASE, .id = {"lease-1"}, .has_plan = true};
    struct plan_line *line = record_list_add(&a.plan.lines, sizeof *line);
    memcpy(line->text, "first", 6);
    line = record_list_add(&a.notes, sizeof *line);
    memcpy(line->text, "note", 5);
    return a;
}

START_TEST(a_zeroed_answer_is_a_good_one)
{
    struct answer a = {0};
    answer_fini(&a);
    answer_fini(&a);
    ck_assert_uint_eq(a.notes.n, 0);
}
END_TEST

START_TEST(fini_frees_what_it_owns_and_zeroes_it)
{
    struct answer a = answer_with_plan();
    answer_fini(&a);
    ck_assert_uint_eq(a.plan.lines.n, 0);
    ck_assert_uint_eq(a.notes.n, 0);
    ck_assert(id_is_none(&a.id) && !a.has_plan);
}
END_TEST

START_TEST(what_is_taken_leaves_a_zeroed_one_behind)
{
    struct answer a = answer_with_plan();
    struct answer taken = answer_take(&a);
    ck_assert_ptr_null(a.plan.lines.items);
    ck_assert_ptr_null(a.notes.items);
    ck_assert(id_is_none(&a.id));
    answer_fini(&a);
    ck_assert_str_eq(taken.id.text, "lease-1");
    ck_assert_str_eq(LIST_AT(struct plan_line, &taken.plan.lines, 0)->text, "first");
    ck_assert_str_eq(LIST_AT(struct plan_line, &taken.notes, 0)->text, "note");
    answer_fini(&taken);
}
END_TEST

static Suite *answer_suite(void)
{
    Suite *s = suite_create("domain/answer");
    TCase *c = tcase_create("answer");
    tcase_add_test(c, a_zeroed_answer_is_a_good_one);
    tcase_add_test(c, fini_frees_what_it_owns_and_zeroes_it);
    tcase_add_test(c, what_is_taken_leaves_a_zeroed_one_behind);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(answer_suite)
