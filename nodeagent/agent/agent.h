#ifndef PUMASI_NODEAGENT_AGENT_AGENT_H
#define PUMASI_NODEAGENT_AGENT_AGENT_H

#include "lib/base/config.h"
#include "lib/base/env.h"
#include "lib/base/log.h"

/* The agent's loop: guard, control plane, journal and people, on one thread. */
struct agent;

struct agent_options {
    const struct config *config; /* of agent_settings_table; outlives the agent, as do the others */
    const struct env *env;
    struct log *log;
};

/* Reads the node's identity and its GPUs, opens the journal and the local socket. Connects to
 * nobody yet: a guard or control plane that is away is waited for. */
MUST_CHECK int agent_create(const struct agent_options *options, struct agent **ret,
                            struct err *err);
void agent_destroy(struct agent *a); /* NULL is fine; leases stay as they are */

/* Runs until the descriptor (a signalfd) is readable. */
void agent_run(struct agent *a, int stop_fd);

#endif
