/* A server that calls itself, and what it is for: gRPC goes deaf when descriptors run out. */
#include "lib/rpc/selfdial.h"

#include "lib/rpc/health.h"
#include "tests/unit/lib/rpc/certs.h"
#include "tests/unit/lib/rpc/rig.h"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>

struct alarm_bell {
    struct rig_yard yard;
    unsigned rung;
    unsigned misses;
    char why[256];
};

static void ring(void *arg, unsigned misses, const char *why)
{
    struct alarm_bell *bell = arg;
    bell->misses = misses;
    snprintf(bell->why, sizeof(bell->why), "%s", why);
    yard_note(&bell->yard, &bell->rung);
}

static void bell_init(struct alarm_bell *bell)
{
    memset(bell, 0, sizeof(*bell));
    pthread_mutex_init(&bell->yard.lock, NULL);
    pthread_cond_init(&bell->yard.changed, NULL);
}

static struct rpc_selfdial *dial(const char *target, const struct rpc_channel_options *channel,
                                 struct alarm_bell *bell)
{
    struct rpc_selfdial_options options = {.target = target,
                                           .channel = *channel,
                                           .period_ms = 30,
                                           .timeout_ms = 500,
                                           .misses = 3,
                                           .lost = ring,
                                           .arg = bell};
    struct rpc_selfdial *selfdial = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(rpc_selfdial_create(&options, &selfdial, &err) == 0, "%s", err.text);
    return selfdial;
}

static const struct rpc_channel_options PLAIN;

START_TEST(a_server_that_answers_is_left_alone)
{
    struct rig rig;
    struct alarm_bell bell;
    bell_init(&bell);
    rig_open(&rig, NULL);
    struct rpc_selfdial *selfdial = dial(rig.target, &PLAIN, &bell);
    ck_assert(yard_wait(&rig.yard, &rig.yard.handled, 10));
    ck_assert_uint_eq(bell.rung, 0);
    rpc_selfdial_destroy(selfdial);
    rpc_selfdial_destroy(NULL);
    rig_close(&rig);
}
END_TEST

static int refuse_all(void *arg, const char *path, const struct rpc_method_row *row,
                      const struct rpc_peer *peer, struct err *err)
{
    (void)path;
    (void)row;
    (void)peer;
    yard_note(arg, &((struct rig_yard *)arg)->handled);
    return err_set(err, ERR_DENIED, "nobody may");
}

START_TEST(a_refusal_is_an_answer)
{
    struct rig rig;
    struct alarm_bell bell;
    bell_init(&bell);
    rig_open(&rig, &(struct rig_setup){.server = {.policy = refuse_all, .policy_arg = &bell.yard}});
    struct rpc_selfdial *selfdial = dial(rig.target, &PLAIN, &bell);
    ck_assert(yard_wait(&bell.yard, &bell.yard.handled, 6));
    ck_assert_uint_eq(bell.rung, 0);
    rpc_selfdial_destroy(selfdial);
    rig_close(&rig);
}
END_TEST

START_TEST(a_server_that_has_gone_rings_once)
{
    struct rig rig;
    struct alarm_bell bell;
    bell_init(&bell);
    rig_open(&rig, NULL);
    struct rpc_selfdial *selfdial = dial(rig.target, &PLAIN, &bell);
    ck_assert(yard_wait(&rig.yard, &rig.yard.handled, 2));
    rpc_server_stop(rig.server, 0);
    ck_assert(yard_wait(&bell.yard, &bell.rung, 1));
    ck_assert_uint_eq(bell.misses, 3);
    ck_assert_str_ne(bell.why, "");
    ck_assert(!yard_wait_ms(&bell.yard, &bell.rung, 2, 300));
    rpc_selfdial_destroy(selfdial);
    rig_close(&rig);
}
END_TEST

START_TEST(it_dials_over_mutual_tls)
{
    struct certs certs;
    struct rig rig;
    struct alarm_bell bell;
    bell_init(&bell);
    certs_make(&certs);
    struct rpc_tls_files files = certs_files(&certs, "ca", "server");
    struct rpc_tls_source *source = NULL;
    ck_assert_int_eq(rpc_tls_source_create(&files, RPC_TLS_CLIENTS_REQUIRED, &source, NULL), 0);
    struct rpc_tls_bundle *bundle = certs_load(&certs, "ca", "client");
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    struct rpc_metadata metadata = {"x-self", "yes"};
    struct rpc_channel_options channel = {
        .tls = &pem, .tls_name = "pumasid", .metadata = &metadata, .metadata_count = 1};
    rig_open(&rig, &(struct rig_setup){.tls = source, .channel = channel});
    struct rpc_selfdial *selfdial = dial(rig.target, &channel, &bell);
    rpc_tls_bundle_destroy(bundle); /* everything was copied */
    ck_assert(yard_wait(&rig.yard, &rig.yard.handled, 5));
    ck_assert_uint_eq(bell.rung, 0);
    rpc_selfdial_destroy(selfdial);
    rig_close(&rig);
    rpc_tls_source_destroy(source);
    certs_remove(&certs);
}
END_TEST

/* Takes all descriptors that are left with connections to the server. */
static unsigned exhaust(const struct rig *rig, int *fds, unsigned max)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned port = 0;
    ck_assert_int_eq(sscanf(rig->target, "127.0.0.1:%u", &port), 1);
    at.sin_port = htons((uint16_t)port);
    unsigned count = 0;
    while (count < max && (fds[count] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0)
        (void)connect(fds[count++], (struct sockaddr *)&at, sizeof(at));
    return count;
}

START_TEST(a_server_that_ran_out_of_descriptors_is_found_out)
{
    struct rig rig;
    struct alarm_bell bell;
    bell_init(&bell);
    rig_open(&rig, &(struct rig_setup){.channel = {.fail_fast = true}});
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit small = {.rlim_cur = 80, .rlim_max = limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &small), 0);
    int fds[128];
    unsigned count = exhaust(&rig, fds, 128);
    ck_assert_uint_gt(count, 10);
    struct rpc_status live = rig_check(&rig, "ok", 5000); /* live connections go on */
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(live.code, RPC_OK);
    /* Descriptors are plenty again, but this server never accepts another connection. */
    struct rpc_selfdial *selfdial = dial(rig.target, &PLAIN, &bell);
    ck_assert(yard_wait(&bell.yard, &bell.rung, 1));
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    rpc_selfdial_destroy(selfdial);
    rig_close(&rig);
}
END_TEST

START_TEST(bad_options_are_refused_at_once)
{
    struct rig rig;
    struct alarm_bell bell;
    bell_init(&bell);
    rig_open(&rig, NULL);
    struct rpc_tls_pem no_pem = {.ca = {(const uint8_t *)"text", 4}};
    struct rpc_selfdial_options options = {
        .target = rig.target, .channel = {.tls = &no_pem}, .lost = ring, .arg = &bell};
    struct rpc_selfdial *selfdial = NULL;
    ck_assert_int_eq(rpc_selfdial_create(&options, &selfdial, NULL), -ERR_INVALID);
    options = (struct rpc_selfdial_options){.lost = ring};
    ck_assert_int_eq(rpc_selfdial_create(&options, &selfdial, NULL), -ERR_INVALID);
    ck_assert_ptr_null(selfdial);
    rig_close(&rig);
}
END_TEST

static Suite *selfdial_suite(void)
{
    Suite *suite = suite_create("lib/rpc/selfdial");
    TCase *tc = tcase_create("selfdial");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, certs_origin_make, certs_origin_remove);
    tcase_add_test(tc, a_server_that_answers_is_left_alone);
    tcase_add_test(tc, a_refusal_is_an_answer);
    tcase_add_test(tc, a_server_that_has_gone_rings_once);
    tcase_add_test(tc, it_dials_over_mutual_tls);
    tcase_add_test(tc, a_server_that_ran_out_of_descriptors_is_found_out);
    tcase_add_test(tc, bad_options_are_refused_at_once);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(selfdial_suite)
