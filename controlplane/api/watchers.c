/* A list of streams under one mutex. Streams end here, and only here: a stream that the client has
 * left is marked by its hook and ended at the next occasion. */
#include "controlplane/api/watchers.h"

#include "controlplane/domain/authorise.h"

#include "pumasi/v1/event.pb-c.h"

#include <pthread.h>
#include <stdlib.h>
#include <utlist.h>

struct watcher {
    struct watchers *owner;
    struct rpc_call *call;
    struct watch_wish wish;
    bool listed;
    struct watcher *prev, *next;
};

struct watchers {
    pthread_mutex_t lock;
    struct watcher *list;
    int64_t revision;
    bool closed;
};

struct watchers *watchers_create(void)
{
    struct watchers *w = calloc(1, sizeof *w);
    ENSURE(w && pthread_mutex_init(&w->lock, NULL) == 0);
    return w;
}

void watchers_destroy(struct watchers *w)
{
    if (!w)
        return;
    ENSURE(!w->list);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* With the lock held: takes it off the list and ends its stream. Its memory goes with the hooks. */
static void end(struct watcher *watcher, const struct err *err)
{
    ENSURE(watcher->listed);
    watcher->listed = false;
    DL_DELETE(watcher->owner->list, watcher);
    if (err)
        rpc_call_fail(watcher->call, err);
    else
        rpc_call_end(watcher->call);
}

static void on_cancelled(void *data)
{
    struct watcher *watcher = data;
    pthread_mutex_lock(&watcher->owner->lock);
    if (watcher->listed)
        end(watcher, NULL);
    pthread_mutex_unlock(&watcher->owner->lock);
}

static void on_release(void *data)
{
    free(data);
}

static const struct rpc_call_hooks hooks = {.cancelled = on_cancelled, .release = on_release};

static int send(struct watcher *watcher, int64_t revision, const struct engine_change *change,
                struct err *err)
{
    Pumasi__V1__Event event = PUMASI__V1__EVENT__INIT;
    event.revision = revision;
    if (change) {
        event.kind = (char *)entity_name(change->kind);
        event.id = (char *)change->id.text;
        event.deleted = change->deleted;
    }
    return rpc_call_send(watcher->call, &event.base, err);
}

void watchers_add(struct watchers *w, struct rpc_call *call, const struct watch_wish *wish)
{
    struct watcher *watcher = calloc(1, sizeof *watcher);
    ENSURE(watcher);
    *watcher = (struct watcher){.owner = w, .call = call, .wish = *wish};
    struct err err = ERR_INIT;
    pthread_mutex_lock(&w->lock);
    watcher->listed = true;
    DL_APPEND(w->list, watcher);
    rpc_call_set_hooks(call, &hooks, watcher);
    if (w->closed)
        end(watcher, NULL);
    else if (send(watcher, w->revision, NULL, &err) < 0)
        end(watcher, &err);
    pthread_mutex_unlock(&w->lock);
}

static bool wants(const struct watcher *watcher, const struct engine_change *change)
{
    const struct watch_wish *wish = &watcher->wish;
    if (wish->kinds && !(wish->kinds & (1u << change->kind)))
        return false;
    return id_is_none(&wish->id) || id_equal(&wish->id, &change->id);
}

static bool may_see(const struct state *state, const struct actor *actor,
                    const struct engine_change *change)
{
    const void *record = state_find(state, change->kind, &change->id);
    return record && authorise_view(state, actor, change->kind, record);
}

static int tell(struct watcher *watcher, const struct state *state, int64_t revision,
                const struct engine_change *changes, size_t n, struct err *err)
{
    struct actor actor;
    /* Certificates end in time, not in commits: INSTANT_MIN_S leaves that to the handshake. */
    struct instant start = {INSTANT_MIN_S};
    TRY(actor_resolve(state, &watcher->wish.principal, start, &actor, err));
    for (size_t i = 0; i < n; i++) {
        if (wants(watcher, &changes[i]) && may_see(state, &actor, &changes[i]))
            TRY(send(watcher, revision, &changes[i], err));
    }
    return 0;
}

void watchers_on_commit(void *watchers, const struct state *state, int64_t revision,
                        const struct engine_change *changes, size_t n)
{
    struct watchers *w = watchers;
    pthread_mutex_lock(&w->lock);
    w->revision = revision;
    struct watcher *watcher, *tmp;
    DL_FOREACH_SAFE(w->list, watcher, tmp)
    {
        struct err err = ERR_INIT;
        if (tell(watcher, state, revision, changes, n, &err) < 0)
            end(watcher, &err);
    }
    pthread_mutex_unlock(&w->lock);
}

void watchers_close(struct watchers *w)
{
    pthread_mutex_lock(&w->lock);
    w->closed = true;
    while (w->list)
        end(w->list, NULL);
    pthread_mutex_unlock(&w->lock);
}
