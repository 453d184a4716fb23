/*
 * Owns: one stream of events. The stream's callbacks run on a thread of the loop and touch only
 * what the mutex guards; everything else runs on the caller's.
 */
#include "cli/watch.h"

#include "cli/client_internal.h"
#include "cli/services.h"
#include "lib/rpc/client_stream.h"
#include "lib/rpc/message.h"
#include "pumasi/v1/event.pb-c.h"

#include <pthread.h>

struct watch {
    struct client *client;
    const char *kind;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool news;  /* events came since the last look */
    bool ended; /* the stream is over, status says how */
    struct rpc_status status;
};

static void on_event(void *arg, ProtobufCMessage *message)
{
    struct watch *w = arg;
    rpc_message_destroy(message);
    pthread_mutex_lock(&w->lock);
    w->news = true;
    pthread_cond_signal(&w->moved);
    pthread_mutex_unlock(&w->lock);
}

static void on_end(void *arg, const struct rpc_status *status)
{
    struct watch *w = arg;
    pthread_mutex_lock(&w->lock);
    w->ended = true;
    w->status = *status;
    pthread_cond_signal(&w->moved);
    pthread_mutex_unlock(&w->lock);
}

static int open_stream(struct watch *w, struct rpc_stream **ret, struct err *err)
{
    char *kinds[] = {(char *)w->kind};
    Pumasi__V1__WatchRequest request = PUMASI__V1__WATCH_REQUEST__INIT;
    request.n_kinds = 1;
    request.kinds = kinds;
    struct rpc_method method = {.service = service_find("EventService"), .name = "Watch"};
    struct rpc_stream_handler handler = {.message = on_event, .done = on_end, .arg = w};
    struct rpc_stream *stream = NULL;
    w->ended = false;
    TRY(rpc_stream_open(client_channel(w->client), method, NULL, &handler, &stream, err));
    int rc = rpc_stream_send(stream, &request.base, err);
    rpc_stream_close_send(stream);
    *ret = stream; /* a stream that could not send ends by itself */
    return rc == -ERR_CANCELLED ? 0 : rc;
}

/* True: there is news. False: the stream has ended. */
static bool wait_for_news(struct watch *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->news && !w->ended)
        pthread_cond_wait(&w->moved, &w->lock);
    bool news = w->news;
    w->news = false;
    pthread_mutex_unlock(&w->lock);
    return news;
}

static void wait_for_end(struct watch *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->ended)
        pthread_cond_wait(&w->moved, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

/* The first event comes at once and carries the revision: it stands for "as it is now". */
static int follow_stream(struct watch *w, watch_changed_fn changed, void *arg, struct err *err)
{
    struct rpc_stream *stream = NULL;
    int rc = open_stream(w, &stream, err);
    while (rc == 0 && wait_for_news(w)) {
        rc = changed(arg, err);
        client_pause();
    }
    if (stream) {
        rpc_stream_cancel(stream);
        wait_for_end(w);
    }
    rpc_stream_destroy(stream);
    return rc;
}

static bool may_come_back(const struct rpc_status *status)
{
    switch (status->err) {
    case ERR_OK:
    case ERR_NOT_LEADER:
    case ERR_UNAVAILABLE:
    case ERR_UNKNOWN_OUTCOME:
    case ERR_CANCELLED:
        return true;
    default:
        return false;
    }
}

static int follow(struct watch *w, watch_changed_fn changed, void *arg, struct err *err)
{
    for (;;) {
        TRY(follow_stream(w, changed, arg, err));
        if (!may_come_back(&w->status))
            return rpc_status_err(&w->status, err);
        client_next_server(w->client);
        client_pause();
    }
}

int watch_follow(struct client *client, const char *kind, watch_changed_fn changed, void *arg,
                 struct err *err)
{
    ENSURE(client && kind && changed);
    struct watch w = {.client = client, .kind = kind};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.moved, NULL);
    int rc = follow(&w, changed, arg, err);
    pthread_cond_destroy(&w.moved);
    pthread_mutex_destroy(&w.lock);
    return rc;
}
