#ifndef PUMASI_CONTROLPLANE_DOMAIN_ENDING_H
#define PUMASI_CONTROLPLANE_DOMAIN_ENDING_H

#include "controlplane/domain/turn.h"

/*
 * How leases and the loans under them come to an end, in whatever way it was set off: release,
 * recall, the end of the window, a silent node. Money held for what is no longer going to be used
 * is set free here and nowhere else.
 */

/* How long a node may keep the lease without hearing from the control plane. */
int64_t ending_silence_s(const struct turn *t, const struct lease *l);

/*
 * The lease ends at `at` (never later than now planned), for the reason given: a booked lease is
 * shortened, or cancelled when nothing is left; a running one drains, and goes over to returning
 * when `at` is now. Its void instant follows: even a node that hears nothing has stopped by then.
 */
MUST_CHECK int ending_stop(struct turn *t, const struct id *lease, struct instant at,
                           enum end_reason reason, struct err *err);

/* Its end has come: devices are taken back. */
MUST_CHECK int ending_take_back(struct turn *t, const struct id *lease, struct err *err);

/* Every node has given it back, or must have stopped: it is over. */
MUST_CHECK int ending_finish(struct turn *t, const struct id *lease, const char *how,
                             struct err *err);

/* A returned loan closes when the last lease on it is over. Nothing happens before. */
void ending_close_loan(struct turn *t, const struct id *loan);

#endif
