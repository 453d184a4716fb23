/* From what the domain says to signed bytes. */
#include "controlplane/effect/issuer.h"

#include "lib/base/text.h"

#include <stdlib.h>

struct issuer {
    const struct key *key;
    struct id key_id;
};

struct issuer *issuer_create(const struct key *key)
{
    struct issuer *i = calloc(1, sizeof *i);
    ENSURE(i && key);
    struct public_key public_half = key_public(key);
    i->key = key;
    i->key_id = public_key_id(&public_half);
    return i;
}

void issuer_destroy(struct issuer *i)
{
    free(i);
}

struct public_key issuer_public_key(const struct issuer *i)
{
    return key_public(i->key);
}

static int add_devices(const struct placement *p, struct grant *g, struct err *err)
{
    if (p->devices.n > GRANT_DEVICES_MAX)
        return err_set(err, ERR_LIMIT, "%zu devices on one node, more than the %d of a grant",
                       p->devices.n, GRANT_DEVICES_MAX);
    LIST_EACH(const struct placed_device, d, &p->devices)
    {
        struct grant_device *to = &g->devices[g->device_count++];
        to->major = d->major;
        to->minor = d->minor;
        TRY(text_set(to->uuid, sizeof to->uuid, span_text(d->uuid), "uuid", err));
        g->share.units += d->units.units;
    }
    return 0;
}

static int add_uids(const struct lease *l, struct grant *g, struct err *err)
{
    if (l->uids.n > GRANT_UIDS_MAX)
        return err_set(err, ERR_LIMIT, "%zu uids, more than the %d of a grant", l->uids.n,
                       GRANT_UIDS_MAX);
    LIST_EACH(const struct user_id, u, &l->uids)
    {
        g->uids[g->uid_count++] = u->uid;
    }
    return 0;
}

static int64_t ttl_within(const struct enforcement *e, struct instant now)
{
    int64_t left_s = e->ends_at.s - now.s;
    if (left_s <= 0)
        return 0;
    int64_t max_s = (int64_t)(GRANT_TTL_MAX_MS / 1000);
    int64_t left_ms = (left_s < max_s ? left_s : max_s) * 1000;
    return e->ttl_ms < left_ms ? e->ttl_ms : left_ms;
}

int issuer_draft(const struct issuer *i, const struct enforcement *e,
                 const struct issue_request *request, struct grant *ret, struct err *err)
{
    const struct lease *l = e->lease;
    int64_t ttl_ms = ttl_within(e, request->now);
    if (ttl_ms <= 0)
        return err_set(err, ERR_STATE, "lease %s ends now", l->id.text);
    struct grant g = {
        .lease = l->id,
        .organisation = l->organisation,
        .project = l->project,
        .node = request->node->id,
        .loan = l->loan,
        .key = i->key_id,
        .fence = l->fence,
        .seq = request->seq,
        .issued_at = request->now,
        .ttl_ms = (uint64_t)ttl_ms,
        .ends_at = e->ends_at,
    };
    memcpy(g.nonce, request->nonce, sizeof g.nonce);
    if (grant_boot_parse(span_text(request->node->boot_id), g.boot_id, err) < 0)
        return err_set(err, ERR_STATE, "node %s has not said its boot id", request->node->id.text);
    TRY(grant_isolation_parse(span_text(enum_name(&isolation_names, (int)l->isolation)),
                              &g.isolation, err));
    TRY(add_devices(e->placement, &g, err));
    TRY(add_uids(l, &g, err));
    grant_sort(&g);
    TRY(grant_check(&g, err));
    *ret = g;
    return 0;
}

int issuer_sign(const struct issuer *i, const struct grant *draft, struct issued_grant *ret,
                struct err *err)
{
    struct issued_grant issued;
    TRY(grant_encode(draft, &issued.bytes, err));
    TRY(sign_bytes(i->key, span_of(issued.bytes.data, issued.bytes.len), &issued.signature, err));
    *ret = issued;
    return 0;
}
