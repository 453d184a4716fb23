#include "cli/suggest.h"

#include "tests/support/suite.h"

#include <stdint.h>

static const struct {
    const char *a, *b;
    size_t distance;
} distances[] = {
    {"", "", 0},           {"lease", "lease", 0}, {"lease", "leas", 1},   {"lease", "leasee", 1},
    {"lease", "laese", 1}, {"list", "lost", 1},   {"book", "release", 7}, {"abc", "", 3},
    {"ca", "abc", 3},
};

START_TEST(test_counts_insertions_deletions_substitutions_and_swaps)
{
    ck_assert_uint_eq(suggest_distance(distances[_i].a, distances[_i].b), distances[_i].distance);
    ck_assert_uint_eq(suggest_distance(distances[_i].b, distances[_i].a), distances[_i].distance);
}
END_TEST

START_TEST(test_words_beyond_the_limit_are_infinitely_far)
{
    char longest[SUGGEST_WORD_MAX + 2];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    ck_assert(suggest_distance(longest, longest) == SIZE_MAX);
    longest[SUGGEST_WORD_MAX] = '\0';
    ck_assert_uint_eq(suggest_distance(longest, longest), 0);
}
END_TEST

START_TEST(test_offers_the_nearest_word)
{
    struct suggest s = suggest_for("laese");
    suggest_offer(&s, "release");
    suggest_offer(&s, "lease");
    suggest_offer(&s, "pool");
    ck_assert_str_eq(s.best, "lease");
}
END_TEST

START_TEST(test_offers_nothing_that_is_too_far)
{
    struct suggest s = suggest_for("xy");
    suggest_offer(&s, "lease");
    suggest_offer(&s, "pool");
    ck_assert_ptr_null(s.best);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/suggest");
    TCase *t = tcase_create("suggest");
    tcase_add_loop_test(t, test_counts_insertions_deletions_substitutions_and_swaps, 0,
                        sizeof(distances) / sizeof(distances[0]));
    tcase_add_test(t, test_words_beyond_the_limit_are_infinitely_far);
    tcase_add_test(t, test_offers_the_nearest_word);
    tcase_add_test(t, test_offers_nothing_that_is_too_far);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
