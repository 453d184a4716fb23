/* controlplane/console/markup.h: what goes out stays inside its place. */
#include "controlplane/console/markup.h"
#include "tests/support/suite.h"

#define BROKEN "\xEF\xBF\xBD"

struct escape_case {
    const char *text;
    const char *escaped;
};

static void check(void (*escape)(struct buf *, const char *), const struct escape_case *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP_BUF struct buf b = {.data = NULL};
        buf_init(&b, 256);
        escape(&b, c[i].text);
        ck_assert_str_eq(b.data, c[i].escaped);
    }
}

START_TEST(html_holds_no_markup_of_strangers)
{
    static const struct escape_case cases[] = {
        {"", ""},
        {"pumasid-1", "pumasid-1"},
        {"품앗이 <b>", "품앗이 &lt;b&gt;"},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"\" onload='x'", "&quot; onload=&#39;x&#39;"},
        {"a&amp;b", "a&amp;amp;b"},
        {"two\nlines\tand", "two\nlines\tand"},
        {"\x01\x1B[31m\x7F", BROKEN BROKEN "[31m" BROKEN},
        {"\xFF<\xC0\xBC", BROKEN "&lt;" BROKEN BROKEN},
        {"\xED\x95", BROKEN BROKEN}, /* the begin of a Hangul syllable */
    };
    check(markup_html, cases, sizeof cases / sizeof cases[0]);
}
END_TEST

START_TEST(a_label_ends_at_our_quote)
{
    static const struct escape_case cases[] = {
        {"plain", "plain"},
        {"a\"} 1\nfake 2", "a\\\"} 1\\nfake 2"},
        {"back\\slash\\", "back\\\\slash\\\\"},
        {"품앗이\xFE", "품앗이" BROKEN},
    };
    check(markup_label, cases, sizeof cases / sizeof cases[0]);
}
END_TEST

START_TEST(counts_are_in_groups_of_three)
{
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1,000"},
        {12345, "12,345"},
        {1234567, "1,234,567"},
        {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_BUF struct buf b = {.data = NULL};
        buf_init(&b, 64);
        markup_count(&b, cases[i].n);
        ck_assert_str_eq(b.data, cases[i].text);
    }
}
END_TEST

START_TEST(a_full_buffer_says_so)
{
    CLEANUP_BUF struct buf b = {.data = NULL};
    buf_init(&b, 6);
    markup_html(&b, "<<<");
    ck_assert(b.full);
    ck_assert_str_eq(b.data, "&lt;");
}
END_TEST

static Suite *markup_suite(void)
{
    Suite *s = suite_create("markup");
    TCase *t = tcase_create("markup");

    tcase_add_test(t, html_holds_no_markup_of_strangers);
    tcase_add_test(t, a_label_ends_at_our_quote);
    tcase_add_test(t, counts_are_in_groups_of_three);
    tcase_add_test(t, a_full_buffer_says_so);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(markup_suite)
