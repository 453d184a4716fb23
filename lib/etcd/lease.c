#include "lib/etcd/lease.h"

#include "lib/etcd/call.h"
#include "lib/etcd/outcome.h"
#include "lib/rpc/client_stream.h"
#include "lib/rpc/message.h"

#include <etcd/rpc.pb-c.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * Owns the leases that are kept alive. tick() runs on the timer thread: it judges whether the
 * lease is lost, opens the stream if there is none, and sends one renewal if none is on its way.
 * The mutex guards all that changes; callbacks to the user run without it. `live` is true while
 * the stream may still call back.
 *
 * A renewal counts from when it was *sent*: etcd's own count starts later, so our verdict "lost"
 * is never later than etcd's.
 */
#define RETRY_MS 100

struct etcd_lease {
    struct etcd_client *client;
    int64_t id;
    int64_t ttl_ms;
    etcd_lost_fn lost_fn;
    void *ud;
    struct etcd_timer tick;

    pthread_mutex_t mutex;
    pthread_cond_t ended;
    struct rpc_stream *stream;
    bool live;
    bool stopping;
    bool lost;
    bool awaiting;        /* a renewal was sent on this stream and not answered yet */
    int64_t sent_ms;      /* when */
    int64_t confirmed_ms; /* when the last renewal that was confirmed had been sent */
};

/* Marks it lost; true if it was not before, so that the caller tells the user, without the lock. */
static bool mark_lost(struct etcd_lease *l)
{
    bool news = !l->lost && !l->stopping;
    l->lost = true;
    if (l->live)
        rpc_stream_cancel(l->stream);
    return news;
}

static void tell_lost(struct etcd_lease *l)
{
    if (l->lost_fn != NULL)
        l->lost_fn(l->ud);
}

static void on_message(void *arg, ProtobufCMessage *message)
{
    struct etcd_lease *l = arg;
    int64_t ttl = ((const Etcdserverpb__LeaseKeepAliveResponse *)message)->ttl;
    rpc_message_destroy(message);
    bool news = false;
    pthread_mutex_lock(&l->mutex);
    if (ttl <= 0)
        news = mark_lost(l); /* a dead lease has no error, it has no time left */
    else if (l->awaiting)
        l->confirmed_ms = l->sent_ms;
    l->awaiting = false;
    pthread_mutex_unlock(&l->mutex);
    if (news)
        tell_lost(l);
}

static void on_done(void *arg, const struct rpc_status *status)
{
    struct etcd_lease *l = arg;
    (void)status;
    pthread_mutex_lock(&l->mutex);
    rpc_stream_destroy(l->stream);
    l->stream = NULL;
    l->live = false;
    l->awaiting = false;
    if (!l->stopping && !l->lost)
        (void)etcd_timer_set(l->client->timers, &l->tick, RETRY_MS);
    pthread_cond_signal(&l->ended);
    pthread_mutex_unlock(&l->mutex);
}

static void open_stream(struct etcd_lease *l)
{
    const struct rpc_stream_handler handler = {.message = on_message, .done = on_done, .arg = l};
    const struct rpc_method method = {&etcdserverpb__lease__descriptor, "LeaseKeepAlive"};
    l->live = rpc_stream_open(l->client->channel, method, NULL, &handler, &l->stream, NULL) == 0;
}

static void send_renewal(struct etcd_lease *l, int64_t now_ms)
{
    Etcdserverpb__LeaseKeepAliveRequest request = ETCDSERVERPB__LEASE_KEEP_ALIVE_REQUEST__INIT;
    request.id = l->id;
    l->awaiting = rpc_stream_send(l->stream, &request.base, NULL) == 0;
    l->sent_ms = now_ms;
}

/* Renews; returns when to look again. With the lock. */
static int64_t renew(struct etcd_lease *l, int64_t now_ms)
{
    int64_t pause_ms = l->ttl_ms / 3;
    int64_t left_ms = l->confirmed_ms + l->ttl_ms - now_ms;
    if (!l->live)
        open_stream(l);
    if (l->live && l->awaiting)
        rpc_stream_cancel(l->stream); /* a third of the ttl without an answer: try another */
    else if (l->live)
        send_renewal(l, now_ms);
    return left_ms < pause_ms ? left_ms : pause_ms;
}

static void on_tick(void *arg)
{
    struct etcd_lease *l = arg;
    bool news = false;
    pthread_mutex_lock(&l->mutex);
    int64_t now_ms = etcd_client_now_ms(l->client);
    if (now_ms >= l->confirmed_ms + l->ttl_ms)
        news = mark_lost(l);
    if (!l->stopping && !l->lost)
        (void)etcd_timer_set(l->client->timers, &l->tick, renew(l, now_ms));
    pthread_mutex_unlock(&l->mutex);
    if (news)
        tell_lost(l);
}

static struct etcd_lease *lease_create(struct etcd_client *client, int64_t id, int ttl_s)
{
    struct etcd_lease *l = calloc(1, sizeof(*l));
    ENSURE(l != NULL);
    l->client = client;
    l->id = id;
    l->ttl_ms = (int64_t)ttl_s * 1000;
    l->tick = (struct etcd_timer){.fn = on_tick, .ud = l};
    l->confirmed_ms = etcd_client_now_ms(client);
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->ended, NULL);
    atomic_fetch_add(&client->handles, 1);
    return l;
}

int etcd_lease_grant(struct etcd_client *client, int ttl_s, unsigned timeout_ms, etcd_lost_fn lost,
                     void *ud, struct etcd_lease **ret, struct err *err)
{
    ENSURE(ttl_s >= 1 && ttl_s <= 3600);
    Etcdserverpb__LeaseGrantRequest request = ETCDSERVERPB__LEASE_GRANT_REQUEST__INIT;
    request.ttl = ttl_s;
    const struct etcd_call_spec spec = {
        .method = {&etcdserverpb__lease__descriptor, "LeaseGrant"},
        .message = &request.base,
        .repeat = ETCD_REPEAT_WRITE,
        .timeout_ms = timeout_ms,
    };
    struct rpc_status status;
    ProtobufCMessage *message = NULL;
    etcd_call_wait(client, &spec, &status, &message);
    if (message == NULL)
        return etcd_set_err(err, &status);
    const Etcdserverpb__LeaseGrantResponse *reply = (Etcdserverpb__LeaseGrantResponse *)message;
    int64_t id = reply->id;
    rpc_message_destroy(message);
    if (id == 0)
        return err_set(err, ERR_UNAVAILABLE, "etcd: a lease without an id");
    struct etcd_lease *l = lease_create(client, id, ttl_s);
    l->lost_fn = lost;
    l->ud = ud;
    (void)etcd_timer_set(client->timers, &l->tick, 0);
    *ret = l;
    return 0;
}

int64_t etcd_lease_id(const struct etcd_lease *lease)
{
    return lease->id;
}

int etcd_lease_revoke(struct etcd_lease *lease, unsigned timeout_ms, struct err *err)
{
    struct etcd_client *client = lease->client;
    Etcdserverpb__LeaseRevokeRequest request = ETCDSERVERPB__LEASE_REVOKE_REQUEST__INIT;
    request.id = lease->id;
    etcd_lease_abandon(lease);
    const struct etcd_call_spec spec = {
        .method = {&etcdserverpb__lease__descriptor, "LeaseRevoke"},
        .message = &request.base,
        .repeat = ETCD_REPEAT_READ, /* twice does no harm */
        .timeout_ms = timeout_ms,
    };
    struct rpc_status status;
    ProtobufCMessage *reply = NULL;
    etcd_call_wait(client, &spec, &status, &reply);
    rpc_message_destroy(reply);
    if (status.code == RPC_OK || status.code == RPC_NOT_FOUND)
        return 0;
    return etcd_set_err(err, &status);
}

void etcd_lease_abandon(struct etcd_lease *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->mutex);
    l->stopping = true;
    pthread_mutex_unlock(&l->mutex);
    etcd_timer_cancel(l->client->timers, &l->tick);
    pthread_mutex_lock(&l->mutex);
    if (l->live)
        rpc_stream_cancel(l->stream);
    while (l->live)
        pthread_cond_wait(&l->ended, &l->mutex);
    pthread_mutex_unlock(&l->mutex);
    atomic_fetch_sub(&l->client->handles, 1);
    pthread_cond_destroy(&l->ended);
    pthread_mutex_destroy(&l->mutex);
    free(l);
}
