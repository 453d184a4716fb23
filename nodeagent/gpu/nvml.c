/*
 * The client of NVML. A struct nvml owns the loaded library and its initialisation; both end in
 * nvml_close(). One thread at a time.
 *
 * Invariant: an open struct nvml has Init_v2 and Shutdown; any other call may be NULL.
 */
#include "nodeagent/gpu/nvml.h"

#include "nodeagent/gpu/nvml_abi.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PATH "libnvidia-ml.so.1"
#define NODE_WORDS   4 /* 256 NUMA nodes */

struct nvml {
    void *library;
    nvmlErrorString_fn ErrorString;
#define X(name, parameters) nvml##name##_fn name;
    NVML_CALLS(X)
#undef X
};

/* What to do about each result; all others are ERR_IO. */
static enum err_code code_of(int result)
{
    switch (result) {
    case NVML_NOT_SUPPORTED:
    case NVML_FUNCTION_NOT_FOUND:
        return ERR_UNSUPPORTED;
    case NVML_DRIVER_NOT_LOADED:
    case NVML_LIBRARY_NOT_FOUND:
    case NVML_LIB_RM_VERSION_MISMATCH:
        return ERR_UNAVAILABLE;
    case NVML_NO_PERMISSION:
        return ERR_DENIED;
    case NVML_NOT_FOUND:
        return ERR_NOT_FOUND;
    default:
        return ERR_IO;
    }
}

static int check(const struct nvml *n, const char *call, int result, struct err *err)
{
    if (result == NVML_SUCCESS)
        return 0;
    const char *words = n->ErrorString ? n->ErrorString(result) : NULL;
    return err_set(err, code_of(result), "nvml%s: %s (%d)", call, words ? words : "failed", result);
}

static int missing(const char *call, struct err *err)
{
    return err_set(err, ERR_UNSUPPORTED, "nvml%s: not in this driver's library", call);
}

/* Makes the call, or says that the library lacks it. */
#define CALL(n, name, ...)                                                                         \
    ((n)->name ? check((n), #name, (n)->name(__VA_ARGS__), err) : missing(#name, err))

static void resolve(struct nvml *n)
{
    n->ErrorString = (nvmlErrorString_fn)dlsym(n->library, "nvmlErrorString");
#define X(name, parameters) n->name = (nvml##name##_fn)dlsym(n->library, "nvml" #name);
    NVML_CALLS(X)
#undef X
}

static int start(struct nvml *n, struct err *err)
{
    resolve(n);
    if (!n->Init_v2 || !n->Shutdown)
        return missing(n->Init_v2 ? "Shutdown" : "Init_v2", err);
    return CALL(n, Init_v2);
}

int nvml_open(const char *path, struct nvml **ret, struct err *err)
{
    path = path ? path : DEFAULT_PATH;
    /* Lazy: a library of a driver may lack symbols that only unused parts of it want. */
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!library)
        return err_set(err, ERR_UNAVAILABLE, "no NVML library: %s", dlerror());
    struct nvml *n = calloc(1, sizeof(*n));
    ENSURE(n);
    n->library = library;
    int rc = start(n, err);
    if (rc < 0) {
        dlclose(library);
        free(n);
        return rc;
    }
    *ret = n;
    return 0;
}

void nvml_close(struct nvml *n)
{
    if (!n)
        return;
    n->Shutdown();
    dlclose(n->library);
    free(n);
}

/* The library must not leave text without an end, whatever it returns. */
static int check_text(const char *call, const char *text, size_t cap, struct err *err)
{
    if (memchr(text, '\0', cap))
        return 0;
    return err_set(err, ERR_IO, "nvml%s: text without an end", call);
}

int nvml_driver_version(struct nvml *n, char *dst, size_t cap, struct err *err)
{
    TRY(CALL(n, SystemGetDriverVersion, dst, (uint32_t)cap));
    return check_text("SystemGetDriverVersion", dst, cap, err);
}

int nvml_device_count(struct nvml *n, uint32_t *ret, struct err *err)
{
    return CALL(n, DeviceGetCount_v2, ret);
}

int nvml_device_at(struct nvml *n, uint32_t index, struct nvml_device **ret, struct err *err)
{
    return CALL(n, DeviceGetHandleByIndex_v2, index, ret);
}

int nvml_device_uuid(struct nvml *n, struct nvml_device *d, char *dst, size_t cap, struct err *err)
{
    TRY(CALL(n, DeviceGetUUID, d, dst, (uint32_t)cap));
    return check_text("DeviceGetUUID", dst, cap, err);
}

int nvml_device_name(struct nvml *n, struct nvml_device *d, char *dst, size_t cap, struct err *err)
{
    TRY(CALL(n, DeviceGetName, d, dst, (uint32_t)cap));
    return check_text("DeviceGetName", dst, cap, err);
}

int nvml_device_minor(struct nvml *n, struct nvml_device *d, uint32_t *ret, struct err *err)
{
    return CALL(n, DeviceGetMinorNumber, d, ret);
}

int nvml_device_memory_bytes(struct nvml *n, struct nvml_device *d, uint64_t *ret, struct err *err)
{
    struct nvml_memory memory = {.version = NVML_MEMORY_VERSION};
    TRY(CALL(n, DeviceGetMemoryInfo_v2, d, &memory));
    *ret = memory.total;
    return 0;
}

int nvml_device_pci(struct nvml *n, struct nvml_device *d, char *dst, size_t cap, struct err *err)
{
    struct nvml_pci_info pci = {.domain = 0};
    TRY(CALL(n, DeviceGetPciInfo_v3, d, &pci));
    snprintf(dst, cap, "%04x:%02x:%02x.0", pci.domain, pci.bus, pci.device);
    return 0;
}

int nvml_device_mig(struct nvml *n, struct nvml_device *d, int *ret, struct err *err)
{
    uint32_t current = NVML_MIG_DISABLE, pending = NVML_MIG_DISABLE;
    TRY(CALL(n, DeviceGetMigMode, d, &current, &pending));
    *ret = current == NVML_MIG_ENABLE;
    return 0;
}

int nvml_device_numa(struct nvml *n, struct nvml_device *d, int32_t *ret, struct err *err)
{
    const int word_bits = CHAR_BIT * (int)sizeof(unsigned long);
    unsigned long nodes[NODE_WORDS] = {0};
    TRY(CALL(n, DeviceGetMemoryAffinity, d, NODE_WORDS, nodes, NVML_AFFINITY_SCOPE_NODE));
    for (int i = 0; i < NODE_WORDS; i++) {
        if (nodes[i]) {
            *ret = i * word_bits + __builtin_ctzl(nodes[i]);
            return 0;
        }
    }
    return err_set(err, ERR_UNSUPPORTED, "nvmlDeviceGetMemoryAffinity: no node");
}
