/* Calls that are finished by another thread than the loop's. */
#include "lib/rpc/outbox_internal.h"

#include "tests/unit/lib/rpc/rig.h"

#define CALLS 40

/* What the handler leaves and the test takes, and what came back. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct rpc_call *calls[CALLS];
    unsigned arrived, served, failed;
} desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void leave(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    (void)request;
    (void)arg;
    pthread_mutex_lock(&desk.lock);
    desk.calls[desk.arrived++] = call;
    pthread_cond_signal(&desk.changed);
    pthread_mutex_unlock(&desk.lock);
}

static const struct rpc_method_row ROWS[] = {
    {.name = "Check", .kind = RPC_UNARY, .handler = leave}};
static const struct rpc_service DESK = {
    .descriptor = &grpc__health__v1__health__descriptor, .rows = ROWS, .row_count = 1};

static void on_reply(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    (void)arg;
    pthread_mutex_lock(&desk.lock);
    if (reply)
        desk.served++;
    else if (status->err == ERR_CONFLICT)
        desk.failed++;
    pthread_cond_signal(&desk.changed);
    pthread_mutex_unlock(&desk.lock);
    rpc_message_destroy(reply);
}

static void ask(struct rig *rig, unsigned count)
{
    Grpc__Health__V1__HealthCheckRequest message = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct rpc_request request = {{HEALTH, "Check"}, &message.base, 30000};
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(rpc_client_start(rig->channel, &request, on_reply, NULL, NULL), 0);
}

static void wait_for(const unsigned *counter, unsigned count)
{
    pthread_mutex_lock(&desk.lock);
    while (*counter < count)
        pthread_cond_wait(&desk.changed, &desk.lock);
    pthread_mutex_unlock(&desk.lock);
}

START_TEST(a_burst_is_answered_call_by_call)
{
    struct rig rig;
    struct err err = {.code = ERR_CONFLICT};
    rig_open(&rig, &(struct rig_setup){.service = &DESK});
    ask(&rig, CALLS);
    wait_for(&desk.arrived, CALLS);
    for (unsigned i = 0; i < CALLS; i++) {
        if (i % 4 == 3)
            rpc_call_fail(desk.calls[i], &err);
        else
            reply_serving(desk.calls[i]);
    }
    wait_for(&desk.served, CALLS - CALLS / 4);
    wait_for(&desk.failed, CALLS / 4);
    rig_close(&rig);
}
END_TEST

START_TEST(one_after_the_other_is_answered_too)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_setup){.service = &DESK});
    for (unsigned i = 0; i < CALLS; i++) {
        ask(&rig, 1);
        wait_for(&desk.arrived, i + 1);
        reply_serving(desk.calls[i]);
        wait_for(&desk.served, i + 1);
    }
    rig_close(&rig);
}
END_TEST

/* Nobody waits any more: the server ends all the same. */
START_TEST(a_call_whose_client_went_is_put_away)
{
    struct rig rig;
    struct err err = {.code = ERR_CONFLICT};
    rig_open(&rig, &(struct rig_setup){.service = &DESK});
    ask(&rig, 1);
    wait_for(&desk.arrived, 1);
    rpc_channel_destroy(rig.channel);
    rig.channel = NULL;
    rpc_call_fail(desk.calls[0], &err);
    rig_close(&rig);
}
END_TEST

static Suite *outbox_suite(void)
{
    Suite *s = suite_create("lib/rpc/outbox");
    TCase *tc = tcase_create("outbox");
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, a_burst_is_answered_call_by_call);
    tcase_add_test(tc, one_after_the_other_is_answered_too);
    tcase_add_test(tc, a_call_whose_client_went_is_put_away);
    suite_add_tcase(s, tc);
    return s;
}

SUITE_MAIN(outbox_suite)
