#ifndef PUMASI_NODEAGENT_AGENT_LINKING_H
#define PUMASI_NODEAGENT_AGENT_LINKING_H

#include "lib/base/err.h"

#include <stdint.h>

/*
 * The agent's stream to the control plane: opened when it is due, given up when it does not answer.
 * Part of the agent: one thread; nothing blocks.
 */
struct agent;
struct link;

/* A link that shows the certificate that lies on the disk; the caller's. */
MUST_CHECK int linking_create(const struct agent *a, struct link **ret, struct err *err);

/* Opens a stream when there is none and it is time, or when the one there is has left a question
 * unanswered for too long. */
void linking_keep(struct agent *a);

/* When linking_keep() wants to be called. */
int64_t linking_due_ns(const struct agent *a);

/* Hears all that came. */
void linking_hear(struct agent *a);

#endif
