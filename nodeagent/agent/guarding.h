#ifndef PUMASI_NODEAGENT_AGENT_GUARDING_H
#define PUMASI_NODEAGENT_AGENT_GUARDING_H

#include "nodeagent/agent/link.h"

#include <stdbool.h>

/*
 * The agent's side of the guard: finding it, hearing what it did, listing what it holds. Part of
 * the agent: one thread; a call waits for the guard for two seconds at most.
 *
 * The meter hears each event once. A guard tells every connection all events that it keeps, old
 * ones too, and numbers them anew when it is restarted; events that are no newer than what the
 * meter has seen are passed over. What no event told (some were lost, or the guard lost a lease)
 * is found by comparing the meter with the listings.
 */
struct agent;

/* Connects; a guard that is away is tried again later. */
void guarding_find(struct agent *a);

/* Passes rc on. A guard that has gone is let go of. */
int guarding_check(struct agent *a, int rc, const struct err *err);

/* Takes all events that wait. */
void guarding_take_events(struct agent *a);

/* Has the meter heard of all that the guard did? */
bool guarding_is_current(const struct agent *a);

/* Everything that the guard holds. A guard that has gone is let go of. */
MUST_CHECK int guarding_list(struct agent *a, struct link_held held[GUARD_LEASES_MAX],
                             size_t *ret_n, struct err *err);

#endif
