#ifndef PUMASI_LIB_ETCD_TIMER_H
#define PUMASI_LIB_ETCD_TIMER_H

#include "lib/base/env.h"
#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Timers on one thread of their own, for the pauses between attempts and for renewals. Callbacks
 * run one at a time on that thread and must be short. Thread-safe.
 */
struct etcd_timers;

typedef void (*etcd_timer_fn)(void *ud);

/* Embedded in its owner. Set fn and ud, leave the rest zero. */
struct etcd_timer {
    etcd_timer_fn fn;
    void *ud;
    struct etcd_timer *next; /* the timers' own, as are the two below */
    int64_t due_ns;
    bool queued;
};

/* ERR_INTERNAL: the thread or its descriptor can't be made. */
MUST_CHECK int etcd_timers_create(const struct env *env, struct etcd_timers **ret, struct err *err);

/* Runs what is still set at once, ends the thread, and refuses new timers from then on.
 * Idempotent. Not on the timer thread. (blocks) */
void etcd_timers_close(struct etcd_timers *timers);
void etcd_timers_destroy(struct etcd_timers *timers); /* closes first; NULL is fine */

/* Runs the timer once, after delay_ms (0 or more); a timer that is set already is moved. False:
 * the timers are closed, it will not run. */
bool etcd_timer_set(struct etcd_timers *timers, struct etcd_timer *timer, int64_t delay_ms);

/* When it returns, the timer is not set and its callback does not run. Not on the timer thread.
 * (blocks while the callback runs) */
void etcd_timer_cancel(struct etcd_timers *timers, struct etcd_timer *timer);

#endif
