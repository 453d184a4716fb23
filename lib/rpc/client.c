/*
 * Owns unary calls in flight. A call is two batches, one that begins it and tells whether it was
 * sent, and one for the rest; it belongs to gRPC until both tags have come back.
 */
#include "lib/rpc/client.h"

#include "lib/rpc/channel_internal.h"
#include "lib/rpc/loop_internal.h"
#include "lib/rpc/message.h"
#include "lib/rpc/message_internal.h"

#include <grpc/byte_buffer.h>
#include <pthread.h>
#include <stdlib.h>

struct unary {
    struct rpc_tag begun, ended;
    struct rpc_live live;
    unsigned outstanding; /* batches; touched on the loop alone once they are started */
    bool sent;
    rpc_reply_fn done;
    void *arg;
    grpc_byte_buffer *request;
    size_t request_bytes;
    grpc_byte_buffer *reply;
    grpc_metadata_array headers;
    struct rpc_ending ending;
};

static void unary_destroy(struct unary *unary)
{
    grpc_byte_buffer_destroy(unary->request);
    if (unary->reply)
        grpc_byte_buffer_destroy(unary->reply);
    grpc_metadata_array_destroy(&unary->headers);
    rpc_ending_fini(&unary->ending);
    free(unary);
}

static ProtobufCMessage *read_reply(struct unary *unary, struct rpc_status *status)
{
    if (status->code != RPC_OK)
        return NULL;
    ProtobufCMessage *reply = NULL;
    struct err err = ERR_INIT;
    int rc = unary->reply ? rpc_message_unpack(unary->live.method->output, unary->reply,
                                               rpc_channel_max_receive(unary->live.channel), NULL,
                                               &reply, &err)
                          : err_set(&err, ERR_INVALID, "there is none");
    if (rc < 0)
        rpc_status_spoil(status, &err);
    return reply;
}

/* One of the two tags has come home; the second ends the call. */
static void settle(struct unary *unary)
{
    if (--unary->outstanding > 0)
        return;
    struct rpc_status status = rpc_ending_status(&unary->ending, unary->sent, unary->request_bytes);
    ProtobufCMessage *reply = read_reply(unary, &status);
    unary->done(unary->arg, &status, reply);
    rpc_live_leave(&unary->live);
    unary_destroy(unary);
}

static void on_begun(struct rpc_tag *tag, bool ok)
{
    struct unary *unary = RPC_TAG_OWNER(tag, struct unary, begun);
    unary->sent = ok;
    settle(unary);
}

static void on_ended(struct rpc_tag *tag, bool ok)
{
    struct unary *unary = RPC_TAG_OWNER(tag, struct unary, ended);
    ENSURE(ok); /* a batch that receives the status always succeeds */
    settle(unary);
}

/* The second batch may end the call before this returns, but not before the first has begun. */
static void unary_start(struct unary *unary)
{
    grpc_op begin = rpc_live_begin(&unary->live);
    grpc_op rest[5] = {{.op = GRPC_OP_SEND_MESSAGE},
                       {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT},
                       {.op = GRPC_OP_RECV_INITIAL_METADATA},
                       {.op = GRPC_OP_RECV_MESSAGE},
                       rpc_ending_op(&unary->ending)};
    rest[0].data.send_message.send_message = unary->request;
    rest[2].data.recv_initial_metadata.recv_initial_metadata = &unary->headers;
    rest[3].data.recv_message.recv_message = &unary->reply;
    unary->outstanding = 2;
    rpc_batch_start(unary->live.call, &begin, 1, &unary->begun);
    rpc_batch_start(unary->live.call, rest, 5, &unary->ended);
}

int rpc_client_start(struct rpc_channel *channel, const struct rpc_request *request,
                     rpc_reply_fn done, void *arg, struct err *err)
{
    ENSURE(request->timeout_ms > 0);
    struct unary *unary = calloc(1, sizeof(*unary));
    ENSURE(unary);
    int rc = rpc_live_enter(&unary->live, channel, request->method, request->timeout_ms, err);
    if (rc < 0) {
        free(unary);
        return rc;
    }
    ENSURE(request->message->descriptor == unary->live.method->input);
    unary->begun.fn = on_begun;
    unary->ended.fn = on_ended;
    unary->done = done;
    unary->arg = arg;
    unary->request = rpc_message_pack(request->message);
    unary->request_bytes = grpc_byte_buffer_length(unary->request);
    grpc_metadata_array_init(&unary->headers);
    rpc_ending_init(&unary->ending);
    unary_start(unary);
    return 0;
}

/* ---- waiting ---- */

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done;
    struct rpc_status status;
    ProtobufCMessage *reply;
};

static void wake(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct waiter *waiter = arg;
    pthread_mutex_lock(&waiter->lock);
    waiter->status = *status;
    waiter->reply = reply;
    waiter->done = true;
    pthread_cond_signal(&waiter->ended);
    pthread_mutex_unlock(&waiter->lock);
}

int rpc_client_call(struct rpc_channel *channel, const struct rpc_request *request,
                    ProtobufCMessage **ret_reply, struct rpc_status *ret_status, struct err *err)
{
    ENSURE(!rpc_channel_on_loop(channel));
    struct waiter waiter = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};
    int rc = rpc_client_start(channel, request, wake, &waiter, err);
    if (rc < 0) {
        waiter.status = (struct rpc_status){
            .code = RPC_CANCELLED, .err = ERR_CANCELLED, .text = "the channel is closing"};
    } else {
        pthread_mutex_lock(&waiter.lock);
        while (!waiter.done)
            pthread_cond_wait(&waiter.ended, &waiter.lock);
        pthread_mutex_unlock(&waiter.lock);
        rc = rpc_status_err(&waiter.status, err);
    }
    pthread_cond_destroy(&waiter.ended);
    pthread_mutex_destroy(&waiter.lock);
    if (ret_status)
        *ret_status = waiter.status;
    if (rc == 0)
        *ret_reply = waiter.reply;
    return rc;
}
