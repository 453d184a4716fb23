#ifndef PUMASI_TESTS_SUPPORT_FAKE_NVML_FAKE_NODE_H
#define PUMASI_TESTS_SUPPORT_FAKE_NVML_FAKE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The node that the fake NVML pretends to be, read from a file. A line is empty, a comment (#), or
 * a kind and key=value pairs; a value with blanks stands in double quotes:
 *
 *     driver version=580.65.06
 *     gpu uuid=GPU-4f1c… minor=1 model="NVIDIA B200" memory_mib=183359 numa=0 mig=off
 *
 * An unknown kind or key, a repeated or missing key and a value without sense are errors that name
 * the line. fake_node.c has the table of keys. GPUs get their index in the order of the lines.
 */
#define FAKE_GPUS_MAX  64
#define FAKE_TEXT_CAP  96
#define FAKE_ERROR_CAP 256

enum fake_mig { FAKE_MIG_UNSUPPORTED, FAKE_MIG_OFF, FAKE_MIG_ON };

struct fake_gpu {
    char uuid[FAKE_TEXT_CAP];
    char model[FAKE_TEXT_CAP];
    char pci[FAKE_TEXT_CAP]; /* "0000:1b:00.0"; empty: made from the index */
    uint64_t minor;
    uint64_t memory_mib;
    uint64_t memory_used_mib;
    uint64_t numa;            /* FAKE_NUMA_NONE: not supported */
    uint64_t utilization;     /* percent */
    uint64_t energy_mj;       /* since the driver was loaded */
    uint64_t recovery_action; /* 0 none, 1 reset, 2 reboot, … */
    enum fake_mig mig;
    bool lost; /* fell off the bus: every question about it fails */
};
#define FAKE_NUMA_NONE UINT64_MAX

struct fake_node {
    char driver[FAKE_TEXT_CAP];
    struct fake_gpu gpus[FAKE_GPUS_MAX];
    size_t gpu_count;
};

/* False: `why` says "FILE:LINE: what"; *ret is then without meaning. */
bool fake_node_read(const char *path, struct fake_node *ret, char why[FAKE_ERROR_CAP]);

#endif
