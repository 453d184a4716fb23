#ifndef PUMASI_LIB_BASE_FRAC_H
#define PUMASI_LIB_BASE_FRAC_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Exact fractions on 128-bit integers, always in lowest terms with a positive denominator.
 * An operation whose result does not fit is ERR_OVERFLOW, never a wrap; there is no rounding here
 * but in the functions whose name says so.
 */
struct frac {
    __int128 num;
    __int128 den; /* > 0 */
};

#define FRAC_ZERO     ((struct frac){0, 1})
#define FRAC_TEXT_CAP 88

static inline struct frac frac_of(int64_t n)
{
    return (struct frac){n, 1};
}
/* num/den in lowest terms; den must not be 0. */
struct frac frac_ratio(int64_t num, int64_t den);

MUST_CHECK int frac_add(struct frac a, struct frac b, struct frac *ret);
MUST_CHECK int frac_sub(struct frac a, struct frac b, struct frac *ret);
MUST_CHECK int frac_mul(struct frac a, struct frac b, struct frac *ret);
MUST_CHECK int frac_div(struct frac a, struct frac b, struct frac *ret); /* b = 0: -ERR_INVALID */

/* <0, 0, >0, exact for all values (never overflows). */
int frac_compare(struct frac a, struct frac b);
bool frac_is_zero(struct frac a);

/* Whole number at or below / at or above; -ERR_OVERFLOW outside int64. */
MUST_CHECK int frac_floor(struct frac a, int64_t *ret);
MUST_CHECK int frac_ceil(struct frac a, int64_t *ret);

/* "103/10", or "5" when the denominator is 1. Returns dst. */
const char *frac_format(struct frac a, char dst[FRAC_TEXT_CAP]);

/* "3/8", "5", "0.25", "-1"; ERR_INVALID or ERR_OVERFLOW. At most 18 digits a part. */
MUST_CHECK int frac_parse(struct span text, struct frac *ret, struct err *err);

/* "6%", "12.5%": the fraction 6/100, 125/1000. A missing % is ERR_INVALID. */
MUST_CHECK int percent_parse(struct span text, struct frac *ret, struct err *err);

#endif
