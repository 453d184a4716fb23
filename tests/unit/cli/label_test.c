#include "cli/label.h"

#include "tests/support/suite.h"

#include <stdbool.h>

START_TEST(test_a_sets_own_word_goes_before_the_general_one)
{
    ck_assert_str_eq(label_text("loan", "returned"), "given back");
    ck_assert_str_eq(label_text("approval", "returned"), "sent back");
    ck_assert_str_eq(label_text(NULL, "returned"), "sent back");
}
END_TEST

START_TEST(test_a_code_without_a_word_is_shown_as_it_is)
{
    ck_assert_str_eq(label_text("lease", "brand_new_state"), "brand_new_state");
    ck_assert_str_eq(label_text(NULL, "booked"), "booked");
}
END_TEST

START_TEST(test_no_code_stands_twice_in_a_set)
{
    for (const struct label *a = label_table; a->code; a++) {
        for (const struct label *b = a + 1; b->code; b++) {
            bool same_set = a->set == b->set || (a->set && b->set && strcmp(a->set, b->set) == 0);
            ck_assert_msg(!same_set || strcmp(a->code, b->code) != 0, "%s twice", a->code);
        }
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/label");
    TCase *t = tcase_create("label");
    tcase_add_test(t, test_a_sets_own_word_goes_before_the_general_one);
    tcase_add_test(t, test_a_code_without_a_word_is_shown_as_it_is);
    tcase_add_test(t, test_no_code_stands_twice_in_a_set);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
