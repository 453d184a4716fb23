/* Whole won. No state. */
#include "lib/base/won.h"

#include <stdio.h>

int won_add(struct won a, struct won b, struct won *ret)
{
    int64_t sum;

    if (__builtin_add_overflow(a.krw, b.krw, &sum))
        return -ERR_OVERFLOW;
    ret->krw = sum;
    return 0;
}

int won_sub(struct won a, struct won b, struct won *ret)
{
    int64_t difference;

    if (__builtin_sub_overflow(a.krw, b.krw, &difference))
        return -ERR_OVERFLOW;
    ret->krw = difference;
    return 0;
}

/* units * unit_krw as won; -ERR_OVERFLOW outside int64. */
static int whole_units(__int128 units, int64_t unit_krw, struct won *ret)
{
    int64_t krw;

    if (__builtin_mul_overflow(units, unit_krw, &krw))
        return -ERR_OVERFLOW;
    ret->krw = krw;
    return 0;
}

/* Rounding to whole won first and to units after gives the same as one step, and can't overflow. */
int won_round_down(struct frac exact, int64_t unit_krw, struct won *ret)
{
    ENSURE(exact.den > 0 && unit_krw >= 1);
    __int128 whole = exact.num / exact.den - (exact.num % exact.den < 0);
    return whole_units(whole / unit_krw - (whole % unit_krw < 0), unit_krw, ret);
}

int won_round_up(struct frac exact, int64_t unit_krw, struct won *ret)
{
    ENSURE(exact.den > 0 && unit_krw >= 1);
    __int128 whole = exact.num / exact.den + (exact.num % exact.den > 0);
    return whole_units(whole / unit_krw + (whole % unit_krw > 0), unit_krw, ret);
}

const char *won_format(struct won w, char dst[WON_TEXT_CAP])
{
    uint64_t rest = w.krw < 0 ? 0 - (uint64_t)w.krw : (uint64_t)w.krw;
    char reversed[WON_TEXT_CAP];
    size_t n = 0;
    size_t digits = 0;

    do {
        if (digits > 0 && digits % 3 == 0)
            reversed[n++] = ',';
        reversed[n++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
        digits++;
    } while (rest > 0);
    if (w.krw < 0)
        reversed[n++] = '-';
    for (size_t i = 0; i < n; i++)
        dst[i] = reversed[n - 1 - i];
    dst[n] = '\0';
    return dst;
}
