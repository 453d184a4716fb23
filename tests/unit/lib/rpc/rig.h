#ifndef PUMASI_TESTS_UNIT_LIB_RPC_RIG_H
#define PUMASI_TESTS_UNIT_LIB_RPC_RIG_H

#include "etcd/rpc.pb-c.h"
#include "grpc/health.pb-c.h"
#include "grpc/reflection.pb-c.h"
#include "lib/base/err.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/client.h"
#include "lib/rpc/client_stream.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/message.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/server.h"
#include "lib/rpc/server_call.h"
#include "tests/support/suite.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A server, a channel to it, and handlers that do what the request says. gRPC must not be started
 * before Check forks, so a test opens its rig itself. Nothing of gRPC is asserted on its threads:
 * callbacks store, the test thread looks.
 *
 * The services borrow the shapes of protos that are there anyway:
 *   health Check   unary: service = "ok", "park", "fail:<err name>", "echo-deadline"
 *   KV Range       unary: key is echoed, the reply has `limit` bytes of value
 *   health Watch   server stream: service = "count:<n>", "park", "flood"
 *   reflection     bidi: file_by_filename is echoed in valid_host; "bye" ends, "fail" fails
 */
#define PARKED_MAX 4096

struct rig_yard {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct rpc_call *parked[PARKED_MAX];
    unsigned parked_count;
    unsigned handled;
    unsigned cancelled;
    unsigned released;
    unsigned sent;        /* messages that a flood got rid of */
    int64_t remaining_ms; /* of the last check; good to read after `handled` */
    int flood_rc;
};

struct rig {
    struct rpc_runtime *runtime;
    struct rpc_loop *loop;        /* the server's */
    struct rpc_loop *client_loop; /* the channel's */
    struct rpc_server *server;
    struct rpc_channel *channel;
    struct rig_yard yard;
    char target[128];
};

struct rig_setup {
    struct rpc_server_options server;
    struct rpc_channel_options channel;
    struct rpc_tls_source *tls;
    const char *address;               /* NULL: "127.0.0.1:0" */
    const struct rpc_service *service; /* in place of the rig's own */
};

#define HEALTH (&grpc__health__v1__health__descriptor)
#define KV     (&etcdserverpb__kv__descriptor)
#define INFO   (&grpc__reflection__v1alpha__server_reflection__descriptor)

static inline void yard_note(struct rig_yard *yard, unsigned *counter)
{
    pthread_mutex_lock(&yard->lock);
    (*counter)++;
    pthread_cond_broadcast(&yard->changed);
    pthread_mutex_unlock(&yard->lock);
}

/* A counter as it is now; the loops go on counting. */
static inline unsigned yard_read(struct rig_yard *yard, const unsigned *counter)
{
    pthread_mutex_lock(&yard->lock);
    unsigned value = *counter;
    pthread_mutex_unlock(&yard->lock);
    return value;
}

/* Waits until a counter of the yard has reached a value; false when that takes longer than ms. */
static inline bool yard_wait_ms(struct rig_yard *yard, const unsigned *counter, unsigned value,
                                unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&yard->lock);
    int rc = 0;
    while (*counter < value && rc == 0)
        rc = pthread_cond_clockwait(&yard->changed, &yard->lock, CLOCK_MONOTONIC, &until);
    bool reached = *counter >= value;
    pthread_mutex_unlock(&yard->lock);
    return reached;
}

static inline bool yard_wait(struct rig_yard *yard, const unsigned *counter, unsigned value)
{
    return yard_wait_ms(yard, counter, value, 10000);
}

static inline void yard_cancelled(void *data)
{
    struct rig_yard *yard = data;
    yard_note(yard, &yard->cancelled);
}

static inline void yard_released(void *data)
{
    struct rig_yard *yard = data;
    yard_note(yard, &yard->released);
}

static inline void yard_writable(void *data)
{
    (void)data;
}

static inline void yard_park(struct rig_yard *yard, struct rpc_call *call)
{
    static const struct rpc_call_hooks HOOKS = {
        .cancelled = yard_cancelled, .writable = yard_writable, .release = yard_released};
    rpc_call_set_hooks(call, &HOOKS, yard);
    pthread_mutex_lock(&yard->lock);
    ENSURE(yard->parked_count < PARKED_MAX);
    yard->parked[yard->parked_count++] = call;
    pthread_cond_broadcast(&yard->changed);
    pthread_mutex_unlock(&yard->lock);
}

/* Takes the oldest parked call out; NULL when there is none. */
static inline struct rpc_call *yard_take(struct rig_yard *yard)
{
    pthread_mutex_lock(&yard->lock);
    struct rpc_call *call = NULL;
    if (yard->parked_count > 0) {
        call = yard->parked[0];
        yard->parked_count--;
        memmove(yard->parked, yard->parked + 1, yard->parked_count * sizeof(call));
    }
    pthread_mutex_unlock(&yard->lock);
    return call;
}

static inline void reply_serving(struct rpc_call *call)
{
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    rpc_call_reply(call, &response.base);
}

static inline int send_serving(struct rpc_call *call, struct err *err)
{
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    return rpc_call_send(call, &response.base, err);
}

static inline void fail_as(struct rpc_call *call, const char *name)
{
    struct err err = ERR_INIT;
    err_set(&err, err_from_name(name), "refused as %s 안녕", name);
    rpc_call_fail(call, &err);
}

static inline void on_check(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct rig_yard *yard = arg;
    const char *what = ((const Grpc__Health__V1__HealthCheckRequest *)request)->service;
    yard->remaining_ms = rpc_call_remaining_ms(call);
    yard_note(yard, &yard->handled);
    if (strcmp(what, "park") == 0)
        yard_park(yard, call);
    else if (strncmp(what, "fail:", 5) == 0)
        fail_as(call, what + 5);
    else
        reply_serving(call);
}

static inline void on_range(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    const Etcdserverpb__RangeRequest *asked = (const Etcdserverpb__RangeRequest *)request;
    struct rig_yard *yard = arg;
    yard_note(yard, &yard->handled);
    uint8_t *value = calloc(1, (size_t)asked->limit + 1);
    Mvccpb__KeyValue item = MVCCPB__KEY_VALUE__INIT, *items[1] = {&item};
    item.key = asked->key;
    item.value = (ProtobufCBinaryData){.data = value, .len = (size_t)asked->limit};
    Etcdserverpb__RangeResponse response = ETCDSERVERPB__RANGE_RESPONSE__INIT;
    response.n_kvs = 1;
    response.kvs = items;
    rpc_call_reply(call, &response.base);
    free(value);
}

static inline void on_flood(struct rpc_call *call, struct rig_yard *yard)
{
    struct err err = ERR_INIT;
    int rc;
    while ((rc = send_serving(call, &err)) == 0)
        yard->sent++;
    yard->flood_rc = rc;
    rpc_call_fail(call, &err);
}

static inline void on_watch(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct rig_yard *yard = arg;
    const char *what = ((const Grpc__Health__V1__HealthCheckRequest *)request)->service;
    unsigned count = 0;
    yard_note(yard, &yard->handled);
    if (strcmp(what, "park") == 0) {
        yard_park(yard, call);
    } else if (strcmp(what, "flood") == 0) {
        on_flood(call, yard);
    } else if (sscanf(what, "count:%u", &count) == 1) {
        for (unsigned i = 0; i < count; i++)
            ENSURE(send_serving(call, NULL) == 0);
        rpc_call_end(call);
    } else {
        fail_as(call, "invalid");
    }
}

static inline void on_info(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct rig_yard *yard = arg;
    if (!request) {
        yard_note(yard, &yard->handled);
        rpc_call_end(call);
        return;
    }
    const Grpc__Reflection__V1alpha__ServerReflectionRequest *asked =
        (const Grpc__Reflection__V1alpha__ServerReflectionRequest *)request;
    if (strcmp(asked->file_by_filename, "fail") == 0) {
        fail_as(call, "stale-plan");
        return;
    }
    if (strcmp(asked->file_by_filename, "bye") == 0) {
        rpc_call_end(call);
        return;
    }
    Grpc__Reflection__V1alpha__ServerReflectionResponse response =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_RESPONSE__INIT;
    response.valid_host = asked->file_by_filename;
    struct err err = ERR_INIT;
    if (rpc_call_send(call, &response.base, &err) < 0)
        rpc_call_fail(call, &err);
    else
        rpc_call_next(call);
}

static const struct rpc_method_row HEALTH_ROWS[] = {
    {.name = "Check", .kind = RPC_UNARY, .role = 7, .handler = on_check},
    {.name = "Watch", .kind = RPC_SERVER_STREAM, .handler = on_watch}};
static const struct rpc_method_row KV_ROWS[] = {
    {.name = "Range", .kind = RPC_UNARY, .max_request_bytes = 4096, .handler = on_range}};
static const struct rpc_method_row INFO_ROWS[] = {
    {.name = "ServerReflectionInfo", .kind = RPC_BIDI, .handler = on_info}};

static inline void rig_add(struct rig *rig, const struct rpc_service *service)
{
    struct err err = ERR_INIT;
    ck_assert_msg(rpc_server_add(rig->server, service, &err) == 0, "%s", err.text);
}

static inline void rig_serve(struct rig *rig, const struct rig_setup *setup)
{
    struct err err = ERR_INIT;
    struct rpc_service services[] = {
        {.descriptor = HEALTH, .rows = HEALTH_ROWS, .row_count = 2, .arg = &rig->yard},
        {.descriptor = KV, .rows = KV_ROWS, .row_count = 1, .arg = &rig->yard},
        {.descriptor = INFO, .rows = INFO_ROWS, .row_count = 1, .arg = &rig->yard}};
    rig->server = rpc_server_create(rig->loop, &setup->server);
    if (setup->service)
        rig_add(rig, setup->service);
    for (size_t i = 0; !setup->service && i < 3; i++)
        rig_add(rig, &services[i]);
    const char *address = setup->address ? setup->address : "127.0.0.1:0";
    int port = 0;
    ck_assert_msg(rpc_server_listen(rig->server, address, setup->tls, &port, &err) == 0, "%s",
                  err.text);
    if (setup->address)
        snprintf(rig->target, sizeof(rig->target), "%s", address);
    else
        snprintf(rig->target, sizeof(rig->target), "127.0.0.1:%d", port);
    rpc_server_start(rig->server);
}

static inline void rig_open(struct rig *rig, const struct rig_setup *setup)
{
    static const struct rig_setup DEFAULTS;
    struct err err = ERR_INIT;
    if (!setup)
        setup = &DEFAULTS;
    memset(rig, 0, sizeof(*rig));
    pthread_mutex_init(&rig->yard.lock, NULL);
    pthread_cond_init(&rig->yard.changed, NULL);
    rig->runtime = rpc_runtime_create(NULL);
    ck_assert_msg(rpc_loop_create(&rig->loop, &err) == 0, "%s", err.text);
    ck_assert_msg(rpc_loop_create(&rig->client_loop, &err) == 0, "%s", err.text);
    rig_serve(rig, setup);
    ck_assert_msg(rpc_channel_create(rig->client_loop, rig->target, &setup->channel, &rig->channel,
                                     &err) == 0,
                  "%s", err.text);
}

/* Calls still parked are answered, so that the server can stop. */
static inline void rig_close(struct rig *rig)
{
    struct rpc_call *call;
    while ((call = yard_take(&rig->yard)))
        fail_as(call, "cancelled");
    rpc_channel_destroy(rig->channel);
    rpc_server_destroy(rig->server);
    rpc_loop_destroy(rig->client_loop);
    rpc_loop_destroy(rig->loop);
    rpc_runtime_destroy(rig->runtime);
    pthread_cond_destroy(&rig->yard.changed);
    pthread_mutex_destroy(&rig->yard.lock);
}

/* One Check call; the outcome. */
static inline struct rpc_status rig_check_on(struct rpc_channel *channel, const char *what,
                                             unsigned timeout_ms)
{
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    message.service = (char *)what;
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, timeout_ms};
    struct rpc_status status;
    ProtobufCMessage *reply = NULL;
    struct err err = ERR_INIT;
    int rc = rpc_client_call(channel, &request, &reply, &status, &err);
    ck_assert_int_eq(rc, -(int)status.err);
    ck_assert_int_eq(err.code, status.err);
    ck_assert((reply != NULL) == (rc == 0));
    rpc_message_destroy(reply);
    return status;
}

static inline struct rpc_status rig_check(struct rig *rig, const char *what, unsigned timeout_ms)
{
    return rig_check_on(rig->channel, what, timeout_ms);
}

/* One Range call that sends key_len bytes and wants value_len back; the outcome. */
static inline struct rpc_status rig_range(struct rpc_channel *channel, size_t key_len,
                                          size_t value_len)
{
    Etcdserverpb__RangeRequest message = ETCDSERVERPB__RANGE_REQUEST__INIT;
    message.key = (ProtobufCBinaryData){.len = key_len, .data = calloc(1, key_len + 1)};
    message.limit = (int64_t)value_len;
    struct rpc_request request = {{KV, "Range"}, &message.base, 10000};
    struct rpc_status status;
    ProtobufCMessage *reply = NULL;
    int rc = rpc_client_call(channel, &request, &reply, &status, NULL);
    if (rc == 0) {
        const Etcdserverpb__RangeResponse *range = (const Etcdserverpb__RangeResponse *)reply;
        ck_assert_uint_eq(range->n_kvs, 1);
        ck_assert_uint_eq(range->kvs[0]->key.len, key_len);
        ck_assert_uint_eq(range->kvs[0]->value.len, value_len);
    }
    rpc_message_destroy(reply);
    free(message.key.data);
    return status;
}

/* ---- streams: what came, for the test thread to look at ---- */

struct rig_inbox {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned messages;
    char last[64];
    bool done;
    unsigned done_runs;
    struct rpc_status status;
    pthread_mutex_t *gate; /* held by the test to make a slow reader */
};

static inline void inbox_message(void *arg, ProtobufCMessage *message)
{
    struct rig_inbox *inbox = arg;
    if (inbox->gate) {
        pthread_mutex_lock(inbox->gate);
        pthread_mutex_unlock(inbox->gate);
    }
    pthread_mutex_lock(&inbox->lock);
    inbox->messages++;
    if (message->descriptor == &grpc__reflection__v1alpha__server_reflection_response__descriptor)
        snprintf(inbox->last, sizeof(inbox->last), "%s",
                 ((Grpc__Reflection__V1alpha__ServerReflectionResponse *)message)->valid_host);
    pthread_cond_broadcast(&inbox->changed);
    pthread_mutex_unlock(&inbox->lock);
    rpc_message_destroy(message);
}

static inline void inbox_done(void *arg, const struct rpc_status *status)
{
    struct rig_inbox *inbox = arg;
    pthread_mutex_lock(&inbox->lock);
    inbox->done = true;
    inbox->done_runs++;
    inbox->status = *status;
    pthread_cond_broadcast(&inbox->changed);
    pthread_mutex_unlock(&inbox->lock);
}

static inline void inbox_init(struct rig_inbox *inbox)
{
    memset(inbox, 0, sizeof(*inbox));
    pthread_mutex_init(&inbox->lock, NULL);
    pthread_cond_init(&inbox->changed, NULL);
}

/* Waits for n messages, or for the end; false after ten seconds. */
static inline bool inbox_wait(struct rig_inbox *inbox, unsigned messages, bool done)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 10;
    int rc = 0;
    pthread_mutex_lock(&inbox->lock);
    while ((inbox->messages < messages || (done && !inbox->done)) && rc == 0)
        rc = pthread_cond_clockwait(&inbox->changed, &inbox->lock, CLOCK_MONOTONIC, &until);
    bool reached = inbox->messages >= messages && (!done || inbox->done);
    pthread_mutex_unlock(&inbox->lock);
    return reached;
}

static inline struct rpc_stream *rig_open_stream(struct rpc_channel *channel,
                                                 struct rpc_method method,
                                                 const struct rpc_stream_options *options,
                                                 struct rig_inbox *inbox)
{
    struct rpc_stream_handler handler = {
        .message = inbox_message, .done = inbox_done, .arg = inbox};
    struct rpc_stream *stream = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(rpc_stream_open(channel, method, options, &handler, &stream, &err) == 0, "%s",
                  err.text);
    return stream;
}

static inline int rig_say(struct rpc_stream *stream, const char *text, struct err *err)
{
    Grpc__Reflection__V1alpha__ServerReflectionRequest message =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__INIT;
    message.message_request_case =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME;
    message.file_by_filename = (char *)text;
    return rpc_stream_send(stream, &message.base, err);
}

/* A Watch of `what`, its one request sent. */
static inline struct rpc_stream *rig_watch(struct rig *rig, const char *what,
                                           struct rig_inbox *inbox)
{
    struct rpc_stream *stream =
        rig_open_stream(rig->channel, (struct rpc_method){HEALTH, "Watch"}, NULL, inbox);
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    message.service = (char *)what;
    int rc = rpc_stream_send(stream, &message.base, NULL);
    ck_assert(rc == 0 || rc == -ERR_CANCELLED); /* refused already: `done` says why */
    rpc_stream_close_send(stream);
    return stream;
}

#endif
