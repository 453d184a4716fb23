/* Channels: options, connecting and connecting again. */
#include "lib/rpc/channel.h"

#include "tests/unit/lib/rpc/rig.h"

static struct rpc_metadata many[RPC_CHANNEL_METADATA_MAX + 1] = {
    {"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}, {"e", "1"},
    {"f", "1"}, {"g", "1"}, {"h", "1"}, {"i", "1"}};
static struct rpc_metadata upper = {"Has-Leader", "true"};
static struct rpc_metadata newline = {"has-leader", "a\nb"};
static struct rpc_metadata binary = {"trace-bin", "x"};
static struct rpc_tls_pem no_pem = {.ca = {(const uint8_t *)"text", 4}};
static struct rpc_tls_pem no_key = {.ca = {(const uint8_t *)"-----BEGIN C", 12},
                                    .cert = {(const uint8_t *)"-----BEGIN C", 12}};

static const struct {
    const char *target;
    struct rpc_channel_options options;
} BAD[] = {
    {"", {.fail_fast = true}},
    {NULL, {.fail_fast = true}},
    {"127.0.0.1:1", {.metadata = many, .metadata_count = RPC_CHANNEL_METADATA_MAX + 1}},
    {"127.0.0.1:1", {.metadata = &upper, .metadata_count = 1}},
    {"127.0.0.1:1", {.metadata = &newline, .metadata_count = 1}},
    {"127.0.0.1:1", {.metadata = &binary, .metadata_count = 1}},
    {"127.0.0.1:1", {.tls = &no_pem}},
    {"127.0.0.1:1", {.tls = &no_key}},
};

START_TEST(bad_options_are_refused)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_channel *channel = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(
        rpc_channel_create(rig.client_loop, BAD[_i].target, &BAD[_i].options, &channel, &err),
        -ERR_INVALID);
    ck_assert_str_ne(err.text, "");
    ck_assert_ptr_null(channel);
    rig_close(&rig);
}
END_TEST

/* A target that makes no sense is told by the call, not by the channel. */
START_TEST(a_target_that_makes_no_sense_is_unavailable)
{
    struct rig rig;
    rig_open(&rig, NULL);
    static const char *const TARGETS[] = {"ipv4:nonsense", "ipv4:1.2.3.4:99999",
                                          "::::", "unix:", "nosuchscheme:///x"};
    for (size_t i = 0; i < sizeof(TARGETS) / sizeof(TARGETS[0]); i++) {
        struct rpc_channel *channel = NULL;
        struct rpc_channel_options options = {.fail_fast = true};
        ck_assert_int_eq(rpc_channel_create(rig.client_loop, TARGETS[i], &options, &channel, NULL),
                         0);
        struct rpc_status status = rig_check_on(channel, "ok", 3000);
        ck_assert_msg(!status.sent && status.code != RPC_OK, "%s", TARGETS[i]);
        ck_assert(!rpc_channel_is_connected(channel));
        rpc_channel_destroy(channel);
    }
    rpc_channel_destroy(NULL);
    rig_close(&rig);
}
END_TEST

START_TEST(it_says_whether_it_is_connected)
{
    struct rig rig;
    rig_open(&rig, NULL);
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    for (int i = 0; i < 1000 && !rpc_channel_is_connected(rig.channel); i++)
        (void)rig_check(&rig, "ok", 5000);
    ck_assert(rpc_channel_is_connected(rig.channel));
    rig_close(&rig);
}
END_TEST

/* Nobody calls while the server is away and comes back: the channel notices by itself, and soon. */
START_TEST(it_connects_again_by_itself)
{
    struct rig rig;
    rig_open(&rig, NULL);
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    rpc_server_destroy(rig.server);
    ck_assert_int_ne(rig_check(&rig, "ok", 100).code, RPC_OK);
    char address[128];
    snprintf(address, sizeof(address), "%s", rig.target);
    rig_serve(&rig, &(struct rig_setup){.address = address});
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    ck_assert_int_eq(rig_check(&rig, "ok", 10000).code, RPC_OK);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    ck_assert_int_lt(ended.tv_sec - began.tv_sec, 3);
    rig_close(&rig);
}
END_TEST

/* A call made before the server exists waits for it, and not for the five seconds that gRPC would
 * take to look. */
START_TEST(a_call_waits_for_a_server_that_starts)
{
    struct rig rig;
    char address[64];
    snprintf(address, sizeof(address), "unix:/tmp/pumasi-late-%d.sock", (int)getpid());
    rig_open(&rig, NULL);
    struct rpc_channel *early = NULL;
    ck_assert_int_eq(rpc_channel_create(rig.client_loop, address, NULL, &early, NULL), 0);
    ck_assert_int_eq(rig_check_on(early, "ok", 50).err, ERR_UNAVAILABLE);
    struct rpc_server *first = rig.server;
    rig_serve(&rig, &(struct rig_setup){.address = address});
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    ck_assert_int_eq(rig_check_on(early, "ok", 10000).code, RPC_OK);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    ck_assert_int_lt(ended.tv_sec - began.tv_sec, 3);
    rpc_channel_destroy(early);
    rpc_server_destroy(first);
    rig_close(&rig);
    unlink(address + 5);
}
END_TEST

/* Two servers behind one channel: in turn, and the one that is left when the other goes. */
START_TEST(round_robin_uses_all_servers_and_survives_one)
{
    struct rig a, b;
    rig_open(&a, NULL);
    memset(&b, 0, sizeof(b));
    b.loop = a.loop;
    b.client_loop = a.client_loop;
    pthread_mutex_init(&b.yard.lock, NULL);
    pthread_cond_init(&b.yard.changed, NULL);
    rig_serve(&b, &(struct rig_setup){.address = NULL});
    char target[300];
    snprintf(target, sizeof(target), "ipv4:%s,%s", a.target, b.target);
    struct rpc_channel_options options = {.balance = RPC_BALANCE_ROUND_ROBIN};
    struct rpc_channel *channel = NULL;
    ck_assert_int_eq(rpc_channel_create(a.client_loop, target, &options, &channel, NULL), 0);
    for (int i = 0; i < 200 && (yard_read(&a.yard, &a.yard.handled) == 0 ||
                                yard_read(&b.yard, &b.yard.handled) == 0);
         i++)
        ck_assert_int_eq(rig_check_on(channel, "ok", 5000).code, RPC_OK);
    ck_assert_uint_gt(yard_read(&a.yard, &a.yard.handled), 0);
    ck_assert_uint_gt(yard_read(&b.yard, &b.yard.handled), 0);
    rpc_server_destroy(b.server);
    unsigned failed = 0;
    for (int i = 0; i < 50; i++)
        failed += rig_check_on(channel, "ok", 5000).code != RPC_OK;
    ck_assert_uint_le(failed, 2);
    rpc_channel_destroy(channel);
    rig_close(&a);
}
END_TEST

START_TEST(keepalive_pings_do_not_upset_our_servers)
{
    struct rig rig;
    rig_open(&rig,
             &(struct rig_setup){.channel = {.keepalive_ms = 1200, .keepalive_timeout_ms = 500}});
    struct rpc_status status = rig_check(&rig, "park", 5000);
    ck_assert_int_eq(status.code, RPC_DEADLINE_EXCEEDED); /* and not "too many pings" */
    rig_close(&rig);
}
END_TEST

static Suite *channel_suite(void)
{
    Suite *suite = suite_create("lib/rpc/channel");
    TCase *tc = tcase_create("channel");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, bad_options_are_refused, 0, sizeof(BAD) / sizeof(BAD[0]));
    tcase_add_test(tc, a_target_that_makes_no_sense_is_unavailable);
    tcase_add_test(tc, it_says_whether_it_is_connected);
    tcase_add_test(tc, it_connects_again_by_itself);
    tcase_add_test(tc, a_call_waits_for_a_server_that_starts);
    tcase_add_test(tc, round_robin_uses_all_servers_and_survives_one);
    tcase_add_test(tc, keepalive_pings_do_not_upset_our_servers);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(channel_suite)
