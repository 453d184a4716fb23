#ifndef PUMASI_CONTROLPLANE_PLACEMENT_FLEET_H
#define PUMASI_CONTROLPLANE_PLACEMENT_FLEET_H

#include "controlplane/placement/waste.h"

/*
 * Nodes, what is left of them, and what a request would do to one. A part of a device goes beside
 * other parts only if they are of the same tenant and isolation class; instances of MIG go beside
 * instances of anybody; a whole device goes to nobody else.
 *
 * The fleet keeps for each node what waste.h wants to know of it, so that judging a placement is a
 * few look-ups. Owned by one thread.
 */

/* A node as it is delivered. Numbers of domains, racks and sites are the caller's; 0: none. */
struct fleet_spec {
    int64_t cpu_milli;
    int64_t memory_mib;
    uint32_t gpus; /* 0..PLACEMENT_DEVICES */
    uint8_t model; /* below PLACEMENT_MODELS; PLACEMENT_NO_MODEL without GPUs */
    uint32_t nvlink_domain, rack, site;
};

#define FLEET_REQUESTS 1001 /* that one node serves at a time */

struct fleet_device {
    uint16_t idle;  /* units */
    uint16_t taken; /* MIG: slices, as in mig.h */
    uint8_t rank;   /* of idle units, in waste.h */
    uint8_t use;    /* enum fleet_use */
    uint8_t isolation;
    uint32_t tenant;
};

enum fleet_use { FLEET_IDLE, FLEET_WHOLE, FLEET_PARTS, FLEET_MIG };

struct fleet_node {
    struct waste_node view; /* its CPU, idle units, ... */
    int64_t waste;          /* waste_of(view) */
    int64_t memory_mib;     /* left */
    uint32_t requests;      /* served now */
    bool exclusive;         /* by a request for the whole node */
    uint32_t n_devices;
    struct fleet_device devices[PLACEMENT_DEVICES];
};

struct fleet {
    struct fleet_spec *specs;
    struct fleet_node *nodes;
    size_t n;
    size_t n_models; /* 1 + the largest that occurs */
    struct waste *waste;
    int64_t *idle; /* of each model, units */
};

/* Specs are copied. ENSUREs their ranges. */
void fleet_init(struct fleet *f, const struct fleet_spec *specs, size_t n);
void fleet_fini(struct fleet *f);

/* Judges by the mix from now on. */
void fleet_learn(struct fleet *f, const struct mix *m);

#define FLEET_UNFIT INT64_MIN

/*
 * How much less waste there would be on the node with the request on it, in units of GPU times
 * WASTE_ONE, on the devices that are best for it; FLEET_UNFIT when the node can't take it. `ret`
 * may be NULL; else it says what fleet_take() would have to take.
 */
int64_t fleet_gain(const struct fleet *f, size_t node, const struct placement_request *r,
                   struct placement *ret);

/* The placement must be one of fleet_gain() for the state as it is. */
void fleet_take(struct fleet *f, const struct placement_request *r, const struct placement *p);

/* Undoes fleet_take() with the same arguments, in any order with others. */
void fleet_release(struct fleet *f, const struct placement_request *r, const struct placement *p);

#endif
