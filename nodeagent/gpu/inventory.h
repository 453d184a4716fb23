#ifndef PUMASI_NODEAGENT_GPU_INVENTORY_H
#define PUMASI_NODEAGENT_GPU_INVENTORY_H

#include "lib/base/err.h"
#include "lib/base/limits.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The GPUs of this node, as the driver reports them: one look, taken through NVML, which is opened
 * for the look and closed again. What a driver is too old to tell is left unknown; what a node
 * can't be used without (uuid, index, minor number, memory) is an error.
 *
 * Blocks: the first call after boot may take seconds while the driver initialises the GPUs.
 * One thread at a time.
 */
#define INVENTORY_UUID_CAP    48
#define INVENTORY_MODEL_CAP   32
#define INVENTORY_PCI_CAP     32
#define INVENTORY_VERSION_CAP 80
#define INVENTORY_MAJOR       195 /* character device major of /dev/nvidia* */
#define INVENTORY_NUMA_NONE   (-1)

enum inventory_mig {
    INVENTORY_MIG_UNSUPPORTED, /* the model has none, or the driver can't say */
    INVENTORY_MIG_OFF,
    INVENTORY_MIG_ON,
    INVENTORY_MIG_COUNT
};

struct inventory_device {
    char uuid[INVENTORY_UUID_CAP];   /* "GPU-…" */
    char model[INVENTORY_MODEL_CAP]; /* "B200", "H200": see model.h */
    char pci[INVENTORY_PCI_CAP];     /* "0000:1b:00.0", as in /sys/bus/pci/devices; "" unknown */
    uint32_t index;                  /* NVML's order; may change at a reboot */
    uint32_t major;                  /* with minor: the character device */
    uint32_t minor;
    uint32_t memory_mib; /* whole MiB, what is reserved by the driver included */
    int32_t numa;        /* NUMA node, or INVENTORY_NUMA_NONE */
    enum inventory_mig mig;
};

struct inventory {
    char driver[INVENTORY_VERSION_CAP];                   /* "580.65.06"; "" unknown */
    struct inventory_device devices[LIMIT_GPUS_PER_NODE]; /* ascending index */
    size_t count;
};

struct inventory_source {
    const char *nvml_path; /* NULL: "libnvidia-ml.so.1", found by the loader */
    uint32_t major;        /* 0: INVENTORY_MAJOR; tests use stand-ins */
};

/*
 * Errors, each with text that names the call and NVML's own words:
 *   ERR_UNAVAILABLE  no NVML library, or the driver is not loaded
 *   ERR_NOT_FOUND    no devices
 *   ERR_UNSUPPORTED  the library lacks a call without which there is no inventory
 *   ERR_LIMIT        more than LIMIT_GPUS_PER_NODE devices
 *   ERR_IO           a device that can't be asked (fell off the bus), a value without sense
 */
MUST_CHECK int inventory_read(const struct inventory_source *source, struct inventory *ret,
                              struct err *err);

const char *inventory_mig_name(enum inventory_mig mig); /* "unsupported", "off", "on" */

#endif
