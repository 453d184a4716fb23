#ifndef PUMASI_LIB_BASE_WON_H
#define PUMASI_LIB_BASE_WON_H

#include "lib/base/frac.h"

/* Money: whole won. Range of int64; sums are checked. What is not whole yet is a struct frac. */
struct won {
    int64_t krw;
};

#define WON_ZERO     ((struct won){0})
#define WON_TEXT_CAP 40

MUST_CHECK int won_add(struct won a, struct won b, struct won *ret); /* -ERR_OVERFLOW */
MUST_CHECK int won_sub(struct won a, struct won b, struct won *ret);
static inline int won_compare(struct won a, struct won b)
{
    return (a.krw > b.krw) - (a.krw < b.krw);
}

/* Rounding, each by its name. unit_krw >= 1, for example 10 (국고금 관리법 제47조: below 10 won is
 * dropped). Down is towards minus infinity, up towards plus infinity. */
MUST_CHECK int won_round_down(struct frac exact, int64_t unit_krw, struct won *ret);
MUST_CHECK int won_round_up(struct frac exact, int64_t unit_krw, struct won *ret);

/* "17,402,880,000": digits in groups of three. Returns dst. */
const char *won_format(struct won w, char dst[WON_TEXT_CAP]);

#endif
