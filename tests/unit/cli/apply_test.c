/* `pumasi apply`: documents go out in order, each under an id of its own. */
#include "pumasi/v1/pool.pb-c.h"
#include "tests/unit/cli/rig.h"

#include <jansson.h>

static void answer(struct rpc_call *call, const char *kind, const char *id)
{
    Pumasi__V1__ChangeReply reply = PUMASI__V1__CHANGE_REPLY__INIT;
    if (strcmp(id, "denied") == 0) {
        rig_fail(call, ERR_DENIED);
        return;
    }
    reply.kind = (char *)kind;
    reply.id = (char *)id;
    reply.applied = strcmp(id, "guarded") != 0;
    reply.approval = (char *)(reply.applied ? "" : "approval-1");
    rpc_call_reply(call, &reply.base);
}

static void apply_pool(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__ApplyPoolRequest *request = (const Pumasi__V1__ApplyPoolRequest *)message;
    rig_note(arg, request->head->request_id);
    answer(call, "pool", request->pool->id);
}

static void apply_site(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__ApplySiteRequest *request = (const Pumasi__V1__ApplySiteRequest *)message;
    rig_note(arg, request->head->request_id);
    answer(call, "site", request->site->id);
}

static const struct rpc_method_row rows[] = {
    {.name = "ApplyPool", .kind = RPC_UNARY, .handler = apply_pool},
    {.name = "ApplySite", .kind = RPC_UNARY, .handler = apply_site},
};

static const struct rpc_service services[] = {
    {.descriptor = &pumasi__v1__pool_service__descriptor, .rows = rows, .row_count = 2},
    {.descriptor = NULL},
};

static struct run apply(const struct rig *rig, const char *documents)
{
    return run_in(env_real(), rig->home, "en", documents,
                  (const char *const[]){"apply", "-f", "-", "--request-id", "mine", "--server",
                                        rig->targets[0], NULL});
}

START_TEST(test_each_document_has_an_id_of_its_own)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = apply(&rig, "{\"kind\": \"site\", \"id\": \"haein\"}\n"
                                             "{\"kind\": \"pool\", \"id\": \"b200\"}\n");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_str_eq(run.out, "NAME   KIND  STATE  APPLIED  APPROVAL\n"
                              "haein  site  -      yes      -\n"
                              "b200   pool  -      yes      -\n");
    ck_assert_str_eq(rig.seen->texts[0], "mine-1");
    ck_assert_str_eq(rig.seen->texts[1], "mine-2");
}
END_TEST

START_TEST(test_a_failure_names_its_document_and_tells_what_was_done)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = apply(&rig, "{\"kind\": \"site\", \"id\": \"haein\"}"
                                             "{\"kind\": \"pool\", \"id\": \"denied\"}"
                                             "{\"kind\": \"pool\", \"id\": \"never\"}");
    ck_assert_int_eq(run.exit, 5);
    ck_assert_ptr_nonnull(strstr(run.out, "haein"));
    ck_assert_ptr_nonnull(strstr(run.talk, "document 2, pool denied: "));
    ck_assert_uint_eq(rig.seen->calls, 2);
}
END_TEST

START_TEST(test_documents_that_wait_for_approval_exit_8)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = apply(&rig, "[{\"kind\": \"pool\", \"id\": \"guarded\"},"
                                             " {\"kind\": \"pool\", \"id\": \"b200\"}]");
    ck_assert_int_eq(run.exit, 8);
    ck_assert_uint_eq(rig.seen->calls, 2);
}
END_TEST

static const char *const bad[] = {
    "{\"kind\": \"pool\", \"id\": \"p\", \"surprise\": 1}",
    "{\"kind\": \"pool\", \"id\": 7}",
    "{\"kind\": \"pool\", \"contracted_units\": 1.5}",
    "{\"kind\": \"pool\"",
    "{}",
};

START_TEST(test_a_bad_document_is_not_sent)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = apply(&rig, bad[_i]);
    ck_assert_msg(run.exit == 2, "%d %s", run.exit, run.talk);
    ck_assert_uint_eq(rig.seen->calls, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/apply");
    TCase *t = tcase_create("apply");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_each_document_has_an_id_of_its_own);
    tcase_add_test(t, test_a_failure_names_its_document_and_tells_what_was_done);
    tcase_add_test(t, test_documents_that_wait_for_approval_exit_8);
    tcase_add_loop_test(t, test_a_bad_document_is_not_sent, 0, sizeof(bad) / sizeof(bad[0]));
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
