#include "lib/etcd/watch.h"

#include "lib/etcd/client_internal.h"
#include "lib/etcd/prefix.h"
#include "lib/rpc/client_stream.h"
#include "lib/rpc/message.h"

#include <etcd/rpc.pb-c.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * Owns the watches, one stream at a time each. A round: open_stream() (in create, then on the
 * timer thread) -> on_message()... -> on_done() (on the loop) -> a pause -> the next round.
 *
 * `next`, `attempts`, `over` and the fragments belong to the round: its callbacks come one at a
 * time and the next round begins after on_done(). The mutex guards the rest. `live` is true from
 * before the stream is opened until on_done() has called back for the last time, so destroy waits
 * for it and nothing touches the watch afterwards.
 */
#define FRAGMENTS_MAX 64 /* messages of one batch: etcd cuts them at some 2 MiB */

struct etcd_watch {
    struct etcd_client *client;
    struct etcd_prefix prefix;
    const struct etcd_watch_ops *ops;
    void *ud;
    struct etcd_timer pause;

    int64_t next; /* the first revision not shown yet */
    unsigned attempts;
    bool over;                               /* compacted: no further round */
    char reason[ERR_TEXT_MAX];               /* why etcd cancelled this round; "" otherwise */
    Etcdserverpb__WatchResponse **fragments; /* of a batch that is not complete */
    size_t fragment_count;

    pthread_mutex_t mutex;
    pthread_cond_t ended;
    struct rpc_stream *stream;
    bool live;
    bool stopping;
};

static bool is_stopping(struct etcd_watch *w)
{
    pthread_mutex_lock(&w->mutex);
    bool stopping = w->stopping;
    pthread_mutex_unlock(&w->mutex);
    return stopping;
}

static void drop_fragments(struct etcd_watch *w)
{
    for (size_t i = 0; i < w->fragment_count; i++)
        rpc_message_destroy(&w->fragments[i]->base);
    w->fragment_count = 0;
}

/* ---- messages ---- */

static void end_as_compacted(struct etcd_watch *w, int64_t compact_revision)
{
    w->over = true;
    rpc_stream_cancel(w->stream);
    if (w->ops->on_compacted != NULL)
        w->ops->on_compacted(compact_revision, w->ud);
}

static struct etcd_event event_of(const Mvccpb__Event *e)
{
    const Mvccpb__KeyValue *kv = e->kv;
    return (struct etcd_event){
        .deleted = e->type == MVCCPB__EVENT__EVENT_TYPE__DELETE,
        .kv =
            {
                .key = span_of(kv->key.data, kv->key.len),
                .value = span_of(kv->value.data, kv->value.len),
                .create_revision = kv->create_revision,
                .mod_revision = kv->mod_revision,
                .lease_id = kv->lease,
            },
    };
}

/* Appends what was not shown before; returns the new count. */
static size_t collect_events(const struct etcd_watch *w, const Etcdserverpb__WatchResponse *r,
                             struct etcd_event *events, size_t n)
{
    for (size_t i = 0; i < r->n_events; i++) {
        const Mvccpb__Event *e = r->events[i];
        if (e->kv != NULL && e->kv->mod_revision >= w->next)
            events[n++] = event_of(e);
    }
    return n;
}

/* Shows the collected batch, and forgets it. */
static void show_batch(struct etcd_watch *w)
{
    size_t capacity = 0;
    for (size_t i = 0; i < w->fragment_count; i++)
        capacity += w->fragments[i]->n_events;
    struct etcd_event *events = calloc(capacity ? capacity : 1, sizeof(*events));
    ENSURE(events != NULL);
    size_t n = 0;
    for (size_t i = 0; i < w->fragment_count; i++)
        n = collect_events(w, w->fragments[i], events, n);
    ENSURE(n <= capacity);
    if (n > 0) {
        int64_t revision = events[n - 1].kv.mod_revision;
        w->next = revision + 1;
        w->ops->on_events(events, n, revision, w->ud);
    }
    free(events);
    drop_fragments(w);
}

/* Takes the message. */
static void take_fragment(struct etcd_watch *w, Etcdserverpb__WatchResponse *r)
{
    bool last = !r->fragment;
    w->fragments[w->fragment_count++] = r;
    if (last)
        show_batch(w);
    else if (w->fragment_count == FRAGMENTS_MAX)
        end_as_compacted(w, w->next); /* too much to hold: the reader lists again */
}

/* A cancelled watch: compacted, or refused with a reason (then the round ends and is repeated). */
static void take_cancel(struct etcd_watch *w, const Etcdserverpb__WatchResponse *r)
{
    if (r->compact_revision > 0) {
        end_as_compacted(w, r->compact_revision);
        return;
    }
    const char *reason = r->cancel_reason[0] != '\0' ? r->cancel_reason : "the watch was cancelled";
    struct err cut;
    (void)err_set(&cut, ERR_UNAVAILABLE, "%s", reason);
    memcpy(w->reason, cut.text, sizeof(w->reason));
    rpc_stream_cancel(w->stream);
}

static void on_message(void *arg, ProtobufCMessage *message)
{
    struct etcd_watch *w = arg;
    Etcdserverpb__WatchResponse *r = (Etcdserverpb__WatchResponse *)message;
    if (is_stopping(w) || w->over) {
        rpc_message_destroy(message);
        return;
    }
    if (r->canceled || r->compact_revision > 0) {
        take_cancel(w, r);
    } else if (r->n_events > 0) {
        take_fragment(w, r);
        return;
    } else if (r->created) {
        w->attempts = 0;
    } else if (r->header != NULL && w->ops->on_progress != NULL) {
        w->ops->on_progress(r->header->revision, w->ud);
    }
    rpc_message_destroy(message);
}

/* ---- rounds ---- */

static void tell_lost(struct etcd_watch *w, const struct rpc_status *status)
{
    struct err err = ERR_INIT;
    if (w->reason[0] != '\0')
        (void)err_set(&err, ERR_UNAVAILABLE, "etcd: watch: %s", w->reason);
    else
        (void)err_set(&err, ERR_UNAVAILABLE, "etcd: watch: %s: %s", rpc_code_name(status->code),
                      status->text);
    if (w->ops->on_lost != NULL)
        w->ops->on_lost(&err, w->ud);
}

static void on_done(void *arg, const struct rpc_status *status)
{
    struct etcd_watch *w = arg;
    drop_fragments(w);
    if (!w->over && !is_stopping(w))
        tell_lost(w, status);
    w->reason[0] = '\0';
    pthread_mutex_lock(&w->mutex);
    rpc_stream_destroy(w->stream);
    w->stream = NULL;
    w->live = false;
    if (!w->over && !w->stopping)
        (void)etcd_timer_set(w->client->timers, &w->pause,
                             etcd_client_pause_ms(w->client, w->attempts++));
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->mutex);
}

static int send_create(struct etcd_watch *w)
{
    Etcdserverpb__WatchCreateRequest create = ETCDSERVERPB__WATCH_CREATE_REQUEST__INIT;
    create.key = (ProtobufCBinaryData){.len = w->prefix.start_len, .data = w->prefix.start};
    create.range_end = (ProtobufCBinaryData){.len = w->prefix.end_len, .data = w->prefix.end};
    create.start_revision = w->next;
    create.progress_notify = true;
    create.fragment = true;
    Etcdserverpb__WatchRequest request = ETCDSERVERPB__WATCH_REQUEST__INIT;
    request.request_union_case = ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_CREATE_REQUEST;
    request.create_request = &create;
    return rpc_stream_send(w->stream, &request.base, NULL);
}

static void open_stream(void *arg)
{
    struct etcd_watch *w = arg;
    const struct rpc_stream_handler handler = {.message = on_message, .done = on_done, .arg = w};
    const struct rpc_method method = {&etcdserverpb__watch__descriptor, "Watch"};
    /* Under the lock, so that the callbacks find the stream in its place. */
    pthread_mutex_lock(&w->mutex);
    if (!w->stopping) {
        w->live = true;
        int rc = rpc_stream_open(w->client->channel, method, NULL, &handler, &w->stream, NULL);
        if (rc == 0 && send_create(w) < 0)
            rpc_stream_cancel(w->stream); /* it has ended already: on_done() comes */
        if (rc < 0)
            w->live = false; /* the client is being closed */
    }
    pthread_mutex_unlock(&w->mutex);
}

struct etcd_watch *etcd_watch_create(struct etcd_client *client, struct span prefix,
                                     int64_t from_revision, const struct etcd_watch_ops *ops,
                                     void *ud)
{
    ENSURE(prefix.len > 0 && from_revision > 0 && ops->on_events != NULL);
    struct etcd_watch *w = calloc(1, sizeof(*w));
    ENSURE(w != NULL);
    w->fragments = calloc(FRAGMENTS_MAX, sizeof(w->fragments[0]));
    ENSURE(w->fragments != NULL);
    w->client = client;
    etcd_prefix_init(&w->prefix, prefix);
    w->next = from_revision;
    w->ops = ops;
    w->ud = ud;
    w->pause = (struct etcd_timer){.fn = open_stream, .ud = w};
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->ended, NULL);
    atomic_fetch_add(&client->handles, 1);
    open_stream(w);
    return w;
}

void etcd_watch_destroy(struct etcd_watch *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    pthread_mutex_unlock(&w->mutex);
    etcd_timer_cancel(w->client->timers, &w->pause); /* from here on no round begins */
    pthread_mutex_lock(&w->mutex);
    if (w->live)
        rpc_stream_cancel(w->stream);
    while (w->live)
        pthread_cond_wait(&w->ended, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
    atomic_fetch_sub(&w->client->handles, 1);
    pthread_cond_destroy(&w->ended);
    pthread_mutex_destroy(&w->mutex);
    etcd_prefix_fini(&w->prefix);
    free(w->fragments);
    free(w);
}
