/*
 * Owns client streams. A stream lives until its owner has given it back and every batch has come
 * home; it leaves its channel when `done` has run.
 *
 * gRPC takes one operation of a kind at a time: one write is in flight and the others wait in a
 * ring; one read is in flight. The status, the end of reading and
 * the word whether it was sent come in any order, so `done` runs at the last. The lock guards all
 * fields but the callbacks; callbacks run without it, on the loop.
 */
#include "lib/rpc/client_stream.h"

#include "lib/base/limits.h"
#include "lib/rpc/channel_internal.h"
#include "lib/rpc/loop_internal.h"
#include "lib/rpc/message.h"
#include "lib/rpc/message_internal.h"
#include "lib/rpc/send_queue_internal.h"

#include <grpc/byte_buffer.h>
#include <pthread.h>
#include <stdlib.h>

struct rpc_stream {
    struct rpc_tag begun, wrote, closed, got, ended;
    struct rpc_live live;
    struct rpc_stream_handler handler;

    pthread_mutex_t lock;
    unsigned refs; /* the owner, and every batch in flight */
    struct rpc_send_queue queue;
    bool writing; /* a write is in flight */
    bool closing; /* no more messages from here */
    bool close_sent;
    bool given_back; /* the owner wants no more messages */
    bool read_ended; /* no more messages from there */
    bool begin_known;
    bool sent; /* the server may have seen something of it */
    bool status_known;
    bool over; /* ended, or so badly broken that nothing can be sent */

    grpc_byte_buffer *received;
    grpc_metadata_array headers;
    struct rpc_ending ending;
    struct err broken; /* why this side cut the stream off */
};

static void stream_free(struct rpc_stream *stream)
{
    ENSURE(!stream->received);
    rpc_send_queue_fini(&stream->queue);
    grpc_metadata_array_destroy(&stream->headers);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

/* With the lock held; drops it. */
static void unref_unlock(struct rpc_stream *stream)
{
    ENSURE(stream->refs > 0);
    bool last = --stream->refs == 0;
    pthread_mutex_unlock(&stream->lock);
    if (last)
        stream_free(stream);
}

static void start(struct rpc_stream *stream, const grpc_op *ops, size_t count, struct rpc_tag *tag)
{
    stream->refs++;
    rpc_batch_start(stream->live.call, ops, count, tag);
}

/* ---- sending ---- */

/* Starts the next write, or the closing of our side when all is written. With the lock held. */
static void pump(struct rpc_stream *stream)
{
    if (stream->writing || stream->close_sent || stream->over)
        return;
    grpc_byte_buffer *next = rpc_send_queue_first(&stream->queue);
    if (next) {
        grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};
        op.data.send_message.send_message = next;
        stream->writing = true;
        start(stream, &op, 1, &stream->wrote);
        return;
    }
    if (!stream->closing)
        return;
    grpc_op op = {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
    stream->close_sent = true;
    start(stream, &op, 1, &stream->closed);
}

static void on_wrote(struct rpc_tag *tag, bool ok)
{
    struct rpc_stream *stream = RPC_TAG_OWNER(tag, struct rpc_stream, wrote);
    pthread_mutex_lock(&stream->lock);
    stream->writing = false;
    rpc_send_queue_pop(&stream->queue);
    if (!ok)
        stream->over = true;
    pump(stream);
    unref_unlock(stream);
}

static void on_closed(struct rpc_tag *tag, bool ok)
{
    struct rpc_stream *stream = RPC_TAG_OWNER(tag, struct rpc_stream, closed);
    (void)ok;
    pthread_mutex_lock(&stream->lock);
    unref_unlock(stream);
}

int rpc_stream_send(struct rpc_stream *stream, const ProtobufCMessage *message, struct err *err)
{
    ENSURE(message->descriptor == stream->live.method->input);
    grpc_byte_buffer *packed = rpc_message_pack(message);
    pthread_mutex_lock(&stream->lock);
    int rc = 0;
    if (stream->over || stream->closing)
        rc = err_set(err, ERR_CANCELLED, "the stream has ended");
    else if (!rpc_send_queue_push(&stream->queue, packed))
        rc = err_set(err, ERR_LIMIT, "%u messages wait on the stream", stream->queue.max);
    else
        pump(stream);
    pthread_mutex_unlock(&stream->lock);
    if (rc < 0)
        grpc_byte_buffer_destroy(packed);
    return rc;
}

void rpc_stream_close_send(struct rpc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->closing = true;
    pump(stream);
    pthread_mutex_unlock(&stream->lock);
}

/* ---- receiving and ending ---- */

static void read_next(struct rpc_stream *stream)
{
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &stream->received;
    start(stream, &op, 1, &stream->got);
}

/* The last callback, when status, end of reading and beginning are known. Without the lock; the
 * caller holds a reference. */
static void finish(struct rpc_stream *stream)
{
    struct rpc_status status = rpc_ending_status(&stream->ending, stream->sent, 0);
    if (stream->broken.code != ERR_OK)
        rpc_status_spoil(&status, &stream->broken);
    stream->handler.done(stream->handler.arg, &status);
    rpc_ending_fini(&stream->ending);
    rpc_live_leave(&stream->live);
}

/* With the lock held; drops it, and with it the batch's reference. */
static void settle_unlock(struct rpc_stream *stream)
{
    if (!stream->status_known || !stream->read_ended || !stream->begin_known) {
        unref_unlock(stream);
        return;
    }
    stream->over = true;
    pthread_mutex_unlock(&stream->lock);
    finish(stream);
    pthread_mutex_lock(&stream->lock);
    unref_unlock(stream);
}

static void on_begun(struct rpc_tag *tag, bool ok)
{
    struct rpc_stream *stream = RPC_TAG_OWNER(tag, struct rpc_stream, begun);
    pthread_mutex_lock(&stream->lock);
    stream->begin_known = true;
    stream->sent = ok;
    settle_unlock(stream);
}

static void on_ended(struct rpc_tag *tag, bool ok)
{
    struct rpc_stream *stream = RPC_TAG_OWNER(tag, struct rpc_stream, ended);
    ENSURE(ok);
    pthread_mutex_lock(&stream->lock);
    stream->status_known = true;
    stream->over = true;
    settle_unlock(stream);
}

/* A message that can't be read ends the stream from this side. */
static ProtobufCMessage *take_received(struct rpc_stream *stream)
{
    grpc_byte_buffer *received = stream->received;
    stream->received = NULL;
    ProtobufCMessage *message = NULL;
    if (rpc_message_unpack(stream->live.method->output, received,
                           rpc_channel_max_receive(stream->live.channel), NULL, &message,
                           &stream->broken) < 0)
        grpc_call_cancel_with_status(stream->live.call, GRPC_STATUS_INTERNAL,
                                     "a message cannot be read", NULL);
    grpc_byte_buffer_destroy(received);
    return message;
}

static void on_got(struct rpc_tag *tag, bool ok)
{
    struct rpc_stream *stream = RPC_TAG_OWNER(tag, struct rpc_stream, got);
    (void)ok; /* without a message either way */
    if (stream->received) {
        ProtobufCMessage *message = take_received(stream);
        pthread_mutex_lock(&stream->lock);
        bool wanted = !stream->given_back;
        pthread_mutex_unlock(&stream->lock);
        if (message && wanted)
            stream->handler.message(stream->handler.arg, message);
        else
            rpc_message_destroy(message);
        pthread_mutex_lock(&stream->lock);
        if (stream->broken.code == ERR_OK) {
            read_next(stream);
            unref_unlock(stream);
            return;
        }
    } else {
        pthread_mutex_lock(&stream->lock);
    }
    stream->read_ended = true;
    settle_unlock(stream);
}

/* ---- life ---- */

static void stream_start(struct rpc_stream *stream)
{
    grpc_op begin = rpc_live_begin(&stream->live);
    grpc_op ending[2] = {{.op = GRPC_OP_RECV_INITIAL_METADATA}, rpc_ending_op(&stream->ending)};
    ending[0].data.recv_initial_metadata.recv_initial_metadata = &stream->headers;
    pthread_mutex_lock(&stream->lock);
    start(stream, &begin, 1, &stream->begun);
    start(stream, ending, 2, &stream->ended);
    read_next(stream);
    pthread_mutex_unlock(&stream->lock);
}

int rpc_stream_open(struct rpc_channel *channel, struct rpc_method method,
                    const struct rpc_stream_options *options,
                    const struct rpc_stream_handler *handler, struct rpc_stream **ret,
                    struct err *err)
{
    struct rpc_stream *stream = calloc(1, sizeof(*stream));
    ENSURE(stream);
    ENSURE(handler->message && handler->done);
    stream->handler = *handler;
    int rc = rpc_live_enter(&stream->live, channel, method, options ? options->timeout_ms : 0, err);
    if (rc < 0) {
        free(stream);
        return rc;
    }
    stream->begun.fn = on_begun;
    stream->wrote.fn = on_wrote;
    stream->closed.fn = on_closed;
    stream->got.fn = on_got;
    stream->ended.fn = on_ended;
    stream->refs = 1;
    ENSURE(pthread_mutex_init(&stream->lock, NULL) == 0);
    rpc_send_queue_init(&stream->queue,
                        options && options->queue ? options->queue : LIMIT_STREAM_QUEUE);
    grpc_metadata_array_init(&stream->headers);
    rpc_ending_init(&stream->ending);
    *ret = stream;
    stream_start(stream);
    return 0;
}

void rpc_stream_cancel(struct rpc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    if (!stream->status_known)
        grpc_call_cancel(stream->live.call, NULL);
    pthread_mutex_unlock(&stream->lock);
}

void rpc_stream_destroy(struct rpc_stream *stream)
{
    if (!stream)
        return;
    pthread_mutex_lock(&stream->lock);
    stream->given_back = true;
    if (!stream->status_known)
        grpc_call_cancel(stream->live.call, NULL);
    unref_unlock(stream);
}
