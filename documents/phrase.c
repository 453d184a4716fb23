/* Formatting of values. Pure. */
#include "documents/phrase.h"

#include "lib/base/korea.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define FRACTION_SHOWN 40 /* characters of a fraction that a reader still follows */

const char *phrase_day(struct instant t, bool last, char dst[PHRASE_CAP])
{
    char day[DATE_TEXT_CAP];
    dst[0] = '\0';
    if (t.s == INSTANT_NEVER.s || t.s <= 0)
        return dst;
    struct date date = date_of(t);
    int64_t clock = t.s - date_start(date).s;
    if (clock == 0 && last)
        date = date_of(instant_add(t, -1));
    date_format(date, day);
    if (clock == 0)
        snprintf(dst, PHRASE_CAP, "%s", day);
    else
        snprintf(dst, PHRASE_CAP, "%s %02d:%02d:%02d", day, (int)(clock / 3600),
                 (int)(clock / 60 % 60), (int)(clock % 60));
    return dst;
}

const char *phrase_length(struct window w, bool korean, char dst[PHRASE_CAP])
{
    int64_t s = w.to.s - w.from.s, days = s / DAY_SECONDS, rest = s % DAY_SECONDS;
    char head[40] = "";
    if (days > 0 || rest == 0)
        snprintf(head, sizeof(head), "%lld%s", (long long)days, korean ? "일" : " d");
    if (rest == 0)
        snprintf(dst, PHRASE_CAP, "%s", head);
    else
        snprintf(dst, PHRASE_CAP, "%s%s%02d:%02d:%02d", head, head[0] ? " " : "",
                 (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    return dst;
}

const char *phrase_exact(const struct exact *amount, char dst[PHRASE_CAP])
{
    char whole[WON_TEXT_CAP];
    struct won down;
    struct exact floor, rest;
    int rc = exact_round_down(amount, 1, &down);
    ENSURE(rc == 0 && down.krw >= 0);
    exact_of_u64(&floor, (uint64_t)down.krw);
    rc = exact_sub(amount, &floor, &rest);
    ENSURE(rc == 0);
    won_format(down, whole);
    if (exact_is_zero(&rest)) {
        snprintf(dst, PHRASE_CAP, "%s", whole);
        return dst;
    }
    CLEANUP_BUF struct buf fraction;
    buf_init(&fraction, EXACT_TEXT_MAX);
    exact_format(&rest, &fraction);
    if (fraction.len > FRACTION_SHOWN)
        snprintf(dst, PHRASE_CAP, "%s …", whole);
    else
        snprintf(dst, PHRASE_CAP, "%s %s", whole, fraction.data);
    return dst;
}

const char *phrase_gpu_hours(__int128 unit_seconds, char dst[PHRASE_CAP])
{
    char whole[WON_TEXT_CAP];
    __int128 hundredths = unit_seconds * 100 / (SHARE_PER_GPU * 3600);
    won_format((struct won){(int64_t)(hundredths / 100)}, whole);
    snprintf(dst, PHRASE_CAP, "%s.%02d", whole, (int)(hundredths % 100));
    return dst;
}

double phrase_approximate(const struct exact *amount)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, EXACT_TEXT_MAX);
    exact_format(amount, &text);
    char *slash = strchr(text.data, '/');
    double den = slash ? strtod(slash + 1, NULL) : 1;
    return strtod(text.data, NULL) / den;
}
