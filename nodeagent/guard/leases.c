/* The table of leases and its file. Owns the file's descriptor; place i of the table is record i.
 */
#include "nodeagent/guard/leases.h"

#include "nodeagent/kernel/tier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

_Static_assert(GUARD_LEASES_MAX <= TIER_LEASES_MAX, "the kernel's side has room for all");

struct record {
    uint8_t boot_id[GRANT_BOOT_BYTES];
    uint32_t state;
    uint32_t len;
    uint64_t deadline_ns;
    uint8_t grant[GRANT_BYTES_MAX];
};

static void read_place(struct leases *t, struct lease_place *p)
{
    struct record record;
    ENSURE(p->state == GUARD_STATE_FREE);
    ssize_t n =
        pread(t->fd, &record, sizeof record, (off_t)((size_t)(p - t->places) * sizeof record));
    if (n != (ssize_t)sizeof record || record.len > sizeof record.grant ||
        memcmp(record.boot_id, t->boot_id, sizeof record.boot_id) != 0)
        return;
    if (grant_decode(span_of(record.grant, record.len), &p->grant, NULL) < 0)
        return;
    p->state = record.state == GUARD_STATE_HELD ? GUARD_STATE_HELD : GUARD_STATE_KILLING;
    p->deadline_ns = record.deadline_ns;
}

int leases_init(struct leases *t, const char *dir, const uint8_t *boot_id, struct err *err)
{
    char path[4096];
    memset(t, 0, sizeof *t);
    memcpy(t->boot_id, boot_id, sizeof t->boot_id);
    (void)snprintf(path, sizeof path, "%s/leases", dir);
    t->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (t->fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    if (flock(t->fd, LOCK_EX | LOCK_NB) < 0) {
        leases_fini(t);
        return err_set(err, ERR_STATE, "%s: another guard holds it", path);
    }
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++)
        read_place(t, &t->places[i]);
    return 0;
}

void leases_fini(struct leases *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

int leases_save(struct leases *t, const struct lease_place *p, struct err *err)
{
    struct record record = {.state = p->state, .deadline_ns = p->deadline_ns};
    struct grant_bytes bytes = {.len = 0};
    ENSURE(p >= t->places && p < t->places + GUARD_LEASES_MAX);
    memcpy(record.boot_id, t->boot_id, sizeof record.boot_id);
    if (lease_place_active(p) && p->grant.device_count > 0)
        TRY(grant_encode(&p->grant, &bytes, err));
    record.len = (uint32_t)bytes.len;
    memcpy(record.grant, bytes.data, bytes.len);
    ssize_t n =
        pwrite(t->fd, &record, sizeof record, (off_t)((size_t)(p - t->places) * sizeof record));
    if (n != (ssize_t)sizeof record)
        return err_set(err, ERR_IO, "writing the file of leases: %s",
                       n < 0 ? strerror(errno) : "short write");
    return 0;
}

struct lease_place *leases_find(struct leases *t, const struct id *lease)
{
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        struct lease_place *p = &t->places[i];
        if (p->state != GUARD_STATE_FREE && id_equal(&p->grant.lease, lease))
            return p;
    }
    return NULL;
}

struct lease_place *leases_take(struct leases *t, uint64_t old_ns)
{
    struct lease_place *oldest = NULL;
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        struct lease_place *p = &t->places[i];
        if (p->state == GUARD_STATE_FREE) {
            oldest = p;
            break;
        }
        if (p->state == GUARD_STATE_RETURNED && p->since_ns < old_ns &&
            (!oldest || p->since_ns < oldest->since_ns))
            oldest = p;
    }
    ENSURE(!oldest || !lease_place_active(oldest));
    if (oldest)
        memset(oldest, 0, sizeof *oldest);
    return oldest;
}

bool lease_place_active(const struct lease_place *p)
{
    return p->state != GUARD_STATE_FREE && p->state != GUARD_STATE_RETURNED;
}

bool lease_place_has(const struct lease_place *p, uint32_t major, uint32_t minor)
{
    for (size_t i = 0; i < p->grant.device_count; i++) {
        if (p->grant.devices[i].major == major && p->grant.devices[i].minor == minor)
            return true;
    }
    return false;
}

uint64_t leases_next_ns(const struct leases *t)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        const struct lease_place *p = &t->places[i];
        uint64_t wanted = UINT64_MAX;
        if (p->state == GUARD_STATE_HELD)
            wanted = p->deadline_ns;
        else if (lease_place_active(p))
            wanted = p->look_ns;
        next = wanted < next ? wanted : next;
    }
    return next;
}
