#ifndef PUMASI_CONTROLPLANE_DOMAIN_STEPS_H
#define PUMASI_CONTROLPLANE_DOMAIN_STEPS_H

#include "lib/base/instant.h"

/*
 * A step function of the instant: a base value, and from each step on another one. Values are
 * 128-bit so that sums of 64-bit amounts never wrap. A zeroed struct is the constant 0.
 */
struct step {
    struct instant from;
    __int128 value;
};

struct steps {
    __int128 base;
    struct step *items; /* by rising instant, none twice */
    size_t n, cap;
};

void steps_fini(struct steps *s); /* frees, leaves the constant 0 */

struct steps steps_copy(const struct steps *s);
/* The function inside the window, 0 outside of it. */
struct steps steps_cut(const struct steps *s, struct window window);

__int128 steps_at(const struct steps *s, struct instant t);

/* The largest and the smallest value inside the window, which is not empty. */
__int128 steps_peak(const struct steps *s, struct window window);
__int128 steps_least(const struct steps *s, struct window window);

/* The first instant of the window at which the value is above `limit`, or INSTANT_NEVER. */
struct instant steps_first_above(const struct steps *s, struct window window, __int128 limit);

/* The first step after t, or INSTANT_NEVER. */
struct instant steps_next(const struct steps *s, struct instant t);

/* Adds to the value inside the window; steps that no longer change anything go. */
void steps_add(struct steps *s, struct window window, int64_t amount);

/* The value from `from` on until the next step that is there; it stays a step even if it changes
 * nothing. Not to be mixed with steps_add() on one function. */
void steps_set(struct steps *s, struct instant from, int64_t value);

#endif
