/* lib/base/instant.h: instants, windows, RFC 3339. */
#include "lib/base/instant.h"
#include "tests/support/suite.h"

#define FEB_3 INT64_C(1770076800) /* 2026-02-03T09:00:00+09:00 */

START_TEST(instants_are_read_to_the_second)
{
    static const struct {
        const char *text;
        int64_t s;
    } cases[] = {
        {"2026-02-03T09:00:00+09:00", FEB_3},
        {"2026-02-03T00:00:00Z", FEB_3},
        {"2026-02-02T18:00:00-06:00", FEB_3},
        {"2026-02-03T23:59:00+23:59", FEB_3},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T09:00:00+09:00", 0},
        {"2000-02-29T12:34:56Z", 951827696},
        {"2025-11-01T00:00:00+09:00", 1761922800},
        {"2026-09-10T00:00:00+09:00", 1788966000},
        {"9999-12-31T23:59:59+09:00", INSTANT_MAX_S},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct instant t = {-1};
        struct err err = ERR_INIT;
        ck_assert_msg(instant_parse(span_text(cases[i].text), &t, &err) == 0, "%s", err.text);
        ck_assert_msg(t.s == cases[i].s, "%s is %lld", cases[i].text, (long long)t.s);
    }
}
END_TEST

START_TEST(what_is_no_instant_is_refused)
{
    static const char *const bad[] = {
        "",
        "2026-02-03",
        "2026-02-03T09:00:00",    /* no offset */
        "2026-02-03T09:00:00.5Z", /* a fraction */
        "2026-02-03T09:00:00.0+09:00",
        "2026-02-03 09:00:00+09:00",
        "2026-02-03t09:00:00z",
        "2026-02-30T09:00:00Z", /* no such day */
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-03T24:00:00Z",
        "2026-02-03T09:60:00Z",
        "2026-02-03T23:59:60Z", /* a leap second */
        "2026-02-03T09:00:00+24:00",
        "2026-02-03T09:00:00+09:60",
        "2026-02-03T09:00:00+0900",
        "2026-02-03T09:00:00+09",
        "2026-02-03T09:00:00Z+09:00",
        "2026-02-03T09:00:00+09:00 ",
        "2026-2-3T09:00:00+09:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+09:00", /* before the first instant */
        "9999-12-31T23:59:59Z",      /* after the last one */
        "-026-02-03T09:00:00Z",
        "2026-02-03T-1:00:00Z",
        "2026-02-03T09-00-00Z",
        "never",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct instant t = {42};
        struct err err = ERR_INIT;
        ck_assert_msg(instant_parse(span_text(bad[i]), &t, &err) == -(int)ERR_INVALID, "%s",
                      bad[i]);
        ck_assert_int_eq(t.s, 42);
        ck_assert_ptr_nonnull(strstr(err.text, bad[i]));
    }
}
END_TEST

START_TEST(output_is_korean_time_and_reads_back)
{
    static const struct {
        int64_t s;
        const char *text;
    } cases[] = {
        {FEB_3, "2026-02-03T09:00:00+09:00"},
        {0, "1970-01-01T09:00:00+09:00"},
        {FEB_3 + 86399, "2026-02-04T08:59:59+09:00"},
        {INSTANT_MAX_S, "9999-12-31T23:59:59+09:00"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[INSTANT_TEXT_CAP];
        struct instant back;
        ck_assert_str_eq(instant_format((struct instant){cases[i].s}, text), cases[i].text);
        ck_assert_int_eq(instant_parse(span_text(text), &back, NULL), 0);
        ck_assert_int_eq(back.s, cases[i].s);
    }
    char text[INSTANT_TEXT_CAP];
    ck_assert_str_eq(instant_format(INSTANT_NEVER, text), "never");
}
END_TEST

START_TEST(sums_saturate_and_never_wrap)
{
    static const struct {
        int64_t a, seconds, sum;
    } cases[] = {
        {100, 5, 105},
        {100, -5, 95},
        {100, -101, INSTANT_MIN_S},
        {100, INT64_MIN, INSTANT_MIN_S},
        {INSTANT_MAX_S, 0, INSTANT_MAX_S},
        {INSTANT_MAX_S, 1, INT64_MAX},
        {100, INT64_MAX, INT64_MAX},
        {INT64_MAX, -5, INT64_MAX}, /* never stays never */
        {INT64_MAX, INT64_MIN, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(instant_add((struct instant){cases[i].a}, cases[i].seconds).s == cases[i].sum,
                      "case %zu", i);
}
END_TEST

START_TEST(never_comes_after_every_instant)
{
    struct instant last = {INSTANT_MAX_S};

    ck_assert_int_lt(instant_compare(last, INSTANT_NEVER), 0);
    ck_assert(instant_before(last, INSTANT_NEVER) && !instant_before(INSTANT_NEVER, last));
    ck_assert_int_eq(instant_min(last, INSTANT_NEVER).s, last.s);
    ck_assert_int_eq(instant_max(last, INSTANT_NEVER).s, INT64_MAX);
}
END_TEST

static struct window w(int64_t from, int64_t to)
{
    return (struct window){{from}, {to}};
}

START_TEST(windows_are_half_open)
{
    ck_assert(window_contains(w(10, 20), (struct instant){10}));
    ck_assert(!window_contains(w(10, 20), (struct instant){20}));
    ck_assert(window_empty(w(10, 10)) && window_empty(w(11, 10)) && !window_empty(w(10, 11)));
    ck_assert(!window_overlaps(w(10, 20), w(20, 30)));
    ck_assert(window_overlaps(w(10, 20), w(19, 30)));
    ck_assert(!window_overlaps(w(15, 15), w(10, 20)));
    ck_assert(window_covers(w(10, 20), w(10, 20)) && !window_covers(w(10, 20), w(10, 21)));
}
END_TEST

START_TEST(an_intersection_may_be_empty_and_is_never_reversed)
{
    struct window both = window_intersect(w(10, 20), w(15, 30));
    ck_assert(both.from.s == 15 && both.to.s == 20);
    both = window_intersect(w(10, 20), w(30, 40));
    ck_assert(window_empty(both) && both.from.s == both.to.s);
}
END_TEST

static Suite *instant_suite(void)
{
    Suite *s = suite_create("instant");
    TCase *t = tcase_create("instant");

    tcase_add_test(t, instants_are_read_to_the_second);
    tcase_add_test(t, what_is_no_instant_is_refused);
    tcase_add_test(t, output_is_korean_time_and_reads_back);
    tcase_add_test(t, sums_saturate_and_never_wrap);
    tcase_add_test(t, never_comes_after_every_instant);
    tcase_add_test(t, windows_are_half_open);
    tcase_add_test(t, an_intersection_may_be_empty_and_is_never_reversed);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(instant_suite)
