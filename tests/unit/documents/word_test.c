/* documents/word.h: every word in both tongues, and no English among the Korean ones. */
#include "documents/word.h"

#include "tests/support/suite.h"

#include <ctype.h>
#include <string.h>

START_TEST(every_word_is_said_in_both_tongues)
{
    for (int i = 0; i < WORD_COUNT; i++) {
        ck_assert_int_gt(strlen(word(true, (enum word)i)), 0);
        ck_assert_int_gt(strlen(word(false, (enum word)i)), 0);
    }
}
END_TEST

START_TEST(korean_words_hold_no_english_but_gpu)
{
    for (int i = 0; i < WORD_COUNT; i++) {
        const char *text = word(true, (enum word)i), *gpu = strstr(text, "GPU");
        for (const char *p = text; *p; p++) {
            bool inside = gpu && p >= gpu && p < gpu + 3;
            ck_assert_msg(inside || !isascii(*p) || !isalpha(*p), "%s", text);
        }
    }
}
END_TEST

START_TEST(a_name_without_a_word_has_none)
{
    ck_assert_str_eq(word_for(true, "sme"), "중소기업");
    ck_assert_str_eq(word_for(false, "tangible_asset"), "tangible assets");
    ck_assert(word_for(true, "gold") == NULL);
}
END_TEST

static Suite *word_suite(void)
{
    Suite *s = suite_create("word");
    TCase *t = tcase_create("word");
    tcase_add_test(t, every_word_is_said_in_both_tongues);
    tcase_add_test(t, korean_words_hold_no_english_but_gpu);
    tcase_add_test(t, a_name_without_a_word_has_none);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(word_suite)
