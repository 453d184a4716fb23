#ifndef PUMASI_CONTROLPLANE_SIM_PACK_INPUT_H
#define PUMASI_CONTROLPLANE_SIM_PACK_INPUT_H

#include "controlplane/placement/fleet.h"
#include "lib/base/span.h"

/*
 * Nodes and pods as the published packing experiment writes them (docs/spec/sheets.md), in the
 * terms of the placement engine. Models are numbered in the order in which they are met.
 *
 * Readers append to a zeroed struct or one that has been read into; what was read before a failure
 * is there. Errors name file and line. All block on the disk.
 */
struct pack_models {
    char *names[PLACEMENT_MODELS]; /* owned */
    size_t n;
};
void pack_models_fini(struct pack_models *m);

struct pack_nodes {
    char **names; /* owned */
    struct fleet_spec *specs;
    size_t n, cap;
};

/* sn, cpu_milli, memory_mib, gpu, model. More than PLACEMENT_MODELS models: ERR_LIMIT. */
MUST_CHECK int pack_read_nodes(const char *path, struct pack_models *models, struct pack_nodes *ret,
                               struct err *err);
void pack_nodes_fini(struct pack_nodes *n);

struct pack_pods {
    char **seqs;  /* as the file has them; "" where it has none */
    char **names; /* owned */
    struct placement_request *requests;
    size_t n, cap;
};

/* name, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec; with_seq: seq, too. */
MUST_CHECK int pack_read_pods(const char *path, bool with_seq, struct pack_models *models,
                              struct pack_pods *ret, struct err *err);
void pack_pods_fini(struct pack_pods *p);

#endif
