/* Instants and their text form. The calendar arithmetic is korea.c's. No state. */
#include "lib/base/instant.h"

#include "lib/base/korea.h"

#include <stdio.h>

#define KOREA_OFFSET_S INT64_C(32400)
#define TEXT_MIN       20 /* 2026-02-03T09:00:00Z */
#define TEXT_MAX       25 /* 2026-02-03T09:00:00+09:00 */

struct instant instant_add(struct instant a, int64_t seconds)
{
    int64_t sum;

    if (a.s == INSTANT_NEVER.s)
        return INSTANT_NEVER;
    if (__builtin_add_overflow(a.s, seconds, &sum))
        return seconds > 0 ? INSTANT_NEVER : (struct instant){INSTANT_MIN_S};
    if (sum > INSTANT_MAX_S)
        return INSTANT_NEVER;
    return (struct instant){sum < INSTANT_MIN_S ? INSTANT_MIN_S : sum};
}

struct window window_intersect(struct window a, struct window b)
{
    struct instant from = instant_max(a.from, b.from);
    struct instant to = instant_min(a.to, b.to);

    return (struct window){from, instant_max(from, to)};
}

/* The two digits at text[at], or -1. */
static int two_digits(struct span text, size_t at)
{
    int tens = text.data[at] - '0';
    int ones = text.data[at + 1] - '0';

    if (tens < 0 || tens > 9 || ones < 0 || ones > 9)
        return -1;
    return tens * 10 + ones;
}

/* Seconds of "hh:mm" at text[at]; -1 if it is not a time of day. */
static int64_t hours_minutes(struct span text, size_t at)
{
    int hours = two_digits(text, at);
    int minutes = two_digits(text, at + 3);

    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || text.data[at + 2] != ':')
        return -1;
    return hours * INT64_C(3600) + minutes * INT64_C(60);
}

/* Seconds of the offset behind "...:ss": "Z" or "+hh:mm". */
static bool parse_offset(struct span text, int64_t *ret)
{
    uint8_t sign = text.data[TEXT_MIN - 1];

    if (sign == 'Z') {
        *ret = 0;
        return text.len == TEXT_MIN;
    }
    if ((sign != '+' && sign != '-') || text.len != TEXT_MAX)
        return false;
    int64_t offset = hours_minutes(text, TEXT_MIN);
    *ret = sign == '-' ? -offset : offset;
    return offset >= 0;
}

static int bad_instant(struct span text, const char *why, struct err *err)
{
    return err_set(err, ERR_INVALID,
                   "instant \"%.*s\": %s; it is written as 2026-02-03T09:00:00+09:00",
                   (int)(text.len < 2 * TEXT_MAX ? text.len : 2 * TEXT_MAX),
                   text.len > 0 ? (const char *)text.data : "", why);
}

int instant_parse(struct span text, struct instant *ret, struct err *err)
{
    struct date date;
    int64_t offset;

    if (text.len < TEXT_MIN || text.len > TEXT_MAX || text.data[10] != 'T' || text.data[16] != ':')
        return bad_instant(text, "not of that form", err);
    if (date_parse(span_of(text.data, 10), &date, err) < 0)
        return bad_instant(text, "no such day", err);
    int64_t time_of_day = hours_minutes(text, 11);
    int seconds = two_digits(text, 17);
    if (time_of_day < 0 || seconds < 0 || seconds > 59)
        return bad_instant(text, "no such time of day", err);
    if (!parse_offset(text, &offset))
        return bad_instant(text, "no offset after whole seconds", err);
    int64_t s = date_to_days(date) * DAY_SECONDS + time_of_day + seconds - offset;
    if (s < INSTANT_MIN_S || s > INSTANT_MAX_S)
        return bad_instant(text, "outside the years 1970 to 9999", err);
    ret->s = s;
    return 0;
}

const char *instant_format(struct instant t, char dst[INSTANT_TEXT_CAP])
{
    char day[DATE_TEXT_CAP];

    if (t.s == INSTANT_NEVER.s) {
        snprintf(dst, INSTANT_TEXT_CAP, "never");
        return dst;
    }
    int64_t s = (t.s + KOREA_OFFSET_S) % DAY_SECONDS;
    snprintf(dst, INSTANT_TEXT_CAP, "%sT%02d:%02d:%02d+09:00", date_format(date_of(t), day),
             (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    return dst;
}
