/*
 * Owns one call on the server, from before gRPC is asked for it until its last batch has come home
 * and its handler has finished it.
 *
 * One operation of a kind may be in flight: `got` reads, `sent` writes, `closed` waits for the end
 * on the client's side. What is to be written waits in a queue; the status goes out in the same
 * batch as the last message. A unary call without hooks has no use for the news that its client has
 * left, and learns of the end on the client's side in that batch, too: one completion less. The
 * lock guards everything that a finishing or sending thread shares with the loop; handlers, policy
 * and hooks run without it, on the loop.
 */
#include "lib/rpc/server_call.h"

#include "lib/base/limits.h"
#include "lib/rpc/channel_internal.h"
#include "lib/rpc/loop_internal.h"
#include "lib/rpc/message_internal.h"
#include "lib/rpc/outbox_internal.h"
#include "lib/rpc/peer_internal.h"
#include "lib/rpc/send_queue_internal.h"
#include "lib/rpc/server_internal.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>
#include <grpc/support/time.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PUSHBACK_KEY     "grpc-retry-pushback-ms" /* what gRPC's own clients look for */
#define PUSHBACK_MS      "500"
#define HEAD_ARENA_BYTES (128 << 10) /* the peer's names and certificate */

struct rpc_call {
    struct rpc_tag arrived, got, sent, closed;
    struct rpc_outbox_item posted; /* a unary call that another thread has finished */
    struct rpc_server *server;
    grpc_call *core;
    grpc_call_details details;
    grpc_metadata_array metadata;
    const struct rpc_route *route;
    bool admitted;
    bool watched;       /* for the client's leaving, by `closed` */
    struct arena *head; /* lives as long as the call */
    struct rpc_peer peer;
    struct arena *arena; /* of the request; emptied for each message of a stream */
    grpc_byte_buffer *received;
    int closed_early; /* gRPC's word, valid when `closed` has come */

    pthread_mutex_t lock;
    unsigned refs; /* the handler's until it finishes, every batch in flight */
    struct rpc_send_queue queue;
    bool reading;
    bool handling; /* the handler is running */
    bool headers_sent;
    bool writing;         /* a batch that writes is in flight */
    bool writing_message; /* and the first message of the queue is in it */
    bool was_full;        /* a send was refused since `writable` last ran */
    bool cancelled;
    bool finished;
    bool status_sent; /* or never will be, since the connection has gone */
    struct err outcome;
    grpc_metadata trailers[2];
    const struct rpc_call_hooks *hooks;
    void *data;
};

/* ---- life ---- */

static void call_free(struct rpc_call *call)
{
    if (call->hooks && call->hooks->release)
        call->hooks->release(call->data);
    if (call->received)
        grpc_byte_buffer_destroy(call->received);
    if (call->core)
        grpc_call_unref(call->core);
    rpc_send_queue_fini(&call->queue);
    grpc_metadata_array_destroy(&call->metadata);
    grpc_call_details_destroy(&call->details);
    arena_destroy(call->arena);
    arena_destroy(call->head);
    pthread_mutex_destroy(&call->lock);
    struct rpc_server *server = call->server;
    if (call->admitted)
        rpc_server_release(server, call->route->row->kind);
    free(call);
    rpc_server_leave(server);
}

/* With the lock held; drops it. */
static void unref_unlock(struct rpc_call *call)
{
    ENSURE(call->refs > 0);
    bool last = --call->refs == 0;
    pthread_mutex_unlock(&call->lock);
    if (last)
        call_free(call);
}

/* With the lock held. */
static void start(struct rpc_call *call, const grpc_op *ops, size_t count, struct rpc_tag *tag)
{
    call->refs++;
    rpc_batch_start(call->core, ops, count, tag);
}

/* ---- writing ---- */

static grpc_op status_op(struct rpc_call *call, grpc_slice *text)
{
    grpc_op op = {.op = GRPC_OP_SEND_STATUS_FROM_SERVER};
    op.data.send_status_from_server.status = (grpc_status_code)err_grpc_status(call->outcome.code);
    if (call->outcome.code == ERR_OK)
        return op;
    *text = grpc_slice_from_copied_string(call->outcome.text);
    bool busy = call->outcome.code == ERR_BUSY;
    call->trailers[0].key = grpc_slice_from_static_string(RPC_ERROR_KEY);
    call->trailers[0].value = grpc_slice_from_static_string(err_name(call->outcome.code));
    call->trailers[1].key = grpc_slice_from_static_string(PUSHBACK_KEY);
    call->trailers[1].value = grpc_slice_from_static_string(PUSHBACK_MS);
    op.data.send_status_from_server.status_details = text;
    op.data.send_status_from_server.trailing_metadata = call->trailers;
    op.data.send_status_from_server.trailing_metadata_count = busy ? 2 : 1;
    return op;
}

static grpc_op close_op(struct rpc_call *call)
{
    grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
    op.data.recv_close_on_server.cancelled = &call->closed_early;
    return op;
}

/* Starts the next write if none is in flight and there is something to say: headers before the
 * first, a message, the status with the last. With the lock held. */
static void pump(struct rpc_call *call)
{
    grpc_byte_buffer *message = rpc_send_queue_first(&call->queue);
    if (call->writing || call->status_sent || (!message && !call->finished))
        return;
    grpc_op ops[4];
    size_t count = 0;
    grpc_slice text = grpc_empty_slice();
    if (!call->headers_sent)
        ops[count++] = (grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA};
    call->headers_sent = true;
    if (message) {
        ops[count] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE};
        ops[count++].data.send_message.send_message = message;
    }
    if (call->finished && call->queue.count <= 1) {
        ops[count++] = status_op(call, &text);
        if (!call->watched)
            ops[count++] = close_op(call);
        call->status_sent = true;
    }
    call->writing = true;
    call->writing_message = message != NULL;
    start(call, ops, count, &call->sent);
    grpc_slice_unref(text);
}

static void on_sent(struct rpc_tag *tag, bool ok)
{
    struct rpc_call *call = RPC_TAG_OWNER(tag, struct rpc_call, sent);
    pthread_mutex_lock(&call->lock);
    call->writing = false;
    if (call->writing_message)
        rpc_send_queue_pop(&call->queue);
    call->writing_message = false;
    if (!ok) {
        call->status_sent = true;
        rpc_send_queue_cut(&call->queue, 0);
    }
    pump(call);
    bool writable =
        call->was_full && ok && !call->finished && call->queue.count <= call->queue.max / 2;
    if (writable)
        call->was_full = false;
    const struct rpc_call_hooks *hooks = call->hooks;
    pthread_mutex_unlock(&call->lock);
    if (writable && hooks && hooks->writable)
        hooks->writable(call->data);
    pthread_mutex_lock(&call->lock);
    unref_unlock(call);
}

int rpc_call_send(struct rpc_call *call, const ProtobufCMessage *message, struct err *err)
{
    ENSURE(call->route->row->kind != RPC_UNARY);
    ENSURE(message->descriptor == call->route->method->output);
    grpc_byte_buffer *packed = rpc_message_pack(message);
    int rc = 0;
    pthread_mutex_lock(&call->lock);
    if (call->cancelled || call->finished || call->status_sent) {
        rc = err_set(err, ERR_CANCELLED, "the client has gone");
    } else if (!rpc_send_queue_push(&call->queue, packed)) {
        call->was_full = true;
        rc = err_set(err, ERR_LIMIT, "%u messages wait for a slow reader", call->queue.max);
    } else {
        pump(call);
    }
    pthread_mutex_unlock(&call->lock);
    if (rc < 0)
        grpc_byte_buffer_destroy(packed);
    return rc;
}

/* ---- finishing ---- */

/* Takes the handler's reference. A second finish is a broken promise, unless a bidirectional
 * call's handler was overtaken by another thread. */
static void finish(struct rpc_call *call, const struct err *outcome, grpc_byte_buffer *reply)
{
    pthread_mutex_lock(&call->lock);
    if (call->finished) {
        ENSURE(call->handling && call->route->row->kind == RPC_BIDI);
        pthread_mutex_unlock(&call->lock);
        return;
    }
    call->finished = true;
    call->outcome = *outcome;
    bool slow = rpc_send_queue_full(&call->queue);
    if (outcome->code != ERR_OK)
        rpc_send_queue_cut(&call->queue, call->writing_message ? 1 : 0);
    if (reply)
        ENSURE(rpc_send_queue_push(&call->queue, reply));
    if (outcome->code != ERR_OK && slow && call->writing)
        grpc_call_cancel_with_status(call->core, (grpc_status_code)err_grpc_status(outcome->code),
                                     outcome->text, NULL);
    if (!call->watched && !rpc_server_on_loop(call->server)) {
        pthread_mutex_unlock(&call->lock);
        rpc_outbox_put(rpc_server_outbox(call->server), &call->posted, call->core);
        return; /* the handler's reference goes with it */
    }
    pump(call);
    unref_unlock(call);
}

void rpc_call_send_posted(struct rpc_outbox_item *item)
{
    struct rpc_call *call = (struct rpc_call *)((char *)item - offsetof(struct rpc_call, posted));
    pthread_mutex_lock(&call->lock);
    pump(call);
    unref_unlock(call);
}

void rpc_call_reply(struct rpc_call *call, const ProtobufCMessage *reply)
{
    ENSURE(call->route->row->kind == RPC_UNARY);
    ENSURE(reply->descriptor == call->route->method->output);
    struct err outcome = ERR_INIT;
    size_t len = protobuf_c_message_get_packed_size(reply);
    if (len > LIMIT_REPLY_BYTES) {
        err_set(&outcome, ERR_LIMIT, "the reply of %zu bytes is larger than %d", len,
                LIMIT_REPLY_BYTES);
        finish(call, &outcome, NULL);
        return;
    }
    finish(call, &outcome, rpc_message_pack(reply));
}

void rpc_call_end(struct rpc_call *call)
{
    ENSURE(call->route->row->kind != RPC_UNARY);
    finish(call, &ERR_INIT, NULL);
}

void rpc_call_fail(struct rpc_call *call, const struct err *err)
{
    ENSURE(err->code != ERR_OK);
    finish(call, err, NULL);
}

/* ---- reading ---- */

/* With the lock held. */
static void read_next(struct rpc_call *call)
{
    ENSURE(!call->reading);
    call->reading = true;
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &call->received;
    start(call, &op, 1, &call->got);
}

void rpc_call_next(struct rpc_call *call)
{
    ENSURE(call->route->row->kind == RPC_BIDI);
    pthread_mutex_lock(&call->lock);
    if (!call->finished) {
        arena_reset(call->arena);
        read_next(call);
    }
    pthread_mutex_unlock(&call->lock);
}

static int decode_request(struct rpc_call *call, ProtobufCMessage **ret, struct err *err)
{
    const struct rpc_method_row *row = call->route->row;
    size_t max = row->max_request_bytes ? row->max_request_bytes : LIMIT_MESSAGE_BYTES;
    if (!call->received)
        return err_set(err, ERR_INVALID, "the request has no message, or one that is too large");
    int rc =
        rpc_message_unpack(call->route->method->input, call->received, max, call->arena, ret, err);
    grpc_byte_buffer_destroy(call->received);
    call->received = NULL;
    return rc;
}

/* The handler's turn, with the batch's reference held. */
static void handle(struct rpc_call *call)
{
    ProtobufCMessage *request = NULL;
    struct err err = ERR_INIT;
    bool half_closed = call->route->row->kind == RPC_BIDI && !call->received;
    if (!half_closed && decode_request(call, &request, &err) < 0) {
        rpc_server_count_refusal(call->server, RPC_REFUSED_MESSAGE);
        rpc_call_fail(call, &err);
        return;
    }
    call->route->row->handler(call, request, call->route->arg);
}

static void on_got(struct rpc_tag *tag, bool ok)
{
    struct rpc_call *call = RPC_TAG_OWNER(tag, struct rpc_call, got);
    (void)ok; /* without a message either way */
    pthread_mutex_lock(&call->lock);
    call->reading = false;
    call->handling = !call->finished;
    bool wanted = call->handling;
    pthread_mutex_unlock(&call->lock);
    if (wanted)
        handle(call);
    pthread_mutex_lock(&call->lock);
    call->handling = false;
    unref_unlock(call);
}

static void on_closed(struct rpc_tag *tag, bool ok)
{
    struct rpc_call *call = RPC_TAG_OWNER(tag, struct rpc_call, closed);
    (void)ok;
    pthread_mutex_lock(&call->lock);
    call->cancelled = call->closed_early != 0;
    bool tell = call->cancelled && !call->finished;
    const struct rpc_call_hooks *hooks = call->hooks;
    pthread_mutex_unlock(&call->lock);
    if (tell && hooks && hooks->cancelled)
        hooks->cancelled(call->data);
    pthread_mutex_lock(&call->lock);
    unref_unlock(call);
}

/* With the lock held. */
static void watch_for_end(struct rpc_call *call)
{
    grpc_op close = close_op(call);
    call->watched = true;
    start(call, &close, 1, &call->closed);
}

/* ---- arriving ---- */

static int refuse(struct rpc_call *call, enum rpc_refusal why, int rc)
{
    rpc_server_count_refusal(call->server, why);
    return rc;
}

/* All that is decided before the message is read. */
static int admit(struct rpc_call *call, struct err *err)
{
    const struct rpc_server_options *settings = rpc_server_settings(call->server);
    struct span path = span_of(GRPC_SLICE_START_PTR(call->details.method),
                               GRPC_SLICE_LENGTH(call->details.method));
    const struct rpc_route *route = rpc_server_route(call->server, path);
    if (!route) {
        char text[128];
        rpc_slice_text(text, sizeof(text), call->details.method);
        return err_set(err, ERR_UNSUPPORTED, "there is no method %s", text);
    }
    if (!rpc_server_admit(call->server, route->row->kind))
        return refuse(call, RPC_REFUSED_LIMIT,
                      err_set(err, ERR_BUSY, "too many calls at once: try again later"));
    call->route = route;
    call->admitted = true;
    call->head = arena_create(HEAD_ARENA_BYTES);
    TRY(rpc_peer_read(call->core, call->head, &call->peer, err));
    if (settings->policy &&
        settings->policy(settings->policy_arg, route->path, route->row, &call->peer, err) < 0)
        return refuse(call, RPC_REFUSED_POLICY, -1);
    call->arena = arena_create(settings->arena_bytes);
    return 0;
}

static void on_arrived(struct rpc_tag *tag, bool ok)
{
    struct rpc_call *call = RPC_TAG_OWNER(tag, struct rpc_call, arrived);
    if (!ok) {
        call_free(call);
        return;
    }
    rpc_call_arm(call->server);
    struct err err = ERR_INIT;
    int rc = admit(call, &err);
    pthread_mutex_lock(&call->lock);
    if (call->route && call->route->row->kind != RPC_UNARY)
        watch_for_end(call);
    if (rc == 0)
        read_next(call);
    pthread_mutex_unlock(&call->lock);
    if (rc < 0)
        rpc_call_fail(call, &err);
}

void rpc_call_arm(struct rpc_server *server)
{
    if (!rpc_server_enter(server))
        return;
    struct rpc_call *call = calloc(1, sizeof(*call));
    ENSURE(call);
    call->server = server;
    call->refs = 1;
    call->arrived.fn = on_arrived;
    call->got.fn = on_got;
    call->sent.fn = on_sent;
    call->closed.fn = on_closed;
    ENSURE(pthread_mutex_init(&call->lock, NULL) == 0);
    grpc_call_details_init(&call->details);
    grpc_metadata_array_init(&call->metadata);
    rpc_send_queue_init(&call->queue, rpc_server_settings(server)->stream_queue);
    rpc_tag_publish(&call->arrived);
    grpc_completion_queue *queue = rpc_server_queue(server);
    ENSURE(grpc_server_request_call(rpc_server_core(server), &call->core, &call->details,
                                    &call->metadata, queue, queue, &call->arrived) == GRPC_CALL_OK);
}

/* ---- hooks and queries ---- */

void rpc_call_set_hooks(struct rpc_call *call, const struct rpc_call_hooks *hooks, void *data)
{
    pthread_mutex_lock(&call->lock);
    ENSURE(!call->hooks && hooks);
    call->hooks = hooks;
    call->data = data;
    if (!call->watched && !call->finished)
        watch_for_end(call);
    bool late = call->cancelled;
    pthread_mutex_unlock(&call->lock);
    if (late && hooks->cancelled)
        hooks->cancelled(data);
}

void *rpc_call_data(const struct rpc_call *call)
{
    return call->data;
}

bool rpc_call_is_cancelled(const struct rpc_call *call)
{
    struct rpc_call *shared = (struct rpc_call *)call;
    pthread_mutex_lock(&shared->lock);
    bool cancelled = shared->cancelled;
    pthread_mutex_unlock(&shared->lock);
    return cancelled;
}

int64_t rpc_call_remaining_ms(const struct rpc_call *call)
{
    gpr_timespec deadline = call->details.deadline;
    if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
        return INT64_MAX;
    gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
    int64_t ms = left.tv_sec * 1000 + left.tv_nsec / 1000000;
    return ms > 0 ? ms : 0;
}

const struct rpc_peer *rpc_call_peer(const struct rpc_call *call)
{
    return &call->peer;
}

const char *rpc_call_path(const struct rpc_call *call)
{
    return call->route->path;
}

struct span rpc_call_metadata(const struct rpc_call *call, const char *key)
{
    for (size_t i = 0; i < call->metadata.count; i++) {
        const grpc_metadata *item = &call->metadata.metadata[i];
        if (grpc_slice_str_cmp(item->key, key) == 0)
            return span_of(GRPC_SLICE_START_PTR(item->value), GRPC_SLICE_LENGTH(item->value));
    }
    return span_of(NULL, 0);
}

struct arena *rpc_call_arena(struct rpc_call *call)
{
    return call->arena;
}
