/*
 * The inventory: one pass over NVML's devices. Owns nothing between calls.
 *
 * Invariant: *ret is written once, when every device has been read and checked.
 */
#include "nodeagent/gpu/inventory.h"

#include "nodeagent/gpu/model.h"
#include "nodeagent/gpu/nvml.h"

#include <string.h>

#define NAME_CAP  96
#define MINOR_MAX ((1u << 20) - 1)
#define UUID_HEAD "GPU-"
#define MIB       (UINT64_C(1) << 20)

static const char *const mig_names[] = {
    [INVENTORY_MIG_UNSUPPORTED] = "unsupported",
    [INVENTORY_MIG_OFF] = "off",
    [INVENTORY_MIG_ON] = "on",
};

const char *inventory_mig_name(enum inventory_mig mig)
{
    return (unsigned)mig < INVENTORY_MIG_COUNT ? mig_names[mig] : "?";
}

/* What a driver can't tell is unknown; any other failure stands. */
static int optional(int rc)
{
    return rc == -ERR_UNSUPPORTED ? 0 : rc;
}

/* Without these there is no device to lend. */
static int read_essentials(struct nvml *n, struct nvml_device *handle, struct inventory_device *d,
                           struct err *err)
{
    uint64_t bytes = 0;
    TRY(nvml_device_uuid(n, handle, d->uuid, sizeof(d->uuid), err));
    TRY(nvml_device_minor(n, handle, &d->minor, err));
    TRY(nvml_device_memory_bytes(n, handle, &bytes, err));
    char name[NAME_CAP] = "";
    TRY(nvml_device_name(n, handle, name, sizeof(name), err));
    model_of_name(name, d->model, sizeof(d->model));
    if (bytes / MIB > UINT32_MAX)
        return err_set(err, ERR_IO, "memory of %llu bytes", (unsigned long long)bytes);
    d->memory_mib = (uint32_t)(bytes / MIB);
    return 0;
}

static int read_details(struct nvml *n, struct nvml_device *handle, struct inventory_device *d,
                        struct err *err)
{
    int mig = -1;
    d->numa = INVENTORY_NUMA_NONE;
    TRY(optional(nvml_device_pci(n, handle, d->pci, sizeof(d->pci), err)));
    TRY(optional(nvml_device_mig(n, handle, &mig, err)));
    TRY(optional(nvml_device_numa(n, handle, &d->numa, err)));
    if (mig >= 0)
        d->mig = mig ? INVENTORY_MIG_ON : INVENTORY_MIG_OFF;
    return 0;
}

static int check_device(const struct inventory_device *d, struct err *err)
{
    if (strncmp(d->uuid, UUID_HEAD, strlen(UUID_HEAD)) != 0)
        return err_set(err, ERR_IO, "uuid \"%s\" does not begin with " UUID_HEAD, d->uuid);
    for (const char *c = d->uuid; *c; c++) {
        if (*c <= ' ' || *c > '~')
            return err_set(err, ERR_IO, "uuid holds a character of value %d", (unsigned char)*c);
    }
    if (d->minor > MINOR_MAX)
        return err_set(err, ERR_IO, "minor number %u", d->minor);
    if (d->memory_mib == 0 || d->model[0] == '\0')
        return err_set(err, ERR_IO, "no memory or no name");
    return 0;
}

/* The guard opens doors by number and the books count by UUID: neither may be ambiguous. */
static int check_distinct(const struct inventory *all, const struct inventory_device *d,
                          struct err *err)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct inventory_device *other = &all->devices[i];
        if (strcmp(other->uuid, d->uuid) == 0 || other->minor == d->minor)
            return err_set(err, ERR_IO, "same uuid or minor number as device %u", other->index);
    }
    return 0;
}

static int read_device(struct nvml *n, const struct inventory *all, struct inventory_device *d,
                       struct err *err)
{
    struct nvml_device *handle = NULL;
    TRY(nvml_device_at(n, d->index, &handle, err));
    TRY(read_essentials(n, handle, d, err));
    TRY(read_details(n, handle, d, err));
    TRY(check_device(d, err));
    return check_distinct(all, d, err);
}

static int read_devices(struct nvml *n, uint32_t major, struct inventory *all, struct err *err)
{
    uint32_t count = 0;
    TRY(nvml_device_count(n, &count, err));
    if (count == 0)
        return err_set(err, ERR_NOT_FOUND, "no GPU: the driver is loaded and reports none");
    if (count > LIMIT_GPUS_PER_NODE)
        return err_set(err, ERR_LIMIT, "%u GPUs: a node has at most %d", count,
                       LIMIT_GPUS_PER_NODE);
    for (uint32_t i = 0; i < count; i++) {
        struct inventory_device d = {.index = i, .major = major};
        int rc = read_device(n, all, &d, err);
        if (rc < 0)
            return err_prefix(err, rc, "GPU %u", i);
        all->devices[all->count++] = d;
    }
    return 0;
}

static int read_all(struct nvml *n, uint32_t major, struct inventory *ret, struct err *err)
{
    struct inventory all;
    memset(&all, 0, sizeof(all));
    TRY(optional(nvml_driver_version(n, all.driver, sizeof(all.driver), err)));
    TRY(read_devices(n, major, &all, err));
    *ret = all;
    return 0;
}

int inventory_read(const struct inventory_source *source, struct inventory *ret, struct err *err)
{
    struct nvml *n = NULL;
    TRY(nvml_open(source->nvml_path, &n, err));
    int rc = read_all(n, source->major ? source->major : INVENTORY_MAJOR, ret, err);
    nvml_close(n);
    return rc;
}
