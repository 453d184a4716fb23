#ifndef PUMASI_BILLING_CREDIT_H
#define PUMASI_BILLING_CREDIT_H

#include "billing/cofunding.h"

/*
 * Credits for faults that were waited out: for each whole hour beyond the programme's limit, a part
 * of the price of the GPUs that were missing, an hour being 1/720 of a month. For cofunding.c.
 */

/* The factor from value to burden: rate, or rate / (1 - rate) under total_cost. */
MUST_CHECK int burden_factor(enum burden_base base, struct frac rate, struct frac *ret);

/* *ret_any: false when the wait earns nothing, and *ret is then untouched. ERR_NO_RATE when no
 * price or rate was in force at its begin, ERR_OVERFLOW. facts: of the member and the wait's model.
 */
MUST_CHECK int credit_of_wait(const struct dated_facts *facts, const struct cofunding_wait *wait,
                              struct cofunding_credit *ret, bool *ret_any, struct err *err);

#endif
