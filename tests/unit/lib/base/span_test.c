/* lib/base/span.h: comparing borrowed bytes. */
#include "lib/base/span.h"
#include "tests/support/suite.h"

START_TEST(order_is_bytewise_with_prefixes_first)
{
    static const char *const ordered[] = {"", "A", "a", "aa", "ab", "b", "\xFF"};
    const int n = (int)(sizeof(ordered) / sizeof(ordered[0]));

    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            int order = span_compare(span_text(ordered[i]), span_text(ordered[j]));
            ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
            ck_assert(span_equal(span_text(ordered[i]), span_text(ordered[j])) == (i == j));
        }
    }
}
END_TEST

START_TEST(nothing_equals_nothing)
{
    ck_assert(span_equal(span_text(NULL), span_text("")));
    ck_assert_int_eq(span_compare(span_of(NULL, 0), span_of("", 0)), 0);
}
END_TEST

START_TEST(a_prefix_is_at_most_the_whole)
{
    ck_assert(span_starts_with(span_text("lease-1"), span_text("lease-")));
    ck_assert(span_starts_with(span_text("lease"), span_text("lease")));
    ck_assert(span_starts_with(span_text("lease"), span_text("")));
    ck_assert(!span_starts_with(span_text("lea"), span_text("lease")));
    ck_assert(!span_starts_with(span_text("loan"), span_text("lea")));
}
END_TEST

START_TEST(text_is_utf8_without_nul)
{
    ck_assert(span_is_text(span_text("")));
    ck_assert(span_is_text(span_text("품앗이 neighbours")));
    ck_assert(!span_is_text(span_of("a\0b", 3)));
    ck_assert(!span_is_text(span_text("caf\xE9")));
    ck_assert(!span_is_text(span_of("품", 2)));
}
END_TEST

static Suite *span_suite(void)
{
    Suite *s = suite_create("span");
    TCase *t = tcase_create("span");

    tcase_add_test(t, order_is_bytewise_with_prefixes_first);
    tcase_add_test(t, nothing_equals_nothing);
    tcase_add_test(t, a_prefix_is_at_most_the_whole);
    tcase_add_test(t, text_is_utf8_without_nul);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(span_suite)
