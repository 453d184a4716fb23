#ifndef PUMASI_CONTROLPLANE_DISPATCH_DISPATCHER_H
#define PUMASI_CONTROLPLANE_DISPATCH_DISPATCHER_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Jobs of tenants on one fleet of GPUs, each tenant with a quota; the quotas add up to the fleet.
 * Who starts, and who gives way. GPUs are counted here, not placed. How long a job will run is not
 * known.
 *
 *   static    a tenant uses its own quota and no more
 *   lend      idle GPUs are borrowed, and come back when the borrower is done
 *   reclaim   idle GPUs are borrowed; a tenant inside its quota takes back what it needs at once
 *
 * A tenant's jobs start in the order in which they came, except that one that does not fit is
 * skipped. Borrowers are served by the part of their quota that they use, the smallest first.
 *
 * Who gives way: a job of a tenant above its quota, and no more of them than are above it. A job
 * loses what it worked since its last checkpoint and starts anew behind those that wait, with a
 * restart. Of the jobs that lose nearly nothing (five minutes) the one that has worked longest
 * goes, because it will most likely work longest still; once evictions have cost more than 1.5
 * thousandths of all GPU time, it is the one that loses least.
 *
 * Pure. Times are milliseconds on the caller's clock and must not go back. Owned by one thread.
 */
enum dispatch_rule { DISPATCH_STATIC, DISPATCH_LEND, DISPATCH_RECLAIM };

struct dispatch_terms {
    enum dispatch_rule rule;
    int64_t checkpoint_ms; /* of work, from one to the next; > 0 */
    int64_t restart_ms;    /* before a job that gave way works again */
};

struct dispatcher;

/* Quotas in GPUs, each > 0; copied. */
struct dispatcher *dispatcher_create(const struct dispatch_terms *terms, const int64_t *quotas,
                                     size_t n_tenants);
void dispatcher_destroy(struct dispatcher *d); /* NULL is fine */

/* A new job; returns its number: 0, 1, ... At most the tenant's quota, at least one GPU. */
size_t dispatcher_submit(struct dispatcher *d, size_t tenant, int64_t gpus);

/* A running job is done. */
void dispatcher_finish(struct dispatcher *d, size_t job, int64_t now_ms);

struct dispatch_step {
    size_t job;
    bool starts;     /* else it gives way */
    int64_t kept_ms; /* of its work, at its last checkpoint */
    bool restarts;   /* starts: only after restart_ms does it work */
};
typedef void (*dispatch_step_fn)(const struct dispatch_step *step, void *arg);

/* What happens now that jobs have come or ended: tells of each step in its order. One that starts
 * may give way in the same turn. Until the next submit or finish another turn does nothing. */
void dispatcher_turn(struct dispatcher *d, int64_t now_ms, dispatch_step_fn tell, void *arg);

int64_t dispatcher_gpus(const struct dispatcher *d); /* of the fleet */
int64_t dispatcher_idle(const struct dispatcher *d);
int64_t dispatcher_lost_gpu_ms(const struct dispatcher *d); /* by evictions, restarts included */

#endif
