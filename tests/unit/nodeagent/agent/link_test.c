/* nodeagent/agent/link.h against a server in this process. */
#include "nodeagent/agent/link.h"

#include "tests/support/suite.h"
#include "tests/unit/nodeagent/agent/plane.h"

#include <poll.h>

#define START INT64_C(1764547200)
#define BOOT  "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"

static struct plane plane;
static struct link *l;
static struct err err;

static void open_link(void)
{
    struct id node = id_literal("node-01");
    struct inventory inventory = {.count = 1, .devices = {{.uuid = "GPU-1", .model = "B200"}}};
    struct link_hello hello = {
        .node = &node, .boot_id = BOOT, .version = "1", .tier = "bpf", .inventory = &inventory};
    unsigned before = plane_count_of(&plane, PLANE_HELLO);
    ck_assert_msg(link_open(l, &err) == 0, "%s", err.text);
    ck_assert_msg(link_send_hello(l, &hello, &err) == 0, "%s", err.text);
    for (int i = 0; i < 1000 && plane_count_of(&plane, PLANE_HELLO) == before; i++)
        (void)poll(NULL, 0, 10);
    ck_assert_uint_eq(plane_count_of(&plane, PLANE_HELLO), before + 1);
}

static void start(void)
{
    err = ERR_INIT;
    plane_open(&plane);
    ck_assert_msg(link_create(plane.client_loop, plane.address, NULL, &l, &err) == 0, "%s",
                  err.text);
    open_link();
}

static void stop(void)
{
    link_destroy(l);
    plane_close(&plane);
}

/* The next event within ten seconds. */
static bool next(struct link_event *event)
{
    struct pollfd wait = {.fd = link_fd(l), .events = POLLIN};
    while (!link_take(l, event)) {
        if (poll(&wait, 1, 10000) != 1)
            return false;
    }
    return true;
}

/* What has been sent to the link has come. */
static void settle(void)
{
    struct pollfd wait = {.fd = link_fd(l), .events = POLLIN};
    ck_assert_int_eq(poll(&wait, 1, 10000), 1);
}

static void send_grants(int64_t server_time, uint8_t nonce_byte)
{
    uint8_t nonce[GRANT_NONCE_BYTES];
    memset(nonce, nonce_byte, sizeof nonce);
    plane_grant(&plane, &(struct plane_grants){
                            .nonce = nonce, .server_time = server_time, .sync_after_ms = 700});
}

START_TEST(hello_says_what_the_node_is)
{
    start();
    const Pumasi__V1__Hello *hello = plane_nth(&plane, PLANE_HELLO, 0)->hello;
    ck_assert_str_eq(hello->node, "node-01");
    ck_assert_str_eq(hello->boot_id, BOOT);
    ck_assert_str_eq(hello->model, "B200");
    ck_assert_uint_eq(hello->n_devices, 1);
    ck_assert_str_eq(hello->devices[0]->uuid, "GPU-1");
    stop();
}
END_TEST

START_TEST(events_come_in_order_as_plain_structs)
{
    struct link_event event;
    start();
    send_grants(START, 7);
    plane_poke(&plane);
    plane_acknowledge(&plane, BOOT, 42);
    ck_assert(next(&event));
    ck_assert_int_eq(event.kind, LINK_GRANTS);
    ck_assert_int_eq(event.grants.server_time.s, START);
    ck_assert_uint_eq(event.grants.sync_after_ms, 700);
    ck_assert_uint_eq(event.grants.nonce[0], 7);
    ck_assert_uint_eq(event.grants.n, 0);
    link_event_fini(&event);
    ck_assert(next(&event));
    ck_assert_int_eq(event.kind, LINK_POKE);
    ck_assert(next(&event));
    ck_assert_int_eq(event.kind, LINK_ACK);
    ck_assert_str_eq(event.boot_id, BOOT);
    ck_assert_uint_eq(event.seq, 42);
    ck_assert(!link_take(l, &event));
    stop();
}
END_TEST

START_TEST(the_end_of_a_stream_is_told_with_its_reason)
{
    struct link_event event;
    struct err why = ERR_INIT;
    start();
    (void)err_set(&why, ERR_DENIED, "not this node");
    plane_hang_up(&plane, &why);
    ck_assert(next(&event));
    ck_assert_int_eq(event.kind, LINK_DOWN);
    ck_assert_int_eq(event.err.code, ERR_DENIED);
    ck_assert_int_eq(link_send_sync(l, (uint8_t[GRANT_NONCE_BYTES]){0}, 0, NULL, 0, NULL),
                     -ERR_UNAVAILABLE);
    open_link();
    plane_hang_up(&plane, NULL);
    ck_assert(next(&event));
    ck_assert_int_eq(event.kind, LINK_DOWN);
    ck_assert_int_eq(event.err.code, ERR_UNAVAILABLE);
    stop();
}
END_TEST

START_TEST(what_a_stream_said_is_dropped_with_it)
{
    struct link_event event;
    start();
    send_grants(START, 1);
    settle();
    open_link();
    ck_assert(!link_take(l, &event));
    send_grants(START, 2);
    ck_assert(next(&event));
    ck_assert_uint_eq(event.grants.nonce[0], 2);
    link_event_fini(&event);
    stop();
}
END_TEST

static const int64_t no_instants[] = {-1, INT64_MIN, INT64_MAX, INSTANT_MAX_S + 1};

START_TEST(a_server_that_lives_in_no_time_ends_the_stream)
{
    struct link_event event;
    start();
    send_grants(no_instants[_i], 1);
    ck_assert(next(&event));
    ck_assert_int_eq(event.kind, LINK_DOWN);
    stop();
}
END_TEST

/* ---- intervals ---- */

static struct link_interval interval_of(uint64_t seq)
{
    return (struct link_interval){
        .interval = {.node = id_literal("node-01"),
                     .boot_id = BOOT,
                     .seq = seq,
                     .lease = id_literal("lease-1"),
                     .units = {7000},
                     .isolation = "whole",
                     .from = {START},
                     .to = {START + 60},
                     .cause = "running",
                     .opens = 3,
                     .denials = 1},
        .organisation = id_literal("upstage"),
        .project = id_literal("alpha"),
        .model = "RTX 6000",
        .signature = {.len = 3, .data = {1, 2, 3}},
        .key_id = id_literal("0123456789abcdef"),
    };
}

START_TEST(an_interval_reads_back_as_it_was_packed)
{
    struct link_interval i = interval_of(9);
    struct link_unpacked u;
    CLEANUP_BUF struct buf packed, again;
    buf_init(&packed, 4096);
    buf_init(&again, 4096);
    link_pack_interval(&i, &packed);
    ck_assert_int_eq(link_unpack_interval(buf_span(&packed), &u, NULL), 0);
    ck_assert_str_eq(u.interval.interval.cause, "running");
    ck_assert_str_eq(u.interval.model, "RTX 6000");
    ck_assert_uint_eq(u.interval.interval.seq, 9);
    link_pack_interval(&u.interval, &again);
    ck_assert(span_equal(buf_span(&packed), buf_span(&again)));
}
END_TEST

START_TEST(what_is_no_interval_is_corrupt)
{
    struct link_interval i = interval_of(9);
    struct link_unpacked u;
    CLEANUP_BUF struct buf packed;
    buf_init(&packed, 4096);
    i.interval.cause = "a cause that nobody knows of";
    link_pack_interval(&i, &packed);
    ck_assert_int_eq(link_unpack_interval(buf_span(&packed), &u, &err), -ERR_CORRUPT);
    ck_assert_int_eq(link_unpack_interval(span_text("hello"), &u, &err), -ERR_CORRUPT);
    ck_assert_int_eq(link_unpack_interval(span_of(NULL, 0), &u, &err), -ERR_CORRUPT);
}
END_TEST

START_TEST(a_report_carries_as_many_as_a_transaction_takes)
{
    struct buf packed[LINK_USAGE_MAX];
    struct span spans[LINK_USAGE_MAX];
    start();
    ck_assert_int_le(3 * LINK_USAGE_MAX, 120);
    for (uint64_t n = 0; n < LINK_USAGE_MAX; n++) {
        struct link_interval i = interval_of(n + 1);
        buf_init(&packed[n], 4096);
        link_pack_interval(&i, &packed[n]);
        spans[n] = buf_span(&packed[n]);
    }
    ck_assert_int_eq(link_send_usage(l, spans, LINK_USAGE_MAX, &err), 0);
    for (int i = 0; i < 1000 && plane_count_of(&plane, PLANE_USAGE) == 0; i++)
        (void)poll(NULL, 0, 10);
    const Pumasi__V1__UsageReport *report = plane_nth(&plane, PLANE_USAGE, 0)->usage;
    ck_assert_uint_eq(report->n_intervals, LINK_USAGE_MAX);
    ck_assert_uint_eq(report->intervals[LINK_USAGE_MAX - 1]->seq, LINK_USAGE_MAX);
    spans[1] = span_text("hello");
    ck_assert_int_eq(link_send_usage(l, spans, 2, &err), -ERR_CORRUPT);
    for (size_t n = 0; n < LINK_USAGE_MAX; n++)
        buf_fini(&packed[n]);
    stop();
}
END_TEST

START_TEST(servers_that_are_no_list_are_refused)
{
    struct link *none = NULL;
    plane_open(&plane);
    ck_assert_int_eq(link_create(plane.client_loop, "", NULL, &none, &err), -ERR_INVALID);
    ck_assert_int_eq(
        link_create(plane.client_loop, "a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1,i:1", NULL, &none, &err),
        -ERR_LIMIT);
    ck_assert_ptr_null(none);
    link_destroy(NULL);
    plane_close(&plane);
}
END_TEST

static Suite *link_suite(void)
{
    Suite *suite = suite_create("link");
    TCase *tc = tcase_create("link");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, hello_says_what_the_node_is);
    tcase_add_test(tc, events_come_in_order_as_plain_structs);
    tcase_add_test(tc, the_end_of_a_stream_is_told_with_its_reason);
    tcase_add_test(tc, what_a_stream_said_is_dropped_with_it);
    tcase_add_loop_test(tc, a_server_that_lives_in_no_time_ends_the_stream, 0,
                        (int)(sizeof no_instants / sizeof no_instants[0]));
    tcase_add_test(tc, an_interval_reads_back_as_it_was_packed);
    tcase_add_test(tc, what_is_no_interval_is_corrupt);
    tcase_add_test(tc, a_report_carries_as_many_as_a_transaction_takes);
    tcase_add_test(tc, servers_that_are_no_list_are_refused);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(link_suite)
