#include "lib/etcd/call.h"

#include "lib/etcd/outcome.h"
#include "lib/rpc/client.h"
#include "lib/rpc/loop.h"

#include <pthread.h>
#include <stdlib.h>

/*
 * Owns the operations on the way. Each is in one place at a time: an attempt in the channel or a
 * pause in the timers, and frees itself at its end; so it needs no lock.
 */
#define ATTEMPT_GROWTH_MAX 8 /* times the client's attempt_ms */

struct etcd_call {
    struct etcd_client *client;
    struct etcd_call_spec spec;
    etcd_call_fn done;
    void *ud;
    struct etcd_timer pause;
    int64_t deadline_ms;
    int64_t attempt_ms;
    unsigned attempts;
    struct rpc_status last; /* of the attempt before the pause */
};

static void finish(struct etcd_call *call, const struct rpc_status *status, ProtobufCMessage *reply)
{
    call->done(call->ud, status, reply);
    free(call);
}

static bool may_repeat(const struct etcd_call *call, const struct rpc_status *status)
{
    if (atomic_load(&call->client->closing) || !etcd_is_passing(status))
        return false;
    return call->spec.repeat == ETCD_REPEAT_READ || etcd_outcome_of(status) == ETCD_NOT_APPLIED;
}

static void on_reply(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct etcd_call *call = arg;
    if (status->code == RPC_OK || !may_repeat(call, status)) {
        finish(call, status, reply);
        return;
    }
    struct etcd_client *client = call->client;
    if (status->code == RPC_DEADLINE_EXCEEDED && call->spec.repeat == ETCD_REPEAT_READ &&
        call->attempt_ms < (int64_t)client->attempt_ms * ATTEMPT_GROWTH_MAX)
        call->attempt_ms *= 2;
    int64_t pause_ms = etcd_client_pause_ms(client, call->attempts);
    bool in_time = etcd_client_now_ms(client) + pause_ms < call->deadline_ms;
    call->last = *status;
    call->attempts++;
    if (!in_time || !etcd_timer_set(client->timers, &call->pause, pause_ms))
        finish(call, status, NULL);
}

static void attempt(void *arg)
{
    struct etcd_call *call = arg;
    int64_t left_ms = call->deadline_ms - etcd_client_now_ms(call->client);
    if (left_ms <= 0 || atomic_load(&call->client->closing)) {
        finish(call, &call->last, NULL);
        return;
    }
    const struct rpc_request request = {
        .method = call->spec.method,
        .message = call->spec.message,
        .timeout_ms = (unsigned)(left_ms < call->attempt_ms ? left_ms : call->attempt_ms),
    };
    if (rpc_client_start(call->client->channel, &request, on_reply, call, NULL) < 0)
        finish(call, &call->last, NULL);
}

void etcd_call_start(struct etcd_client *client, const struct etcd_call_spec *spec,
                     etcd_call_fn done, void *ud)
{
    ENSURE(spec->timeout_ms >= 1 && spec->timeout_ms <= ETCD_TIMEOUT_MAX_MS);
    struct etcd_call *call = calloc(1, sizeof(*call));
    ENSURE(call != NULL);
    *call = (struct etcd_call){
        .client = client,
        .spec = *spec,
        .done = done,
        .ud = ud,
        .pause = {.fn = attempt, .ud = call},
        .deadline_ms = etcd_client_now_ms(client) + spec->timeout_ms,
        .attempt_ms = client->attempt_ms,
        .last = {.code = RPC_CANCELLED,
                 .sent = false,
                 .err = ERR_CANCELLED,
                 .text = "the client is being closed"},
    };
    attempt(call);
}

/* ---- waiting ---- */

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool done;
    struct rpc_status *status;
    ProtobufCMessage **reply;
};

static void on_awaited(void *ud, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct waiter *w = ud;
    pthread_mutex_lock(&w->mutex);
    *w->status = *status;
    *w->reply = reply;
    w->done = true;
    /* Under the lock: the waiter frees all this as soon as it can take it. */
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->mutex);
}

void etcd_call_wait(struct etcd_client *client, const struct etcd_call_spec *spec,
                    struct rpc_status *ret_status, ProtobufCMessage **ret_reply)
{
    ENSURE(!rpc_loop_is_current(client->loop));
    struct waiter w = {.status = ret_status, .reply = ret_reply};
    pthread_mutex_init(&w.mutex, NULL);
    pthread_cond_init(&w.cond, NULL);
    etcd_call_start(client, spec, on_awaited, &w);
    pthread_mutex_lock(&w.mutex);
    while (!w.done)
        pthread_cond_wait(&w.cond, &w.mutex);
    pthread_mutex_unlock(&w.mutex);
    pthread_cond_destroy(&w.cond);
    pthread_mutex_destroy(&w.mutex);
    ENSURE((*ret_reply != NULL) == (ret_status->code == RPC_OK));
}
