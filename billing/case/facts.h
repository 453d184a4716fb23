#ifndef PUMASI_BILLING_CASE_FACTS_H
#define PUMASI_BILLING_CASE_FACTS_H

#include "billing/dated.h"
#include "lib/base/arena.h"
#include "lib/json/strict.h"

/*
 * Dated facts of a case file: a member's value alone ("sme": since ever) or a list of
 * [{from, value}] in any order, no date twice. The arrays live in the arena, by rising date.
 */
MUST_CHECK int facts_read_sizes(const struct strict *member, struct arena *arena,
                                const struct dated_size **ret, size_t *ret_n, struct err *err);
MUST_CHECK int facts_read_openness(const struct strict *project, struct arena *arena,
                                   const struct dated_openness **ret, size_t *ret_n,
                                   struct err *err);

#endif
