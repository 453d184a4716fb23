#ifndef PUMASI_BILLING_CLIPPED_H
#define PUMASI_BILLING_CLIPPED_H

#include "lib/base/instant.h"

#include <stddef.h>
#include <stdint.h>

/* Intervals by column, n of each; borrowed. A row with to <= from counts nothing. */
struct interval_columns {
    const int64_t *from, *to; /* seconds */
    const int32_t *units;     /* >= 0 */
    size_t n;
};

/* GPU time inside the window: the sum of units x seconds, exact. */
__int128 clipped_sum(const struct interval_columns *columns, struct window window);

#endif
