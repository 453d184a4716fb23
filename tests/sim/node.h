#ifndef PUMASI_TESTS_SIM_NODE_H
#define PUMASI_TESTS_SIM_NODE_H

#include "tests/sim/bed_tier.h"

/*
 * A node: the real agent and the real guard over a kernel of the bed's, with eight GPUs, and people
 * who start processes inside the leases. Agent and guard crash separately, and together with the
 * machine.
 */
struct node_host;

/* dir: of its own, for journal and lease table. servers: as in the agent's settings. */
struct node_host *node_host_create(int host, const char *dir, const char *owner, const char *pool);

void node_host_start_guard(struct node_host *n);
void node_host_kill_guard(struct node_host *n);
void node_host_start_agent(struct node_host *n);
void node_host_kill_agent(struct node_host *n);
void node_host_pause_agent(struct node_host *n, int64_t until); /* bed time */
void node_host_reboot(struct node_host *n);                     /* both start again with it */

struct bed_tier *node_host_tier(struct node_host *n);

/* The leases that the guard holds open, at most cap; 0 while it is away. */
size_t node_host_held(struct node_host *n, struct id *dst, size_t cap);

/* The first interval that nobody has acknowledged; 0: there is none. */
uint64_t node_host_pending(struct node_host *n);

#endif
