#ifndef PUMASI_CONTROLPLANE_PLACEMENT_REQUEST_H
#define PUMASI_CONTROLPLANE_PLACEMENT_REQUEST_H

#include "controlplane/placement/mig.h"
#include "lib/base/share.h"

#include <stdbool.h>

/*
 * What is asked for, and where it went: plain values. CPU in thousandths of a core, memory in MiB,
 * amounts of one GPU in units of 1/SHARE_PER_GPU.
 */
#define PLACEMENT_DEVICES  16 /* of one node */
#define PLACEMENT_MODELS   64 /* of a fleet */
#define PLACEMENT_NO_MODEL 64 /* of a node without GPUs */
#define PLACEMENT_NOWHERE  SIZE_MAX

struct placement_request {
    int64_t cpu_milli;
    int64_t memory_mib;
    uint64_t models;   /* bit i: model i may serve; 0: any may */
    uint32_t gpus;     /* devices of one node, 0..PLACEMENT_DEVICES */
    uint32_t units;    /* of each: 1..SHARE_PER_GPU; of no meaning for MIG and without devices */
    uint32_t tenant;   /* who asks; 0: nobody in particular. Parts of one device go to one tenant */
    uint8_t isolation; /* class of a part: parts of one device are of one class. Not for MIG */
    enum mig_profile mig; /* MIG_NONE: none. An instance on one device; keeps tenants apart */
    bool whole_node;      /* all devices of a node that serves nobody else; gpus 0: however many */
};

/* Where one request went. */
struct placement {
    size_t node;      /* PLACEMENT_NOWHERE: no node can take it */
    uint32_t devices; /* bit i: its i-th device */
    uint8_t slice;    /* MIG: the first memory slice */
};

/* A part of a device, not all of it. */
static inline bool placement_is_part(const struct placement_request *r)
{
    return r->gpus > 0 && (r->mig != MIG_NONE || r->units < SHARE_PER_GPU);
}

#endif
