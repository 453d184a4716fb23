/* The server: its table, its limits, its policy and its end. */
#include "lib/rpc/server.h"

#include "lib/base/limits.h"
#include "tests/unit/lib/rpc/rig.h"

/* ---- the table ---- */

static const struct rpc_method_row NO_SUCH[] = {
    {.name = "Chekc", .kind = RPC_UNARY, .handler = on_check}};
static const struct rpc_method_row TWICE[] = {
    {.name = "Check", .kind = RPC_UNARY, .handler = on_check},
    {.name = "Check", .kind = RPC_UNARY, .handler = on_check}};
static const struct rpc_method_row TOO_LARGE[] = {{.name = "Check",
                                                   .kind = RPC_UNARY,
                                                   .max_request_bytes = LIMIT_MESSAGE_BYTES + 1,
                                                   .handler = on_check}};
static const struct {
    const struct rpc_method_row *rows;
    size_t count;
} BAD_TABLES[] = {{NO_SUCH, 1}, {TWICE, 2}, {TOO_LARGE, 1}};

START_TEST(a_bad_table_is_refused)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_server *server = rpc_server_create(rig.loop, NULL);
    struct rpc_service service = {
        .descriptor = HEALTH, .rows = BAD_TABLES[_i].rows, .row_count = BAD_TABLES[_i].count};
    ck_assert_int_eq(rpc_server_add(server, &service, NULL), -ERR_INVALID);
    rpc_server_destroy(server); /* never started */
    rig_close(&rig);
}
END_TEST

START_TEST(the_services_are_named_in_order)
{
    struct rig rig;
    rig_open(&rig, NULL);
    ck_assert_str_eq(rpc_server_service_name(rig.server, 0), "grpc.health.v1.Health");
    ck_assert_str_eq(rpc_server_service_name(rig.server, 1), "etcdserverpb.KV");
    ck_assert_ptr_null(rpc_server_service_name(rig.server, 3));
    rig_close(&rig);
}
END_TEST

/* ---- listening ---- */

static const struct {
    const char *address;
    int rc;
} ADDRESSES[] = {
    {"127.0.0.1", -ERR_INVALID},
    {"127.0.0.1:70000", -ERR_INVALID},
    {"0.0.0.0:0", -ERR_INVALID}, /* plaintext that everybody can reach */
    {"[::]:0", -ERR_INVALID},
    {"unix:", -ERR_INVALID},
    {"192.0.2.1:0", -ERR_INVALID},
    {"127.0.0.1:0", 0},
    {"localhost:0", 0},
    {"unix:/no/such/directory/x.sock", -ERR_UNAVAILABLE},
};

START_TEST(where_a_plaintext_server_may_listen)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_server *server = rpc_server_create(rig.loop, NULL);
    struct err err = ERR_INIT;
    int port = -1;
    ck_assert_int_eq(rpc_server_listen(server, ADDRESSES[_i].address, NULL, &port, &err),
                     ADDRESSES[_i].rc);
    if (ADDRESSES[_i].rc == 0)
        ck_assert_int_gt(port, 0);
    rpc_server_destroy(server);
    rig_close(&rig);
}
END_TEST

START_TEST(an_address_in_use_is_named)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_server *server = rpc_server_create(rig.loop, NULL);
    struct err err = ERR_INIT;
    ck_assert_int_eq(rpc_server_listen(server, rig.target, NULL, NULL, &err), -ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "in use"));
    rpc_server_destroy(server);
    rig_close(&rig);
}
END_TEST

/* ---- before the message ---- */

START_TEST(an_unknown_method_is_unimplemented)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_request request = {.method = {KV, "Compact"}, .timeout_ms = 5000};
    Etcdserverpb__CompactionRequest message = ETCDSERVERPB__COMPACTION_REQUEST__INIT;
    request.message = &message.base;
    struct rpc_status status;
    ProtobufCMessage *reply = NULL;
    ck_assert_int_eq(rpc_client_call(rig.channel, &request, &reply, &status, NULL),
                     -ERR_UNSUPPORTED);
    ck_assert_int_eq(status.code, RPC_UNIMPLEMENTED);
    ck_assert_ptr_nonnull(strstr(status.text, "/etcdserverpb.KV/Compact"));
    rig_close(&rig);
}
END_TEST

struct doorman {
    pthread_mutex_t lock;
    unsigned asked;
    unsigned role;
    char path[64];
    bool open;
};

static int ask_doorman(void *arg, const char *path, const struct rpc_method_row *row,
                       const struct rpc_peer *peer, struct err *err)
{
    struct doorman *doorman = arg;
    (void)peer;
    pthread_mutex_lock(&doorman->lock);
    doorman->asked++;
    doorman->role = row->role;
    snprintf(doorman->path, sizeof(doorman->path), "%s", path);
    bool open = doorman->open;
    pthread_mutex_unlock(&doorman->lock);
    return open ? 0 : err_set(err, ERR_DENIED, "you may not call %s", path);
}

START_TEST(the_policy_decides_before_the_handler)
{
    struct rig rig;
    struct doorman doorman = {.lock = PTHREAD_MUTEX_INITIALIZER};
    rig_open(&rig, &(struct rig_setup){.server = {.policy = ask_doorman, .policy_arg = &doorman}});
    struct rpc_status status = rig_check(&rig, "ok", 5000);
    ck_assert_int_eq(status.err, ERR_DENIED);
    ck_assert_int_eq(status.code, RPC_PERMISSION_DENIED);
    ck_assert_str_eq(status.text, "you may not call /grpc.health.v1.Health/Check");
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.handled), 0);
    ck_assert_uint_eq(rpc_server_counts(rig.server).refused_policy, 1);
    pthread_mutex_lock(&doorman.lock);
    ck_assert_uint_eq(doorman.role, 7);
    ck_assert_str_eq(doorman.path, "/grpc.health.v1.Health/Check");
    doorman.open = true;
    pthread_mutex_unlock(&doorman.lock);
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    rig_close(&rig);
    ck_assert_uint_eq(doorman.asked, 2);
}
END_TEST

/* ---- limits ---- */

static void drop_reply(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    (void)arg;
    (void)status;
    rpc_message_destroy(reply);
}

static void start_parked(struct rig *rig, unsigned count)
{
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    message.service = "park";
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, 60000};
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(rpc_client_start(rig->channel, &request, drop_reply, NULL, NULL), 0);
    ck_assert(yard_wait(&rig->yard, &rig->yard.parked_count, count));
}

START_TEST(too_many_calls_are_refused_and_streams_count_apart)
{
    struct rig rig;
    struct rig_inbox inbox;
    inbox_init(&inbox);
    rig_open(&rig, &(struct rig_setup){.server = {.max_calls = 3, .max_streams = 1}});
    start_parked(&rig, 3);
    struct rpc_status status = rig_check(&rig, "ok", 5000);
    ck_assert_int_eq(status.err, ERR_BUSY);
    ck_assert_int_eq(status.code, RPC_RESOURCE_EXHAUSTED);

    struct rpc_stream *first = rig_watch(&rig, "park", &inbox);
    ck_assert(yard_wait(&rig.yard, &rig.yard.parked_count, 4));
    struct rpc_server_counts counts = rpc_server_counts(rig.server);
    ck_assert_uint_eq(counts.calls, 3);
    ck_assert_uint_eq(counts.streams, 1);
    struct rig_inbox refused;
    inbox_init(&refused);
    struct rpc_stream *second = rig_watch(&rig, "park", &refused);
    ck_assert(inbox_wait(&refused, 0, true));
    ck_assert_int_eq(refused.status.err, ERR_BUSY);
    ck_assert_uint_eq(rpc_server_counts(rig.server).refused_limit, 2);

    reply_serving(yard_take(&rig.yard));
    ck_assert(yard_wait(&rig.yard, &rig.yard.released, 1));
    rpc_stream_destroy(first);
    rpc_stream_destroy(second);
    rig_close(&rig);
}
END_TEST

START_TEST(a_released_place_is_free_again)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_setup){.server = {.max_calls = 1}});
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(rig_range(rig.channel, 1, 1).err, ERR_OK);
    rig_close(&rig);
}
END_TEST

/* Empty sub-messages cost a byte or two on the wire and far more in memory. */
START_TEST(a_message_that_would_unpack_too_large_is_refused)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_setup){.server = {.arena_bytes = 8192}});
    char *name = malloc(20000);
    memset(name, 'a', 19999);
    name[19999] = '\0';
    ck_assert_int_eq(rig_check(&rig, name, 5000).err, ERR_LIMIT);
    ck_assert_uint_eq(rpc_server_counts(rig.server).refused_message, 1);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.handled), 0);
    free(name);
    rig_close(&rig);
}
END_TEST

START_TEST(text_that_is_no_utf8_is_refused)
{
    struct rig rig;
    rig_open(&rig, NULL);
    ck_assert_int_eq(rig_check(&rig, "caf\xe9", 5000).err, ERR_INVALID);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.handled), 0);
    rig_close(&rig);
}
END_TEST

/* ---- the end ---- */

static void *answer_parked(void *arg)
{
    struct rig *rig = arg;
    struct rpc_call *call;
    while (yard_wait(&rig->yard, &rig->yard.cancelled, 1) && (call = yard_take(&rig->yard)))
        reply_serving(call);
    return NULL;
}

START_TEST(stopping_waits_for_handlers_that_were_cancelled)
{
    struct rig rig;
    rig_open(&rig, NULL);
    start_parked(&rig, 20);
    pthread_t answerer;
    pthread_create(&answerer, NULL, answer_parked, &rig);
    rpc_server_stop(rig.server, 50);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.released), 20);
    rpc_server_stop(rig.server, 50); /* idempotent */
    pthread_join(answerer, NULL);
    rig_close(&rig);
}
END_TEST

START_TEST(a_handler_that_never_finishes_is_a_broken_promise_not_a_hang)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_setup){.server = {.finish_ms = 100}});
    start_parked(&rig, 1);
    rpc_server_stop(rig.server, 10);
}
END_TEST

struct stopping {
    struct rig *rig;
    struct rpc_status status;
};

static void *call_slowly(void *arg)
{
    struct stopping *stopping = arg;
    stopping->status = rig_check(stopping->rig, "park", 10000);
    return NULL;
}

static void *stop_with_grace(void *arg)
{
    rpc_server_stop(((struct rig *)arg)->server, 10000);
    return NULL;
}

/* Within its grace, a live call is answered; when the last one is, stopping doesn't wait longer. */
START_TEST(a_call_may_finish_within_the_grace)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct stopping stopping = {.rig = &rig};
    pthread_t caller, stopper;
    pthread_create(&caller, NULL, call_slowly, &stopping);
    ck_assert(yard_wait(&rig.yard, &rig.yard.parked_count, 1));
    pthread_create(&stopper, NULL, stop_with_grace, &rig);
    struct rpc_channel *late = NULL;
    struct rpc_channel_options options = {.fail_fast = true, .own_connection = true};
    struct rpc_status status = {.code = RPC_OK};
    while (status.code == RPC_OK) { /* until the listener is closed */
        ck_assert_int_eq(rpc_channel_create(rig.client_loop, rig.target, &options, &late, NULL), 0);
        status = rig_check_on(late, "ok", 1000);
        rpc_channel_destroy(late);
    }
    reply_serving(yard_take(&rig.yard));
    pthread_join(caller, NULL);
    pthread_join(stopper, NULL);
    ck_assert_int_eq(stopping.status.code, RPC_OK);
    ck_assert_uint_eq(yard_read(&rig.yard, &rig.yard.cancelled), 0);
    rig_close(&rig);
}
END_TEST

/* Clients that never let up: as soon as a call ends, the next one begins. */
struct pressure {
    struct rpc_channel *channel;
    atomic_uint ended;
    atomic_bool over;
};

static void press(struct pressure *pressure);

static void press_again(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct pressure *pressure = arg;
    (void)status;
    rpc_message_destroy(reply);
    pressure->ended++;
    if (!pressure->over)
        press(pressure);
}

static void press(struct pressure *pressure)
{
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, 2000};
    if (rpc_client_start(pressure->channel, &request, press_again, pressure, NULL) < 0)
        pressure->over = true;
}

/* One round: a server under load from unary calls and streams is stopped in the middle of it. */
static void stop_under_load(struct rig *rig, int round)
{
    struct pressure pressure = {.channel = rig->channel};
    struct rig_inbox inbox[4];
    struct rpc_stream *streams[4];
    for (int i = 0; i < 4; i++) {
        inbox_init(&inbox[i]);
        streams[i] =
            i % 2 ? rig_watch(rig, "count:50", &inbox[i])
                  : rig_open_stream(rig->channel, (struct rpc_method){INFO, "ServerReflectionInfo"},
                                    NULL, &inbox[i]);
    }
    for (int i = 0; i < 16; i++)
        press(&pressure);
    while (pressure.ended < (unsigned)(round % 32))
        sched_yield();
    rpc_server_stop(rig->server, round % 3 ? 0 : 1);
    pressure.over = true;
    rpc_channel_destroy(rig->channel);
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(inbox[i].done_runs, 1);
        rpc_stream_destroy(streams[i]);
    }
    rpc_server_destroy(rig->server);
}

START_TEST(a_thousand_stops_under_load_are_orderly_and_bounded)
{
    struct rig rig;
    struct rig_setup setup = {.channel = {.own_connection = true, .fail_fast = true}};
    rig_open(&rig, &setup);
    for (int round = 0; round < 1000; round++) {
        stop_under_load(&rig, round);
        rig_serve(&rig, &setup);
        ck_assert_int_eq(
            rpc_channel_create(rig.client_loop, rig.target, &setup.channel, &rig.channel, NULL), 0);
    }
    rig_close(&rig);
}
END_TEST

static Suite *server_suite(void)
{
    Suite *suite = suite_create("lib/rpc/server");
    TCase *tc = tcase_create("server");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_bad_table_is_refused, 0, sizeof(BAD_TABLES) / sizeof(BAD_TABLES[0]));
    tcase_add_test(tc, the_services_are_named_in_order);
    tcase_add_loop_test(tc, where_a_plaintext_server_may_listen, 0,
                        sizeof(ADDRESSES) / sizeof(ADDRESSES[0]));
    tcase_add_test(tc, an_address_in_use_is_named);
    tcase_add_test(tc, an_unknown_method_is_unimplemented);
    tcase_add_test(tc, the_policy_decides_before_the_handler);
    tcase_add_test(tc, too_many_calls_are_refused_and_streams_count_apart);
    tcase_add_test(tc, a_released_place_is_free_again);
    tcase_add_test(tc, a_message_that_would_unpack_too_large_is_refused);
    tcase_add_test(tc, text_that_is_no_utf8_is_refused);
    tcase_add_test(tc, stopping_waits_for_handlers_that_were_cancelled);
    tcase_add_test_raise_signal(tc, a_handler_that_never_finishes_is_a_broken_promise_not_a_hang,
                                SIGABRT);
    tcase_add_test(tc, a_call_may_finish_within_the_grace);
    suite_add_tcase(suite, tc);
    TCase *load = tcase_create("stop under load");
    tcase_set_timeout(load, 100);
    tcase_add_test(load, a_thousand_stops_under_load_are_orderly_and_bounded);
    suite_add_tcase(suite, load);
    return suite;
}

SUITE_MAIN(server_suite)
