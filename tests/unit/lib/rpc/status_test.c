/* What an outcome means: the table of lib/rpc/status.h, cell by cell. */
#include "lib/rpc/status.h"

#include "tests/support/suite.h"

#define REPLY_TOO_LARGE "Received message larger than max (5000000 vs. 4194304)"

static const struct {
    int code;
    bool sent;
    const char *text;
    const char *name;
    size_t request_bytes;
    enum err_code err;
} CASES[] = {
    {RPC_OK, true, "", NULL, 0, ERR_OK},
    /* the server's own word wins over everything */
    {RPC_ABORTED, true, "", "stale-plan", 0, ERR_STALE},
    {RPC_FAILED_PRECONDITION, true, "", "budget", 0, ERR_BUDGET},
    {RPC_UNAVAILABLE, true, "", "not-leader", 0, ERR_NOT_LEADER},
    {RPC_UNAVAILABLE, true, "", "no such name", 0, ERR_INTERNAL},
    /* never left: definite */
    {RPC_UNAVAILABLE, false, "failed to connect to all addresses", NULL, 0, ERR_UNAVAILABLE},
    {RPC_DEADLINE_EXCEEDED, false, "Deadline Exceeded", NULL, 0, ERR_UNAVAILABLE},
    {RPC_CANCELLED, false, "CANCELLED", NULL, 0, ERR_CANCELLED},
    {RPC_INTERNAL, false, "", NULL, 0, ERR_INTERNAL},
    {RPC_UNKNOWN, false, "", NULL, 0, ERR_INTERNAL},
    /* may have been carried out */
    {RPC_UNAVAILABLE, true, "Socket closed", NULL, 0, ERR_UNKNOWN_OUTCOME},
    {RPC_UNAVAILABLE, true, "keepalive watchdog timeout", NULL, 0, ERR_UNKNOWN_OUTCOME},
    {RPC_DEADLINE_EXCEEDED, true, "Deadline Exceeded", NULL, 0, ERR_UNKNOWN_OUTCOME},
    {RPC_CANCELLED, true, "CANCELLED", NULL, 0, ERR_UNKNOWN_OUTCOME},
    {RPC_INTERNAL, true, "RST_STREAM", NULL, 0, ERR_UNKNOWN_OUTCOME},
    {RPC_UNKNOWN, true, "", NULL, 0, ERR_UNKNOWN_OUTCOME},
    /* the same words of gRPC for a request and for a reply that is too large */
    {RPC_RESOURCE_EXHAUSTED, true, REPLY_TOO_LARGE, NULL, 10, ERR_UNKNOWN_OUTCOME},
    {RPC_RESOURCE_EXHAUSTED, true, REPLY_TOO_LARGE, NULL, 5000000, ERR_LIMIT},
    {RPC_RESOURCE_EXHAUSTED, true, "etcdserver: too many requests", NULL, 10, ERR_LIMIT},
    /* a foreign server's refusals */
    {RPC_INVALID_ARGUMENT, true, "", NULL, 0, ERR_INVALID},
    {RPC_NOT_FOUND, true, "", NULL, 0, ERR_NOT_FOUND},
    {RPC_ALREADY_EXISTS, true, "", NULL, 0, ERR_EXISTS},
    {RPC_PERMISSION_DENIED, true, "", NULL, 0, ERR_DENIED},
    {RPC_UNAUTHENTICATED, true, "", NULL, 0, ERR_UNAUTHENTICATED},
    {RPC_FAILED_PRECONDITION, true, "", NULL, 0, ERR_STATE},
    {RPC_ABORTED, true, "", NULL, 0, ERR_CONFLICT},
    {RPC_OUT_OF_RANGE, true, "compacted", NULL, 0, ERR_INVALID},
    {RPC_UNIMPLEMENTED, true, "", NULL, 0, ERR_UNSUPPORTED},
    {RPC_DATA_LOSS, true, "", NULL, 0, ERR_CORRUPT},
    /* numbers that nobody knows */
    {17, true, "", NULL, 0, ERR_UNKNOWN_OUTCOME},
    {17, false, "", NULL, 0, ERR_INTERNAL},
    {-1, true, "", NULL, 0, ERR_UNKNOWN_OUTCOME},
};

START_TEST(an_outcome_means)
{
    ck_assert_int_eq(rpc_status_classify(CASES[_i].code, CASES[_i].sent, CASES[_i].text,
                                         CASES[_i].name, CASES[_i].request_bytes),
                     CASES[_i].err);
}
END_TEST

START_TEST(every_error_keeps_its_code_over_its_name)
{
    for (int code = ERR_OK + 1; code < ERR_CODE_COUNT; code++)
        ck_assert_int_eq(rpc_status_classify(err_grpc_status(code), true, "", err_name(code), 0),
                         code);
}
END_TEST

START_TEST(only_ok_is_no_error)
{
    for (int code = RPC_OK; code <= 20; code++)
        for (int sent = 0; sent < 2; sent++)
            ck_assert((rpc_status_classify(code, sent, "", NULL, 0) == ERR_OK) == (code == RPC_OK));
}
END_TEST

START_TEST(a_status_becomes_an_error_with_its_text)
{
    struct rpc_status status = {.code = RPC_NOT_FOUND, .err = ERR_NOT_FOUND, .text = "no n7"};
    struct err err = ERR_INIT;
    ck_assert_int_eq(rpc_status_err(&status, &err), -ERR_NOT_FOUND);
    ck_assert_str_eq(err.text, "no n7");
    status.text[0] = '\0';
    ck_assert_int_eq(rpc_status_err(&status, &err), -ERR_NOT_FOUND);
    ck_assert_str_eq(err.text, "NOT_FOUND");
    ck_assert_int_eq(rpc_status_err(&status, NULL), -ERR_NOT_FOUND);
    status = (struct rpc_status){.code = RPC_OK};
    err = ERR_INIT;
    ck_assert_int_eq(rpc_status_err(&status, &err), 0);
    ck_assert_int_eq(err.code, ERR_OK);
}
END_TEST

START_TEST(codes_have_names)
{
    ck_assert_str_eq(rpc_code_name(RPC_OK), "OK");
    ck_assert_str_eq(rpc_code_name(RPC_UNAUTHENTICATED), "UNAUTHENTICATED");
    ck_assert_str_eq(rpc_code_name(17), "CODE_OTHER");
    ck_assert_str_eq(rpc_code_name(-1), "CODE_OTHER");
}
END_TEST

static Suite *status_suite(void)
{
    Suite *suite = suite_create("lib/rpc/status");
    TCase *tc = tcase_create("status");
    tcase_add_loop_test(tc, an_outcome_means, 0, sizeof(CASES) / sizeof(CASES[0]));
    tcase_add_test(tc, every_error_keeps_its_code_over_its_name);
    tcase_add_test(tc, only_ok_is_no_error);
    tcase_add_test(tc, a_status_becomes_an_error_with_its_text);
    tcase_add_test(tc, codes_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(status_suite)
