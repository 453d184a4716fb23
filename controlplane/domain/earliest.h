#ifndef PUMASI_CONTROLPLANE_DOMAIN_EARLIEST_H
#define PUMASI_CONTROLPLANE_DOMAIN_EARLIEST_H

#include "controlplane/domain/placing.h"

/*
 * When a draft that can't be placed in its own window could start. Place by place the search leaps:
 * over what the limit refuses, over stretches in which quota is in the way, and over time in which
 * the calendar has no devices, until nothing is left to leap over. Every place is decided by the
 * functions that book.
 */
#define EARLIEST_LEAPS_MAX 1000 /* on one place */

/* The first start, at or after the draft's own, for which something beside the places has room (its
 * allocation); NEVER: there is none. */
typedef struct instant (*earliest_limit_fn)(const struct lease *draft, void *arg);

struct earliest {
    const struct placing *placing;
    struct instant last; /* start to look at */
    earliest_limit_fn limit;
    void *arg;
};

/* The earliest start, for a window as long as the draft's, from the draft's begin on; NEVER when
 * there is none. *ret_all: nothing was left out for its number of leaps. */
struct instant earliest_start(const struct earliest *e, const struct lease *draft, bool *ret_all);

#endif
