/* A call, the server's end: the sentences of lib/rpc/server_call.h. */
#include "lib/rpc/server_call.h"

#include "lib/base/limits.h"
#include "tests/unit/lib/rpc/rig.h"

#include <signal.h>

static void drop_reply(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    (void)arg;
    (void)status;
    rpc_message_destroy(reply);
}

static void start_check(struct rig *rig, const char *what, unsigned timeout_ms)
{
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    message.service = (char *)what;
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, timeout_ms};
    ck_assert_int_eq(rpc_client_start(rig->channel, &request, drop_reply, NULL, NULL), 0);
}

/* ---- finishing ---- */

static void *answer_one(void *arg)
{
    struct rig *rig = arg;
    if (yard_wait(&rig->yard, &rig->yard.parked_count, 1))
        reply_serving(yard_take(&rig->yard));
    return NULL;
}

START_TEST(any_thread_may_answer)
{
    struct rig rig;
    rig_open(&rig, NULL);
    pthread_t answerer;
    pthread_create(&answerer, NULL, answer_one, &rig);
    ck_assert_int_eq(rig_check(&rig, "park", 10000).code, RPC_OK);
    pthread_join(answerer, NULL);
    ck_assert(yard_wait(&rig.yard, &rig.yard.released, 1));
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.cancelled), 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_reply_that_is_too_large_becomes_an_error)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_status status = rig_range(rig.channel, 1, LIMIT_REPLY_BYTES + 1);
    ck_assert_int_eq(status.err, ERR_LIMIT);
    rig_close(&rig);
}
END_TEST

static void finish_twice(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    (void)request;
    (void)arg;
    struct err err = {.code = ERR_INVALID};
    rpc_call_fail(call, &err);
    rpc_call_fail(call, &err);
}

static const struct rpc_method_row TWICE_ROWS[] = {
    {.name = "Check", .kind = RPC_UNARY, .handler = finish_twice}};
static const struct rpc_service TWICE = {
    .descriptor = &grpc__health__v1__health__descriptor, .rows = TWICE_ROWS, .row_count = 1};

START_TEST(finishing_twice_is_a_broken_promise)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_setup){.service = &TWICE});
    (void)rig_check(&rig, "ok", 5000);
    rig_close(&rig);
}
END_TEST

/* ---- cancelling ---- */

START_TEST(a_client_that_gives_up_is_noticed)
{
    struct rig rig;
    rig_open(&rig, NULL);
    start_check(&rig, "park", 100);
    ck_assert(yard_wait(&rig.yard, &rig.yard.parked_count, 1));
    struct rpc_call *call = yard_take(&rig.yard);
    ck_assert_int_gt(rpc_call_remaining_ms(call), -1);
    ck_assert(yard_wait(&rig.yard, &rig.yard.cancelled, 1));
    ck_assert(rpc_call_is_cancelled(call));
    /* The client's clock began before ours did. */
    ck_assert_int_lt(rpc_call_remaining_ms(call), 100);
    ck_assert_ptr_eq(rpc_call_data(call), &rig.yard);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.released),
                      0); /* not before the call is finished */
    reply_serving(call);
    ck_assert(yard_wait(&rig.yard, &rig.yard.released, 1));
    rig_close(&rig);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.cancelled), 1);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.released), 1);
}
END_TEST

START_TEST(a_stream_whose_client_went_takes_no_more)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_watch(&rig, "park", &inbox);
    ck_assert(yard_wait(&rig.yard, &rig.yard.parked_count, 1));
    struct rpc_call *call = yard_take(&rig.yard);
    ck_assert_int_eq(rpc_call_remaining_ms(call), INT64_MAX);
    ck_assert_int_eq(send_serving(call, NULL), 0);
    ck_assert(inbox_wait(&inbox, 1, false));
    rpc_stream_destroy(stream);
    ck_assert(yard_wait(&rig.yard, &rig.yard.cancelled, 1));
    ck_assert_int_eq(send_serving(call, NULL), -ERR_CANCELLED);
    rpc_call_end(call);
    rig_close(&rig);
}
END_TEST

/* ---- queries ---- */

struct answers {
    char tenant[32];
    size_t absent_len;
    char path[64];
    bool arena_gives;
    bool arena_ends;
};

static void ask_around(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct answers *answers = arg;
    (void)request;
    struct span tenant = rpc_call_metadata(call, "x-tenant");
    snprintf(answers->tenant, sizeof(answers->tenant), "%.*s", (int)tenant.len,
             (const char *)tenant.data);
    answers->absent_len = rpc_call_metadata(call, "x-absent").len;
    snprintf(answers->path, sizeof(answers->path), "%s", rpc_call_path(call));
    answers->arena_gives = arena_alloc(rpc_call_arena(call), 1000) != NULL;
    answers->arena_ends = arena_alloc(rpc_call_arena(call), LIMIT_REQUEST_ARENA_BYTES) == NULL;
    reply_serving(call);
}

static const struct rpc_method_row ASK_ROWS[] = {
    {.name = "Check", .kind = RPC_UNARY, .handler = ask_around}};

START_TEST(a_call_can_be_asked)
{
    struct rig rig;
    struct answers answers = {.absent_len = 9};
    struct rpc_service service = {
        .descriptor = HEALTH, .rows = ASK_ROWS, .row_count = 1, .arg = &answers};
    struct rpc_metadata metadata = {"x-tenant", "snu"};
    rig_open(&rig, &(struct rig_setup){.service = &service,
                                       .channel = {.metadata = &metadata, .metadata_count = 1}});
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    rig_close(&rig);
    ck_assert_str_eq(answers.tenant, "snu");
    ck_assert_uint_eq(answers.absent_len, 0);
    ck_assert_str_eq(answers.path, "/grpc.health.v1.Health/Check");
    ck_assert(answers.arena_gives);
    ck_assert(answers.arena_ends);
}
END_TEST

/* ---- slow readers: large messages, and a client that doesn't take them ---- */

struct producer {
    struct rig_yard yard;
    unsigned writable;
};

static void on_writable(void *data)
{
    struct producer *producer = data;
    yard_note(&producer->yard, &producer->writable);
}

static void on_cancelled(void *data)
{
    struct producer *producer = data;
    yard_note(&producer->yard, &producer->yard.cancelled);
}

static void on_release(void *data)
{
    struct producer *producer = data;
    yard_note(&producer->yard, &producer->yard.released);
}

static void keep_call(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    static const struct rpc_call_hooks HOOKS = {
        .cancelled = on_cancelled, .writable = on_writable, .release = on_release};
    struct producer *producer = arg;
    (void)request;
    rpc_call_set_hooks(call, &HOOKS, producer);
    pthread_mutex_lock(&producer->yard.lock);
    producer->yard.parked[producer->yard.parked_count++] = call;
    pthread_cond_broadcast(&producer->yard.changed);
    pthread_mutex_unlock(&producer->yard.lock);
}

static const struct rpc_method_row PRODUCE_ROWS[] = {
    {.name = "Range", .kind = RPC_SERVER_STREAM, .handler = keep_call}};

/* A stream of ranges whose reader is held up by the gate; with the call on the server's end. */
struct slow {
    struct producer producer;
    struct rpc_service service;
    struct rig rig;
    struct rig_inbox inbox;
    pthread_mutex_t gate;
    struct rpc_stream *stream;
    struct rpc_call *call;
};

static void slow_open(struct slow *slow, unsigned queue)
{
    memset(slow, 0, sizeof(*slow));
    pthread_mutex_init(&slow->producer.yard.lock, NULL);
    pthread_cond_init(&slow->producer.yard.changed, NULL);
    pthread_mutex_init(&slow->gate, NULL);
    inbox_init(&slow->inbox);
    slow->inbox.gate = &slow->gate;
    slow->service = (struct rpc_service){
        .descriptor = KV, .rows = PRODUCE_ROWS, .row_count = 1, .arg = &slow->producer};
    rig_open(&slow->rig,
             &(struct rig_setup){.service = &slow->service, .server = {.stream_queue = queue}});
    pthread_mutex_lock(&slow->gate);
    slow->stream =
        rig_open_stream(slow->rig.channel, (struct rpc_method){KV, "Range"}, NULL, &slow->inbox);
    Etcdserverpb__RangeRequest message = ETCDSERVERPB__RANGE_REQUEST__INIT;
    ck_assert_int_eq(rpc_stream_send(slow->stream, &message.base, NULL), 0);
    rpc_stream_close_send(slow->stream);
    ck_assert(yard_wait(&slow->producer.yard, &slow->producer.yard.parked_count, 1));
    slow->call = yard_take(&slow->producer.yard);
}

static void slow_close(struct slow *slow)
{
    rpc_stream_destroy(slow->stream);
    rig_close(&slow->rig);
    ck_assert_uint_eq(slow->inbox.done_runs, 1);
    ck_assert_uint_eq(yard_read(&slow->producer.yard, &slow->producer.yard.released), 1);
}

static int send_large(struct rpc_call *call, struct err *err)
{
    static uint8_t value[256 << 10];
    Mvccpb__KeyValue item = MVCCPB__KEY_VALUE__INIT, *items[1] = {&item};
    item.value = (ProtobufCBinaryData){.data = value, .len = sizeof(value)};
    Etcdserverpb__RangeResponse message = ETCDSERVERPB__RANGE_RESPONSE__INIT;
    message.n_kvs = 1;
    message.kvs = items;
    return rpc_call_send(call, &message.base, err);
}

/* Sends until the queue is full. */
static unsigned fill(struct rpc_call *call)
{
    unsigned sent = 0;
    int rc;
    while ((rc = send_large(call, NULL)) == 0)
        sent++;
    ck_assert_int_eq(rc, -ERR_LIMIT);
    return sent;
}

/* Sends until the queue is full and stays so, because all buffers on the way are full too. */
static unsigned jam(struct slow *slow)
{
    unsigned sent = 0, drained = 0;
    do {
        sent += fill(slow->call);
        drained++;
    } while (yard_wait_ms(&slow->producer.yard, &slow->producer.writable, drained, 300));
    return sent + fill(slow->call);
}

START_TEST(a_slow_reader_is_dropped_at_once)
{
    struct slow slow;
    slow_open(&slow, 8);
    unsigned sent = jam(&slow);
    ck_assert_uint_ge(sent, 8);
    struct err err = ERR_INIT;
    err_set(&err, ERR_LIMIT, "too slow");
    rpc_call_fail(slow.call, &err);
    /* The reader is still held up, yet nothing of the call is left on the server. */
    ck_assert(yard_wait(&slow.producer.yard, &slow.producer.yard.released, 1));
    pthread_mutex_unlock(&slow.gate);
    ck_assert(inbox_wait(&slow.inbox, 0, true));
    ck_assert_int_eq(slow.inbox.status.code, RPC_RESOURCE_EXHAUSTED);
    ck_assert_int_eq(slow.inbox.status.err, ERR_LIMIT);
    ck_assert_uint_lt(slow.inbox.messages, sent);
    slow_close(&slow);
}
END_TEST

START_TEST(a_producer_may_wait_for_the_reader)
{
    struct slow slow;
    slow_open(&slow, 8);
    unsigned sent = jam(&slow);
    unsigned writable = slow.producer.writable;
    pthread_mutex_unlock(&slow.gate);
    for (unsigned round = 1; round <= 3; round++) {
        ck_assert(yard_wait(&slow.producer.yard, &slow.producer.writable, writable + round));
        sent += fill(slow.call);
    }
    rpc_call_end(slow.call);
    ck_assert(inbox_wait(&slow.inbox, sent, true));
    ck_assert_uint_eq(slow.inbox.messages, sent); /* what was queued went out before the end */
    ck_assert_int_eq(slow.inbox.status.code, RPC_OK);
    slow_close(&slow);
}
END_TEST

START_TEST(a_failure_drops_what_is_queued)
{
    struct slow slow;
    slow_open(&slow, 64);
    unsigned sent = jam(&slow);
    struct err err = ERR_INIT;
    err_set(&err, ERR_STALE, "begin again");
    rpc_call_fail(slow.call, &err);
    pthread_mutex_unlock(&slow.gate);
    ck_assert(inbox_wait(&slow.inbox, 0, true));
    /* Cut off like this, only the gRPC status arrives, not the code's name. */
    ck_assert_int_eq(slow.inbox.status.code, RPC_ABORTED);
    ck_assert_int_eq(slow.inbox.status.err, ERR_CONFLICT);
    ck_assert_uint_lt(slow.inbox.messages, sent - 32);
    slow_close(&slow);
}
END_TEST

START_TEST(a_failure_of_a_stream_keeps_its_code)
{
    struct slow slow;
    slow_open(&slow, 64);
    ck_assert_int_eq(send_large(slow.call, NULL), 0);
    ck_assert_int_eq(send_large(slow.call, NULL), 0);
    struct err err = ERR_INIT;
    err_set(&err, ERR_STALE, "begin again");
    rpc_call_fail(slow.call, &err);
    pthread_mutex_unlock(&slow.gate);
    ck_assert(inbox_wait(&slow.inbox, 0, true));
    ck_assert_int_eq(slow.inbox.status.err, ERR_STALE);
    slow_close(&slow);
}
END_TEST

START_TEST(stopping_does_not_wait_for_a_slow_reader)
{
    struct slow slow;
    slow_open(&slow, 8);
    (void)jam(&slow);
    rpc_call_end(slow.call); /* all is said, and nobody takes it */
    rpc_server_stop(slow.rig.server, 20);
    ck_assert_uint_eq(yard_read(&slow.producer.yard, &slow.producer.yard.released), 1);
    pthread_mutex_unlock(&slow.gate);
    slow_close(&slow);
}
END_TEST

/* ---- bidirectional ---- */

/* The handler's turn is held up while another thread finishes the call. */
struct overtaken {
    struct rig_yard yard;
    struct rpc_call *call;
    unsigned entered;
    unsigned may_go;
    int send_rc;
    unsigned left;
};

static void be_overtaken(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct overtaken *overtaken = arg;
    (void)request;
    overtaken->call = call;
    yard_note(&overtaken->yard, &overtaken->entered);
    (void)yard_wait(&overtaken->yard, &overtaken->may_go, 1);
    Grpc__Reflection__V1alpha__ServerReflectionResponse response =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_RESPONSE__INIT;
    overtaken->send_rc = rpc_call_send(call, &response.base, NULL);
    rpc_call_next(call);
    rpc_call_end(call);
    yard_note(&overtaken->yard, &overtaken->left);
}

static const struct rpc_method_row OVERTAKEN_ROWS[] = {
    {.name = "ServerReflectionInfo", .kind = RPC_BIDI, .handler = be_overtaken}};

START_TEST(a_call_stays_valid_for_a_handler_that_was_overtaken)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    struct overtaken overtaken = {.entered = 0};
    pthread_mutex_init(&overtaken.yard.lock, NULL);
    pthread_cond_init(&overtaken.yard.changed, NULL);
    struct rpc_service service = {
        .descriptor = INFO, .rows = OVERTAKEN_ROWS, .row_count = 1, .arg = &overtaken};
    rig_open(&rig, &(struct rig_setup){.service = &service});
    struct rpc_stream *stream = rig_open_stream(
        rig.channel, (struct rpc_method){INFO, "ServerReflectionInfo"}, NULL, &inbox);
    ck_assert_int_eq(rig_say(stream, "hello", NULL), 0);
    ck_assert(yard_wait(&overtaken.yard, &overtaken.entered, 1));
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_LEADER, "ask another");
    rpc_call_fail(overtaken.call, &err);
    yard_note(&overtaken.yard, &overtaken.may_go);
    ck_assert(yard_wait(&overtaken.yard, &overtaken.left, 1));
    ck_assert_int_eq(overtaken.send_rc, -ERR_CANCELLED);
    ck_assert(inbox_wait(&inbox, 0, true));
    ck_assert_int_eq(inbox.status.err, ERR_NOT_LEADER);
    ck_assert_uint_eq(inbox.messages, 0);
    rpc_stream_destroy(stream);
    rig_close(&rig);
}
END_TEST

START_TEST(a_vanished_client_ends_a_bidirectional_call)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_open_stream(
        rig.channel, (struct rpc_method){INFO, "ServerReflectionInfo"}, NULL, &inbox);
    ck_assert_int_eq(rig_say(stream, "hello", NULL), 0);
    ck_assert(inbox_wait(&inbox, 1, false));
    rpc_stream_destroy(stream);
    ck_assert(yard_wait(&rig.yard, &rig.yard.handled, 1)); /* the handler's last turn */
    rig_close(&rig);
}
END_TEST

START_TEST(a_server_may_end_a_bidirectional_call_first)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_open_stream(
        rig.channel, (struct rpc_method){INFO, "ServerReflectionInfo"}, NULL, &inbox);
    ck_assert_int_eq(rig_say(stream, "bye", NULL), 0);
    ck_assert(inbox_wait(&inbox, 0, true));
    ck_assert_int_eq(inbox.status.code, RPC_OK);
    ck_assert_int_eq(rig_say(stream, "late", NULL), -ERR_CANCELLED);
    rpc_stream_destroy(stream);
    rig_close(&rig);
}
END_TEST

static Suite *server_call_suite(void)
{
    Suite *suite = suite_create("lib/rpc/server_call");
    TCase *tc = tcase_create("calls");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, any_thread_may_answer);
    tcase_add_test(tc, a_reply_that_is_too_large_becomes_an_error);
    tcase_add_test_raise_signal(tc, finishing_twice_is_a_broken_promise, SIGABRT);
    tcase_add_test(tc, a_client_that_gives_up_is_noticed);
    tcase_add_test(tc, a_stream_whose_client_went_takes_no_more);
    tcase_add_test(tc, a_call_can_be_asked);
    tcase_add_test(tc, a_slow_reader_is_dropped_at_once);
    tcase_add_test(tc, a_producer_may_wait_for_the_reader);
    tcase_add_test(tc, a_failure_drops_what_is_queued);
    tcase_add_test(tc, a_failure_of_a_stream_keeps_its_code);
    tcase_add_test(tc, stopping_does_not_wait_for_a_slow_reader);
    tcase_add_test(tc, a_call_stays_valid_for_a_handler_that_was_overtaken);
    tcase_add_test(tc, a_vanished_client_ends_a_bidirectional_call);
    tcase_add_test(tc, a_server_may_end_a_bidirectional_call_first);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(server_call_suite)
