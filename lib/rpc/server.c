/*
 * Owns the server: its table of methods, its listeners, its counts and its end.
 *
 * Every call object counts as present from before gRPC is asked for a call until its last batch
 * has come home and its handler has finished it. Stopping waits for that count to reach zero,
 * because a batch on a queue that has been shut down aborts the process, and because gRPC's own
 * "all calls are over" doesn't know about handlers.
 *
 * The lock guards stage and counts. The table is fixed once the server has started.
 */
#include "lib/rpc/server.h"

#include "lib/base/limits.h"
#include "lib/rpc/address.h"
#include "lib/rpc/loop_internal.h"
#include "lib/rpc/server_internal.h"
#include "lib/rpc/tls_internal.h"

#include <grpc/grpc_security.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_ARMED              16
#define KEEPALIVE_MS             30000
#define CANCEL_AGAIN_MS          1000
#define FINISH_MS                30000
#define KEEPALIVE_TIMEOUT_MS     10000
#define CLIENT_PINGS_AT_LEAST_MS 1000
#define TLS_FRAME_BYTES          4096
#define READ_CHUNK_BYTES         2048
#define SERVICES_MAX             32

enum stage { STAGE_NEW, STAGE_RUNNING, STAGE_STOPPING, STAGE_STOPPED };

struct rpc_server {
    struct rpc_loop *loop;
    struct rpc_server_options options;
    grpc_server *core;
    struct rpc_service services[SERVICES_MAX];
    size_t service_count;
    struct rpc_route *routes; /* sorted by path once running */
    size_t route_count;
    struct rpc_tag stopped;
    struct rpc_outbox outbox;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum stage stage;
    bool core_stopped; /* gRPC has said that its part is over */
    unsigned present;  /* call objects, armed or alive */
    unsigned alive[RPC_KIND_COUNT];
    unsigned long long refused[RPC_REFUSAL_COUNT];
};

/* ---- making ---- */

static void fill_in(struct rpc_server_options *options)
{
    if (options->max_calls == 0)
        options->max_calls = LIMIT_CONCURRENT_CALLS;
    if (options->max_streams == 0)
        options->max_streams = LIMIT_STREAMS;
    if (options->max_streams_per_connection == 0)
        options->max_streams_per_connection = LIMIT_STREAMS_PER_CONNECTION;
    if (options->stream_queue == 0)
        options->stream_queue = LIMIT_STREAM_QUEUE;
    if (options->arena_bytes == 0)
        options->arena_bytes = LIMIT_REQUEST_ARENA_BYTES;
    if (options->finish_ms == 0)
        options->finish_ms = FINISH_MS;
    if (options->keepalive_ms == 0)
        options->keepalive_ms = KEEPALIVE_MS;
}

static grpc_arg number(const char *key, unsigned value)
{
    return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = (char *)key, .value.integer = (int)value};
}

static grpc_server *make_core(const struct rpc_server_options *options)
{
    grpc_arg list[] = {
        number(GRPC_ARG_ALLOW_REUSEPORT, 0), /* a second daemon must be told that it is one */
        number(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, LIMIT_MESSAGE_BYTES),
        number(GRPC_ARG_MAX_CONCURRENT_STREAMS, options->max_streams_per_connection),
        number(GRPC_ARG_KEEPALIVE_TIME_MS, options->keepalive_ms),
        number(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, KEEPALIVE_TIMEOUT_MS),
        number(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        number(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
        number(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, CLIENT_PINGS_AT_LEAST_MS),
        /* A connection keeps its buffers while it is silent, as those of a thousand nodes are. */
        number(GRPC_ARG_TSI_MAX_FRAME_SIZE, TLS_FRAME_BYTES),
        number(GRPC_ARG_TCP_READ_CHUNK_SIZE, READ_CHUNK_BYTES),
        /* What nobody here asks for and every call would pay for: a diary of each channel, packing
         * of replies, and pings that measure the line after each read. */
        number(GRPC_ARG_ENABLE_CHANNELZ, 0),
        number(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0),
        number(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0),
        number(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        number(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, LIMIT_MESSAGE_BYTES),
    };
    grpc_channel_args args = {.num_args = sizeof(list) / sizeof(list[0]), .args = list};
    grpc_server *core = grpc_server_create(&args, NULL);
    ENSURE(core);
    return core;
}

static void on_core_stopped(struct rpc_tag *tag, bool ok)
{
    struct rpc_server *server = RPC_TAG_OWNER(tag, struct rpc_server, stopped);
    (void)ok;
    pthread_mutex_lock(&server->lock);
    server->core_stopped = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

struct rpc_server *rpc_server_create(struct rpc_loop *loop,
                                     const struct rpc_server_options *options)
{
    struct rpc_server *server = calloc(1, sizeof(*server));
    ENSURE(server);
    server->loop = loop;
    if (options)
        server->options = *options;
    fill_in(&server->options);
    server->stopped.fn = on_core_stopped;
    rpc_outbox_init(&server->outbox, rpc_call_send_posted);
    ENSURE(pthread_mutex_init(&server->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&server->changed, NULL) == 0);
    server->core = make_core(&server->options);
    grpc_server_register_completion_queue(server->core, rpc_loop_queue(loop), NULL);
    rpc_loop_enter(loop);
    return server;
}

/* ---- the table ---- */

static int compare_routes(const void *a, const void *b)
{
    const struct rpc_route *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static bool has_path(const struct rpc_server *server, const char *path)
{
    for (size_t i = 0; i < server->route_count; i++)
        if (strcmp(server->routes[i].path, path) == 0)
            return true;
    return false;
}

static int add_route(struct rpc_server *server, const struct rpc_service *service,
                     const struct rpc_method_row *row, struct err *err)
{
    ENSURE(row->handler && row->kind < RPC_KIND_COUNT);
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(service->descriptor, row->name);
    if (!method)
        return err_set(err, ERR_INVALID, "service %s has no method %s", service->descriptor->name,
                       row->name);
    if (row->max_request_bytes > LIMIT_MESSAGE_BYTES)
        return err_set(err, ERR_INVALID, "requests of %s may not be larger than %d", row->name,
                       LIMIT_MESSAGE_BYTES);
    char *path = NULL;
    ENSURE(asprintf(&path, "/%s/%s", service->descriptor->name, row->name) > 0);
    if (has_path(server, path)) {
        free(path);
        return err_set(err, ERR_INVALID, "method %s is given twice", row->name);
    }
    struct rpc_route *routes =
        reallocarray(server->routes, server->route_count + 1, sizeof(*routes));
    ENSURE(routes);
    routes[server->route_count++] =
        (struct rpc_route){.path = path, .row = row, .method = method, .arg = service->arg};
    server->routes = routes;
    return 0;
}

int rpc_server_add(struct rpc_server *server, const struct rpc_service *service, struct err *err)
{
    ENSURE(server->stage == STAGE_NEW);
    if (server->service_count == SERVICES_MAX)
        return err_set(err, ERR_LIMIT, "a server has at most %d services", SERVICES_MAX);
    for (size_t i = 0; i < service->row_count; i++)
        TRY(add_route(server, service, &service->rows[i], err));
    server->services[server->service_count++] = *service;
    return 0;
}

const struct rpc_route *rpc_server_route(const struct rpc_server *server, struct span path)
{
    size_t low = 0, high = server->route_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_compare(span_text(server->routes[middle].path), path);
        if (order == 0)
            return &server->routes[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *rpc_server_service_name(const struct rpc_server *server, size_t index)
{
    return index < server->service_count ? server->services[index].descriptor->name : NULL;
}

/* ---- listening and starting ---- */

int rpc_server_listen(struct rpc_server *server, const char *address, struct rpc_tls_source *tls,
                      int *ret_port, struct err *err)
{
    ENSURE(server->stage == STAGE_NEW);
    struct rpc_address parsed;
    TRY(rpc_address_parse(address, &parsed, err));
    if (!tls && !rpc_address_is_local(&parsed))
        return err_set(err, ERR_INVALID, "%s can be reached from outside: it needs TLS", address);
    grpc_server_credentials *credentials = rpc_tls_listener_credentials(tls);
    int port = grpc_server_add_http2_port(server->core, address, credentials);
    grpc_server_credentials_release(credentials);
    if (port == 0) {
        TRY(rpc_address_try_bind(&parsed, err));
        if (tls)
            return err_set(err, ERR_INVALID,
                           "cannot listen on %s: key, certificate and "
                           "authorities don't fit together",
                           address);
        return err_set(err, ERR_UNAVAILABLE, "cannot listen on %s", address);
    }
    if (ret_port)
        *ret_port = parsed.is_unix ? 0 : port;
    return 0;
}

void rpc_server_start(struct rpc_server *server)
{
    ENSURE(server->stage == STAGE_NEW);
    if (server->route_count > 0)
        qsort(server->routes, server->route_count, sizeof(*server->routes), compare_routes);
    grpc_server_start(server->core);
    pthread_mutex_lock(&server->lock);
    server->stage = STAGE_RUNNING;
    pthread_mutex_unlock(&server->lock);
    for (int i = 0; i < CALLS_ARMED; i++)
        rpc_call_arm(server);
}

/* ---- counting ---- */

bool rpc_server_enter(struct rpc_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool running = server->stage == STAGE_RUNNING;
    if (running)
        server->present++;
    pthread_mutex_unlock(&server->lock);
    return running;
}

void rpc_server_leave(struct rpc_server *server)
{
    pthread_mutex_lock(&server->lock);
    ENSURE(server->present > 0);
    if (--server->present == 0)
        pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static unsigned streams_alive(const struct rpc_server *server)
{
    return server->alive[RPC_SERVER_STREAM] + server->alive[RPC_BIDI];
}

bool rpc_server_admit(struct rpc_server *server, enum rpc_kind kind)
{
    pthread_mutex_lock(&server->lock);
    bool room = kind == RPC_UNARY ? server->alive[RPC_UNARY] < server->options.max_calls
                                  : streams_alive(server) < server->options.max_streams;
    if (room)
        server->alive[kind]++;
    pthread_mutex_unlock(&server->lock);
    return room;
}

void rpc_server_release(struct rpc_server *server, enum rpc_kind kind)
{
    pthread_mutex_lock(&server->lock);
    ENSURE(server->alive[kind] > 0);
    server->alive[kind]--;
    pthread_mutex_unlock(&server->lock);
}

void rpc_server_count_refusal(struct rpc_server *server, enum rpc_refusal why)
{
    pthread_mutex_lock(&server->lock);
    server->refused[why]++;
    pthread_mutex_unlock(&server->lock);
}

struct rpc_server_counts rpc_server_counts(struct rpc_server *server)
{
    pthread_mutex_lock(&server->lock);
    struct rpc_server_counts counts = {.calls = server->alive[RPC_UNARY],
                                       .streams = streams_alive(server),
                                       .refused_limit = server->refused[RPC_REFUSED_LIMIT],
                                       .refused_policy = server->refused[RPC_REFUSED_POLICY],
                                       .refused_message = server->refused[RPC_REFUSED_MESSAGE]};
    pthread_mutex_unlock(&server->lock);
    return counts;
}

const struct rpc_server_options *rpc_server_settings(const struct rpc_server *server)
{
    return &server->options;
}

grpc_server *rpc_server_core(struct rpc_server *server)
{
    return server->core;
}

grpc_completion_queue *rpc_server_queue(struct rpc_server *server)
{
    return rpc_loop_queue(server->loop);
}

bool rpc_server_on_loop(const struct rpc_server *server)
{
    return rpc_loop_is_current(server->loop);
}

struct rpc_outbox *rpc_server_outbox(struct rpc_server *server)
{
    return &server->outbox;
}

/* ---- the end ---- */

/* Lets live calls go on until gRPC says all are over, or the time is up. With the lock held. */
static void wait_grace(struct rpc_server *server, unsigned grace_ms)
{
    struct timespec until = rpc_wait_until(grace_ms);
    while (!server->core_stopped)
        if (pthread_cond_clockwait(&server->changed, &server->lock, CLOCK_MONOTONIC, &until) != 0)
            return;
}

/* Until every handler has finished its call. One that does not would hang whoever stops the server,
 * and what it holds can't be freed under it: the process ends here. Once in some thousand stops
 * under load gRPC 1.51 was seen to leave a call that came at the same moment: what is alive is
 * cancelled again and again. With the lock held. */
static void wait_handlers(struct rpc_server *server)
{
    unsigned left_ms = server->options.finish_ms;
    while (left_ms > 0 && (!server->core_stopped || server->present > 0)) {
        unsigned slice_ms = left_ms < CANCEL_AGAIN_MS ? left_ms : CANCEL_AGAIN_MS;
        struct timespec until = rpc_wait_until(slice_ms);
        int rc = 0;
        while (rc == 0 && (!server->core_stopped || server->present > 0))
            rc = pthread_cond_clockwait(&server->changed, &server->lock, CLOCK_MONOTONIC, &until);
        left_ms -= slice_ms;
        if (rc == 0 || server->core_stopped)
            continue;
        pthread_mutex_unlock(&server->lock);
        grpc_server_cancel_all_calls(server->core);
        pthread_mutex_lock(&server->lock);
    }
    bool every_handler_finished = server->core_stopped && server->present == 0;
    ENSURE(every_handler_finished);
}

void rpc_server_stop(struct rpc_server *server, unsigned grace_ms)
{
    ENSURE(!rpc_loop_is_current(server->loop));
    pthread_mutex_lock(&server->lock);
    if (server->stage >= STAGE_STOPPING) {
        while (server->stage != STAGE_STOPPED)
            pthread_cond_wait(&server->changed, &server->lock);
        pthread_mutex_unlock(&server->lock);
        return;
    }
    server->stage = STAGE_STOPPING; /* from here no call is armed */
    pthread_mutex_unlock(&server->lock);

    rpc_tag_publish(&server->stopped);
    grpc_server_shutdown_and_notify(server->core, rpc_server_queue(server), &server->stopped);

    pthread_mutex_lock(&server->lock);
    wait_grace(server, grace_ms);
    pthread_mutex_unlock(&server->lock);

    grpc_server_cancel_all_calls(server->core);

    pthread_mutex_lock(&server->lock);
    wait_handlers(server);
    server->stage = STAGE_STOPPED;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

void rpc_server_destroy(struct rpc_server *server)
{
    if (!server)
        return;
    rpc_server_stop(server, 0);
    grpc_server_destroy(server->core);
    rpc_loop_leave(server->loop);
    for (size_t i = 0; i < server->route_count; i++)
        free(server->routes[i].path);
    free(server->routes);
    rpc_outbox_fini(&server->outbox);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
