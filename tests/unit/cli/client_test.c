/* Calls to the control plane, against servers whose handlers do what the name in the request
 * says. */
#include "cli/client.h"

#include "pumasi/v1/lease.pb-c.h"
#include "tests/unit/cli/rig.h"

#include <jansson.h>

/* True if the name asked for a failure, or for no answer at all. */
static bool obeys_name(struct rig_server *s, struct rpc_call *call, const char *id)
{
    if (strcmp(id, "silent") == 0 || (strcmp(id, "slow") == 0 && s->seen->calls == 1))
        return true;
    if (strcmp(id, "starting") == 0 && s->seen->calls <= 3) {
        rig_fail(call, ERR_UNAVAILABLE);
        return true;
    }
    if (strcmp(id, "moved") == 0 && s->index == 0) {
        rig_fail(call, ERR_NOT_LEADER);
        return true;
    }
    enum err_code code = err_from_name(id);
    if (code == ERR_INTERNAL)
        return false;
    rig_fail(call, code);
    return true;
}

static void get_lease(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__GetRequest *request = (const Pumasi__V1__GetRequest *)message;
    rig_note(arg, "");
    if (obeys_name(arg, call, request->id))
        return;
    Pumasi__V1__Lease lease = PUMASI__V1__LEASE__INIT;
    lease.id = request->id;
    lease.state = (char *)"active";
    rpc_call_reply(call, &lease.base);
}

static void list_leases(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__ListRequest *request = (const Pumasi__V1__ListRequest *)message;
    bool second = strcmp(request->page_token, "p2") == 0;
    rig_note(arg, request->page_token);
    Pumasi__V1__Lease lease = PUMASI__V1__LEASE__INIT;
    Pumasi__V1__Lease *items[] = {&lease};
    Pumasi__V1__ListLeasesReply reply = PUMASI__V1__LIST_LEASES_REPLY__INIT;
    lease.id = (char *)(second ? "lease-2" : "lease-1");
    reply.n_items = 1;
    reply.items = items;
    reply.next_page_token = (char *)(second ? "" : "p2");
    rpc_call_reply(call, &reply.base);
}

static void release_lease(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__ReleaseLeaseRequest *request =
        (const Pumasi__V1__ReleaseLeaseRequest *)message;
    rig_note(arg, request->head ? request->head->request_id : "none");
    if (obeys_name(arg, call, request->id))
        return;
    Pumasi__V1__PlanLine line = PUMASI__V1__PLAN_LINE__INIT;
    Pumasi__V1__PlanLine *lines[] = {&line};
    Pumasi__V1__Plan plan = PUMASI__V1__PLAN__INIT;
    Pumasi__V1__ChangeReply reply = PUMASI__V1__CHANGE_REPLY__INIT;
    line.text = (char *)"gives back: 8 B200";
    plan.n_lines = 1;
    plan.lines = lines;
    plan.hash = (char *)"3f9c21ab";
    reply.kind = (char *)"lease";
    reply.id = request->id;
    reply.state = (char *)"draining";
    reply.applied = !request->head->dry_run && strcmp(request->id, "guarded") != 0;
    reply.approval = (char *)(reply.applied ? "" : "approval-1");
    reply.plan = &plan;
    rpc_call_reply(call, &reply.base);
}

static const struct rpc_method_row rows[] = {
    {.name = "GetLease", .kind = RPC_UNARY, .handler = get_lease},
    {.name = "ListLeases", .kind = RPC_UNARY, .handler = list_leases},
    {.name = "ReleaseLease", .kind = RPC_UNARY, .handler = release_lease},
};

static const struct rpc_service services[] = {
    {.descriptor = &pumasi__v1__lease_service__descriptor,
     .rows = rows,
     .row_count = sizeof(rows) / sizeof(rows[0])},
    {.descriptor = NULL},
};

START_TEST(test_prints_what_the_server_says)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "show", "lease-9", "-o", "json");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    json_t *lease = json_loads(run.out, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(lease, "id")), "lease-9");
    ck_assert_str_eq(json_string_value(json_object_get(lease, "state")), "active");
    ck_assert_ptr_nonnull(json_object_get(lease, "held_krw"));
    json_decref(lease);
}
END_TEST

static const struct {
    const char *id;
    int exit;
} refusals[] = {
    {"denied", 5},      {"not-found", 6},       {"conflict", 7},
    {"stale-plan", 7},  {"no-capacity", 7},     {"budget", 7},
    {"invalid", 2},     {"unauthenticated", 4}, {"verification-failed", 10},
    {"unsupported", 1},
};

START_TEST(test_the_servers_code_becomes_the_exit_code)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "show", refusals[_i].id);
    ck_assert_msg(run.exit == refusals[_i].exit, "%d %s", run.exit, run.talk);
    ck_assert_str_eq(run.out, "");
    ck_assert_ptr_nonnull(strstr(run.talk, "error: as the test wants it\n"));
    ck_assert_ptr_nonnull(strstr(run.talk, refusals[_i].id));
    ck_assert_uint_eq(rig.seen->calls, 1);
}
END_TEST

START_TEST(test_to_wait_for_approval_is_no_error)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "show", "waiting-for-approval");
    ck_assert_int_eq(run.exit, 8);
    ck_assert_int_eq(strncmp(run.talk, "note: as the test wants it\n", 27), 0);
}
END_TEST

START_TEST(test_a_server_that_does_not_lead_is_passed_over)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "release", "moved", "-o", "name");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_str_eq(run.out, "moved\n");
    ck_assert_uint_eq(rig.seen->calls, 2);
    ck_assert_uint_eq(rig.seen->servers[0], 0);
    ck_assert_uint_eq(rig.seen->servers[1], 1);
    ck_assert_str_eq(rig.seen->texts[0], rig.seen->texts[1]);
}
END_TEST

START_TEST(test_a_server_that_is_not_there_is_passed_over)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN =
        run_in(env_real(), rig.home, "en", NULL,
               (const char *const[]){"lease", "show", "lease-1", "--server", "127.0.0.1:1",
                                     "--server", rig.targets[1], NULL});
    ck_assert_msg(run.exit == 0, "%s", run.talk);
}
END_TEST

START_TEST(test_servers_that_are_starting_are_waited_for)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "show", "starting", "-o", "name");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_uint_eq(rig.seen->calls, 4);
}
END_TEST

START_TEST(test_pages_come_together)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "list", "-o", "json");
    json_t *reply = json_loads(run.out, 0, NULL);
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_str_eq(json_string_value(json_object_get(reply, "apiVersion")), "pumasi/v1");
    ck_assert_uint_eq(json_array_size(json_object_get(reply, "items")), 2);
    ck_assert_ptr_null(json_object_get(reply, "next_page_token"));
    ck_assert_uint_eq(rig.seen->calls, 2);
    ck_assert_str_eq(rig.seen->texts[1], "p2");
    json_decref(reply);
}
END_TEST

START_TEST(test_a_lost_answer_is_asked_for_again_under_the_same_id)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "release", "slow", "--timeout", "1s");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_uint_eq(rig.seen->calls, 2);
    ck_assert_str_eq(rig.seen->texts[0], rig.seen->texts[1]);
    ck_assert_int_gt(strlen(rig.seen->texts[0]), 20);
    ck_assert_ptr_nonnull(strstr(run.talk, "asking again under the same request id"));
}
END_TEST

START_TEST(test_an_outcome_that_nobody_knows_says_how_to_look_it_up)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN =
        RUN_RIG(&rig, "lease", "release", "silent", "--timeout", "1s", "--request-id", "mine-1");
    ck_assert_int_eq(run.exit, 9);
    ck_assert_uint_eq(rig.seen->calls, 2);
    ck_assert_str_eq(rig.seen->texts[0], "mine-1");
    ck_assert_str_eq(rig.seen->texts[1], "mine-1");
    ck_assert_ptr_nonnull(strstr(run.talk, "pumasi request show mine-1"));
    ck_assert_ptr_nonnull(strstr(run.talk, "[unknown-outcome, request mine-1]"));
}
END_TEST

START_TEST(test_a_dry_run_shows_the_plan_and_may_exit_3)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run plain CLEANUP_RUN = RUN_RIG(&rig, "lease", "release", "lease-1", "--dry-run");
    struct run code CLEANUP_RUN =
        RUN_RIG(&rig, "lease", "release", "lease-1", "--dry-run", "--exit-code");
    ck_assert_int_eq(plain.exit, 0);
    ck_assert_int_eq(code.exit, 3);
    ck_assert_str_eq(plain.out, "lease lease-1: draining (dry run, nothing changed)\n"
                                "plan:\n  gives back: 8 B200\nplan hash: 3f9c21ab\n");
}
END_TEST

START_TEST(test_a_change_that_waits_for_approval_exits_8)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "release", "guarded", "-o", "json");
    json_t *error = json_loads(run.talk, 0, NULL);
    ck_assert_int_eq(run.exit, 8);
    ck_assert_ptr_nonnull(strstr(run.out, "\"approval\": \"approval-1\""));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(error, "note"), "next")),
                     "follow it: pumasi approve show approval-1");
    json_decref(error);
}
END_TEST

START_TEST(test_a_key_that_others_can_read_is_refused)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    char key[160];
    snprintf(key, sizeof(key), "%s/pumasi/contexts/admin.nipa/key.pem", rig.home);
    ck_assert_int_eq(chmod(key, 0644), 0);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "lease", "list");
    ck_assert_int_eq(run.exit, 5);
    ck_assert_ptr_nonnull(strstr(run.talk, "key.pem"));
    ck_assert_uint_eq(rig.seen->calls, 0);
}
END_TEST

START_TEST(test_nobody_there_is_a_failure_in_time)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = run_in(
        env_real(), rig.home, "en", NULL,
        (const char *const[]){"lease", "list", "--server", "127.0.0.1:1", "--timeout", "2s", NULL});
    ck_assert_int_eq(run.exit, 1);
    ck_assert_ptr_nonnull(strstr(run.talk, "[unavailable]"));
    struct run bad CLEANUP_RUN =
        run_in(env_real(), rig.home, "en", NULL,
               (const char *const[]){"lease", "list", "--server", "no-port", NULL});
    ck_assert_int_eq(bad.exit, 2);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/client");
    TCase *t = tcase_create("client");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_prints_what_the_server_says);
    tcase_add_loop_test(t, test_the_servers_code_becomes_the_exit_code, 0,
                        sizeof(refusals) / sizeof(refusals[0]));
    tcase_add_test(t, test_a_server_that_does_not_lead_is_passed_over);
    tcase_add_test(t, test_to_wait_for_approval_is_no_error);
    tcase_add_test(t, test_a_server_that_is_not_there_is_passed_over);
    tcase_add_test(t, test_servers_that_are_starting_are_waited_for);
    tcase_add_test(t, test_pages_come_together);
    tcase_add_test(t, test_a_lost_answer_is_asked_for_again_under_the_same_id);
    tcase_add_test(t, test_an_outcome_that_nobody_knows_says_how_to_look_it_up);
    tcase_add_test(t, test_a_dry_run_shows_the_plan_and_may_exit_3);
    tcase_add_test(t, test_a_change_that_waits_for_approval_exits_8);
    tcase_add_test(t, test_a_key_that_others_can_read_is_refused);
    tcase_add_test(t, test_nobody_there_is_a_failure_in_time);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
