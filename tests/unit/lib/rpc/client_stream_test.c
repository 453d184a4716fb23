/* Streams, the client's end: the sentences of lib/rpc/client_stream.h. */
#include "lib/rpc/client_stream.h"

#include "lib/base/limits.h"
#include "tests/unit/lib/rpc/rig.h"

#define METHOD_INFO ((struct rpc_method){INFO, "ServerReflectionInfo"})

START_TEST(a_server_stream_gives_its_messages_and_one_end)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_watch(&rig, "count:100", &inbox);
    ck_assert(inbox_wait(&inbox, 100, true));
    ck_assert_int_eq(inbox.status.code, RPC_OK);
    rpc_stream_destroy(stream);
    rig_close(&rig);
    ck_assert_uint_eq(inbox.messages, 100);
    ck_assert_uint_eq(inbox.done_runs, 1);
}
END_TEST

START_TEST(a_bidirectional_stream_answers_in_order)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_open_stream(rig.channel, METHOD_INFO, NULL, &inbox);
    for (unsigned i = 1; i <= 50; i++) {
        char text[32];
        snprintf(text, sizeof(text), "question %u", i);
        ck_assert_int_eq(rig_say(stream, text, NULL), 0);
        ck_assert(inbox_wait(&inbox, i, false));
        ck_assert_str_eq(inbox.last, text);
    }
    rpc_stream_close_send(stream);
    rpc_stream_close_send(stream); /* idempotent */
    ck_assert(inbox_wait(&inbox, 50, true));
    ck_assert_int_eq(inbox.status.code, RPC_OK);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.handled),
                      1); /* the server saw the end of sending */
    ck_assert_int_eq(rig_say(stream, "too late", NULL), -ERR_CANCELLED);
    rpc_stream_destroy(stream);
    rig_close(&rig);
}
END_TEST

START_TEST(queued_messages_go_out_before_the_close)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_open_stream(rig.channel, METHOD_INFO, NULL, &inbox);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(rig_say(stream, "again", NULL), 0);
    rpc_stream_close_send(stream);
    ck_assert_int_eq(rig_say(stream, "too late", NULL), -ERR_CANCELLED);
    ck_assert(inbox_wait(&inbox, 100, true));
    ck_assert_uint_eq(inbox.messages, 100);
    ck_assert_int_eq(inbox.status.code, RPC_OK);
    rpc_stream_destroy(stream);
    rig_close(&rig);
}
END_TEST

START_TEST(the_servers_error_comes_back_exactly)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_open_stream(rig.channel, METHOD_INFO, NULL, &inbox);
    ck_assert_int_eq(rig_say(stream, "fail", NULL), 0);
    ck_assert(inbox_wait(&inbox, 0, true));
    ck_assert_int_eq(inbox.status.err, ERR_STALE);
    ck_assert_str_eq(inbox.status.text, "refused as stale-plan 안녕");
    rpc_stream_destroy(stream);
    rig_close(&rig);
}
END_TEST

/* With nobody to take them, messages queue up to the bound and no further. */
START_TEST(the_queue_is_bounded)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_channel *nowhere = NULL;
    ck_assert_int_eq(rpc_channel_create(rig.client_loop, "127.0.0.1:1", NULL, &nowhere, NULL), 0);
    struct rpc_stream_options options = {.queue = 5};
    struct rpc_stream *stream = rig_open_stream(nowhere, METHOD_INFO, &options, &inbox);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(rig_say(stream, "wait", NULL), 0);
    struct err err = ERR_INIT;
    ck_assert_int_eq(rig_say(stream, "one too many", &err), -ERR_LIMIT);
    rpc_stream_destroy(stream);
    rpc_channel_destroy(nowhere);
    ck_assert_uint_eq(inbox.done_runs, 1);
    ck_assert_int_eq(inbox.status.code, RPC_CANCELLED);
    ck_assert_int_eq(inbox.status.err, ERR_CANCELLED); /* it never left */
    rig_close(&rig);
}
END_TEST

START_TEST(a_stream_that_waits_in_vain_ends_at_its_deadline)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_channel *nowhere = NULL;
    ck_assert_int_eq(rpc_channel_create(rig.client_loop, "127.0.0.1:1", NULL, &nowhere, NULL), 0);
    struct rpc_stream_options options = {.timeout_ms = 100};
    struct rpc_stream *stream = rig_open_stream(nowhere, METHOD_INFO, &options, &inbox);
    ck_assert(inbox_wait(&inbox, 0, true));
    ck_assert_int_eq(inbox.status.code, RPC_DEADLINE_EXCEEDED);
    ck_assert_int_eq(inbox.status.err, ERR_UNAVAILABLE);
    rpc_stream_destroy(stream);
    rpc_channel_destroy(nowhere);
    rig_close(&rig);
}
END_TEST

START_TEST(cancelling_ends_it_once)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_watch(&rig, "park", &inbox);
    ck_assert(yard_wait(&rig.yard, &rig.yard.parked_count, 1));
    rpc_stream_cancel(stream);
    ck_assert(inbox_wait(&inbox, 0, true));
    rpc_stream_cancel(stream);
    ck_assert_int_eq(inbox.status.code, RPC_CANCELLED);
    ck_assert_int_eq(inbox.status.err, ERR_UNKNOWN_OUTCOME); /* it had reached the server */
    ck_assert(yard_wait(&rig.yard, &rig.yard.cancelled, 1));
    rpc_stream_destroy(stream);
    rig_close(&rig);
    ck_assert_uint_eq(inbox.done_runs, 1);
}
END_TEST

START_TEST(giving_a_live_stream_back_still_runs_done)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, NULL);
    struct rpc_stream *stream = rig_watch(&rig, "park", &inbox);
    rpc_stream_destroy(stream);
    ck_assert(inbox_wait(&inbox, 0, true));
    rpc_stream_destroy(NULL);
    rig_close(&rig);
    ck_assert_uint_eq(inbox.done_runs, 1);
}
END_TEST

START_TEST(destroying_the_channel_ends_streams)
{
    struct rig rig;
    struct rig_inbox inbox[10];
    struct rpc_stream *streams[10];
    rig_open(&rig, NULL);
    for (int i = 0; i < 10; i++) {
        inbox_init(&inbox[i]);
        streams[i] = rig_watch(&rig, "park", &inbox[i]);
    }
    rpc_channel_destroy(rig.channel);
    rig.channel = NULL;
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(inbox[i].done_runs, 1);
        Grpc__Health__V1__HealthCheckRequest late = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
        ck_assert_int_eq(rpc_stream_send(streams[i], &late.base, NULL), -ERR_CANCELLED);
        rpc_stream_cancel(streams[i]);
        rpc_stream_destroy(streams[i]);
    }
    rig_close(&rig);
}
END_TEST

/* A reader that doesn't return from its callback holds the server up, and loses nothing. */
START_TEST(a_slow_reader_slows_the_server_down)
{
    struct rig rig;
    struct rig_inbox inbox;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    inbox_init(&inbox);
    inbox.gate = &gate;
    rig_open(&rig, NULL);
    pthread_mutex_lock(&gate);
    struct rpc_stream *stream = rig_watch(&rig, "count:200", &inbox);
    ck_assert(yard_wait(&rig.yard, &rig.yard.handled, 1));
    ck_assert_uint_eq(inbox.messages, 0);
    pthread_mutex_unlock(&gate);
    ck_assert(inbox_wait(&inbox, 200, true));
    ck_assert_int_eq(inbox.status.code, RPC_OK);
    rpc_stream_destroy(stream);
    rig_close(&rig);
}
END_TEST

/* Everything may be called in the callbacks, giving the stream back too. */
struct selfish {
    struct rpc_stream *stream;
    struct rig_inbox inbox;
};

static void end_it_inside(void *arg, ProtobufCMessage *message)
{
    struct selfish *selfish = arg;
    inbox_message(&selfish->inbox, message);
    if (selfish->inbox.messages < 3) {
        (void)rig_say(selfish->stream, "more", NULL);
        return;
    }
    rpc_stream_close_send(selfish->stream);
    rpc_stream_cancel(selfish->stream);
    rpc_stream_destroy(selfish->stream);
}

static void done_inside(void *arg, const struct rpc_status *status)
{
    inbox_done(&((struct selfish *)arg)->inbox, status);
}

START_TEST(all_may_be_called_in_the_callbacks)
{
    struct rig rig;
    struct selfish selfish;
    inbox_init(&selfish.inbox);
    rig_open(&rig, NULL);
    struct rpc_stream_handler handler = {
        .message = end_it_inside, .done = done_inside, .arg = &selfish};
    ck_assert_int_eq(
        rpc_stream_open(rig.channel, METHOD_INFO, NULL, &handler, &selfish.stream, NULL), 0);
    ck_assert_int_eq(rig_say(selfish.stream, "begin", NULL), 0);
    ck_assert(inbox_wait(&selfish.inbox, 3, true));
    rig_close(&rig);
    ck_assert_uint_eq(selfish.inbox.messages, 3);
    ck_assert_uint_eq(selfish.inbox.done_runs, 1);
}
END_TEST

static Suite *client_stream_suite(void)
{
    Suite *suite = suite_create("lib/rpc/client_stream");
    TCase *tc = tcase_create("streams");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_server_stream_gives_its_messages_and_one_end);
    tcase_add_test(tc, a_bidirectional_stream_answers_in_order);
    tcase_add_test(tc, queued_messages_go_out_before_the_close);
    tcase_add_test(tc, the_servers_error_comes_back_exactly);
    tcase_add_test(tc, the_queue_is_bounded);
    tcase_add_test(tc, a_stream_that_waits_in_vain_ends_at_its_deadline);
    tcase_add_test(tc, cancelling_ends_it_once);
    tcase_add_test(tc, giving_a_live_stream_back_still_runs_done);
    tcase_add_test(tc, destroying_the_channel_ends_streams);
    tcase_add_test(tc, a_slow_reader_slows_the_server_down);
    tcase_add_test(tc, all_may_be_called_in_the_callbacks);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(client_stream_suite)
