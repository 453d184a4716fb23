#include "lib/etcd/client.h"

#include "lib/etcd/kv.h"
#include "lib/rpc/server.h"
#include "lib/rpc/server_call.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <etcd/rpc.pb-c.h>
#include <stdatomic.h>
#include <string.h>

/*
 * The rules of repeating, against a server that answers by a script: each request takes the next
 * line, the last line stays.
 */
#define HELD_MAX 8

enum answer { ANSWER_OK, ANSWER_FAIL, ANSWER_NEVER };

struct line {
    enum answer answer;
    enum err_code err; /* whose gRPC status etcd would send: UNAVAILABLE 14, OVERFLOW 11, ... */
    const char *text;
};

struct actor {
    struct rpc_server *server;
    const struct line *script;
    atomic_int asked;
    atomic_int with_leader;          /* requests that said "hasleader" */
    struct rpc_call *held[HELD_MAX]; /* calls never answered */
    atomic_int held_count;
    char endpoint[96];
};

static const struct line *next_line(struct actor *a, struct rpc_call *call)
{
    int n = atomic_fetch_add(&a->asked, 1);
    if (span_equal(rpc_call_metadata(call, "hasleader"), span_text("true")))
        atomic_fetch_add(&a->with_leader, 1);
    const struct line *line = a->script;
    while (n-- > 0 && line[1].text != NULL)
        line++;
    return line;
}

/* True if the script failed or swallowed the call. */
static bool act(struct actor *a, struct rpc_call *call)
{
    const struct line *line = next_line(a, call);
    struct err err = ERR_INIT;
    switch (line->answer) {
    case ANSWER_OK:
        return false;
    case ANSWER_FAIL:
        (void)err_set(&err, line->err, "%s", line->text);
        rpc_call_fail(call, &err);
        return true;
    case ANSWER_NEVER:
    default:
        a->held[atomic_fetch_add(&a->held_count, 1) % HELD_MAX] = call;
        return true;
    }
}

static void on_txn(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    (void)request;
    if (act(arg, call))
        return;
    Etcdserverpb__ResponseHeader header = ETCDSERVERPB__RESPONSE_HEADER__INIT;
    Etcdserverpb__TxnResponse reply = ETCDSERVERPB__TXN_RESPONSE__INIT;
    header.revision = 7;
    reply.header = &header;
    reply.succeeded = true;
    rpc_call_reply(call, &reply.base);
}

static void on_range(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    (void)request;
    if (act(arg, call))
        return;
    Etcdserverpb__ResponseHeader header = ETCDSERVERPB__RESPONSE_HEADER__INIT;
    Etcdserverpb__RangeResponse reply = ETCDSERVERPB__RANGE_RESPONSE__INIT;
    header.revision = 7;
    reply.header = &header;
    rpc_call_reply(call, &reply.base);
}

static const struct rpc_method_row rows[] = {
    {.name = "Txn", .kind = RPC_UNARY, .handler = on_txn},
    {.name = "Range", .kind = RPC_UNARY, .handler = on_range},
};

static struct fixture f;

static void set_up(void)
{
    fixture_init(&f);
}

static void tear_down(void)
{
    fixture_fini(&f);
}

static void actor_start(struct actor *a, const struct line *script)
{
    struct err err = ERR_INIT;
    const struct rpc_service service = {
        .descriptor = &etcdserverpb__kv__descriptor, .rows = rows, .row_count = 2, .arg = a};
    int port = 0;
    *a = (struct actor){.server = rpc_server_create(f.loop, NULL), .script = script};
    ck_assert_msg(rpc_server_add(a->server, &service, &err) == 0, "%s", err.text);
    ck_assert_msg(rpc_server_listen(a->server, "127.0.0.1:0", NULL, &port, &err) == 0, "%s",
                  err.text);
    rpc_server_start(a->server);
    snprintf(a->endpoint, sizeof(a->endpoint), "127.0.0.1:%d", port);
}

static void actor_stop(struct actor *a)
{
    struct err err = {.code = ERR_CANCELLED, .text = "the curtain falls"};
    for (int i = 0; i < atomic_load(&a->held_count); i++)
        rpc_call_fail(a->held[i], &err);
    rpc_server_destroy(a->server);
}

static struct etcd_result put(struct etcd_client *client, unsigned timeout_ms)
{
    struct etcd_result result;
    etcd_put(client, span_text("/k"), span_text("v"), 0, timeout_ms, &result);
    return result;
}

static int no_kv(const struct etcd_kv *kv, void *ud)
{
    (void)kv;
    (void)ud;
    return 0;
}

#define NO_LEADER                                                                                  \
    {                                                                                              \
        ANSWER_FAIL, ERR_UNAVAILABLE, "etcdserver: no leader"                                      \
    }
#define TIMED_OUT                                                                                  \
    {                                                                                              \
        ANSWER_FAIL, ERR_UNAVAILABLE, "etcdserver: request timed out"                              \
    }
#define OK_LINE                                                                                    \
    {                                                                                              \
        ANSWER_OK, ERR_OK, ""                                                                      \
    }
#define THE_END                                                                                    \
    {                                                                                              \
        ANSWER_OK, ERR_OK, NULL                                                                    \
    }

static const struct {
    struct line script[4];
    enum etcd_outcome outcome;
    enum err_code err;
    int asked;
} writes[] = {
    {{OK_LINE, THE_END}, ETCD_OK, ERR_OK, 1},
    {{NO_LEADER, NO_LEADER, OK_LINE, THE_END}, ETCD_OK, ERR_OK, 3},
    {{TIMED_OUT, OK_LINE, THE_END}, ETCD_UNKNOWN, ERR_UNKNOWN_OUTCOME, 1},
    {{NO_LEADER, TIMED_OUT, OK_LINE, THE_END}, ETCD_UNKNOWN, ERR_UNKNOWN_OUTCOME, 2},
    {{{ANSWER_FAIL, ERR_INVALID, "etcdserver: duplicate key given in txn request"}, THE_END},
     ETCD_NOT_APPLIED,
     ERR_INVALID,
     1},
    {{{ANSWER_FAIL, ERR_LIMIT, "etcdserver: mvcc: database space exceeded"}, THE_END},
     ETCD_NOT_APPLIED,
     ERR_LIMIT,
     1},
    {{{ANSWER_FAIL, ERR_LIMIT, "etcdserver: too many requests"}, OK_LINE, THE_END},
     ETCD_OK,
     ERR_OK,
     2},
    {{{ANSWER_NEVER, ERR_OK, ""}, THE_END}, ETCD_UNKNOWN, ERR_UNKNOWN_OUTCOME, 1},
};

START_TEST(writes_are_repeated_only_if_surely_not_applied)
{
    struct actor a;
    actor_start(&a, writes[_i].script);
    struct etcd_client *client = fixture_client(&f, a.endpoint, 400);
    struct etcd_result result = put(client, 5000);
    ck_assert_str_eq(etcd_outcome_name(result.outcome), etcd_outcome_name(writes[_i].outcome));
    ck_assert_int_eq(result.err.code, writes[_i].err);
    ck_assert_int_eq(result.revision, result.outcome == ETCD_OK ? 7 : 0);
    ck_assert_int_eq(atomic_load(&a.asked), writes[_i].asked);
    etcd_client_destroy(client);
    actor_stop(&a);
}
END_TEST

static const struct {
    struct line script[4];
    int rc;
    int asked;
} reads[] = {
    {{OK_LINE, THE_END}, 0, 1},
    {{TIMED_OUT, NO_LEADER, OK_LINE, THE_END}, 0, 3},
    {{{ANSWER_FAIL, ERR_INTERNAL, "boom"}, OK_LINE, THE_END}, 0, 2},
    {{{ANSWER_NEVER, ERR_OK, ""}, OK_LINE, THE_END}, 0, 2},
    {{{ANSWER_FAIL, ERR_OVERFLOW, "etcdserver: mvcc: required revision has been compacted"},
      THE_END},
     -ERR_CONFLICT,
     1},
    {{{ANSWER_FAIL, ERR_DENIED, "etcdserver: permission denied"}, THE_END}, -ERR_DENIED, 1},
};

START_TEST(reads_are_repeated_after_any_failure_that_may_pass)
{
    struct actor a;
    struct err err = ERR_INIT;
    int64_t revision = 0;
    actor_start(&a, reads[_i].script);
    struct etcd_client *client = fixture_client(&f, a.endpoint, 400);
    int rc = etcd_get(client, span_text("/k"), 5000, no_kv, NULL, &revision, &err);
    ck_assert_msg(rc == reads[_i].rc, "%d: %s", rc, err.text);
    ck_assert_int_eq(atomic_load(&a.asked), reads[_i].asked);
    etcd_client_destroy(client);
    actor_stop(&a);
}
END_TEST

START_TEST(an_operation_ends_at_its_deadline)
{
    static const struct line script[] = {NO_LEADER, THE_END};
    struct actor a;
    actor_start(&a, script);
    struct etcd_client *client = fixture_client(&f, a.endpoint, 0);
    int64_t start_ns = env_boot(&f.env).ns;
    struct etcd_result result = put(client, 300);
    int64_t took_ms = (env_boot(&f.env).ns - start_ns) / 1000000;
    ck_assert_int_eq(result.outcome, ETCD_NOT_APPLIED);
    ck_assert_int_eq(result.err.code, ERR_UNAVAILABLE);
    ck_assert_int_ge(atomic_load(&a.asked), 2);
    ck_assert_int_lt(took_ms, 2000);
    etcd_client_destroy(client);
    actor_stop(&a);
}
END_TEST

START_TEST(without_a_server_nothing_was_applied)
{
    struct etcd_client *client = fixture_client(&f, "127.0.0.1:1", 100);
    struct etcd_result result = put(client, 400);
    ck_assert_int_eq(result.outcome, ETCD_NOT_APPLIED);
    ck_assert_int_eq(result.err.code, ERR_UNAVAILABLE);
    etcd_client_destroy(client);
}
END_TEST

START_TEST(a_dead_endpoint_and_one_without_a_leader_are_passed_over)
{
    static const struct line leaderless[] = {NO_LEADER, THE_END};
    static const struct line fine[] = {OK_LINE, THE_END};
    struct actor a, b;
    char endpoints[256];
    actor_start(&a, leaderless);
    actor_start(&b, fine);
    snprintf(endpoints, sizeof(endpoints), "127.0.0.1:1,%s,%s", a.endpoint, b.endpoint);
    struct etcd_client *client = fixture_client(&f, endpoints, 0);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(put(client, 5000).outcome, ETCD_OK);
    ck_assert_int_eq(atomic_load(&b.asked), 6);
    ck_assert_int_eq(atomic_load(&b.with_leader), 6);
    etcd_client_destroy(client);
    actor_stop(&a);
    actor_stop(&b);
}
END_TEST

static void count_result(const struct etcd_result *result, void *ud)
{
    atomic_int *counts = ud;
    atomic_fetch_add(&counts[result->outcome], 1);
}

START_TEST(closing_ends_what_is_on_the_way_exactly_once)
{
    static const struct line script[] = {NO_LEADER, THE_END};
    const struct etcd_op op = {ETCD_PUT, .key = span_text("/k"), .value = span_text("v")};
    const struct etcd_txn txn = {.ops = &op, .op_count = 1};
    atomic_int counts[ETCD_OUTCOME_COUNT] = {0};
    struct actor a;
    actor_start(&a, script);
    struct etcd_client *client = fixture_client(&f, a.endpoint, 0);
    for (int i = 0; i < 50; i++)
        etcd_txn_start(client, &txn, 60000, count_result, counts);
    EVENTUALLY(atomic_load(&a.asked) > 60); /* some call, some pause */
    etcd_client_destroy(client);
    ck_assert_int_eq(counts[ETCD_NOT_APPLIED] + counts[ETCD_UNKNOWN], 50);
    actor_stop(&a);
}
END_TEST

static const char *const bad_endpoints[] = {
    "",
    "127.0.0.1:1,host:2",
    "127.0.0.1:1,,127.0.0.1:2",
    "127.0.0.1,127.0.0.2:1",
    "127.0.0.1:,127.0.0.2:1",
    "unix:/a,unix:/b",
    "127.0.0.1:1,",
    "127.0.0.1",
    "127.0.0.1:0",
    "127.0.0.1:23790x",
    "127.0.0.1:65536",
    "http://127.0.0.1:2379",
    "127.0.0.1 :2379",
    "unix:",
    ":2379",
};

START_TEST(bad_endpoints_are_refused)
{
    const struct etcd_client_options options = {
        .endpoints = bad_endpoints[_i], .loop = f.loop, .env = f.env};
    struct etcd_client *client = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(etcd_client_create(&options, &client, &err), -ERR_INVALID);
    ck_assert_ptr_null(client);
}
END_TEST

START_TEST(several_endpoints_with_tls_need_a_name)
{
    const struct rpc_tls_pem pem = {.ca = span_text("-----BEGIN")};
    const struct etcd_client_options options = {
        .endpoints = "127.0.0.1:1,127.0.0.1:2", .loop = f.loop, .env = f.env, .tls = &pem};
    struct etcd_client *client = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(etcd_client_create(&options, &client, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "name"));
}
END_TEST

START_TEST(destroying_nothing_is_fine)
{
    etcd_client_destroy(NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/client");
    TCase *t = tcase_create("repeating");
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, writes_are_repeated_only_if_surely_not_applied, 0,
                        (int)(sizeof(writes) / sizeof(writes[0])));
    tcase_add_loop_test(t, reads_are_repeated_after_any_failure_that_may_pass, 0,
                        (int)(sizeof(reads) / sizeof(reads[0])));
    tcase_add_test(t, an_operation_ends_at_its_deadline);
    tcase_add_test(t, without_a_server_nothing_was_applied);
    tcase_add_test(t, a_dead_endpoint_and_one_without_a_leader_are_passed_over);
    tcase_add_test(t, closing_ends_what_is_on_the_way_exactly_once);
    tcase_add_loop_test(t, bad_endpoints_are_refused, 0,
                        (int)(sizeof(bad_endpoints) / sizeof(bad_endpoints[0])));
    tcase_add_test(t, several_endpoints_with_tls_need_a_name);
    tcase_add_test(t, destroying_nothing_is_fine);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
