/* --watch against a server whose stream ends after its first event, and is refused the third time.
 */
#include "cli/watch.h"

#include "pumasi/v1/event.pb-c.h"
#include "pumasi/v1/lease.pb-c.h"
#include "tests/unit/cli/rig.h"

static void list_leases(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    struct rig_server *s = arg;
    Pumasi__V1__Lease one = PUMASI__V1__LEASE__INIT, two = PUMASI__V1__LEASE__INIT;
    Pumasi__V1__Lease *items[] = {&one, &two};
    Pumasi__V1__ListLeasesReply reply = PUMASI__V1__LIST_LEASES_REPLY__INIT;
    (void)message;
    one.id = (char *)"lease-1";
    two.id = (char *)"lease-2";
    two.state = (char *)(s->seen->calls > 1 ? "active" : "booked");
    reply.n_items = 2;
    reply.items = items;
    rpc_call_reply(call, &reply.base);
}

static void watch(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__WatchRequest *request = (const Pumasi__V1__WatchRequest *)message;
    struct rig_server *s = arg;
    Pumasi__V1__Event event = PUMASI__V1__EVENT__INIT;
    event.revision = 7;
    rig_note(s, request->n_kinds == 1 ? request->kinds[0] : "");
    if (s->seen->calls == 3) {
        rig_fail(call, ERR_DENIED);
        return;
    }
    if (rpc_call_send(call, &event.base, NULL) == 0)
        rpc_call_end(call);
    else
        rig_fail(call, ERR_INTERNAL);
}

static const struct rpc_method_row lease_rows[] = {
    {.name = "ListLeases", .kind = RPC_UNARY, .handler = list_leases},
};

static const struct rpc_method_row event_rows[] = {
    {.name = "Watch", .kind = RPC_SERVER_STREAM, .handler = watch},
};

static const struct rpc_service services[] = {
    {.descriptor = &pumasi__v1__lease_service__descriptor, .rows = lease_rows, .row_count = 1},
    {.descriptor = &pumasi__v1__event_service__descriptor, .rows = event_rows, .row_count = 1},
    {.descriptor = NULL},
};

START_TEST(test_prints_what_changed_and_opens_a_broken_stream_again)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "list", "--watch", "-o", "name");
    ck_assert_int_eq(run.exit, 5);
    ck_assert_str_eq(run.out, "lease-1\nlease-2\nlease-2\n");
    ck_assert_uint_eq(rig.seen->calls, 3);
    ck_assert_str_eq(rig.seen->texts[0], "lease");
    ck_assert_uint_ne(rig.seen->servers[0], rig.seen->servers[1]);
}
END_TEST

START_TEST(test_json_is_one_line_for_each_change)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "list", "-w", "-o", "json");
    size_t lines = 0;
    for (const char *p = run.out; (p = strchr(p, '\n')); p++)
        lines++;
    ck_assert_uint_eq(lines, 3);
    ck_assert_int_eq(strncmp(run.out, "{\"id\":\"lease-1\"", 15), 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/watch");
    TCase *t = tcase_create("watch");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_prints_what_changed_and_opens_a_broken_stream_again);
    tcase_add_test(t, test_json_is_one_line_for_each_change);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
