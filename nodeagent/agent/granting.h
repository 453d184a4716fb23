#ifndef PUMASI_NODEAGENT_AGENT_GRANTING_H
#define PUMASI_NODEAGENT_AGENT_GRANTING_H

#include "nodeagent/agent/link.h"

/*
 * Grants: asking the control plane for all of them, and making the guard hold exactly those. Part
 * of the agent: one thread.
 */
struct agent;

/* Asks, saying what the guard holds. */
void granting_ask(struct agent *a);

/* The answer: installs what it names, takes back what it does not. */
void granting_answered(struct agent *a, const struct link_grants *grants);

#endif
