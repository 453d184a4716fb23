/* The grant's rules and its one encoding. Owns nothing; pure. grant_encode() refuses what
 * grant_check() refuses and grant_decode() ends in the same check, so both directions accept the
 * same set and the encoding is canonical by construction. */
#include "lib/grant/grant.h"

#include "lib/base/text.h"
#include "lib/grant/bytes.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC     "PUMASI-GRANT"
#define MAJOR_MAX 0xfffu
#define MINOR_MAX 0xfffffu

static const char *const isolation_names[] = {
#define X(id, name) [GRANT_ISOLATION_##id] = (name),
    GRANT_ISOLATIONS(X)
#undef X
};

const char *grant_isolation_name(enum grant_isolation isolation)
{
    return (unsigned)isolation < GRANT_ISOLATION_COUNT ? isolation_names[isolation] : "?";
}

int grant_isolation_parse(struct span text, enum grant_isolation *ret, struct err *err)
{
    for (int i = 0; i < GRANT_ISOLATION_COUNT; i++) {
        if (span_equal(text, span_text(isolation_names[i]))) {
            *ret = (enum grant_isolation)i;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID,
                   "isolation class: unknown; known are whole, mig, dmem, mps, timeslice");
}

static int device_compare(const void *a, const void *b)
{
    const struct grant_device *x = a, *y = b;
    if (x->major != y->major)
        return x->major < y->major ? -1 : 1;
    return (x->minor > y->minor) - (x->minor < y->minor);
}

static int uid_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void grant_sort(struct grant *g)
{
    ENSURE(g->uid_count <= GRANT_UIDS_MAX && g->device_count <= GRANT_DEVICES_MAX);
    qsort(g->uids, g->uid_count, sizeof g->uids[0], uid_compare);
    qsort(g->devices, g->device_count, sizeof g->devices[0], device_compare);
    size_t n = 0;
    for (size_t i = 0; i < g->uid_count; i++) {
        if (n == 0 || g->uids[n - 1] != g->uids[i])
            g->uids[n++] = g->uids[i];
    }
    g->uid_count = n;
    n = 0;
    for (size_t i = 0; i < g->device_count; i++) {
        bool again = n > 0 && device_compare(&g->devices[n - 1], &g->devices[i]) == 0 &&
                     strcmp(g->devices[n - 1].uuid, g->devices[i].uuid) == 0;
        if (!again)
            g->devices[n++] = g->devices[i];
    }
    g->device_count = n;
}

static bool is_gpu(const struct grant_device *d)
{
    return strncmp(d->uuid, "GPU-", 4) == 0;
}

size_t grant_gpus(const struct grant *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->device_count; i++) {
        bool seen = !is_gpu(&g->devices[i]);
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(g->devices[k].uuid, g->devices[i].uuid) == 0;
        n += !seen;
    }
    return n;
}

bool grant_device_exclusive(const struct grant *g, const struct grant_device *d)
{
    return g->isolation == GRANT_ISOLATION_WHOLE || strncmp(d->uuid, "MIG-", 4) == 0;
}

static int check_names(const struct grant *g, struct err *err)
{
    const struct {
        const struct id *id;
        const char *what;
        bool optional;
    } names[] = {
        {&g->lease, "lease", false},     {&g->organisation, "organisation", false},
        {&g->project, "project", false}, {&g->node, "node", false},
        {&g->loan, "loan", true},        {&g->key, "key", false},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct id parsed;
        if (names[i].optional && id_is_none(names[i].id))
            continue;
        TRY(id_parse(span_text(names[i].id->text), names[i].what, &parsed, err));
    }
    return 0;
}

static bool is_real(struct instant t)
{
    return t.s >= INSTANT_MIN_S && t.s <= INSTANT_MAX_S;
}

static int check_times(const struct grant *g, struct err *err)
{
    if (g->fence == 0 || g->seq == 0)
        return err_set(err, ERR_INVALID, "grant: fence and seq start at 1");
    if (!is_real(g->issued_at) || !is_real(g->ends_at))
        return err_set(err, ERR_INVALID, "grant: issued_at or ends_at is no real instant");
    if (g->ttl_ms == 0 || g->ttl_ms > GRANT_TTL_MAX_MS)
        return err_set(err, ERR_INVALID, "grant: ttl_ms is outside 1..%llu",
                       (unsigned long long)GRANT_TTL_MAX_MS);
    int64_t room_s = g->ends_at.s - g->issued_at.s;
    if (room_s <= 0 || g->ttl_ms > (uint64_t)room_s * 1000)
        return err_set(err, ERR_INVALID, "grant: issued_at + ttl is after ends_at");
    return 0;
}

static int check_uids(const struct grant *g, struct err *err)
{
    if (g->uid_count > GRANT_UIDS_MAX)
        return err_set(err, ERR_INVALID, "grant: more than %d uids", GRANT_UIDS_MAX);
    for (size_t i = 1; i < g->uid_count; i++) {
        if (g->uids[i - 1] >= g->uids[i])
            return err_set(err, ERR_INVALID, "grant: uids are not strictly ascending");
    }
    return 0;
}

static bool uuid_is_good(const char *uuid)
{
    size_t n = strnlen(uuid, GRANT_UUID_CAP);
    if (n == GRANT_UUID_CAP)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (uuid[i] <= ' ' || uuid[i] > '~')
            return false;
    }
    return true;
}

static int check_devices(const struct grant *g, struct err *err)
{
    if (g->device_count == 0 || g->device_count > GRANT_DEVICES_MAX)
        return err_set(err, ERR_INVALID, "grant: needs 1 to %d devices", GRANT_DEVICES_MAX);
    for (size_t i = 0; i < g->device_count; i++) {
        const struct grant_device *d = &g->devices[i];
        if (d->major > MAJOR_MAX || d->minor > MINOR_MAX)
            return err_set(err, ERR_INVALID, "grant: device %u:%u is out of range", d->major,
                           d->minor);
        if (!uuid_is_good(d->uuid))
            return err_set(err, ERR_INVALID, "grant: device %u:%u has a bad UUID", d->major,
                           d->minor);
        if (i > 0 && device_compare(d - 1, d) >= 0)
            return err_set(err, ERR_INVALID, "grant: devices are not strictly ascending");
    }
    return 0;
}

static int check_share(const struct grant *g, struct err *err)
{
    if ((unsigned)g->isolation >= GRANT_ISOLATION_COUNT)
        return err_set(err, ERR_INVALID, "grant: unknown isolation class");
    int64_t most = SHARE_PER_GPU;
    if (g->isolation == GRANT_ISOLATION_WHOLE)
        most = share_gpus((int64_t)grant_gpus(g)).units;
    bool exact = g->isolation != GRANT_ISOLATION_WHOLE || g->share.units == most;
    if (g->share.units < 1 || g->share.units > most || !exact)
        return err_set(err, ERR_INVALID, "grant: a share of %lld units does not fit %zu GPUs, %s",
                       (long long)g->share.units, grant_gpus(g),
                       grant_isolation_name(g->isolation));
    return 0;
}

int grant_check(const struct grant *g, struct err *err)
{
    TRY(check_names(g, err));
    TRY(check_times(g, err));
    TRY(check_uids(g, err));
    TRY(check_devices(g, err));
    return check_share(g, err);
}

int grant_encode(const struct grant *g, struct grant_bytes *ret, struct err *err)
{
    TRY(grant_check(g, err));
    memset(ret, 0, sizeof *ret);
    struct byte_writer w = {.data = ret->data, .cap = sizeof ret->data};
    put_bytes(&w, MAGIC, strlen(MAGIC));
    put_u16(&w, GRANT_VERSION);
    put_text(&w, g->lease.text);
    put_text(&w, g->organisation.text);
    put_text(&w, g->project.text);
    put_text(&w, g->node.text);
    put_text(&w, g->loan.text);
    put_text(&w, g->key.text);
    put_bytes(&w, g->boot_id, sizeof g->boot_id);
    put_u64(&w, g->fence);
    put_u64(&w, g->seq);
    put_bytes(&w, g->nonce, sizeof g->nonce);
    put_u64(&w, (uint64_t)g->issued_at.s);
    put_u64(&w, g->ttl_ms);
    put_u64(&w, (uint64_t)g->ends_at.s);
    put_u8(&w, (uint8_t)g->isolation);
    put_u64(&w, (uint64_t)g->share.units);
    put_u8(&w, (uint8_t)g->uid_count);
    for (size_t i = 0; i < g->uid_count; i++)
        put_u32(&w, g->uids[i]);
    put_u8(&w, (uint8_t)g->device_count);
    for (size_t i = 0; i < g->device_count; i++) {
        put_u16(&w, (uint16_t)g->devices[i].major);
        put_u32(&w, g->devices[i].minor);
        put_text(&w, g->devices[i].uuid);
    }
    ENSURE(!w.failed); /* GRANT_BYTES_MAX holds the longest grant that passes the check */
    ret->len = w.len;
    return 0;
}

static void take_lists(struct byte_reader *r, struct grant *g)
{
    g->uid_count = take_u8(r, "uid count");
    if (g->uid_count > GRANT_UIDS_MAX)
        r->failed = "uid count";
    for (size_t i = 0; i < g->uid_count && !r->failed; i++)
        g->uids[i] = take_u32(r, "uid");
    g->device_count = take_u8(r, "device count");
    if (g->device_count > GRANT_DEVICES_MAX)
        r->failed = "device count";
    for (size_t i = 0; i < g->device_count && !r->failed; i++) {
        g->devices[i].major = take_u16(r, "major");
        g->devices[i].minor = take_u32(r, "minor");
        take_text(r, "UUID", g->devices[i].uuid, sizeof g->devices[i].uuid);
    }
}

int grant_decode(struct span bytes, struct grant *ret, struct err *err)
{
    struct grant g;
    memset(&g, 0, sizeof g);
    struct byte_reader r = {.rest = bytes};
    take_literal(&r, "magic", MAGIC);
    if (take_u16(&r, "version") != GRANT_VERSION && !r.failed)
        r.failed = "version";
    take_id(&r, "lease", false, &g.lease);
    take_id(&r, "organisation", false, &g.organisation);
    take_id(&r, "project", false, &g.project);
    take_id(&r, "node", false, &g.node);
    take_id(&r, "loan", true, &g.loan);
    take_id(&r, "key", false, &g.key);
    take_bytes(&r, "boot id", g.boot_id, sizeof g.boot_id);
    g.fence = take_u64(&r, "fence");
    g.seq = take_u64(&r, "seq");
    take_bytes(&r, "nonce", g.nonce, sizeof g.nonce);
    g.issued_at.s = (int64_t)take_u64(&r, "issued_at");
    g.ttl_ms = take_u64(&r, "ttl");
    g.ends_at.s = (int64_t)take_u64(&r, "ends_at");
    g.isolation = (enum grant_isolation)take_u8(&r, "isolation class");
    g.share.units = (int64_t)take_u64(&r, "share");
    take_lists(&r, &g);
    if (!r.failed && r.rest.len > 0)
        r.failed = "length";
    if (r.failed)
        return err_set(err, ERR_INVALID, "grant: malformed %s", r.failed);
    TRY(grant_check(&g, err));
    *ret = g;
    return 0;
}

int grant_boot_parse(struct span text, uint8_t ret[GRANT_BOOT_BYTES], struct err *err)
{
    char digits[2 * GRANT_BOOT_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '-')
            continue;
        if (n == sizeof digits)
            return err_set(err, ERR_INVALID, "boot id: more than %zu digits", sizeof digits);
        digits[n++] = (char)text.data[i];
    }
    return text_unhex(span_of(digits, n), ret, GRANT_BOOT_BYTES, err);
}
