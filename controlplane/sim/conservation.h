#ifndef PUMASI_CONTROLPLANE_SIM_CONSERVATION_H
#define PUMASI_CONTROLPLANE_SIM_CONSERVATION_H

#include "controlplane/domain/state.h"

/*
 * What must hold at every instant, checked without the decider's own arithmetic:
 *
 *   pool      what leases hold on the nodes of a pool is at most what is in service there
 *   device    the parts of one device that leases hold are together at most the whole
 *   budget    what an allocation has held and posted is neither negative nor beyond its budget
 *   refusal   (told by the run) what should have been refused was refused, for that reason
 */
#define CONSERVATION_VIOLATIONS_KEPT 50

struct pool_use {
    struct id pool;
    int64_t in_service_units; /* when it was looked at last */
    int64_t granted_units;
    int64_t most_granted_units;
    struct instant most_at;
};

struct violation {
    struct instant at;
    char text[256];
};

struct conservation {
    struct list pools;      /* struct pool_use, by name */
    struct list violations; /* struct violation: the first ones */
    size_t n_violations;
    size_t n_checks; /* instants */
};

void conservation_fini(struct conservation *c); /* safe on a zeroed one */

void conservation_check(struct conservation *c, const struct state *s, struct instant now);

/* For what the caller found. */
void conservation_violated(struct conservation *c, struct instant at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
