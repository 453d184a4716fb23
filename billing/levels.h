#ifndef PUMASI_BILLING_LEVELS_H
#define PUMASI_BILLING_LEVELS_H

#include <stddef.h>
#include <stdint.h>

/*
 * How long each level of use was held within one month: a bag of (level, seconds), equal levels
 * added up, so that memory follows the number of distinct levels and not of intervals.
 */
struct level_time {
    int64_t level; /* units in use, > 0 */
    int64_t seconds;
};

struct levels;

struct levels *levels_create(void);
void levels_destroy(struct levels *l); /* NULL is fine */

void levels_add(struct levels *l, int64_t level, int64_t seconds); /* both > 0 */

/* All entries by falling level; borrowed, and only levels_clear() may follow. */
const struct level_time *levels_falling(struct levels *l, size_t *ret_n);

void levels_clear(struct levels *l); /* empties, keeps the memory */

#endif
