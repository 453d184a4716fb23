#ifndef PUMASI_NODEAGENT_GUARD_TAKEBACK_H
#define PUMASI_NODEAGENT_GUARD_TAKEBACK_H

#include "lib/base/err.h"
#include "nodeagent/guard/events.h"
#include "nodeagent/guard/leases.h"
#include "nodeagent/kernel/procs.h"
#include "nodeagent/kernel/tier.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Getting devices back, whether a lease expired or was revoked. The same steps in the same order:
 *
 *   HELD     -> rows deleted, processes killed                      -> KILLING
 *   KILLING  -> cgroup empty                                        -> CHECKING
 *   CHECKING -> a whole pass over /proc finds no holder, cgroup removed -> RETURNED
 *   KILLING, CHECKING -> kill timeout passed                        -> TAINTED
 *   TAINTED  -> as CHECKING, for as long as it takes                -> RETURNED
 *
 * A holder is any process that has one of the lease's devices open or mapped, other than the
 * infrastructure and the leases that share the device. Never waits: each call does what can be done
 * now and takebacks_step() says when to call again. One thread; owns the walk over /proc.
 */
struct takebacks {
    struct leases *leases; /* borrowed, as the next two */
    struct tier *tier;
    struct events *events;
    uint64_t kill_timeout_ns;
    struct proc_walk walk;
    uint64_t pass; /* number of the pass over /proc that runs or ran last */
    bool scanning;
};

/* ERR_IO when /proc can't be opened. */
MUST_CHECK int takebacks_init(struct takebacks *t, struct leases *leases, struct tier *tier,
                              struct events *events, uint64_t kill_timeout_ns, struct err *err);
void takebacks_fini(struct takebacks *t);

/* Starts with an active place; cause: GUARD_EVENT_EXPIRED or _REVOKED. */
void takeback_begin(struct takebacks *t, struct lease_place *p, enum guard_event_kind cause,
                    uint64_t now_ns);

/* Does all that is due, expiries first; returns when it wants to be called again (UINT64_MAX: not
 * before something else happens). */
uint64_t takebacks_step(struct takebacks *t, uint64_t now_ns);

/* Tells of a place: event with its fence, deadline and counts. pid as in struct guard_event. */
void takeback_tell(struct takebacks *t, const struct lease_place *p, enum guard_event_kind kind,
                   pid_t pid, uint64_t now_ns);

/* What the tier wants to know of a place; borrowed from it. */
struct tier_lease lease_place_tier(const struct lease_place *p);

#endif
