/* The loop: one thread, its life, and what it refuses. */
#include "lib/rpc/loop.h"

#include "tests/unit/lib/rpc/rig.h"

#include <signal.h>

struct where {
    struct rpc_loop *loop;
    struct rig_yard yard;
    bool on_loop;
    unsigned done;
};

static void note_thread(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct where *where = arg;
    (void)status;
    rpc_message_destroy(reply);
    where->on_loop = rpc_loop_is_current(where->loop);
    yard_note(&where->yard, &where->done);
}

START_TEST(callbacks_run_on_its_thread)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct where where = {.loop = rig.client_loop};
    pthread_mutex_init(&where.yard.lock, NULL);
    pthread_cond_init(&where.yard.changed, NULL);
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, 5000};
    ck_assert_int_eq(rpc_client_start(rig.channel, &request, note_thread, &where, NULL), 0);
    ck_assert(yard_wait(&where.yard, &where.done, 1));
    ck_assert(where.on_loop);
    ck_assert(!rpc_loop_is_current(rig.client_loop));
    rig_close(&rig);
}
END_TEST

START_TEST(a_loop_without_users_ends_at_once)
{
    struct rpc_runtime *runtime = rpc_runtime_create(NULL);
    for (int i = 0; i < 20; i++) {
        struct rpc_loop *loop = NULL;
        ck_assert_int_eq(rpc_loop_create(&loop, NULL), 0);
        rpc_loop_destroy(loop);
    }
    rpc_loop_destroy(NULL);
    rpc_runtime_destroy(runtime);
}
END_TEST

START_TEST(destroying_a_loop_in_use_is_a_broken_promise)
{
    struct rig rig;
    rig_open(&rig, NULL);
    rpc_loop_destroy(rig.client_loop);
}
END_TEST

/* A server and a channel may share a loop, even with calls to each other. */
START_TEST(a_loop_may_be_shared)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_channel *channel = NULL;
    ck_assert_int_eq(rpc_channel_create(rig.loop, rig.target, NULL, &channel, NULL), 0);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(rig_check_on(channel, "ok", 5000).code, RPC_OK);
    rpc_channel_destroy(channel);
    rig_close(&rig);
}
END_TEST

static Suite *loop_suite(void)
{
    Suite *suite = suite_create("lib/rpc/loop");
    TCase *tc = tcase_create("loop");
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, callbacks_run_on_its_thread);
    tcase_add_test(tc, a_loop_without_users_ends_at_once);
    tcase_add_test_raise_signal(tc, destroying_a_loop_in_use_is_a_broken_promise, SIGABRT);
    tcase_add_test(tc, a_loop_may_be_shared);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(loop_suite)
