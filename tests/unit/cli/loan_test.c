/* `pumasi loan propose`: the permit says what the options say, signed by the lender's key. */
#include "lib/grant/permit.h"
#include "lib/pki/sign.h"
#include "pumasi/v1/loan.pb-c.h"
#include "tests/unit/cli/rig.h"

static void propose_loan(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__ProposeLoanRequest *request = (const Pumasi__V1__ProposeLoanRequest *)message;
    Pumasi__V1__ChangeReply reply = PUMASI__V1__CHANGE_REPLY__INIT;
    rig_note(arg, request->loan->id);
    rig_note(arg, request->loan->lender);
    rig_note(arg, request->loan->permit_key_id);
    rig_keep(arg, &request->loan->permit);
    reply.kind = (char *)"loan";
    reply.id = request->loan->id;
    reply.state = (char *)"proposed";
    reply.applied = request->loan->permit_signature.len > 60;
    rpc_call_reply(call, &reply.base);
}

static const struct rpc_method_row rows[] = {
    {.name = "ProposeLoan", .kind = RPC_UNARY, .handler = propose_loan},
};

static const struct rpc_service services[] = {
    {.descriptor = &pumasi__v1__loan_service__descriptor, .rows = rows, .row_count = 1},
    {.descriptor = NULL},
};

#define PROPOSE                                                                                    \
    "loan", "propose", "--pool", "haein-b200", "--borrower", "lm", "--programme", "prog", "-m",    \
        "B200", "-g", "8", "--from", "2026-02-03", "--to", "2026-02-28"

START_TEST(test_the_permit_says_what_the_options_say)
{
    struct rig rig CLEANUP_RIG;
    struct permit permit;
    struct err err = ERR_INIT;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, PROPOSE, "--burst", "1/8", "--notice", "7d",
                                         "--isolation", "whole", "--isolation", "mig");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    int rc = permit_decode(span_of(rig.seen->bytes, rig.seen->len), &permit, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    ck_assert_str_eq(permit.loan.text, rig.seen->texts[0]);
    ck_assert_str_eq(permit.lender.text, "nipa");
    ck_assert_str_eq(permit.borrower.text, "lm");
    ck_assert_str_eq(permit.pool.text, "haein-b200");
    ck_assert_str_eq(permit.key.text, rig.seen->texts[2]);
    ck_assert_int_eq(permit.window.from.s, 1770044400);
    ck_assert_int_eq(permit.window.to.s, 1770044400 + 26 * 86400);
    ck_assert_int_eq(permit.max_share.units, 56000 + 875);
    ck_assert_int_eq(permit.silence_tolerance_s, 7 * 86400);
    ck_assert_uint_eq(permit.isolations, 1u << GRANT_ISOLATION_WHOLE | 1u << GRANT_ISOLATION_MIG);
}
END_TEST

START_TEST(test_defaults_are_whole_gpus_and_a_day)
{
    struct rig rig CLEANUP_RIG;
    struct permit permit;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, PROPOSE, "--id", "loan-x");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_int_eq(permit_decode(span_of(rig.seen->bytes, rig.seen->len), &permit, NULL), 0);
    ck_assert_str_eq(permit.loan.text, "loan-x");
    ck_assert_uint_eq(permit.isolations, 1u << GRANT_ISOLATION_WHOLE);
    ck_assert_int_eq(permit.silence_tolerance_s, 86400);
}
END_TEST

START_TEST(test_an_empty_window_is_not_signed)
{
    struct rig rig CLEANUP_RIG;
    rig_init(&rig, services);
    struct run run CLEANUP_RUN =
        RUN_RIG(&rig, "loan", "propose", "--pool", "p", "--borrower", "b", "--programme", "r", "-m",
                "B200", "-g", "8", "--from", "2026-02-03", "--to", "2026-02-01");
    ck_assert_int_eq(run.exit, 2);
    ck_assert_uint_eq(rig.seen->calls, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/loan");
    TCase *t = tcase_create("loan");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_the_permit_says_what_the_options_say);
    tcase_add_test(t, test_defaults_are_whole_gpus_and_a_day);
    tcase_add_test(t, test_an_empty_window_is_not_signed);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
