/* The standard health service. */
#include "lib/rpc/health.h"

#include "tests/unit/lib/rpc/rig.h"

#define SERVING     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define NOT_KNOWN   GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

struct ward {
    struct rpc_health *health;
    struct rpc_service service;
    struct rig rig;
};

static void ward_open(struct ward *ward)
{
    ward->health = rpc_health_create();
    ward->service = rpc_health_service(ward->health);
    rig_open(&ward->rig, &(struct rig_setup){.service = &ward->service});
}

static void ward_close(struct ward *ward)
{
    rig_close(&ward->rig);
    rpc_health_destroy(ward->health);
}

/* The status of a Check; -1 when it is refused. */
static int check(struct ward *ward, const char *name)
{
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    message.service = (char *)name;
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, 5000};
    ProtobufCMessage *reply = NULL;
    int rc = rpc_client_call(ward->rig.channel, &request, &reply, NULL, NULL);
    if (rc < 0) {
        ck_assert_int_eq(rc, -ERR_NOT_FOUND);
        return -1;
    }
    int status = (int)((Grpc__Health__V1__HealthCheckResponse *)reply)->status;
    rpc_message_destroy(reply);
    return status;
}

START_TEST(check_answers_what_was_set)
{
    struct ward ward;
    ward_open(&ward);
    ck_assert_int_eq(check(&ward, ""), -1);
    ck_assert_int_eq(rpc_health_set(ward.health, "", true, NULL), 0);
    ck_assert_int_eq(rpc_health_set(ward.health, "pumasi.v1.Lease", false, NULL), 0);
    ck_assert_int_eq(check(&ward, ""), SERVING);
    ck_assert_int_eq(check(&ward, "pumasi.v1.Lease"), NOT_SERVING);
    ck_assert_int_eq(check(&ward, "pumasi.v1.Leas"), -1);
    ck_assert_int_eq(rpc_health_set(ward.health, "pumasi.v1.Lease", true, NULL), 0);
    ck_assert_int_eq(check(&ward, "pumasi.v1.Lease"), SERVING);
    rpc_health_shutdown(ward.health);
    ck_assert_int_eq(check(&ward, ""), NOT_SERVING);
    ck_assert_int_eq(rpc_health_set(ward.health, "", true, NULL), 0); /* for ever */
    ck_assert_int_eq(check(&ward, ""), NOT_SERVING);
    ward_close(&ward);
    rpc_health_destroy(NULL);
}
END_TEST

START_TEST(names_are_bounded)
{
    struct ward ward;
    ward_open(&ward);
    char name[300];
    for (int i = 0; i < RPC_HEALTH_SERVICES_MAX; i++) {
        snprintf(name, sizeof(name), "service %d", i);
        ck_assert_int_eq(rpc_health_set(ward.health, name, true, NULL), 0);
    }
    ck_assert_int_eq(rpc_health_set(ward.health, "one more", true, NULL), -ERR_LIMIT);
    ck_assert_int_eq(rpc_health_set(ward.health, "service 0", false, NULL), 0);
    memset(name, 'a', sizeof(name));
    name[299] = '\0';
    ck_assert_int_eq(check(&ward, name), -1);
    ward_close(&ward);
}
END_TEST

/* A watcher's notebook: every status that it was told. */
struct notebook {
    struct rig_inbox inbox;
    int told[16];
};

static void note(void *arg, ProtobufCMessage *message)
{
    struct notebook *book = arg;
    if (book->inbox.messages < 16)
        book->told[book->inbox.messages] =
            (int)((Grpc__Health__V1__HealthCheckResponse *)message)->status;
    inbox_message(&book->inbox, message);
}

static void note_end(void *arg, const struct rpc_status *status)
{
    inbox_done(&((struct notebook *)arg)->inbox, status);
}

static struct rpc_stream *watch(struct ward *ward, const char *name, struct notebook *book)
{
    inbox_init(&book->inbox);
    struct rpc_stream_handler handler = {.message = note, .done = note_end, .arg = book};
    struct rpc_stream *stream = NULL;
    ck_assert_int_eq(rpc_stream_open(ward->rig.channel, (struct rpc_method){HEALTH, "Watch"}, NULL,
                                     &handler, &stream, NULL),
                     0);
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    message.service = (char *)name;
    ck_assert_int_eq(rpc_stream_send(stream, &message.base, NULL), 0);
    rpc_stream_close_send(stream);
    return stream;
}

START_TEST(watch_tells_of_every_change_and_of_nothing_else)
{
    struct ward ward;
    struct notebook book = {.told = {0}}, other = {.told = {0}};
    ward_open(&ward);
    struct rpc_stream *stream = watch(&ward, "x", &book);
    struct rpc_stream *second = watch(&ward, "y", &other);
    ck_assert(inbox_wait(&book.inbox, 1, false));
    ck_assert(inbox_wait(&other.inbox, 1, false));
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(rpc_health_set(ward.health, "x", true, NULL), 0);
    ck_assert(inbox_wait(&book.inbox, 2, false));
    ck_assert_int_eq(rpc_health_set(ward.health, "x", false, NULL), 0);
    ck_assert(inbox_wait(&book.inbox, 3, false));
    ck_assert_int_eq(book.told[0], NOT_KNOWN);
    ck_assert_int_eq(book.told[1], SERVING);
    ck_assert_int_eq(book.told[2], NOT_SERVING);
    ck_assert_uint_eq(other.inbox.messages, 1);
    rpc_stream_destroy(stream);
    rpc_stream_destroy(second);
    ward_close(&ward);
}
END_TEST

START_TEST(shutdown_tells_the_watchers_and_ends_their_streams)
{
    struct ward ward;
    struct notebook book = {.told = {0}}, late = {.told = {0}};
    ward_open(&ward);
    ck_assert_int_eq(rpc_health_set(ward.health, "", true, NULL), 0);
    struct rpc_stream *stream = watch(&ward, "", &book);
    ck_assert(inbox_wait(&book.inbox, 1, false));
    rpc_health_shutdown(ward.health);
    ck_assert(inbox_wait(&book.inbox, 2, true));
    ck_assert_int_eq(book.told[1], NOT_SERVING);
    ck_assert_int_eq(book.inbox.status.code, RPC_OK);
    struct rpc_stream *refused = watch(&ward, "", &late);
    ck_assert(inbox_wait(&late.inbox, 0, true));
    ck_assert_int_eq(late.inbox.status.err, ERR_UNAVAILABLE);
    rpc_stream_destroy(stream);
    rpc_stream_destroy(refused);
    ward_close(&ward);
}
END_TEST

/* Watchers come and go while the status changes: none is told after it has gone, none leaks. */
START_TEST(watchers_may_come_and_go)
{
    struct ward ward;
    struct notebook books[8];
    ward_open(&ward);
    ck_assert_int_eq(rpc_health_set(ward.health, "", true, NULL), 0);
    for (int round = 0; round < 20; round++) {
        struct rpc_stream *streams[8];
        for (int i = 0; i < 8; i++)
            streams[i] = watch(&ward, "", &books[i]);
        for (int i = 0; i < 10; i++)
            ck_assert_int_eq(rpc_health_set(ward.health, "", i % 2, NULL), 0);
        for (int i = 0; i < 8; i++)
            rpc_stream_destroy(streams[i]);
        for (int i = 0; i < 8; i++)
            ck_assert(inbox_wait(&books[i].inbox, 0, true));
    }
    rpc_server_stop(ward.rig.server, 1000);
    ck_assert_uint_eq(rpc_server_counts(ward.rig.server).streams, 0);
    ward_close(&ward);
}
END_TEST

static Suite *health_suite(void)
{
    Suite *suite = suite_create("lib/rpc/health");
    TCase *tc = tcase_create("health");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, check_answers_what_was_set);
    tcase_add_test(tc, names_are_bounded);
    tcase_add_test(tc, watch_tells_of_every_change_and_of_nothing_else);
    tcase_add_test(tc, shutdown_tells_the_watchers_and_ends_their_streams);
    tcase_add_test(tc, watchers_may_come_and_go);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(health_suite)
