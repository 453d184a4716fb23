#ifndef PUMASI_NODEAGENT_GUARD_SELF_H
#define PUMASI_NODEAGENT_GUARD_SELF_H

#include "nodeagent/call/message.h"

/*
 * What the guard asks of the kernel for its own process: memory that is never paged out, to be the
 * last that dies of a shortage, and a network namespace with nothing in it. A container without
 * CAP_SYS_RESOURCE grants less; what was granted is reported, not required.
 */
struct self {
    int32_t memlock_error; /* errno, 0 when locked */
    int32_t oom_error;     /* errno of asking for -1000, 0 when granted */
    int32_t network_error; /* errno of leaving the network, 0 when it has none */
};

/* Call it when all that the guard needs has been used once: what was touched stays in memory. */
void self_settle(struct self *self);

/* Fills in the process's own part of the status. */
void self_report(const struct self *self, struct guard_status *status);

#endif
