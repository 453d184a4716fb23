#ifndef PUMASI_CONTROLPLANE_SIM_SIM_NODE_H
#define PUMASI_CONTROLPLANE_SIM_SIM_NODE_H

#include "controlplane/sim/world.h"

/*
 * A node as the control plane sees it: it attaches, holds what it shall enforce, says what it
 * holds, and reports the usage that it metered. It works at once and without fail; what a real node
 * does between two instants takes no time here. It decides nothing.
 */
struct sim_node {
    struct id id;
    struct id pool;
    uint64_t seq;     /* of the last interval */
    struct list held; /* struct sim_held */
};

void sim_node_init(struct sim_node *n, const struct id *id, const struct id *pool);
void sim_node_fini(struct sim_node *n);

/* Attaches with that many devices of the pool's model, all good. */
MUST_CHECK int sim_node_attach(struct sim_node *n, struct world *w, int64_t gpus, struct err *err);

/* Takes up what it shall enforce now and gives back the rest, with the usage of it; *ret_moved:
 * whether there was anything of the kind. */
MUST_CHECK int sim_node_settle(struct sim_node *n, struct world *w, bool *ret_moved,
                               struct err *err);

/* Reports the usage so far of what it goes on holding, up to now. */
MUST_CHECK int sim_node_meter(struct sim_node *n, struct world *w, struct err *err);

#endif
