/* When to check. The watch's thread writes one number; all else is the writer's. */
#include "controlplane/engine/vigil.h"

#include "controlplane/engine/keys.h"

#include <stdatomic.h>
#include <stdlib.h>

#define NS_PER_MS INT64_C(1000000)

struct vigil {
    struct store *store;
    struct store_watch *watch; /* NULL: not leading */
    _Atomic int64_t heard;     /* the revision of the leader key's last event */
    int64_t known;             /* events up to here are explained */
    bool suspicious;
    int64_t pause_ms;         /* between the last check and one for a suspicion */
    struct boot_time checked; /* last */
    struct boot_time check_at;
};

struct vigil *vigil_create(struct store *store)
{
    struct vigil *v = calloc(1, sizeof *v);
    ENSURE(v && store);
    v->store = store;
    return v;
}

void vigil_destroy(struct vigil *v)
{
    if (!v)
        return;
    vigil_end(v);
    free(v);
}

static struct boot_time after_ms(struct boot_time t, int64_t ms)
{
    return (struct boot_time){t.ns + ms * NS_PER_MS};
}

static void on_events(const struct store_event *events, size_t n, int64_t revision, void *ud)
{
    struct vigil *v = ud;
    (void)events;
    (void)n;
    atomic_store(&v->heard, revision);
}

void vigil_begin(struct vigil *v, const struct mirror *m, struct boot_time now)
{
    static const struct store_watch_ops ops = {.on_events = on_events};
    ENSURE(!v->watch);
    v->known = mirror_revision(m);
    v->suspicious = false;
    v->pause_ms = VIGIL_SUSPECT_MS;
    v->checked = now;
    v->check_at = after_ms(now, VIGIL_MS);
    atomic_store(&v->heard, 0);
    v->watch = store_watch(v->store, span_text(KEY_LEADER), v->known + 1, &ops, v);
}

void vigil_end(struct vigil *v)
{
    store_unwatch(v->watch);
    v->watch = NULL;
}

static void suspect(struct vigil *v)
{
    struct boot_time soon = after_ms(v->checked, v->pause_ms);
    v->suspicious = true;
    if (soon.ns < v->check_at.ns)
        v->check_at = soon;
}

void vigil_saw(struct vigil *v, int64_t revision, int64_t explained)
{
    if (revision > explained)
        suspect(v);
}

bool vigil_is_due(struct vigil *v, struct boot_time now)
{
    if (atomic_load(&v->heard) > v->known)
        v->check_at = now; /* the leader key is ours: nobody else has any business there */
    return now.ns >= v->check_at.ns;
}

int vigil_check(struct vigil *v, struct mirror *m, struct boot_time now, struct err *err)
{
    int64_t heard = atomic_load(&v->heard);
    int rc = mirror_check(m, v->store, err);
    v->checked = now;
    v->check_at = after_ms(now, rc == 0 ? VIGIL_MS : VIGIL_AGAIN_MS);
    if (rc < 0)
        return rc;
    v->known = heard > v->known ? heard : v->known;
    v->pause_ms = v->suspicious && v->pause_ms < VIGIL_MS ? 2 * v->pause_ms : VIGIL_SUSPECT_MS;
    v->suspicious = false;
    return 0;
}
