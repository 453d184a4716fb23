#ifndef PUMASI_NODEAGENT_AGENT_GUARDING_H
#define PUMASI_NODEAGENT_AGENT_GUARDING_H

#include "nodeagent/agent/link.h"

#include <stdbool.h>

/*
 * The agent's side of the guard: finding it, hearing what it did, listing what it holds. Part of
 * the agent: one thread; a call waits for the guard for two seconds at most.
 */
struct agent;

/* Connects; a guard that is away is tried again later. */
void guarding_find(struct agent *a);

/* Did a call fail? A guard that has gone is let go of here. */
bool guarding_failed(struct agent *a, int rc, const struct err *err);

/* Takes all events that wait. */
void guarding_take_events(struct agent *a);

/* Everything that the guard holds; negative when it can't be asked. */
MUST_CHECK int guarding_list(struct agent *a, struct link_held held[GUARD_LEASES_MAX],
                             size_t *ret_n);

#endif
