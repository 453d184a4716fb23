/*
 * The Korean calendar. Days are counted from 1970-01-01 with eras of 400 years that begin on 1
 * March (so that the leap day is the last of its year); no tables of days, no time zone data. No
 * state.
 */
#include "lib/base/korea.h"

#include "lib/base/text.h"

#include <stdio.h>

#define KOREA_OFFSET_S    INT64_C(32400)
#define YEAR_MIN          1970
#define YEAR_MAX          9999
#define ERA_DAYS          INT64_C(146097)
#define EPOCH_FROM_0000_3 INT64_C(719468) /* days from 0000-03-01 to 1970-01-01 */
#define MONTH_COUNT       ((YEAR_MAX - YEAR_MIN + 1) * INT64_C(12))
#define DURATION_MAX_S    (INT64_C(36525) * DAY_SECONDS)

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

bool date_valid(struct date d)
{
    return d.year >= YEAR_MIN && d.year <= YEAR_MAX && d.month >= 1 && d.month <= 12 &&
           d.day >= 1 && d.day <= days_in_month(d.year, d.month);
}

int date_compare(struct date a, struct date b)
{
    if (a.year != b.year)
        return a.year < b.year ? -1 : 1;
    if (a.month != b.month)
        return a.month < b.month ? -1 : 1;
    return (a.day > b.day) - (a.day < b.day);
}

/* text[at..at+n) as digits, or -1. */
static int digits(struct span text, size_t at, size_t n)
{
    int value = 0;

    for (size_t i = at; i < at + n; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

int date_parse(struct span text, struct date *ret, struct err *err)
{
    int shown = (int)(text.len < 40 ? text.len : 40);
    const char *chars = text.len > 0 ? (const char *)text.data : "";

    if (text.len != 10 || text.data[4] != '-' || text.data[7] != '-' || digits(text, 0, 4) < 0 ||
        digits(text, 5, 2) < 0 || digits(text, 8, 2) < 0)
        return err_set(err, ERR_INVALID, "date \"%.*s\" is not written as 2026-02-28", shown,
                       chars);
    struct date d = {digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)};
    if (!date_valid(d))
        return err_set(err, ERR_INVALID, "date \"%.*s\" does not exist in the years %d to %d",
                       shown, chars, YEAR_MIN, YEAR_MAX);
    *ret = d;
    return 0;
}

const char *date_format(struct date d, char dst[DATE_TEXT_CAP])
{
    ENSURE(date_valid(d));
    snprintf(dst, DATE_TEXT_CAP, "%04d-%02d-%02d", d.year, d.month, d.day);
    return dst;
}

int64_t date_to_days(struct date d)
{
    ENSURE(date_valid(d));
    int64_t year = d.month <= 2 ? d.year - 1 : d.year;
    int64_t era = year / 400;
    int64_t year_of_era = year % 400;
    int64_t month = (d.month + 9) % 12; /* March is 0 */
    int64_t day_of_year = (153 * month + 2) / 5 + d.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * ERA_DAYS + day_of_era - EPOCH_FROM_0000_3;
}

struct date date_from_days(int64_t days)
{
    ENSURE(days >= 0 && days <= (INSTANT_MAX_S + KOREA_OFFSET_S) / DAY_SECONDS);
    int64_t z = days + EPOCH_FROM_0000_3;
    int64_t day_of_era = z % ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* March is 0 */
    int64_t year = z / ERA_DAYS * 400 + year_of_era + (month >= 10);

    return (struct date){(int)year, (int)(month < 10 ? month + 3 : month - 9),
                         (int)(day_of_year - (153 * month + 2) / 5 + 1)};
}

static struct instant start_of_day(int64_t days)
{
    int64_t s = days * DAY_SECONDS - KOREA_OFFSET_S;

    return (struct instant){s < INSTANT_MIN_S ? INSTANT_MIN_S : s};
}

struct instant date_start(struct date d)
{
    return start_of_day(date_to_days(d));
}

struct date date_of(struct instant t)
{
    ENSURE(t.s >= INSTANT_MIN_S && t.s <= INSTANT_MAX_S);
    return date_from_days((t.s + KOREA_OFFSET_S) / DAY_SECONDS);
}

struct window date_range(struct date first, struct date last)
{
    return (struct window){date_start(first), start_of_day(date_to_days(last) + 1)};
}

static struct date first_of_month(struct month m)
{
    ENSURE(m.index >= 0 && m.index < MONTH_COUNT);
    return (struct date){YEAR_MIN + (int)(m.index / 12), 1 + (int)(m.index % 12), 1};
}

struct month month_of(struct instant t)
{
    struct date d = date_of(t);

    return (struct month){(d.year - YEAR_MIN) * INT64_C(12) + d.month - 1};
}

int month_days(struct month m)
{
    struct date first = first_of_month(m);

    return days_in_month(first.year, first.month);
}

struct window month_window(struct month m)
{
    struct date first = first_of_month(m);

    return date_range(first, (struct date){first.year, first.month, month_days(m)});
}

const char *month_format(struct month m, char dst[MONTH_TEXT_CAP])
{
    struct date first = first_of_month(m);

    snprintf(dst, MONTH_TEXT_CAP, "%04d-%02d", first.year, first.month);
    return dst;
}

int month_parse(struct span text, struct month *ret, struct err *err)
{
    int year = text.len == 7 ? digits(text, 0, 4) : -1;
    int month = text.len == 7 && text.data[4] == '-' ? digits(text, 5, 2) : -1;

    if (!date_valid((struct date){year, month, 1}))
        return err_set(err, ERR_INVALID, "month \"%.*s\" is not written as 2026-02",
                       (int)(text.len < 40 ? text.len : 40),
                       text.len > 0 ? (const char *)text.data : "");
    ret->index = (year - YEAR_MIN) * INT64_C(12) + month - 1;
    return 0;
}

int moment_parse(struct span text, struct instant *ret, struct err *err)
{
    struct date d;

    if (text.len > 10)
        return instant_parse(text, ret, err);
    TRY(date_parse(text, &d, err));
    *ret = date_start(d);
    return 0;
}

static int64_t unit_seconds(uint8_t unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return DAY_SECONDS;
    case 'w':
        return 7 * DAY_SECONDS;
    default:
        return 0;
    }
}

int duration_parse(struct span text, int64_t *ret_s, struct err *err)
{
    int64_t unit = text.len > 0 ? unit_seconds(text.data[text.len - 1]) : 0;
    struct span number = span_of(text.data, unit > 0 ? text.len - 1 : text.len);
    int64_t count;

    if (unit == 0)
        unit = 1;
    if (text_to_i64(number, "duration", 0, DURATION_MAX_S / unit, &count, NULL) < 0)
        return err_set(err, ERR_INVALID,
                       "duration \"%.*s\" is not written as 90s, 15m, 24h, 7d or 2w, at most "
                       "100 years",
                       (int)(text.len < 40 ? text.len : 40),
                       text.len > 0 ? (const char *)text.data : "");
    *ret_s = count * unit;
    return 0;
}
