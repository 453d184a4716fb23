/*
 * Wires. A wire is one call: a queue of packets each way, a client's end and a server's end, which
 * die separately. It is freed when both are done with and nothing on the agenda refers to it.
 */
#include "tests/sim/bed_rpc.h"

#include "lib/base/arena.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/rpc/client.h"
#include "lib/rpc/client_stream.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/message.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/server_call.h"
#include "tests/sim/bed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define RETRY_NS      (100 * BED_MS)
#define KEEPALIVE_NS  (2 * BED_S)
#define SERVICES_MAX  24
#define METADATA_NONE ((struct span){NULL, 0})

struct rpc_server {
    int host;
    struct rpc_service services[SERVICES_MAX];
    size_t n;
};

struct rpc_loop {
    int host;
};

struct rpc_runtime {
    int host;
};

struct rpc_channel {
    int client, server;
};

struct packet {
    struct packet *prev, *next;
    bool end; /* the last one: how the call ended */
    struct rpc_status status;
    size_t len;
    uint8_t bytes[];
};

struct rpc_stream {
    struct wire *wire;
};

struct rpc_call {
    struct wire *wire;
};

struct wire {
    struct wire *prev, *next; /* of all */
    int client, server;
    uint64_t client_life, server_life;
    struct rpc_method method;
    const ProtobufCMethodDescriptor *types;
    unsigned refs; /* by the agenda, by either end */
    struct packet *up, *down;
    bool up_due, down_due; /* a pump is on the agenda */
    int64_t cut_since;     /* 0: messages get through */

    /* the client's end */
    bool client_done;
    bool cancel_due; /* given up by the client; its last callback is still to come */
    bool is_stream;
    struct rpc_stream_handler handler;
    rpc_reply_fn reply;
    void *reply_arg;
    struct rpc_stream stream;

    /* the server's end */
    bool begun, finished, gone, reading, hooked;
    const struct rpc_method_row *row;
    void *service_arg;
    const struct rpc_call_hooks *hooks;
    void *hook_data;
    struct arena *arena;
    struct rpc_peer peer;
    char path[128];
    struct rpc_call call;
};

static struct {
    struct rpc_server *servers[BED_HOSTS];
    struct span identities[BED_HOSTS];
    struct wire *wires;
    int on;
} net;

/* ---- life ---- */

static void drop_packets(struct packet **queue)
{
    struct packet *p, *next;
    DL_FOREACH_SAFE(*queue, p, next)
    {
        DL_DELETE(*queue, p);
        free(p);
    }
}

static void release(struct wire *w)
{
    ENSURE(w->refs > 0);
    if (--w->refs > 0)
        return;
    drop_packets(&w->up);
    drop_packets(&w->down);
    arena_destroy(w->arena);
    DL_DELETE(net.wires, w);
    free(w);
}

static bool client_lives(const struct wire *w)
{
    return bed_host(w->client)->life == w->client_life && !w->client_done;
}

static bool server_lives(const struct wire *w)
{
    return bed_host(w->server)->up && bed_host(w->server)->life == w->server_life;
}

/* ---- the client's end ---- */

static void say_end(struct wire *w, const struct rpc_status *status, ProtobufCMessage *message)
{
    if (!client_lives(w)) {
        rpc_message_destroy(message);
        return;
    }
    w->client_done = true;
    if (w->is_stream)
        w->handler.done(w->handler.arg, status);
    else
        w->reply(w->reply_arg, status, message);
    release(w);
}

static struct rpc_status status_of(int code, bool sent, enum err_code err, const char *text)
{
    struct rpc_status status = {.code = code, .sent = sent, .err = err};
    (void)text_cut(status.text, sizeof status.text, text);
    return status;
}

static void break_client(struct wire *w)
{
    struct rpc_status status =
        w->begun ? status_of(RPC_UNAVAILABLE, true, ERR_UNKNOWN_OUTCOME, "the connection was lost")
                 : status_of(RPC_UNAVAILABLE, false, ERR_UNAVAILABLE, "no connection");
    say_end(w, &status, NULL);
}

/* ---- the server's end ---- */

static void last_hook(void *arg)
{
    struct wire *w = arg;
    if (server_lives(w) && w->hooked && w->hooks->release)
        w->hooks->release(w->hook_data);
    release(w);
}

static void finish(struct wire *w)
{
    ENSURE(!w->finished);
    w->finished = true;
    bed_after(0, NULL, last_hook, w); /* takes the reference of the server's end */
}

static void lose_server(struct wire *w)
{
    if (!w->begun || w->gone)
        return;
    w->gone = true;
    if (server_lives(w) && !w->finished && w->hooked && w->hooks->cancelled)
        w->hooks->cancelled(w->hook_data);
}

static const struct rpc_method_row *find_row(const struct rpc_server *s, const struct wire *w,
                                             void **ret_arg)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct rpc_service *service = &s->services[i];
        if (service->descriptor != w->method.service)
            continue;
        for (size_t r = 0; r < service->row_count; r++) {
            if (strcmp(service->rows[r].name, w->method.name) == 0) {
                *ret_arg = service->arg;
                return &service->rows[r];
            }
        }
    }
    return NULL;
}

static void begin(struct wire *w)
{
    w->begun = w->reading = true;
    w->refs++;
    w->row = find_row(net.servers[w->server], w, &w->service_arg);
    ENSURE(w->row);
    w->arena = arena_create(LIMIT_REQUEST_ARENA_BYTES);
    w->call.wire = w;
    w->peer = (struct rpc_peer){.authenticated = true,
                                .address = "bed",
                                .common_name = "",
                                .leaf_pem = net.identities[w->client]};
    (void)snprintf(w->path, sizeof w->path, "/%s/%s", w->method.service->name, w->method.name);
}

static void hand_over(struct wire *w, const struct packet *p)
{
    struct err err = ERR_INIT;
    ProtobufCMessage *message = NULL;
    arena_reset(w->arena);
    int rc =
        rpc_message_decode(w->types->input, span_of(p->bytes, p->len), w->arena, &message, &err);
    ENSURE(rc == 0);
    w->reading = false;
    w->row->handler(&w->call, message, w->service_arg);
}

/* ---- packets ---- */

static void pump_up(void *arg);
static void pump_down(void *arg);

static void plan_up(struct wire *w, int64_t after_ns)
{
    if (w->up_due)
        return;
    w->up_due = true;
    w->refs++;
    bed_after(after_ns, NULL, pump_up, w);
}

static void plan_down(struct wire *w, int64_t after_ns)
{
    if (w->down_due)
        return;
    w->down_due = true;
    w->refs++;
    bed_after(after_ns, NULL, pump_down, w);
}

static struct packet *take(struct packet **queue)
{
    struct packet *p = *queue;
    DL_DELETE(*queue, p);
    return p;
}

/* The head of the queue reaches the server, if it may. */
static void push_up(struct wire *w)
{
    if (!server_lives(w)) {
        break_client(w);
        return;
    }
    if (!client_lives(w)) {
        lose_server(w);
        return;
    }
    if (!bed_reaches(w->client, w->server) || !bed_runs(w->server)) {
        plan_up(w, RETRY_NS);
        return;
    }
    if (!w->begun)
        begin(w);
    if (!w->up || !w->reading || w->finished || w->gone)
        return;
    struct packet *p = take(&w->up);
    hand_over(w, p);
    free(p);
    if (w->up)
        plan_up(w, bed_delay());
}

static void pump_up(void *arg)
{
    struct wire *w = arg;
    w->up_due = false;
    push_up(w);
    release(w);
}

static void give_message(struct wire *w, const struct packet *p)
{
    ProtobufCMessage *message = NULL;
    struct err err = ERR_INIT;
    int rc = rpc_message_decode(w->types->output, span_of(p->bytes, p->len), NULL, &message, &err);
    ENSURE(rc == 0);
    if (w->is_stream) {
        w->handler.message(w->handler.arg, message);
        return;
    }
    struct rpc_status ok = status_of(RPC_OK, true, ERR_OK, "");
    say_end(w, &ok, message);
}

static void push_down(struct wire *w)
{
    if (!client_lives(w))
        return;
    if (!server_lives(w) && !w->finished) {
        break_client(w);
        return;
    }
    if (!bed_reaches(w->server, w->client) || !bed_runs(w->client)) {
        plan_down(w, RETRY_NS);
        return;
    }
    if (!w->down)
        return;
    struct packet *p = take(&w->down);
    if (p->end)
        say_end(w, &p->status, NULL);
    else
        give_message(w, p);
    free(p);
    if (w->down && client_lives(w))
        plan_down(w, bed_delay());
}

static void pump_down(void *arg)
{
    struct wire *w = arg;
    w->down_due = false;
    push_down(w);
    release(w);
}

static struct packet *pack(const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    struct packet *p = calloc(1, sizeof *p + len + 1);
    ENSURE(p);
    p->len = protobuf_c_message_pack(message, p->bytes);
    return p;
}

static void send_down(struct wire *w, struct packet *p)
{
    DL_APPEND(w->down, p);
    plan_down(w, bed_delay());
}

/* ---- looking after wires ---- */

/* Pings: both ways must be whole. */
static void look_after(void *arg)
{
    struct wire *w = arg;
    bool whole = bed_reaches(w->client, w->server) && bed_reaches(w->server, w->client);
    int64_t now = bed_now();
    if (whole)
        w->cut_since = 0;
    else if (w->cut_since == 0)
        w->cut_since = now;
    bool long_cut = w->cut_since && now - w->cut_since >= BED_KEEPALIVE_MS * BED_MS;
    bool over = w->finished && !w->down;
    if ((long_cut || !server_lives(w)) && client_lives(w) && !over)
        break_client(w);
    if (!client_lives(w) &&
        (whole || (w->cut_since && now - w->cut_since >= BED_SERVER_KEEPALIVE_MS * BED_MS)))
        lose_server(w);
    if (client_lives(w) || (w->begun && !w->finished && !w->gone && server_lives(w)))
        bed_after(KEEPALIVE_NS, NULL, look_after, w);
    else
        release(w);
}

static struct wire *open_wire(struct rpc_channel *channel, struct rpc_method method)
{
    struct wire *w = calloc(1, sizeof *w);
    ENSURE(w);
    w->client = channel->client;
    w->server = channel->server;
    w->client_life = bed_host(w->client)->life;
    w->server_life = bed_host(w->server)->life;
    w->method = method;
    w->types = protobuf_c_service_descriptor_get_method_by_name(method.service, method.name);
    ENSURE(w->types);
    w->refs = 2; /* the client's end, look_after() */
    DL_APPEND(net.wires, w);
    bed_after(KEEPALIVE_NS, NULL, look_after, w);
    plan_up(w, bed_delay());
    return w;
}

void bed_rpc_reset(int host)
{
    struct wire *w, *next;
    DL_FOREACH_SAFE(net.wires, w, next)
    {
        if (w->client != host && w->server != host)
            continue;
        w->refs++;
        if (client_lives(w))
            break_client(w);
        lose_server(w);
        release(w);
    }
}

/* ---- what the bed sets ---- */

struct rpc_server *bed_server_create(int host)
{
    struct rpc_server *s = calloc(1, sizeof *s);
    ENSURE(s);
    s->host = host;
    net.servers[host] = s;
    return s;
}

void bed_rpc_on(int host)
{
    net.on = host;
}

void bed_rpc_identity(int host, const void *identity, size_t len)
{
    net.identities[host] = span_of(identity, len);
}

struct rpc_channel *bed_channel(int client, int server)
{
    struct rpc_channel *c = calloc(1, sizeof *c);
    ENSURE(c);
    *c = (struct rpc_channel){.client = client, .server = server};
    return c;
}

/* ---- lib/rpc/runtime.h, loop.h, tls.h ---- */

struct rpc_runtime *rpc_runtime_create(const struct rpc_runtime_options *options)
{
    struct rpc_runtime *r = calloc(1, sizeof *r);
    ENSURE(r);
    (void)options;
    r->host = net.on;
    return r;
}

void rpc_runtime_destroy(struct rpc_runtime *runtime)
{
    free(runtime);
}

int rpc_loop_create(struct rpc_loop **ret, struct err *err)
{
    struct rpc_loop *l = calloc(1, sizeof *l);
    ENSURE(l);
    (void)err;
    l->host = net.on;
    *ret = l;
    return 0;
}

void rpc_loop_destroy(struct rpc_loop *loop)
{
    free(loop);
}

void __wrap_rpc_tls_bundle_destroy(struct rpc_tls_bundle *bundle);
struct rpc_tls_pem __wrap_rpc_tls_bundle_pem(const struct rpc_tls_bundle *bundle);
void __wrap_rpc_tls_bundle_destroy(struct rpc_tls_bundle *bundle)
{
    (void)bundle;
}

struct rpc_tls_pem __wrap_rpc_tls_bundle_pem(const struct rpc_tls_bundle *bundle)
{
    (void)bundle;
    return (struct rpc_tls_pem){.ca = METADATA_NONE};
}

/* ---- lib/rpc/channel.h, client.h, client_stream.h ---- */

int rpc_channel_create(struct rpc_loop *loop, const char *target,
                       const struct rpc_channel_options *options, struct rpc_channel **ret,
                       struct err *err)
{
    (void)options;
    for (int i = 0; i < BED_REPLICAS; i++) {
        if (strcmp(bed_host(i)->name, target) == 0) {
            *ret = bed_channel(loop->host, i);
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "%s is no control plane", target);
}

void rpc_channel_destroy(struct rpc_channel *channel)
{
    free(channel);
}

bool rpc_channel_is_connected(const struct rpc_channel *channel)
{
    return bed_host(channel->server)->up;
}

int rpc_stream_open(struct rpc_channel *channel, struct rpc_method method,
                    const struct rpc_stream_options *options,
                    const struct rpc_stream_handler *handler, struct rpc_stream **ret,
                    struct err *err)
{
    struct wire *w = open_wire(channel, method);
    (void)options;
    (void)err;
    w->is_stream = true;
    w->handler = *handler;
    w->stream.wire = w;
    w->refs++;
    *ret = &w->stream;
    return 0;
}

int rpc_stream_send(struct rpc_stream *stream, const ProtobufCMessage *message, struct err *err)
{
    struct wire *w = stream->wire;
    if (w->client_done || w->cancel_due)
        return err_set(err, ERR_CANCELLED, "the stream has ended");
    struct packet *p = pack(message);
    DL_APPEND(w->up, p);
    plan_up(w, bed_delay());
    return 0;
}

static void end_cancelled(struct wire *w)
{
    struct rpc_status status = status_of(RPC_CANCELLED, true, ERR_UNKNOWN_OUTCOME, "cancelled");
    w->cancel_due = false;
    say_end(w, &status, NULL);
}

static void cancelled_later(void *arg)
{
    struct wire *w = arg;
    if (w->cancel_due)
        end_cancelled(w);
    lose_server(w);
    release(w);
}

void rpc_stream_cancel(struct rpc_stream *stream)
{
    struct wire *w = stream->wire;
    if (w->client_done || w->cancel_due)
        return;
    w->cancel_due = true;
    w->refs++;
    bed_after(bed_delay(), NULL, cancelled_later, w);
}

void rpc_stream_destroy(struct rpc_stream *stream)
{
    if (!stream)
        return;
    struct wire *w = stream->wire;
    rpc_stream_cancel(stream);
    release(w);
}

/* Whoever waits for a stream's last callback waits in vain in a world of one thread: it comes
 * now. The only waiting that the simulated parts of the product do. */
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    struct wire *w, *next;
    (void)cond;
    pthread_mutex_unlock(mutex);
    DL_FOREACH_SAFE(net.wires, w, next)
    {
        if (w->cancel_due)
            end_cancelled(w);
    }
    return pthread_mutex_lock(mutex);
}

static void too_late(void *arg)
{
    struct wire *w = arg;
    struct rpc_status status =
        status_of(RPC_DEADLINE_EXCEEDED, true, ERR_UNKNOWN_OUTCOME, "no answer in time");
    if (client_lives(w))
        say_end(w, &status, NULL);
    lose_server(w);
    release(w);
}

int rpc_client_start(struct rpc_channel *channel, const struct rpc_request *request,
                     rpc_reply_fn done, void *arg, struct err *err)
{
    struct wire *w = open_wire(channel, request->method);
    struct packet *p = pack(request->message);
    (void)err;
    w->reply = done;
    w->reply_arg = arg;
    DL_APPEND(w->up, p);
    w->refs++;
    bed_after(request->timeout_ms * BED_MS, NULL, too_late, w);
    return 0;
}

/* ---- lib/rpc/server.h, server_call.h ---- */

int rpc_server_add(struct rpc_server *server, const struct rpc_service *service, struct err *err)
{
    (void)err;
    ENSURE(server->n < SERVICES_MAX);
    server->services[server->n++] = *service;
    return 0;
}

void rpc_call_reply(struct rpc_call *call, const ProtobufCMessage *reply)
{
    send_down(call->wire, pack(reply));
    finish(call->wire);
}

static void end_with(struct wire *w, const struct rpc_status *status)
{
    struct packet *p = calloc(1, sizeof *p);
    ENSURE(p);
    p->end = true;
    p->status = *status;
    send_down(w, p);
    finish(w);
}

void rpc_call_end(struct rpc_call *call)
{
    struct rpc_status ok = status_of(RPC_OK, true, ERR_OK, "");
    end_with(call->wire, &ok);
}

void rpc_call_fail(struct rpc_call *call, const struct err *err)
{
    struct rpc_status status = status_of(RPC_INTERNAL, true, err->code, err->text);
    end_with(call->wire, &status);
}

int rpc_call_send(struct rpc_call *call, const ProtobufCMessage *message, struct err *err)
{
    struct wire *w = call->wire;
    int waiting;
    struct packet *p;
    if (w->gone)
        return err_set(err, ERR_CANCELLED, "the client has gone");
    DL_COUNT(w->down, p, waiting);
    if (waiting >= LIMIT_STREAM_QUEUE)
        return err_set(err, ERR_LIMIT, "the queue is full");
    send_down(w, pack(message));
    return 0;
}

void rpc_call_next(struct rpc_call *call)
{
    struct wire *w = call->wire;
    w->reading = true;
    if (w->up)
        plan_up(w, bed_delay());
}

void rpc_call_set_hooks(struct rpc_call *call, const struct rpc_call_hooks *hooks, void *data)
{
    struct wire *w = call->wire;
    ENSURE(!w->hooked);
    w->hooked = true;
    w->hooks = hooks;
    w->hook_data = data;
    if (w->gone && hooks->cancelled)
        hooks->cancelled(data);
}

void *rpc_call_data(const struct rpc_call *call)
{
    return call->wire->hook_data;
}

bool rpc_call_is_cancelled(const struct rpc_call *call)
{
    return call->wire->gone;
}

int64_t rpc_call_remaining_ms(const struct rpc_call *call)
{
    (void)call;
    return INT64_MAX;
}

const struct rpc_peer *rpc_call_peer(const struct rpc_call *call)
{
    return &call->wire->peer;
}

const char *rpc_call_path(const struct rpc_call *call)
{
    return call->wire->path;
}

struct span rpc_call_metadata(const struct rpc_call *call, const char *key)
{
    (void)call;
    (void)key;
    return METADATA_NONE;
}

struct arena *rpc_call_arena(struct rpc_call *call)
{
    return call->wire->arena;
}
