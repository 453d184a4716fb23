#include "lib/etcd/outcome.h"

#include "lib/rpc/status.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

static struct rpc_status status_of(int code, const char *text, bool sent)
{
    struct rpc_status status = {.code = code, .sent = sent};
    snprintf(status.text, sizeof(status.text), "%s", text);
    return status;
}

static const struct {
    int code;
    const char *text;
    enum etcd_outcome outcome;
    bool passing;
    enum err_code err;
} failures[] = {
    /* surely not applied: refused before it was proposed */
    {RPC_INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request", ETCD_NOT_APPLIED,
     false, ERR_INVALID},
    {RPC_INVALID_ARGUMENT, "etcdserver: too many operations in txn request", ETCD_NOT_APPLIED,
     false, ERR_INVALID},
    {RPC_NOT_FOUND, "etcdserver: requested lease not found", ETCD_NOT_APPLIED, false,
     ERR_NOT_FOUND},
    {RPC_FAILED_PRECONDITION, "etcdserver: lease already exists", ETCD_NOT_APPLIED, false,
     ERR_STATE},
    {RPC_OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted", ETCD_NOT_APPLIED,
     false, ERR_CONFLICT},
    {RPC_OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision", ETCD_NOT_APPLIED,
     false, ERR_INVALID},
    {RPC_PERMISSION_DENIED, "etcdserver: permission denied", ETCD_NOT_APPLIED, false, ERR_DENIED},
    {RPC_UNAUTHENTICATED, "etcdserver: invalid auth token", ETCD_NOT_APPLIED, false,
     ERR_UNAUTHENTICATED},
    {RPC_RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded", ETCD_NOT_APPLIED, false,
     ERR_LIMIT},
    {RPC_RESOURCE_EXHAUSTED, "etcdserver: too many requests", ETCD_NOT_APPLIED, true, ERR_LIMIT},
    {RPC_RESOURCE_EXHAUSTED, "grpc: received message larger than max (2 vs. 1)", ETCD_NOT_APPLIED,
     false, ERR_LIMIT},
    {RPC_UNAVAILABLE, "etcdserver: no leader", ETCD_NOT_APPLIED, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "failed to connect to all addresses; last error: UNKNOWN", ETCD_NOT_APPLIED,
     true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "empty address list: ", ETCD_NOT_APPLIED, true, ERR_UNAVAILABLE},
    /* applied, in truth: the reply was too large; for us unknown */
    {RPC_RESOURCE_EXHAUSTED, "Received message larger than max (5 vs. 4)", ETCD_UNKNOWN, false,
     ERR_LIMIT},
    /* unknown */
    {RPC_UNAVAILABLE, "Socket closed", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "recvmsg:Connection reset by peer", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "keepalive watchdog timeout", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "GOAWAY received", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "etcdserver: request timed out", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "etcdserver: request timed out, possibly due to previous leader failure",
     ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "etcdserver: leader changed", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "etcdserver: server stopped", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_DEADLINE_EXCEEDED, "Deadline Exceeded", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_CANCELLED, "CANCELLED", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_INTERNAL, "", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNKNOWN, "etcdserver: no leader", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
    {RPC_UNIMPLEMENTED, "unknown service", ETCD_UNKNOWN, false, ERR_UNSUPPORTED},
    {99, "a code of the future", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
};

START_TEST(code_and_text_say_what_became_of_a_write)
{
    struct rpc_status status = status_of(failures[_i].code, failures[_i].text, true);
    ck_assert_str_eq(etcd_outcome_name(etcd_outcome_of(&status)),
                     etcd_outcome_name(failures[_i].outcome));
    ck_assert_int_eq(etcd_is_passing(&status), failures[_i].passing);
}
END_TEST

START_TEST(what_never_left_was_not_applied)
{
    struct rpc_status status = status_of(failures[_i].code, failures[_i].text, false);
    ck_assert_int_eq(etcd_outcome_of(&status), ETCD_NOT_APPLIED);
}
END_TEST

START_TEST(callers_see_the_code_of_the_same_meaning)
{
    struct rpc_status status = status_of(failures[_i].code, failures[_i].text, true);
    struct err err = ERR_INIT;
    ck_assert_int_eq(etcd_set_err(&err, &status), -(int)failures[_i].err);
    ck_assert_int_eq(err.code, failures[_i].err);
    ck_assert_msg(strncmp(err.text, "etcd: ", 6) == 0 && err.text[6] != '\0', "%s", err.text);
}
END_TEST

START_TEST(success_is_ok_and_passes_nothing)
{
    struct rpc_status status = status_of(RPC_OK, "", true);
    ck_assert_int_eq(etcd_outcome_of(&status), ETCD_OK);
    ck_assert(!etcd_is_passing(&status));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/outcome");
    TCase *t = tcase_create("failures");
    int n = (int)(sizeof(failures) / sizeof(failures[0]));
    tcase_add_loop_test(t, code_and_text_say_what_became_of_a_write, 0, n);
    tcase_add_loop_test(t, what_never_left_was_not_applied, 0, n);
    tcase_add_loop_test(t, callers_see_the_code_of_the_same_meaning, 0, n);
    tcase_add_test(t, success_is_ok_and_passes_nothing);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
