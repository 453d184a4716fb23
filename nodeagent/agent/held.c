/* The table of grants. */
#include "nodeagent/agent/held.h"

#include "lib/base/text.h"
#include "lib/grant/grant.h"

struct held *held_find(struct held_table *t, const struct id *lease)
{
    for (size_t i = 0; i < HELD_MAX; i++) {
        if (t->items[i].used && id_equal(&t->items[i].lease.lease, lease))
            return &t->items[i];
    }
    return NULL;
}

static struct held *free_place(struct held_table *t)
{
    struct held *past = NULL;
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct held *h = &t->items[i];
        if (!h->used)
            return h;
        if (!h->named && !h->enforced)
            past = h;
    }
    return past;
}

int held_note(struct held_table *t, const struct link_grant *grant, struct err *err)
{
    struct grant decoded;
    struct span bytes = span_of(grant->install.grant.data, grant->install.grant.len);
    TRY(grant_decode(bytes, &decoded, err));
    struct held *h = held_find(t, &grant->lease);
    struct instant told_of = h ? h->told_of : (struct instant){0};
    if (!h)
        h = free_place(t);
    if (!h)
        return err_set(err, ERR_LIMIT, "more than %d leases on one node", HELD_MAX);
    *h = (struct held){.used = true,
                       .named = true,
                       .enforced = true,
                       .lease = {.lease = grant->lease,
                                 .organisation = grant->organisation,
                                 .project = grant->project,
                                 .units = decoded.share,
                                 .issued_at = decoded.issued_at},
                       .ends_at = decoded.ends_at,
                       .told_of = told_of,
                       .device_count = (uint32_t)decoded.device_count};
    (void)text_cut(h->lease.model, sizeof h->lease.model, grant->model);
    (void)text_cut(h->ends_as, sizeof h->ends_as, grant->ends_as);
    (void)text_cut(h->lease.isolation, sizeof h->lease.isolation,
                   grant_isolation_name(decoded.isolation));
    for (size_t i = 0; i < decoded.device_count; i++)
        memcpy(h->uuids[i], decoded.devices[i].uuid, GRANT_UUID_CAP);
    return 0;
}

void held_unname(struct held_table *t)
{
    for (size_t i = 0; i < HELD_MAX; i++)
        t->items[i].named = false;
}

void held_compare(struct held_table *t, const struct link_held *held, size_t n)
{
    for (size_t i = 0; i < HELD_MAX; i++)
        t->items[i].enforced = false;
    for (size_t i = 0; i < n; i++) {
        struct held *h = held_find(t, &held[i].lease);
        if (h)
            h->enforced = strcmp(held[i].state, "returned") != 0;
    }
}
