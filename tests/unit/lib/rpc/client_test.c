/* Unary calls: the sentences of lib/rpc/client.h and the outcomes of lib/rpc/status.h. */
#include "lib/rpc/client.h"

#include "tests/unit/lib/rpc/rig.h"

START_TEST(a_call_is_answered)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_status status = rig_check(&rig, "ok", 5000);
    ck_assert_int_eq(status.code, RPC_OK);
    ck_assert_int_eq(status.err, ERR_OK);
    ck_assert(status.sent);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.handled), 1);
    ck_assert(rig.yard.remaining_ms > 0 && rig.yard.remaining_ms <= 6000);
    rig_close(&rig);
}
END_TEST

START_TEST(a_call_over_a_socket_file_is_answered)
{
    struct rig rig;
    char address[64];
    snprintf(address, sizeof(address), "unix:/tmp/pumasi-rpc-%d.sock", (int)getpid());
    rig_open(&rig, &(struct rig_setup){.address = address});
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    rig_close(&rig);
    unlink(address + 5);
}
END_TEST

/* Every code of the server's comes back as itself, with its text. */
START_TEST(an_error_of_the_server_comes_back_exactly)
{
    struct rig rig;
    rig_open(&rig, NULL);
    for (int code = ERR_OK + 1; code < ERR_CODE_COUNT; code++) {
        char what[64], text[128];
        snprintf(what, sizeof(what), "fail:%s", err_name(code));
        snprintf(text, sizeof(text), "refused as %s 안녕", err_name(code));
        struct rpc_status status = rig_check(&rig, what, 5000);
        ck_assert_int_eq(status.err, code);
        ck_assert_int_eq(status.code, err_grpc_status(code));
        ck_assert_str_eq(status.text, text);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(a_deadline_that_passes_leaves_the_outcome_unknown)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_status status = rig_check(&rig, "park", 100);
    ck_assert_int_eq(status.code, RPC_DEADLINE_EXCEEDED);
    ck_assert(status.sent);
    ck_assert_int_eq(status.err, ERR_UNKNOWN_OUTCOME);
    ck_assert(yard_wait(&rig.yard, &rig.yard.cancelled, 1));
    rig_close(&rig);
}
END_TEST

static void *stop_at_once(void *arg)
{
    struct rig *rig = arg;
    if (yard_wait(&rig->yard, &rig->yard.parked_count, 1))
        rpc_server_stop(rig->server, 0);
    return NULL;
}

static void *answer_when_cancelled(void *arg)
{
    struct rig *rig = arg;
    if (yard_wait(&rig->yard, &rig->yard.cancelled, 1))
        reply_serving(yard_take(&rig->yard));
    return NULL;
}

START_TEST(a_connection_lost_under_way_leaves_the_outcome_unknown)
{
    struct rig rig;
    rig_open(&rig, NULL);
    pthread_t stopper, answerer;
    pthread_create(&stopper, NULL, stop_at_once, &rig);
    pthread_create(&answerer, NULL, answer_when_cancelled, &rig);
    struct rpc_status status = rig_check(&rig, "park", 10000);
    pthread_join(stopper, NULL);
    pthread_join(answerer, NULL);
    ck_assert(status.sent);
    ck_assert_int_eq(status.err, ERR_UNKNOWN_OUTCOME);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.released), 1);
    rig_close(&rig);
}
END_TEST

/* Targets where nobody listens, in every form that a target has. */
static const char *const DEAD_TARGETS[] = {"127.0.0.1:1", "ipv4:127.0.0.1:1",
                                           "ipv4:127.0.0.1:1,127.0.0.2:1",
                                           "unix:/tmp/pumasi-nobody.sock", "localhost:1"};

START_TEST(a_server_that_cannot_be_reached_is_definite)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_channel *channel;
    struct rpc_channel_options options = {.fail_fast = true};
    ck_assert_int_eq(
        rpc_channel_create(rig.client_loop, DEAD_TARGETS[_i], &options, &channel, NULL), 0);
    struct rpc_status status = rig_check_on(channel, "ok", 5000);
    ck_assert_int_eq(status.code, RPC_UNAVAILABLE);
    ck_assert(!status.sent);
    ck_assert_int_eq(status.err, ERR_UNAVAILABLE);
    rpc_channel_destroy(channel);

    options.fail_fast = false; /* waits until the deadline, and is just as definite */
    ck_assert_int_eq(
        rpc_channel_create(rig.client_loop, DEAD_TARGETS[_i], &options, &channel, NULL), 0);
    status = rig_check_on(channel, "ok", 200);
    ck_assert_int_eq(status.code, RPC_DEADLINE_EXCEEDED);
    ck_assert(!status.sent);
    ck_assert_int_eq(status.err, ERR_UNAVAILABLE);
    rpc_channel_destroy(channel);
    rig_close(&rig);
}
END_TEST

/* With the scheme written out, a target reads like a peer's address: it must count as sent. */
START_TEST(a_target_with_a_scheme_counts_as_sent)
{
    struct rig rig;
    rig_open(&rig, NULL);
    char target[160];
    snprintf(target, sizeof(target), "ipv4:%s", rig.target);
    struct rpc_channel *channel;
    ck_assert_int_eq(rpc_channel_create(rig.client_loop, target, NULL, &channel, NULL), 0);
    ck_assert_int_eq(rig_check_on(channel, "ok", 5000).code, RPC_OK);
    struct rpc_status status = rig_check_on(channel, "park", 100);
    ck_assert_int_eq(status.err, ERR_UNKNOWN_OUTCOME);
    rpc_channel_destroy(channel);
    rig_close(&rig);
}
END_TEST

START_TEST(a_request_that_is_too_large_is_definite)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_status status = rig_range(rig.channel, 5000, 1); /* above the row's limit */
    ck_assert_int_eq(status.err, ERR_LIMIT);
    status = rig_range(rig.channel, 2 << 20, 1); /* above the server's */
    ck_assert_int_eq(status.code, RPC_RESOURCE_EXHAUSTED);
    ck_assert_int_eq(status.err, ERR_LIMIT);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.handled), 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_reply_that_is_too_large_leaves_the_outcome_unknown)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_setup){.channel = {.max_receive_bytes = 100000}});
    ck_assert_int_eq(rig_range(rig.channel, 10, 90000).err, ERR_OK);
    struct rpc_status status = rig_range(rig.channel, 10, 110000);
    ck_assert_int_eq(status.code, RPC_RESOURCE_EXHAUSTED);
    ck_assert_int_eq(status.err, ERR_UNKNOWN_OUTCOME);
    rig_close(&rig);
}
END_TEST

START_TEST(replies_above_the_default_of_four_mebibytes_arrive)
{
    struct rig rig;
    rig_open(&rig, NULL);
    ck_assert_int_eq(rig_range(rig.channel, 10, 10 << 20).err, ERR_OK);
    rig_close(&rig);
}
END_TEST

struct tally {
    struct rig_yard *yard;
    unsigned done;
    unsigned ok;
};

static void count_reply(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct tally *tally = arg;
    if (status->code == RPC_OK)
        tally->ok++;
    rpc_message_destroy(reply);
    yard_note(tally->yard, &tally->done);
}

START_TEST(many_calls_may_be_in_flight)
{
    enum { CALLS = 500 };
    struct rig rig;
    rig_open(&rig, NULL);
    struct tally tally = {.yard = &rig.yard};
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, 10000};
    for (int i = 0; i < CALLS; i++)
        ck_assert_int_eq(rpc_client_start(rig.channel, &request, count_reply, &tally, NULL), 0);
    ck_assert(yard_wait(&rig.yard, &tally.done, CALLS));
    ck_assert_uint_eq(tally.ok, CALLS);
    rig_close(&rig);
    ck_assert_uint_eq(tally.done, CALLS);
}
END_TEST

struct retry {
    struct rig *rig;
    atomic_uint runs;
    atomic_int again_rc;
};

static void count_and_try_again(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct retry *retry = arg;
    (void)status;
    rpc_message_destroy(reply);
    retry->runs++;
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, 10000};
    retry->again_rc =
        rpc_client_start(retry->rig->channel, &request, count_and_try_again, retry, NULL);
}

/* Destroying a channel ends what is in flight, and a callback that starts over is refused. */
START_TEST(destroying_the_channel_runs_every_callback_once)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct retry retry = {.rig = &rig};
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    message.service = "park";
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, 60000};
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(rpc_client_start(rig.channel, &request, count_and_try_again, &retry, NULL),
                         0);
    ck_assert(yard_wait(&rig.yard, &rig.yard.parked_count, 20));
    rpc_channel_destroy(rig.channel);
    ck_assert_uint_eq(retry.runs, 20);
    ck_assert_int_eq(retry.again_rc, -ERR_CANCELLED);
    rig.channel = NULL;
    rig_close(&rig);
}
END_TEST

static Suite *client_suite(void)
{
    Suite *suite = suite_create("lib/rpc/client");
    TCase *tc = tcase_create("client");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_call_is_answered);
    tcase_add_test(tc, a_call_over_a_socket_file_is_answered);
    tcase_add_test(tc, an_error_of_the_server_comes_back_exactly);
    tcase_add_test(tc, a_deadline_that_passes_leaves_the_outcome_unknown);
    tcase_add_test(tc, a_connection_lost_under_way_leaves_the_outcome_unknown);
    tcase_add_loop_test(tc, a_server_that_cannot_be_reached_is_definite, 0,
                        sizeof(DEAD_TARGETS) / sizeof(DEAD_TARGETS[0]));
    tcase_add_test(tc, a_target_with_a_scheme_counts_as_sent);
    tcase_add_test(tc, a_request_that_is_too_large_is_definite);
    tcase_add_test(tc, a_reply_that_is_too_large_leaves_the_outcome_unknown);
    tcase_add_test(tc, replies_above_the_default_of_four_mebibytes_arrive);
    tcase_add_test(tc, many_calls_may_be_in_flight);
    tcase_add_test(tc, destroying_the_channel_runs_every_callback_once);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(client_suite)
