#ifndef PUMASI_CONTROLPLANE_PLACEMENT_MIX_H
#define PUMASI_CONTROLPLANE_PLACEMENT_MIX_H

#include "controlplane/placement/request.h"

/*
 * What is asked for, and how often: requests counted by kind. Two requests are of one kind when
 * they ask for the same CPU, devices, units of each and models; memory, tenants and isolation do
 * not matter here. MIG counts as the share that its memory slices are.
 */
#define MIX_KINDS 65536 /* kinds kept; requests of later ones are not counted */

struct mix_kind {
    int64_t cpu_milli;
    uint64_t models;
    uint32_t gpus;
    uint32_t units;  /* of each device */
    uint64_t count;  /* >= 1 */
    uint64_t marked; /* of these, up to the mark */
};

struct mix;

struct mix *mix_create(void);
void mix_destroy(struct mix *m); /* NULL is fine */

void mix_add(struct mix *m, const struct placement_request *r);

/* Requests counted so far, also those without devices. */
uint64_t mix_count(const struct mix *m);

/* The kinds, in the order in which they came first; borrowed until the next mix_add(). */
const struct mix_kind *mix_kinds(const struct mix *m, size_t *ret_n);

/*
 * How different what was asked for since the mark is from what was asked for up to it: half the sum
 * over the kinds of the differences of their parts in the requests, in thousandths (0: the same,
 * 1000: nothing in common). 1000 when one side is empty.
 */
uint32_t mix_change(const struct mix *m);
void mix_mark(struct mix *m);

/* Units of each device that the request takes, MIG included; 0 without devices. */
uint32_t mix_units(const struct placement_request *r);

static inline void mix_cleanup(struct mix **m)
{
    mix_destroy(*m);
}
#define CLEANUP_MIX __attribute__((cleanup(mix_cleanup)))

#endif
