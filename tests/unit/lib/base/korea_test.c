/* lib/base/korea.h: days, months and durations as people write them. */
#include "lib/base/korea.h"
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>

START_TEST(dates_that_exist_are_read_and_printed)
{
    static const char *const good[] = {"1970-01-01", "2000-02-29", "2024-02-29", "2026-02-28",
                                       "2026-12-31", "2100-02-28", "2400-02-29", "9999-12-31"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct date d;
        char text[DATE_TEXT_CAP];
        ck_assert_int_eq(date_parse(span_text(good[i]), &d, NULL), 0);
        ck_assert_str_eq(date_format(d, text), good[i]);
    }
}
END_TEST

START_TEST(dates_that_do_not_exist_are_refused)
{
    static const char *const bad[] = {
        "2026-02-30", "2026-02-29", "2100-02-29", "1900-02-29", "2026-04-31",  "2026-00-10",
        "2026-13-10", "2026-01-00", "2026-01-32", "1969-12-31", "10000-01-01", "0000-01-01",
        "2026-1-01",  "2026-01-1",  "2026/01/01", "20260101",   "2026-01-01 ", " 2026-01-01",
        "2026-0a-01", "-026-01-01", "",           "2026-01-0+",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct date d = {1, 2, 3};
        struct err err = ERR_INIT;
        ck_assert_msg(date_parse(span_text(bad[i]), &d, &err) == -(int)ERR_INVALID, "%s", bad[i]);
        ck_assert(d.year == 1 && d.month == 2 && d.day == 3);
        ck_assert_ptr_nonnull(strstr(err.text, bad[i]));
    }
}
END_TEST

/* Counts every day of 8030 years with nothing but the lengths of months. */
START_TEST(every_day_has_its_number_and_back)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t number = 0;

    for (int year = 1970; year <= 9999; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++) {
            int length = lengths[month - 1] + (leap && month == 2);
            for (int day = 1; day <= length; day++, number++) {
                struct date back = date_from_days(number);
                if (date_to_days((struct date){year, month, day}) != number || back.year != year ||
                    back.month != month || back.day != day)
                    ck_abort_msg("%d-%d-%d", year, month, day);
            }
        }
    }
    ck_assert_int_eq(number, 2932897);
}
END_TEST

START_TEST(order_is_by_year_month_day)
{
    struct date a = {2025, 12, 31};
    struct date b = {2026, 1, 1};
    struct date c = {2026, 1, 2};

    ck_assert(date_compare(a, b) < 0 && date_compare(b, c) < 0 && date_compare(c, a) > 0);
    ck_assert(date_compare(b, (struct date){2026, 2, 1}) < 0);
    ck_assert_int_eq(date_compare(b, b), 0);
}
END_TEST

START_TEST(a_programme_window_covers_its_first_and_last_day)
{
    struct window w = date_range((struct date){2025, 11, 1}, (struct date){2026, 9, 9});
    char text[INSTANT_TEXT_CAP];

    ck_assert_str_eq(instant_format(w.from, text), "2025-11-01T00:00:00+09:00");
    ck_assert_str_eq(instant_format(w.to, text), "2026-09-10T00:00:00+09:00");
    ck_assert_int_eq((w.to.s - w.from.s) / DAY_SECONDS, 313);

    w = date_range((struct date){2025, 11, 1}, (struct date){2026, 3, 31});
    ck_assert_str_eq(instant_format(w.to, text), "2026-04-01T00:00:00+09:00");
    w = date_range((struct date){9999, 12, 31}, (struct date){9999, 12, 31});
    ck_assert_int_eq(w.to.s, INSTANT_MAX_S + 1);
}
END_TEST

START_TEST(a_day_is_korean_from_midnight_to_midnight)
{
    struct date d = date_of((struct instant){date_start((struct date){2026, 3, 1}).s - 1});
    ck_assert(d.year == 2026 && d.month == 2 && d.day == 28);
    d = date_of(date_start((struct date){2026, 3, 1}));
    ck_assert(d.month == 3 && d.day == 1);
    d = date_of((struct instant){INSTANT_MIN_S});
    ck_assert(d.year == 1970 && d.month == 1 && d.day == 1);
    d = date_of((struct instant){INSTANT_MAX_S});
    ck_assert(d.year == 9999 && d.month == 12 && d.day == 31);
    ck_assert_int_eq(date_start((struct date){1970, 1, 1}).s, INSTANT_MIN_S);
}
END_TEST

START_TEST(months_have_their_days)
{
    static const struct {
        const char *text;
        int days;
    } cases[] = {{"2026-02", 28}, {"2024-02", 29}, {"2000-02", 29}, {"2100-02", 28},
                 {"2026-04", 30}, {"2026-12", 31}, {"1970-02", 28}, {"9999-12", 31}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct month m;
        char text[MONTH_TEXT_CAP];
        ck_assert_int_eq(month_parse(span_text(cases[i].text), &m, NULL), 0);
        ck_assert_int_eq(month_days(m), cases[i].days);
        ck_assert_str_eq(month_format(m, text), cases[i].text);
        struct window w = month_window(m);
        ck_assert_int_eq(w.to.s - w.from.s, cases[i].days * DAY_SECONDS);
        ck_assert_int_eq(month_of(w.from).index, m.index);
        ck_assert_int_eq(month_of((struct instant){w.to.s - 1}).index, m.index);
    }
}
END_TEST

START_TEST(months_follow_each_other_without_gaps)
{
    for (int64_t i = 0; i + 1 < 600; i++) {
        struct window here = month_window((struct month){i});
        struct window next = month_window((struct month){i + 1});
        ck_assert_int_eq(here.to.s, next.from.s);
    }
}
END_TEST

START_TEST(what_is_no_month_is_refused)
{
    static const char *const bad[] = {"",        "2026",    "2026-13",    "2026-00", "2026-2",
                                      "2026/02", "1969-12", "2026-02-01", "20a6-02", "-026-02"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct month m = {7};
        ck_assert_msg(month_parse(span_text(bad[i]), &m, NULL) == -(int)ERR_INVALID, "%s", bad[i]);
        ck_assert_int_eq(m.index, 7);
    }
}
END_TEST

START_TEST(a_moment_is_a_day_or_an_instant)
{
    struct instant a;
    struct instant b;

    ck_assert_int_eq(moment_parse(span_text("2026-02-03"), &a, NULL), 0);
    ck_assert_int_eq(moment_parse(span_text("2026-02-03T00:00:00+09:00"), &b, NULL), 0);
    ck_assert_int_eq(a.s, b.s);
    ck_assert_int_eq(moment_parse(span_text("2026-02-30"), &a, NULL), -(int)ERR_INVALID);
    ck_assert_int_eq(moment_parse(span_text("soon"), &a, NULL), -(int)ERR_INVALID);
    ck_assert_int_eq(moment_parse(span_text(""), &a, NULL), -(int)ERR_INVALID);
}
END_TEST

START_TEST(durations_have_one_unit)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } cases[] = {
        {"0", 0},
        {"90", 90},
        {"90s", 90},
        {"15m", 900},
        {"24h", 86400},
        {"7d", 604800},
        {"2w", 1209600},
        {"36525d", INT64_C(3155760000)},
        {"36526d", -1},
        {"", -1},
        {"s", -1},
        {"-1s", -1},
        {"1.5h", -1},
        {"1h30m", -1},
        {"1 h", -1},
        {"1H", -1},
        {"1y", -1},
        {"99999999999w", -1},
        {"1ms", -1},
        {"+1s", -1},
        {"9223372036854775807w", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t s = -7;
        int rc = duration_parse(span_text(cases[i].text), &s, NULL);
        ck_assert_msg(rc == (cases[i].seconds < 0 ? -(int)ERR_INVALID : 0), "%s", cases[i].text);
        ck_assert_int_eq(s, cases[i].seconds < 0 ? -7 : cases[i].seconds);
    }
}
END_TEST

START_TEST(the_day_of_never_aborts)
{
    fclose(stderr);
    date_of(INSTANT_NEVER);
}
END_TEST

static Suite *korea_suite(void)
{
    Suite *s = suite_create("korea");
    TCase *t = tcase_create("korea");

    tcase_set_timeout(t, 30);
    tcase_add_test(t, dates_that_exist_are_read_and_printed);
    tcase_add_test(t, dates_that_do_not_exist_are_refused);
    tcase_add_test(t, every_day_has_its_number_and_back);
    tcase_add_test(t, order_is_by_year_month_day);
    tcase_add_test(t, a_programme_window_covers_its_first_and_last_day);
    tcase_add_test(t, a_day_is_korean_from_midnight_to_midnight);
    tcase_add_test(t, months_have_their_days);
    tcase_add_test(t, months_follow_each_other_without_gaps);
    tcase_add_test(t, what_is_no_month_is_refused);
    tcase_add_test(t, a_moment_is_a_day_or_an_instant);
    tcase_add_test(t, durations_have_one_unit);
    tcase_add_test_raise_signal(t, the_day_of_never_aborts, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(korea_suite)
