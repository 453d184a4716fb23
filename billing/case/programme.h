#ifndef PUMASI_BILLING_CASE_PROGRAMME_H
#define PUMASI_BILLING_CASE_PROGRAMME_H

#include "billing/policy.h"
#include "lib/json/strict.h"

/*
 * The `programme` of a case file as a policy. What the file leaves out keeps the shipped rule
 * (30day, second, gpu_value, labour and tangible assets, 10 won); prices, rates and cash floors
 * have no default. Rates count as confirmed: the file's author states them.
 *
 * p is overwritten; record_fini(&cofunding_policy_type, p) also after an error. On success
 * policy_check() holds.
 */
MUST_CHECK int programme_read(const struct strict *at, struct cofunding_policy *p, struct err *err);

#endif
