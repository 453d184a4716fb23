/*
 * Owns the connection of a client: gRPC's channel, the watch over its state, and the list of what
 * is alive on it. The lock guards the list; nothing else changes after creation.
 *
 * gRPC makes progress on a connecting channel only while somebody waits on a queue for it; with
 * nobody calling it would look only every five seconds. So a watch on the state is always armed
 * on the loop's queue.
 */
#include "lib/rpc/channel.h"

#include "lib/base/limits.h"
#include "lib/rpc/channel_internal.h"
#include "lib/rpc/loop_internal.h"
#include "lib/rpc/message_internal.h"
#include "lib/rpc/tls_internal.h"

#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECONNECT_FIRST_MS   200
#define RECONNECT_MOST_MS    5000
#define CONNECT_TIMEOUT_MS   5000
#define KEEPALIVE_TIMEOUT_MS 3000
#define LOOKAHEAD_BYTES      (4 << 20) /* on the way to us before we read; a page of a listing */

struct rpc_channel {
    struct rpc_loop *loop;
    grpc_channel *core;
    bool fail_fast;
    size_t max_receive_bytes;
    grpc_metadata metadata[RPC_CHANNEL_METADATA_MAX];
    size_t metadata_count;

    struct rpc_tag watch;
    atomic_int state; /* grpc_connectivity_state, as last seen */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct rpc_live *live;
    bool watching;
    bool closing;
};

/* ---- watching the connection ---- */

static void watch_again(struct rpc_channel *channel)
{
    rpc_tag_publish(&channel->watch);
    grpc_channel_watch_connectivity_state(
        channel->core, (grpc_connectivity_state)atomic_load(&channel->state),
        gpr_inf_future(GPR_CLOCK_MONOTONIC), rpc_loop_queue(channel->loop), &channel->watch);
}

static void on_watch(struct rpc_tag *tag, bool ok)
{
    struct rpc_channel *channel = RPC_TAG_OWNER(tag, struct rpc_channel, watch);
    (void)ok;
    pthread_mutex_lock(&channel->lock);
    if (channel->closing) {
        channel->watching = false;
        pthread_cond_broadcast(&channel->changed);
        pthread_mutex_unlock(&channel->lock);
        return;
    }
    atomic_store(&channel->state, grpc_channel_check_connectivity_state(channel->core, 1));
    watch_again(channel);
    pthread_mutex_unlock(&channel->lock);
}

/* ---- life ---- */

struct arguments {
    grpc_arg list[32];
    size_t count;
};

static void add_number(struct arguments *args, const char *key, size_t value)
{
    ENSURE(args->count < sizeof(args->list) / sizeof(args->list[0]));
    args->list[args->count++] =
        (grpc_arg){.type = GRPC_ARG_INTEGER,
                   .key = (char *)key,
                   .value.integer = value > INT32_MAX ? INT32_MAX : (int)value};
}

static void add_text(struct arguments *args, const char *key, const char *value)
{
    ENSURE(args->count < sizeof(args->list) / sizeof(args->list[0]));
    args->list[args->count++] =
        (grpc_arg){.type = GRPC_ARG_STRING, .key = (char *)key, .value.string = (char *)value};
}

static struct arguments arguments_of(const struct rpc_channel_options *options,
                                     size_t max_receive_bytes)
{
    struct arguments args = {.count = 0};
    /* Nothing is repeated behind our back: not a call, and not the word whether it was sent. */
    add_number(&args, GRPC_ARG_ENABLE_RETRIES, 0);
    add_number(&args, GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    add_number(&args, GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    /* As on our servers (server.c): nothing that no one reads. */
    add_number(&args, GRPC_ARG_ENABLE_CHANNELZ, 0);
    add_number(&args, GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0);
    add_number(&args, GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
    add_number(&args, GRPC_ARG_HTTP2_BDP_PROBE, 0);
    add_number(&args, GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, LOOKAHEAD_BYTES);
    add_number(&args, GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, max_receive_bytes);
    add_number(&args, GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, RECONNECT_FIRST_MS);
    add_number(&args, GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, RECONNECT_MOST_MS);
    add_number(&args, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, CONNECT_TIMEOUT_MS);
    if (options->balance == RPC_BALANCE_ROUND_ROBIN)
        add_text(&args, GRPC_ARG_LB_POLICY_NAME, "round_robin");
    if (options->tls_name)
        add_text(&args, GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, options->tls_name);
    if (options->own_connection)
        add_number(&args, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    if (options->keepalive_ms == 0)
        return args;
    add_number(&args, GRPC_ARG_KEEPALIVE_TIME_MS, options->keepalive_ms);
    add_number(&args, GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
               options->keepalive_timeout_ms ? options->keepalive_timeout_ms
                                             : KEEPALIVE_TIMEOUT_MS);
    add_number(&args, GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    add_number(&args, GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    return args;
}

static int check_metadata(const struct rpc_channel_options *options, struct err *err)
{
    if (options->metadata_count > RPC_CHANNEL_METADATA_MAX)
        return err_set(err, ERR_INVALID, "%zu metadata are more than %d", options->metadata_count,
                       RPC_CHANNEL_METADATA_MAX);
    for (size_t i = 0; i < options->metadata_count; i++) {
        const struct rpc_metadata *item = &options->metadata[i];
        grpc_slice key = grpc_slice_from_static_string(item->key);
        grpc_slice value = grpc_slice_from_static_string(item->value);
        if (!grpc_header_key_is_legal(key) || grpc_is_binary_header(key) ||
            !grpc_header_nonbin_value_is_legal(value))
            return err_set(err, ERR_INVALID, "metadata %s is not a header", item->key);
    }
    return 0;
}

static void copy_metadata(struct rpc_channel *channel, const struct rpc_channel_options *options)
{
    channel->metadata_count = options->metadata_count;
    for (size_t i = 0; i < options->metadata_count; i++)
        channel->metadata[i] =
            (grpc_metadata){.key = grpc_slice_from_copied_string(options->metadata[i].key),
                            .value = grpc_slice_from_copied_string(options->metadata[i].value)};
}

int rpc_channel_create(struct rpc_loop *loop, const char *target,
                       const struct rpc_channel_options *options, struct rpc_channel **ret,
                       struct err *err)
{
    static const struct rpc_channel_options DEFAULTS;
    if (!options)
        options = &DEFAULTS;
    if (!target || !target[0])
        return err_set(err, ERR_INVALID, "a channel needs a target");
    TRY(check_metadata(options, err));
    grpc_channel_credentials *credentials;
    TRY(rpc_tls_channel_credentials(options->tls, &credentials, err));

    struct rpc_channel *channel = calloc(1, sizeof(*channel));
    ENSURE(channel);
    channel->loop = loop;
    channel->fail_fast = options->fail_fast;
    channel->max_receive_bytes =
        options->max_receive_bytes ? options->max_receive_bytes : LIMIT_REPLY_BYTES;
    copy_metadata(channel, options);
    channel->watch.fn = on_watch;
    ENSURE(pthread_mutex_init(&channel->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&channel->changed, NULL) == 0);

    struct arguments args = arguments_of(options, channel->max_receive_bytes);
    grpc_channel_args core_args = {.num_args = args.count, .args = args.list};
    channel->core = grpc_channel_create(target, credentials, &core_args);
    grpc_channel_credentials_release(credentials);
    ENSURE(channel->core);
    channel->watching = grpc_channel_support_connectivity_watcher(channel->core);
    rpc_loop_enter(loop);
    atomic_store(&channel->state, grpc_channel_check_connectivity_state(channel->core, 1));
    if (channel->watching)
        watch_again(channel);
    *ret = channel;
    return 0;
}

/* Refuses new calls and cancels those alive; each leaves when its last callback has run. */
static void close_and_wait(struct rpc_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    channel->closing = true;
    for (struct rpc_live *live = channel->live; live; live = live->next)
        grpc_call_cancel(live->call, NULL);
    while (channel->live)
        pthread_cond_wait(&channel->changed, &channel->lock);
    pthread_mutex_unlock(&channel->lock);
}

void rpc_channel_destroy(struct rpc_channel *channel)
{
    if (!channel)
        return;
    ENSURE(!rpc_channel_on_loop(channel));
    close_and_wait(channel);
    grpc_channel_destroy(channel->core); /* the watch sees the state go to shutdown */
    pthread_mutex_lock(&channel->lock);
    while (channel->watching)
        pthread_cond_wait(&channel->changed, &channel->lock);
    pthread_mutex_unlock(&channel->lock);
    rpc_loop_leave(channel->loop);
    for (size_t i = 0; i < channel->metadata_count; i++) {
        grpc_slice_unref(channel->metadata[i].key);
        grpc_slice_unref(channel->metadata[i].value);
    }
    pthread_cond_destroy(&channel->changed);
    pthread_mutex_destroy(&channel->lock);
    free(channel);
}

bool rpc_channel_is_connected(const struct rpc_channel *channel)
{
    return atomic_load(&channel->state) == GRPC_CHANNEL_READY;
}

grpc_completion_queue *rpc_channel_queue(struct rpc_channel *channel)
{
    return rpc_loop_queue(channel->loop);
}

bool rpc_channel_on_loop(const struct rpc_channel *channel)
{
    return rpc_loop_is_current(channel->loop);
}

size_t rpc_channel_max_receive(const struct rpc_channel *channel)
{
    return channel->max_receive_bytes;
}

/* ---- what is alive on it ---- */

static void link_live(struct rpc_channel *channel, struct rpc_live *live)
{
    live->previous = NULL;
    live->next = channel->live;
    if (live->next)
        live->next->previous = live;
    channel->live = live;
}

static void unlink_live(struct rpc_channel *channel, struct rpc_live *live)
{
    if (live->next)
        live->next->previous = live->previous;
    if (live->previous)
        live->previous->next = live->next;
    else
        channel->live = live->next;
}

int rpc_live_enter(struct rpc_live *live, struct rpc_channel *channel, struct rpc_method method,
                   unsigned timeout_ms, struct err *err)
{
    live->channel = channel;
    live->method = protobuf_c_service_descriptor_get_method_by_name(method.service, method.name);
    ENSURE(live->method);
    char path[256];
    int len = snprintf(path, sizeof(path), "/%s/%s", method.service->name, method.name);
    ENSURE(len > 0 && (size_t)len < sizeof(path));

    pthread_mutex_lock(&channel->lock);
    if (channel->closing) {
        pthread_mutex_unlock(&channel->lock);
        return err_set(err, ERR_CANCELLED, "the channel is closing");
    }
    grpc_slice method_path = grpc_slice_from_copied_string(path);
    live->call = grpc_channel_create_call(channel->core, NULL, GRPC_PROPAGATE_DEFAULTS,
                                          rpc_loop_queue(channel->loop), method_path, NULL,
                                          rpc_deadline(timeout_ms), NULL);
    grpc_slice_unref(method_path);
    ENSURE(live->call);
    link_live(channel, live);
    pthread_mutex_unlock(&channel->lock);
    return 0;
}

void rpc_live_leave(struct rpc_live *live)
{
    struct rpc_channel *channel = live->channel;
    pthread_mutex_lock(&channel->lock);
    unlink_live(channel, live);
    grpc_call_unref(live->call);
    if (!channel->live)
        pthread_cond_broadcast(&channel->changed);
    pthread_mutex_unlock(&channel->lock);
}

grpc_op rpc_live_begin(const struct rpc_live *live)
{
    struct rpc_channel *channel = live->channel;
    grpc_op op = {.op = GRPC_OP_SEND_INITIAL_METADATA};
    op.flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET;
    if (!channel->fail_fast)
        op.flags |= GRPC_INITIAL_METADATA_WAIT_FOR_READY;
    op.data.send_initial_metadata.count = channel->metadata_count;
    op.data.send_initial_metadata.metadata = channel->metadata;
    return op;
}

/* ---- how it ended ---- */

void rpc_ending_init(struct rpc_ending *ending)
{
    ending->code = GRPC_STATUS_OK;
    ending->text = grpc_empty_slice();
    grpc_metadata_array_init(&ending->trailers);
}

void rpc_ending_fini(struct rpc_ending *ending)
{
    grpc_slice_unref(ending->text);
    grpc_metadata_array_destroy(&ending->trailers);
}

grpc_op rpc_ending_op(struct rpc_ending *ending)
{
    grpc_op op = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};
    op.data.recv_status_on_client.status = &ending->code;
    op.data.recv_status_on_client.status_details = &ending->text;
    op.data.recv_status_on_client.trailing_metadata = &ending->trailers;
    return op;
}

static const char *error_name(const struct rpc_ending *ending, char *dst, size_t cap)
{
    for (size_t i = 0; i < ending->trailers.count; i++) {
        const grpc_metadata *item = &ending->trailers.metadata[i];
        if (grpc_slice_str_cmp(item->key, RPC_ERROR_KEY) != 0)
            continue;
        rpc_slice_text(dst, cap, item->value);
        return dst;
    }
    return NULL;
}

struct rpc_status rpc_ending_status(const struct rpc_ending *ending, bool sent,
                                    size_t request_bytes)
{
    char name[64];
    struct rpc_status status = {.code = (int)ending->code, .sent = sent};
    const char *error = error_name(ending, name, sizeof(name));
    rpc_slice_text(status.text, sizeof(status.text), ending->text);
    status.err = rpc_status_classify(status.code, status.sent, status.text, error, request_bytes);
    return status;
}

void rpc_status_spoil(struct rpc_status *status, const struct err *why)
{
    struct err err = ERR_INIT;
    err_set(&err, ERR_UNKNOWN_OUTCOME, "cannot read the answer: %s", why->text);
    status->code = RPC_INTERNAL;
    status->err = err.code;
    memcpy(status->text, err.text, sizeof(status->text));
}
