#ifndef PUMASI_BILLING_SERIES_H
#define PUMASI_BILLING_SERIES_H

#include "billing/cofunding.h"
#include "billing/dated.h"

/*
 * One series priced: what one organisation used of one model in one project, rated
 * (billing/rating.h) and multiplied by the prices and rates of its dated lines. For cofunding.c.
 */
struct series {
    struct dated_facts facts;
    const char *organisation;            /* for messages */
    const struct cofunding_usage *usage; /* of this series, by begin */
    size_t n_usage;
};

/*
 * Appends the series' lines to *lines (an array of *n, grown with realloc()) and sets *ret_months.
 * Errors as cofunding_eval(); what was appended before an error stays in the array.
 */
MUST_CHECK int series_price(const struct series *s, struct cofunding_line **lines, size_t *n,
                            struct frac *ret_months, struct err *err);

#endif
