#ifndef PUMASI_BILLING_LEVELS_H
#define PUMASI_BILLING_LEVELS_H

#include "lib/base/instant.h"

#include <stddef.h>
#include <stdint.h>

/*
 * How long each level of use was held within one month, as far as a part-month rule asks: the sum
 * of level x seconds, and the lowest levels one by one. Every rule counts a level by its time, but
 * for levels in use nearly all of the month; those lie at the bottom.
 *
 * Memory follows the seconds at the bottom that are kept apart, never the number of entries.
 */
struct level_time {
    int64_t level; /* units in use, > 0 */
    int64_t seconds;
};

/* A step of a profile: from here on so much is in use. */
struct level_step {
    struct instant from;
    int64_t units; /* >= 0 */
};

struct levels;

struct levels *levels_create(void);
void levels_destroy(struct levels *l); /* NULL is fine */

/* Empties it, keeps the memory. The lowest levels that were held for bottom_s (>= 0) together are
 * kept apart from now on. */
void levels_begin(struct levels *l, int64_t bottom_s);

void levels_add(struct levels *l, int64_t level, int64_t seconds); /* both > 0 */

/* The same for a run of steps, n >= 1: what each but the last one holds until the next. */
void levels_add_run(struct levels *l, const struct level_step *steps, size_t n);

__int128 levels_unit_seconds(const struct levels *l); /* sum of level x seconds */
int64_t levels_seconds(const struct levels *l);

/* Entries by rising level, equal ones possible: the lowest, of at least bottom_s together, or all
 * there are. Borrowed, and only levels_begin() may follow. */
const struct level_time *levels_lowest(struct levels *l, size_t *ret_n);

#endif
