/*
 * A list of streams under one mutex. Streams end here, and only here. The hook of a client that has
 * left may run while its stream is being added, on the same thread: it marks the watcher, and ends
 * the stream only once that is listed; until then watchers_add() does.
 */
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
    bool gone;      /* the client has left */
    int64_t joined; /* the revision at which it came */
    struct watcher *prev, *next;
};

/* A change that was told, for those who were away. */
struct past {
    int64_t revision;
    struct engine_change change;
};

struct watchers {
    const struct env *env;
    pthread_mutex_t lock; /* over the rest, and every watcher */
    struct watcher *list;
    int64_t revision;
    struct past *history; /* a ring of WATCH_HISTORY */
    size_t first, kept;
    int64_t floor; /* all that came after this revision is kept */
    bool closed;
};

struct watchers *watchers_create(const struct env *env)
{
    struct watchers *w = calloc(1, sizeof *w);
    ENSURE(w && env && pthread_mutex_init(&w->lock, NULL) == 0);
    w->env = env;
    w->history = calloc(WATCH_HISTORY, sizeof *w->history);
    ENSURE(w->history);
    return w;
}

void watchers_destroy(struct watchers *w)
{
    if (!w)
        return;
    ENSURE(!w->list);
    pthread_mutex_destroy(&w->lock);
    free(w->history);
    free(w);
}

/* ---- what was told before ---- */

static const struct past *past_at(const struct watchers *w, size_t i)
{
    return &w->history[(w->first + i) % WATCH_HISTORY];
}

static void remember(struct watchers *w, const struct engine_change *change)
{
    if (w->kept == WATCH_HISTORY) {
        w->floor = w->history[w->first].revision;
        w->first = (w->first + 1) % WATCH_HISTORY;
        w->kept--;
    }
    w->history[(w->first + w->kept++) % WATCH_HISTORY] =
        (struct past){.revision = w->revision, .change = *change};
}

static void forget_all(struct watchers *w)
{
    w->kept = 0;
    w->floor = w->revision;
}

static int check_wish(const struct watchers *w, const struct watch_wish *wish, struct err *err)
{
    if (wish->after == 0 || (wish->after >= w->floor && wish->after <= w->revision))
        return 0;
    return err_set(err, ERR_NOT_FOUND,
                   "what came after revision %lld is not kept: list again, and watch from now on",
                   (long long)wish->after);
}

/* ---- streams ---- */

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
    watcher->gone = true;
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
    rpc_call_set_hooks(call, &hooks, watcher); /* may call on_cancelled(), which takes the lock */
    pthread_mutex_lock(&w->lock);
    watcher->listed = true;
    watcher->joined = w->revision;
    DL_APPEND(w->list, watcher);
    int64_t from = wish->after ? wish->after : w->revision;
    if (watcher->gone || w->closed)
        end(watcher, NULL);
    else if (check_wish(w, wish, &err) < 0 || send(watcher, from, NULL, &err) < 0)
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

/* Of what is gone nobody can tell any more whose it was: that is told to who sees everything. */
static bool may_see(const struct state *state, const struct actor *actor,
                    const struct engine_change *change)
{
    const void *record = state_find(state, change->kind, &change->id);
    if (!record)
        return authorise_view_all(state, actor);
    return authorise_view(state, actor, change->kind, record);
}

/* What came while the watcher was away. */
static int catch_up(struct watcher *watcher, const struct state *state, const struct actor *actor,
                    struct err *err)
{
    const struct watchers *w = watcher->owner;
    for (size_t i = 0; watcher->wish.after > 0 && i < w->kept; i++) {
        const struct past *past = past_at(w, i);
        bool missed = past->revision > watcher->wish.after && past->revision <= watcher->joined;
        if (missed && wants(watcher, &past->change) && may_see(state, actor, &past->change))
            TRY(send(watcher, past->revision, &past->change, err));
    }
    watcher->wish.after = 0;
    return 0;
}

static int tell(struct watcher *watcher, const struct state *state, int64_t revision,
                const struct engine_change *changes, size_t n, struct err *err)
{
    struct actor actor;
    struct instant now = env_now(watcher->owner->env);
    TRY(actor_resolve(state, &watcher->wish.principal, now, &actor, err));
    TRY(catch_up(watcher, state, &actor, err));
    for (size_t i = 0; i < n; i++) {
        if (wants(watcher, &changes[i]) && may_see(state, &actor, &changes[i]))
            TRY(send(watcher, revision, &changes[i], err));
    }
    return 0;
}

/* With the lock held. */
static void tell_all(struct watchers *w, const struct state *state,
                     const struct engine_change *changes, size_t n)
{
    struct watcher *watcher, *tmp;
    DL_FOREACH_SAFE(w->list, watcher, tmp)
    {
        struct err err = ERR_INIT;
        if (tell(watcher, state, w->revision, changes, n, &err) < 0)
            end(watcher, &err);
    }
}

void watchers_on_commit(void *watchers, const struct state *state, int64_t revision,
                        const struct engine_change *changes, size_t n)
{
    struct watchers *w = watchers;
    struct err reload = ERR_INIT;
    (void)err_set(&reload, ERR_UNAVAILABLE, "reload: list again");
    pthread_mutex_lock(&w->lock);
    w->revision = revision;
    for (size_t i = 0; changes && i < n; i++)
        remember(w, &changes[i]);
    if (!changes)
        forget_all(w);
    if (changes)
        tell_all(w, state, changes, n);
    while (!changes && w->list)
        end(w->list, &reload);
    pthread_mutex_unlock(&w->lock);
}

void watchers_recheck(struct watchers *w, const struct state *state)
{
    pthread_mutex_lock(&w->lock);
    tell_all(w, state, NULL, 0);
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
