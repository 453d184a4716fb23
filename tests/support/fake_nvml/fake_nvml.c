/*
 * The calls of the fake. NVML's interface has no handle for the library itself, so the node is the
 * one thing here that outlives a call: `fake`, under its lock, from the first Init_v2 to the last
 * Shutdown. A device handle points at a GPU in it.
 *
 * Answers follow the real library where it was observed: the order of checks (initialised, handle,
 * arguments, lost GPU), the size rule of texts, the version word of structs.
 */
#include "tests/support/fake_nvml/fake_nvml.h"

#include "tests/support/fake_nvml/fake_node.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

static struct {
    pthread_mutex_t lock;
    int users;
    struct fake_node node;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int load(void)
{
    char why[FAKE_ERROR_CAP] = "";
    const char *path = getenv(FAKE_NVML_VARIABLE);
    if (!path)
        return NVML_DRIVER_NOT_LOADED;
    if (fake_node_read(path, &fake.node, why))
        return NVML_SUCCESS;
    fprintf(stderr, "fake NVML: %s\n", why);
    return NVML_UNKNOWN;
}

int nvmlInit_v2(void)
{
    pthread_mutex_lock(&fake.lock);
    int result = fake.users > 0 ? NVML_SUCCESS : load();
    if (result == NVML_SUCCESS)
        fake.users++;
    pthread_mutex_unlock(&fake.lock);
    return result;
}

int nvmlShutdown(void)
{
    pthread_mutex_lock(&fake.lock);
    int result = fake.users > 0 ? NVML_SUCCESS : NVML_UNINITIALIZED;
    if (result == NVML_SUCCESS)
        fake.users--;
    pthread_mutex_unlock(&fake.lock);
    return result;
}

const char *nvmlErrorString(int result)
{
    switch (result) {
#define X(id, value, text)                                                                         \
    case value:                                                                                    \
        return text;
        NVML_RETURNS(X)
#undef X
    default:
        return "unknown error";
    }
}

/* The node when the library is in use, else NULL. It does not change while it is in use. */
static const struct fake_node *node_in_use(void)
{
    pthread_mutex_lock(&fake.lock);
    const struct fake_node *node = fake.users > 0 ? &fake.node : NULL;
    pthread_mutex_unlock(&fake.lock);
    return node;
}

/* The GPU behind a handle, once everything that can be wrong with the handle has been ruled out. */
static int gpu_of(const struct nvml_device *device, const struct fake_gpu **ret)
{
    const struct fake_node *node = node_in_use();
    if (!node)
        return NVML_UNINITIALIZED;
    for (size_t i = 0; i < node->gpu_count; i++) {
        const struct fake_gpu *gpu = &node->gpus[i];
        if ((const void *)gpu != (const void *)device)
            continue;
        if (gpu->lost)
            return NVML_GPU_IS_LOST;
        *ret = gpu;
        return NVML_SUCCESS;
    }
    return NVML_INVALID_ARGUMENT;
}

static int put_text(char *dst, uint32_t length, const char *text)
{
    if (!dst)
        return NVML_INVALID_ARGUMENT;
    if (strlen(text) >= length)
        return NVML_INSUFFICIENT_SIZE;
    memcpy(dst, text, strlen(text) + 1);
    return NVML_SUCCESS;
}

static int put_number(uint32_t *dst, uint64_t n)
{
    if (!dst)
        return NVML_INVALID_ARGUMENT;
    *dst = (uint32_t)n;
    return NVML_SUCCESS;
}

int nvmlSystemGetDriverVersion(char *version, uint32_t length)
{
    const struct fake_node *node = node_in_use();
    return node ? put_text(version, length, node->driver) : NVML_UNINITIALIZED;
}

int nvmlDeviceGetCount_v2(uint32_t *count)
{
    const struct fake_node *node = node_in_use();
    return node ? put_number(count, node->gpu_count) : NVML_UNINITIALIZED;
}

int nvmlDeviceGetHandleByIndex_v2(uint32_t index, struct nvml_device **device)
{
    const struct fake_node *node = node_in_use();
    if (!node)
        return NVML_UNINITIALIZED;
    if (index >= node->gpu_count || !device)
        return NVML_INVALID_ARGUMENT;
    *device = (struct nvml_device *)&node->gpus[index];
    return node->gpus[index].lost ? NVML_GPU_IS_LOST : NVML_SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, struct nvml_device **device)
{
    const struct fake_node *node = node_in_use();
    if (!node)
        return NVML_UNINITIALIZED;
    if (!uuid || !device)
        return NVML_INVALID_ARGUMENT;
    for (uint32_t i = 0; i < node->gpu_count; i++) {
        if (strcmp(node->gpus[i].uuid, uuid) == 0)
            return nvmlDeviceGetHandleByIndex_v2(i, device);
    }
    return NVML_NOT_FOUND;
}

int nvmlDeviceGetUUID(struct nvml_device *device, char *uuid, uint32_t length)
{
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    return put_text(uuid, length, gpu->uuid);
}

int nvmlDeviceGetName(struct nvml_device *device, char *name, uint32_t length)
{
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    return put_text(name, length, gpu->model);
}

int nvmlDeviceGetMinorNumber(struct nvml_device *device, uint32_t *minor)
{
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    return put_number(minor, gpu->minor);
}

int nvmlDeviceGetPciInfo_v3(struct nvml_device *device, struct nvml_pci_info *pci)
{
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    struct nvml_pci_info info = {.domain = 0};
    unsigned function = 0;
    if (!pci)
        return NVML_INVALID_ARGUMENT;
    if (sscanf(gpu->pci, "%x:%x:%x.%x", &info.domain, &info.bus, &info.device, &function) != 4)
        return NVML_UNKNOWN;
    snprintf(info.bus_id_legacy, sizeof(info.bus_id_legacy), "%04X:%02X:%02X.0",
             info.domain & 0xffff, info.bus & 0xff, info.device & 0xff);
    snprintf(info.bus_id, sizeof(info.bus_id), "%08X:%02X:%02X.0", info.domain, info.bus & 0xff,
             info.device & 0xff);
    *pci = info;
    return NVML_SUCCESS;
}

int nvmlDeviceGetMemoryInfo_v2(struct nvml_device *device, struct nvml_memory *memory)
{
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    if (!memory)
        return NVML_INVALID_ARGUMENT;
    if (memory->version != NVML_MEMORY_VERSION)
        return NVML_ARGUMENT_VERSION_MISMATCH;
    memory->total = gpu->memory_mib * MIB;
    memory->reserved = 0;
    memory->used = gpu->memory_used_mib * MIB;
    memory->free = memory->total - memory->used;
    return NVML_SUCCESS;
}

int nvmlDeviceGetMigMode(struct nvml_device *device, uint32_t *current, uint32_t *pending)
{
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    if (!current || !pending)
        return NVML_INVALID_ARGUMENT;
    if (gpu->mig == FAKE_MIG_UNSUPPORTED)
        return NVML_NOT_SUPPORTED;
    *current = *pending = gpu->mig == FAKE_MIG_ON ? NVML_MIG_ENABLE : NVML_MIG_DISABLE;
    return NVML_SUCCESS;
}

int nvmlDeviceGetMemoryAffinity(struct nvml_device *device, uint32_t words, unsigned long *nodes,
                                uint32_t scope)
{
    const uint64_t word_bits = CHAR_BIT * sizeof(unsigned long);
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    if (!nodes || words == 0 || scope > 1)
        return NVML_INVALID_ARGUMENT;
    if (gpu->numa == FAKE_NUMA_NONE)
        return NVML_NOT_SUPPORTED;
    memset(nodes, 0, words * sizeof(nodes[0]));
    if (gpu->numa / word_bits < words)
        nodes[gpu->numa / word_bits] = 1ul << gpu->numa % word_bits;
    return NVML_SUCCESS;
}

int nvmlDeviceGetUtilizationRates(struct nvml_device *device, struct nvml_utilization *rates)
{
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    if (!rates)
        return NVML_INVALID_ARGUMENT;
    rates->gpu = (uint32_t)gpu->utilization;
    rates->memory =
        (uint32_t)(gpu->memory_used_mib * 100 / (gpu->memory_mib ? gpu->memory_mib : 1));
    return NVML_SUCCESS;
}

static void fill_field(const struct fake_gpu *gpu, struct nvml_field_value *value)
{
    value->timestamp_us = 0;
    value->latency_us = 0;
    value->result = NVML_SUCCESS;
    switch (value->field) {
    case NVML_FIELD_TOTAL_ENERGY_MJ:
        value->type = NVML_VALUE_U64;
        value->value.u64 = gpu->energy_mj;
        return;
    case NVML_FIELD_RECOVERY_ACTION:
        value->type = NVML_VALUE_U32;
        value->value.u32 = (uint32_t)gpu->recovery_action;
        return;
    default:
        value->result = NVML_NOT_SUPPORTED;
    }
}

int nvmlDeviceGetFieldValues(struct nvml_device *device, int count, struct nvml_field_value *values)
{
    const struct fake_gpu *gpu = NULL;
    int result = gpu_of(device, &gpu);
    if (result != NVML_SUCCESS)
        return result;
    if (count < 1 || !values)
        return NVML_INVALID_ARGUMENT;
    for (int i = 0; i < count; i++)
        fill_field(gpu, &values[i]);
    return NVML_SUCCESS;
}
