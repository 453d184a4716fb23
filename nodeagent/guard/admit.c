/* Decides whether a grant is genuine, meant for here and now, and inside the lender's permit. */
#include "nodeagent/guard/admit.h"

#include "lib/grant/permit.h"
#include "lib/pki/sign.h"

#include <string.h>

static int check_place(const struct admit *a, const struct grant *g, struct err *err)
{
    if (!id_equal(&g->node, &a->node))
        return err_set(err, ERR_VERIFICATION, "grant for node %s at node %s", g->node.text,
                       a->node.text);
    if (memcmp(g->boot_id, a->boot_id, sizeof a->boot_id) != 0)
        return err_set(err, ERR_VERIFICATION, "grant for another boot of node %s", a->node.text);
    for (size_t i = 0; i < g->device_count; i++) {
        if (!rules_match(&a->gated, g->devices[i].major, g->devices[i].minor))
            return err_set(err, ERR_DENIED, "device %u:%u is not gated on this node",
                           g->devices[i].major, g->devices[i].minor);
    }
    return 0;
}

static int find_deadline(const struct nonces *nonces, struct admit_now now, const struct grant *g,
                         uint64_t *ret_ns, struct err *err)
{
    ENSURE(g->ttl_ms <= GRANT_TTL_MAX_MS); /* so that nothing below can wrap */
    uint64_t made_ns, ttl_ns = g->ttl_ms * 1000000;
    if (!nonces_find(nonces, g->nonce, now.boot_ns, &made_ns))
        return err_set(err, ERR_VERIFICATION,
                       "grant carries no nonce of this guard, or an old one");
    if (made_ns + ttl_ns <= now.boot_ns)
        return err_set(err, ERR_STALE, "grant came after its time to live");
    *ret_ns = made_ns + ttl_ns;
    return 0;
}

static bool lists(const char *pools, const struct id *pool)
{
    size_t n = strlen(pool->text);
    for (const char *at = pools; *at != '\0'; at += strspn(at, ", ")) {
        size_t len = strcspn(at, ", ");
        if (len == n && memcmp(at, pool->text, n) == 0)
            return true;
        at += len;
    }
    return false;
}

/* The lender lent until the end of the window. By this node's own clock, since a wrong control
 * plane could write any issued_at. */
static int check_clock(const struct permit *p, const struct grant *g, struct instant wall,
                       struct err *err)
{
    int64_t left_s = p->window.to.s + ADMIT_CLOCK_SLACK_S - wall.s;
    if (wall.s + ADMIT_CLOCK_SLACK_S < p->window.from.s || left_s <= 0 ||
        g->ttl_ms / 1000 > (uint64_t)left_s)
        return err_set(err, ERR_DENIED, "loan %s: by this node's clock, outside its window",
                       p->loan.text);
    return 0;
}

static int check_loan(const struct admit *a, struct admit_now now, const struct grant *g,
                      const struct guard_install *install, struct share *ret, struct err *err)
{
    struct permit p;
    struct span bytes = span_of(install->permit.data, install->permit.len);
    TRY(permit_decode(bytes, &p, err));
    TRY(keyring_verify(&a->lenders, &p.key, bytes, signature_span(&install->permit_signature),
                       err));
    if (!id_equal(&p.lender, &a->owner))
        return err_set(err, ERR_DENIED, "loan %s is of %s, this node of %s", p.loan.text,
                       p.lender.text, a->owner.text);
    if (!lists(a->pools, &p.pool))
        return err_set(err, ERR_DENIED, "loan %s: pool %s has no devices here", p.loan.text,
                       p.pool.text);
    TRY(permit_covers(&p, g, err));
    TRY(check_clock(&p, g, now.wall, err));
    *ret = p.max_share;
    return 0;
}

int admit_check(const struct admit *a, const struct nonces *nonces, struct admit_now now,
                const struct guard_install *install, struct admitted *ret, struct err *err)
{
    struct admitted out = {.deadline_ns = 0};
    struct span bytes = span_of(install->grant.data, install->grant.len);
    TRY(grant_decode(bytes, &out.grant, err));
    TRY(keyring_verify(&a->control_plane, &out.grant.key, bytes,
                       signature_span(&install->signature), err));
    TRY(check_place(a, &out.grant, err));
    TRY(find_deadline(nonces, now, &out.grant, &out.deadline_ns, err));
    if (!id_is_none(&out.grant.loan))
        TRY(check_loan(a, now, &out.grant, install, &out.loan_share, err));
    else if (!id_equal(&out.grant.organisation, &a->owner))
        return err_set(err, ERR_DENIED, "%s has no loan on a node of %s",
                       out.grant.organisation.text, a->owner.text);
    ENSURE(out.deadline_ns > now.boot_ns);
    *ret = out;
    return 0;
}
