/* What may pass over the socket. */
#include "nodeagent/call/message.h"

#include "tests/support/suite.h"

#include <string.h>

static int check_request(const struct guard_request *r)
{
    return guard_request_check(span_of(r, sizeof *r), NULL);
}

static int check_reply(const struct guard_reply *r)
{
    return guard_reply_check(span_of(r, sizeof *r), NULL);
}

static struct guard_request request(enum guard_call call)
{
    struct guard_request r;
    memset(&r, 0, sizeof r);
    r.version = GUARD_VERSION;
    r.call = call;
    if (call == GUARD_REVOKE)
        r.revoke.lease = id_literal("lease-1");
    if (call == GUARD_MOVE)
        r.move.lease = id_literal("lease-1");
    return r;
}

START_TEST(every_call_passes)
{
    for (int call = GUARD_HELLO; call < GUARD_CALL_END; call++) {
        struct guard_request r = request((enum guard_call)call);
        ck_assert_int_eq(check_request(&r), 0);
    }
}
END_TEST

START_TEST(another_size_version_or_call_does_not)
{
    struct guard_request r = request(GUARD_HELLO);
    ck_assert_int_eq(guard_request_check(span_of(&r, sizeof r - 1), NULL), -ERR_INVALID);
    ck_assert_int_eq(guard_request_check(span_of(&r, 0), NULL), -ERR_INVALID);
    r.version++;
    ck_assert_int_eq(check_request(&r), -ERR_UNSUPPORTED);
    r = request(GUARD_HELLO);
    r.call = GUARD_CALL_END;
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
    r.call = 0;
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
}
END_TEST

START_TEST(no_length_reaches_beyond_its_field)
{
    struct guard_request r = request(GUARD_INSTALL);
    r.install.grant.len = GRANT_BYTES_MAX;
    r.install.signature.len = SIGNATURE_MAX;
    r.install.permit.len = PERMIT_BYTES_MAX;
    r.install.permit_signature.len = SIGNATURE_MAX;
    ck_assert_int_eq(check_request(&r), 0);
    r.install.grant.len++;
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
    r.install.grant.len = 0;
    r.install.signature.len++;
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
    r.install.signature.len = 0;
    r.install.permit.len++;
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
    r.install.permit.len = 0;
    r.install.permit_signature.len++;
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
}
END_TEST

START_TEST(an_id_is_a_good_id_that_ends)
{
    struct guard_request r = request(GUARD_REVOKE);
    memset(r.revoke.lease.text, 'a', sizeof r.revoke.lease.text);
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
    r.revoke.lease = ID_NONE;
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
    r = request(GUARD_MOVE);
    memcpy(r.move.lease.text, "../../x", 8);
    ck_assert_int_eq(check_request(&r), -ERR_INVALID);
}
END_TEST

static struct guard_reply reply(enum guard_call call)
{
    struct guard_reply r;
    memset(&r, 0, sizeof r);
    r.version = GUARD_VERSION;
    r.call = call;
    if (call == GUARD_HELLO)
        r.status.node = r.status.owner = id_literal("node-01");
    else if (call == GUARD_WATCH)
        r.event.lease = id_literal("lease-1");
    else if (call != GUARD_NONCE)
        r.lease.lease = id_literal("lease-1");
    return r;
}

START_TEST(every_reply_passes)
{
    for (int call = GUARD_HELLO; call < GUARD_CALL_END; call++) {
        struct guard_reply r = reply((enum guard_call)call);
        ck_assert_int_eq(check_reply(&r), 0);
    }
}
END_TEST

START_TEST(an_error_passes_whatever_else_stands_there)
{
    struct guard_reply r = reply(GUARD_LIST);
    memset(&r.lease, 0xff, sizeof r.lease);
    ck_assert_int_eq(check_reply(&r), -ERR_INVALID);
    r.code = ERR_STALE;
    ck_assert_int_eq(check_reply(&r), 0);
    r.code = ERR_CODE_COUNT;
    ck_assert_int_eq(check_reply(&r), -ERR_INVALID);
    r.code = ERR_STALE;
    memset(r.text, 'x', sizeof r.text);
    ck_assert_int_eq(check_reply(&r), -ERR_INVALID);
}
END_TEST

START_TEST(a_malformed_reply_does_not_pass)
{
    struct guard_reply r = reply(GUARD_HELLO);
    memset(r.status.tier, 'x', sizeof r.status.tier);
    ck_assert_int_eq(check_reply(&r), -ERR_INVALID);
    r = reply(GUARD_LIST);
    r.lease.state = GUARD_STATE_COUNT;
    ck_assert_int_eq(check_reply(&r), -ERR_INVALID);
    r = reply(GUARD_LIST);
    memset(r.lease.cgroup, 'x', sizeof r.lease.cgroup);
    ck_assert_int_eq(check_reply(&r), -ERR_INVALID);
    r = reply(GUARD_WATCH);
    r.event.kind = GUARD_EVENT_KIND_COUNT;
    ck_assert_int_eq(check_reply(&r), -ERR_INVALID);
    r = reply(GUARD_CALL_END);
    ck_assert_int_eq(check_reply(&r), -ERR_INVALID);
    r.version++;
    ck_assert_int_eq(check_reply(&r), -ERR_UNSUPPORTED);
    ck_assert_int_eq(guard_reply_check(span_of(&r, 4), NULL), -ERR_UNSUPPORTED);
}
END_TEST

START_TEST(states_and_events_have_names)
{
    ck_assert_str_eq(guard_state_name(GUARD_STATE_TAINTED), "tainted");
    ck_assert_str_eq(guard_state_name(GUARD_STATE_COUNT), "?");
    ck_assert_str_eq(guard_event_name(GUARD_EVENT_RETURNED), "returned");
    ck_assert_str_eq(guard_event_name(GUARD_EVENT_KIND_COUNT), "?");
}
END_TEST

static Suite *message_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *tc = tcase_create("message");
    tcase_add_test(tc, every_call_passes);
    tcase_add_test(tc, another_size_version_or_call_does_not);
    tcase_add_test(tc, no_length_reaches_beyond_its_field);
    tcase_add_test(tc, an_id_is_a_good_id_that_ends);
    tcase_add_test(tc, every_reply_passes);
    tcase_add_test(tc, an_error_passes_whatever_else_stands_there);
    tcase_add_test(tc, a_malformed_reply_does_not_pass);
    tcase_add_test(tc, states_and_events_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(message_suite)
