#ifndef PUMASI_LIB_BASE_KOREA_H
#define PUMASI_LIB_BASE_KOREA_H

#include "lib/base/instant.h"

/*
 * The Korean civil calendar: UTC+9 all year. Programme dates are inclusive days in this calendar:
 * 2025-11-01..2026-03-31 is the window [2025-11-01T00:00+09:00, 2026-04-01T00:00+09:00).
 * Proleptic Gregorian, years 1970 to 9999.
 */
struct date {
    int year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

#define DATE_TEXT_CAP 16
#define DAY_SECONDS   INT64_C(86400)

/* "2026-02-28"; a day that does not exist ("2026-02-30") is ERR_INVALID. */
MUST_CHECK int date_parse(struct span text, struct date *ret, struct err *err);
const char *date_format(struct date d, char dst[DATE_TEXT_CAP]);
bool date_valid(struct date d);
int date_compare(struct date a, struct date b);

/* Days since 1970-01-01 in the Korean calendar, and back. */
int64_t date_to_days(struct date d);
struct date date_from_days(int64_t days);

/* 00:00 Korean time of that day; of 1970-01-01, which began before INSTANT_MIN_S, that one. */
struct instant date_start(struct date d);
struct date date_of(struct instant t); /* the Korean day that holds t (not INSTANT_NEVER) */

/* [first 00:00, day after last 00:00): both days inclusive. */
struct window date_range(struct date first, struct date last);

/* A Korean calendar month, 0 = January 1970. */
struct month {
    int64_t index;
};
#define MONTH_TEXT_CAP 12
struct month month_of(struct instant t);
struct window month_window(struct month m);
int month_days(struct month m);                                     /* 28..31 */
const char *month_format(struct month m, char dst[MONTH_TEXT_CAP]); /* "2026-02" */
MUST_CHECK int month_parse(struct span text, struct month *ret, struct err *err);

/* A date ("2026-02-03": 00:00 Korean time) or an RFC 3339 instant. */
MUST_CHECK int moment_parse(struct span text, struct instant *ret, struct err *err);

/* Seconds of "90s", "15m", "24h", "7d", "2w" or a bare number of seconds; 0..100 years. */
MUST_CHECK int duration_parse(struct span text, int64_t *ret_s, struct err *err);

#endif
