#ifndef PUMASI_NODEAGENT_GPU_NVML_ABI_H
#define PUMASI_NODEAGENT_GPU_NVML_ABI_H

#include <stddef.h>
#include <stdint.h>

/*
 * The part of NVML's binary interface that we use, declared by ourselves: the layouts were measured
 * against nvml.h 13.3.29 and are held by the assertions below. Nothing of NVIDIA's is included.
 *
 * NVML keeps old entry points; a changed call gets a new suffix (_v2), a changed struct a version
 * word: its size | version << 24.
 */
/*  id, value, meaning: what NVML returns. Unlisted values exist and are treated as UNKNOWN. */
#define NVML_RETURNS(X)                                                                            \
    X(SUCCESS, 0, "success")                                                                       \
    X(UNINITIALIZED, 1, "not initialised")                                                         \
    X(INVALID_ARGUMENT, 2, "invalid argument")                                                     \
    X(NOT_SUPPORTED, 3, "not supported")                                                           \
    X(NO_PERMISSION, 4, "insufficient permissions")                                                \
    X(NOT_FOUND, 6, "not found")                                                                   \
    X(INSUFFICIENT_SIZE, 7, "insufficient size")                                                   \
    X(DRIVER_NOT_LOADED, 9, "driver not loaded")                                                   \
    X(TIMEOUT, 10, "timeout")                                                                      \
    X(LIBRARY_NOT_FOUND, 12, "driver library not found")                                           \
    X(FUNCTION_NOT_FOUND, 13, "function not found")                                                \
    X(GPU_IS_LOST, 15, "GPU is lost")                                                              \
    X(RESET_REQUIRED, 16, "GPU requires reset")                                                    \
    X(LIB_RM_VERSION_MISMATCH, 18, "driver/library version mismatch")                              \
    X(IN_USE, 19, "in use by another client")                                                      \
    X(ARGUMENT_VERSION_MISMATCH, 25, "argument version mismatch")                                  \
    X(UNKNOWN, 999, "unknown error")

enum nvml_return {
#define X(id, value, text) NVML_##id = (value),
    NVML_RETURNS(X)
#undef X
};

struct nvml_device; /* NVML's handle points at one */

struct nvml_pci_info {
    char bus_id_legacy[16];
    uint32_t domain;
    uint32_t bus;
    uint32_t device;
    uint32_t device_id;
    uint32_t subsystem_id;
    char bus_id[32];
};
_Static_assert(sizeof(struct nvml_pci_info) == 68, "nvmlPciInfo_t");

struct nvml_memory {
    uint32_t version;
    uint64_t total;
    uint64_t reserved;
    uint64_t free;
    uint64_t used;
};
#define NVML_MEMORY_VERSION 0x02000028u
_Static_assert(sizeof(struct nvml_memory) == 40, "nvmlMemory_v2_t");
_Static_assert(offsetof(struct nvml_memory, total) == 8, "nvmlMemory_v2_t");

struct nvml_utilization {
    uint32_t gpu;
    uint32_t memory;
};
_Static_assert(sizeof(struct nvml_utilization) == 8, "nvmlUtilization_t");

struct nvml_field_value {
    uint32_t field;
    uint32_t scope;
    int64_t timestamp_us;
    int64_t latency_us;
    int32_t type; /* enum nvml_value_type */
    int32_t result;
    union {
        uint32_t u32;
        uint64_t u64;
        int64_t i64;
    } value;
};
_Static_assert(sizeof(struct nvml_field_value) == 40, "nvmlFieldValue_t");
_Static_assert(offsetof(struct nvml_field_value, scope) == 4, "nvmlFieldValue_t");
_Static_assert(offsetof(struct nvml_field_value, timestamp_us) == 8, "nvmlFieldValue_t");
_Static_assert(offsetof(struct nvml_field_value, type) == 24, "nvmlFieldValue_t");
_Static_assert(offsetof(struct nvml_field_value, result) == 28, "nvmlFieldValue_t");
_Static_assert(offsetof(struct nvml_field_value, value) == 32, "nvmlFieldValue_t");

enum nvml_value_type { NVML_VALUE_U32 = 1, NVML_VALUE_U64 = 3, NVML_VALUE_I64 = 4 };

enum nvml_field { NVML_FIELD_TOTAL_ENERGY_MJ = 83, NVML_FIELD_RECOVERY_ACTION = 230 };

#define NVML_MIG_DISABLE 0u
#define NVML_MIG_ENABLE  1u

#define NVML_AFFINITY_SCOPE_NODE 0u

/*
 * The calls: name without "nvml", parameters. All return an enum nvml_return as int, but for
 * ErrorString. The client resolves each by name; the fake of the tests defines each.
 */
/* clang-format off */
#define NVML_CALLS(X)                                                                              \
    X(Init_v2, (void))                                                                             \
    X(Shutdown, (void))                                                                            \
    X(SystemGetDriverVersion, (char *version, uint32_t length))                                    \
    X(DeviceGetCount_v2, (uint32_t *count))                                                        \
    X(DeviceGetHandleByIndex_v2, (uint32_t index, struct nvml_device **device))                    \
    X(DeviceGetHandleByUUID, (const char *uuid, struct nvml_device **device))                      \
    X(DeviceGetUUID, (struct nvml_device *device, char *uuid, uint32_t length))                    \
    X(DeviceGetName, (struct nvml_device *device, char *name, uint32_t length))                    \
    X(DeviceGetMinorNumber, (struct nvml_device *device, uint32_t *minor))                         \
    X(DeviceGetPciInfo_v3, (struct nvml_device *device, struct nvml_pci_info *pci))                \
    X(DeviceGetMemoryInfo_v2, (struct nvml_device *device, struct nvml_memory *memory))            \
    X(DeviceGetMigMode, (struct nvml_device *device, uint32_t *current, uint32_t *pending))        \
    X(DeviceGetMemoryAffinity, (struct nvml_device *device, uint32_t words, unsigned long *nodes,  \
                                uint32_t scope))                                                   \
    X(DeviceGetUtilizationRates, (struct nvml_device *device, struct nvml_utilization *rates))     \
    X(DeviceGetFieldValues, (struct nvml_device *device, int count,                                \
                             struct nvml_field_value *values))

#define X(name, parameters) typedef int (*nvml##name##_fn) parameters;
NVML_CALLS(X)
#undef X
/* clang-format on */
typedef const char *(*nvmlErrorString_fn)(int result);

#endif
