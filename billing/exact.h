#ifndef PUMASI_BILLING_EXACT_H
#define PUMASI_BILLING_EXACT_H

#include "lib/base/buf.h"
#include "lib/base/frac.h"
#include "lib/base/won.h"

/*
 * Exact sums of money before they are rounded: fractions >= 0 of up to 4096 bits a side.
 *
 * Why not struct frac: a month that is split over dated lines has the GPU seconds of that month in
 * its denominator. Two or three such months add up beyond 128 bits, so a statement of a year with
 * a priced loan would be refused. 4096 bits hold about a hundred split months.
 *
 * Always in lowest terms. A result that does not fit is -ERR_OVERFLOW, never a wrap. A plain value:
 * copy it freely. Only the used limbs are worked on, so small numbers are fast.
 */
#define EXACT_LIMBS    64
#define EXACT_TEXT_MAX 2600 /* of exact_format(): two numbers of 1234 digits, a slash */

struct wide {
    uint32_t len;                   /* limbs in use; the highest is not 0; 0 = zero */
    uint64_t limb[EXACT_LIMBS + 1]; /* one to spare for a step of a division */
};

struct exact {
    struct wide num;
    struct wide den; /* > 0 */
};

void exact_zero(struct exact *ret);
void exact_of_u64(struct exact *ret, uint64_t n);
void exact_of_frac(struct exact *ret, struct frac f); /* f >= 0 */

/* num / den in lowest terms; num >= 0, den > 0. */
void exact_ratio(struct exact *ret, __int128 num, __int128 den);

/* ret may be a or b. */
MUST_CHECK int exact_add(const struct exact *a, const struct exact *b, struct exact *ret);
/* a - b; b must not be more than a. */
MUST_CHECK int exact_sub(const struct exact *a, const struct exact *b, struct exact *ret);
MUST_CHECK int exact_mul(const struct exact *a, const struct exact *b, struct exact *ret);

bool exact_is_zero(const struct exact *a);
int exact_compare(const struct exact *a, const struct exact *b, int *ret); /* -ERR_OVERFLOW */
bool exact_equal(const struct exact *a, const struct exact *b);

/* The largest multiple of unit_krw (>= 1) at or below a; -ERR_OVERFLOW beyond int64. */
MUST_CHECK int exact_round_down(const struct exact *a, int64_t unit_krw, struct won *ret);

/* "6875/6", or "5" when it is whole. */
void exact_format(const struct exact *a, struct buf *out);

#endif
