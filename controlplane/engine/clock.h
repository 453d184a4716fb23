#ifndef PUMASI_CONTROLPLANE_ENGINE_CLOCK_H
#define PUMASI_CONTROLPLANE_ENGINE_CLOCK_H

#include "lib/base/env.h"

/*
 * The control plane's own time: it never goes back, and a step of the wall clock does not move it.
 * Leases and loans end by it, and what has ended can't be brought back, so a clock that someone set
 * wrong must not end anything.
 *
 * It follows the wall clock while the two differ by no more than CLOCK_TRUST_S; beyond that it runs
 * on by the boot clock and says so, until the wall clock is right again or the process is started
 * anew. Starting reads the wall clock, but never begins before the last commit.
 */
#define CLOCK_TRUST_S 5

struct clock {
    const struct env *env;
    struct instant anchor; /* our time at anchor_boot */
    struct boot_time anchor_boot;
    struct instant last; /* handed out last */
    bool diverged;       /* the wall clock was not believed at the last reading */
};

void clock_init(struct clock *c, const struct env *env);

/* Time does not begin before this: the instant of the last commit. */
void clock_not_before(struct clock *c, struct instant at);

struct instant clock_now(struct clock *c);

/* Seconds by which the wall clock is ahead of ours (or behind: negative). */
int64_t clock_divergence_s(const struct clock *c);

#endif
