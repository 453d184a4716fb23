#ifndef PUMASI_NODEAGENT_GPU_NVML_H
#define PUMASI_NODEAGENT_GPU_NVML_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * NVML, NVIDIA's management library, loaded at run time so that the agent starts on any node. A
 * call that the library of an older driver lacks is ERR_UNSUPPORTED when it is made, not before:
 * the caller decides whether it can do without.
 *
 * Errors carry the name of the call and NVML's own words: ERR_UNSUPPORTED (also for a device that
 * has no such thing), ERR_UNAVAILABLE (no library, no driver), ERR_DENIED, ERR_NOT_FOUND, else
 * ERR_IO. Calls may block for seconds while the driver wakes a GPU. One thread at a time.
 */
struct nvml;
struct nvml_device; /* borrowed from NVML until nvml_close() */

/* path NULL: "libnvidia-ml.so.1", found by the loader. */
MUST_CHECK int nvml_open(const char *path, struct nvml **ret, struct err *err);
void nvml_close(struct nvml *n); /* NULL is fine */

/* dst is NUL-terminated on success. */
MUST_CHECK int nvml_driver_version(struct nvml *n, char *dst, size_t cap, struct err *err);
MUST_CHECK int nvml_device_count(struct nvml *n, uint32_t *ret, struct err *err);
MUST_CHECK int nvml_device_at(struct nvml *n, uint32_t index, struct nvml_device **ret,
                              struct err *err);

MUST_CHECK int nvml_device_uuid(struct nvml *n, struct nvml_device *d, char *dst, size_t cap,
                                struct err *err);
MUST_CHECK int nvml_device_name(struct nvml *n, struct nvml_device *d, char *dst, size_t cap,
                                struct err *err);
MUST_CHECK int nvml_device_minor(struct nvml *n, struct nvml_device *d, uint32_t *ret,
                                 struct err *err);
MUST_CHECK int nvml_device_memory_bytes(struct nvml *n, struct nvml_device *d, uint64_t *ret,
                                        struct err *err);
/* "0000:1b:00.0", as in /sys/bus/pci/devices. */
MUST_CHECK int nvml_device_pci(struct nvml *n, struct nvml_device *d, char *dst, size_t cap,
                               struct err *err);
/* Is MIG on now? ERR_UNSUPPORTED: the model has none. */
MUST_CHECK int nvml_device_mig(struct nvml *n, struct nvml_device *d, int *ret, struct err *err);
/* The lowest NUMA node that is near the device. */
MUST_CHECK int nvml_device_numa(struct nvml *n, struct nvml_device *d, int32_t *ret,
                                struct err *err);

#endif
