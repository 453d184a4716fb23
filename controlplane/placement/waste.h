#ifndef PUMASI_CONTROLPLANE_PLACEMENT_WASTE_H
#define PUMASI_CONTROLPLANE_PLACEMENT_WASTE_H

#include "controlplane/placement/mix.h"

/*
 * How much of what is idle on a node is of no use to what is asked for, judged by a mix. The sum of
 * two parts, each in units of GPU times WASTE_ONE:
 *
 *   splinters  idle units of each device, times the part of the requests for GPUs that this device
 *              can't help to serve: more is asked for than it has left, other models, more whole
 *              devices than the node has, more CPU than the node has. This is the fragmentation
 *              measure of "Beware of Fragmentation" (USENIX ATC '23).
 *   stranding  idle units that will find no CPU: the mean, over the requests weighed by the units
 *              they ask for, of what would stay idle if requests with just that much CPU to a GPU
 *              came until the CPU is gone.
 *
 * Splinters look one request ahead, stranding looks to the end; why both are needed is told in
 * docs/internals/placement.md. All is integer arithmetic: the same everywhere.
 *
 * By an empty mix all that is idle is waste.
 */
#define WASTE_ONE (INT64_C(1) << 16)

#define WASTE_LEVELS 64   /* of CPU that are told apart; between them CPU is rounded up */
#define WASTE_SIZES  255  /* of parts that are told apart; as many as exist up to that */
#define WASTE_RATIOS 4096 /* of CPU to GPU that are told apart */

struct waste;

/* n_models: of the fleet, up to PLACEMENT_MODELS. */
struct waste *waste_create(size_t n_models);
void waste_destroy(struct waste *w); /* NULL is fine */

/* Judges by the mix as it is now; levels and ranks that were handed out are void. */
void waste_learn(struct waste *w, const struct mix *m);

/* ---- Of a node: what depends on its CPU and devices ------------------------------------------ */

/* How many levels of CPU the node can serve. */
uint8_t waste_level(const struct waste *w, int64_t cpu_milli);
/* How many sizes of parts a device with so many idle units can serve. */
uint8_t waste_rank(const struct waste *w, uint32_t units);

/* The weight (0..WASTE_ONE) of the requests that a device of that rank can serve, for all ranks. */
const int32_t *waste_served(const struct waste *w, uint8_t model, uint8_t level);

/* A node, or what it would become. */
struct waste_node {
    int64_t cpu_milli;
    int64_t idle;     /* units over all devices */
    int64_t splinted; /* over devices in use: idle units times what waste_served() says of them */
    uint8_t whole;    /* devices that nobody uses */
    uint8_t model;
    uint8_t level; /* of its CPU */
};
int64_t waste_of(const struct waste *w, const struct waste_node *n);

#endif
