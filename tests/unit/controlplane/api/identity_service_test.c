/* IdentityService over the whole way: tokens, joining, who am I. */
#include "tests/unit/controlplane/api/rig.h"

#define SERVICE     (&pumasi__v1__identity_service__descriptor)
#define ARENA_BYTES (8 << 10)

static const struct rpc_method create = {SERVICE, "CreateJoinToken"};
static const struct rpc_method join = {SERVICE, "Join"};
static const struct rpc_method who_am_i = {SERVICE, "WhoAmI"};

static Pumasi__V1__CreateJoinTokenRequest invitation(void)
{
    static char *roles[] = {"finance"};
    Pumasi__V1__CreateJoinTokenRequest m = PUMASI__V1__CREATE_JOIN_TOKEN_REQUEST__INIT;
    m.purpose = "user";
    m.organisation = "skt";
    m.name = "fin";
    m.n_roles = 1;
    m.roles = roles;
    return m;
}

/* Every amount of memory that a request can leave is left once. */
START_TEST(a_request_that_fills_its_memory_is_refused_and_does_no_harm)
{
    static char name[ARENA_BYTES + 1];
    struct rig r;
    struct err err;
    int without_room = 0;
    rig_open_with(&r, ARENA_BYTES);
    for (size_t len = ARENA_BYTES; len > ARENA_BYTES / 4; len -= 16) {
        ProtobufCMessage *reply = NULL;
        Pumasi__V1__CreateJoinTokenRequest m = invitation();
        memset(name, 'n', len);
        name[len] = '\0';
        m.name = name;
        int rc = rig_call(&r, "admin.nipa", create, &m.base, &reply, &err);
        ck_assert(rc == -ERR_INVALID || rc == -ERR_LIMIT); /* no name is that long */
        without_room += strstr(err.text, "no room") != NULL;
    }
    ck_assert_int_gt(without_room, 0);
    rig_join(&r, "user", "fin", "skt", "finance"); /* and all goes on */
    rig_close(&r);
}
END_TEST

static Pumasi__V1__CreateJoinTokenReply *invite(struct rig *r, const char *request_id, bool dry_run)
{
    Pumasi__V1__CreateJoinTokenRequest m = invitation();
    Pumasi__V1__RequestHead head = PUMASI__V1__REQUEST_HEAD__INIT;
    head.request_id = (char *)request_id;
    head.dry_run = dry_run;
    m.head = &head;
    return (Pumasi__V1__CreateJoinTokenReply *)rig_must(r, "admin.nipa", create, &m.base);
}

START_TEST(a_secret_is_shown_once)
{
    struct rig r;
    rig_open(&r);
    Pumasi__V1__CreateJoinTokenReply *dry = invite(&r, "dry", true);
    ck_assert_str_eq(dry->token, "");
    ck_assert(!dry->change->applied);
    Pumasi__V1__CreateJoinTokenReply *first = invite(&r, "once", false);
    ck_assert_ptr_nonnull(strstr(first->token, first->change->id));
    ck_assert(span_equal(span_text(first->ca_pem), buf_span(&r.ca)));
    Pumasi__V1__CreateJoinTokenReply *again = invite(&r, "once", false);
    ck_assert_str_eq(again->change->id, first->change->id);
    ck_assert_str_eq(again->token, "");
    rpc_message_destroy(&dry->base);
    rpc_message_destroy(&first->base);
    rpc_message_destroy(&again->base);
    rig_close(&r);
}
END_TEST

static int use(struct rig *r, const char *token, const char *csr, struct err *err)
{
    Pumasi__V1__JoinRequest m = PUMASI__V1__JOIN_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    m.token = (char *)token;
    m.csr_pem = (char *)csr;
    int rc = rig_call(r, NULL, join, &m.base, &reply, err);
    rpc_message_destroy(reply);
    return rc;
}

START_TEST(a_token_is_spent_only_by_a_request_that_proves_a_key)
{
    struct rig r;
    struct err err;
    CLEANUP_KEY struct key *key = NULL;
    CLEANUP_BUF struct buf csr;
    buf_init(&csr, CSR_PEM_MAX);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    ck_assert_int_eq(csr_create(key, &csr, NULL), 0);
    rig_open(&r);
    Pumasi__V1__CreateJoinTokenReply *t = invite(&r, "once", false);
    rig_expect(use(&r, t->token, "", &err), ERR_INVALID, &err);
    rig_expect(use(&r, t->token, r.ca.data, &err), ERR_INVALID, &err);
    csr.data[csr.len / 2] ^= 1;
    ck_assert_int_lt(use(&r, t->token, csr.data, &err), 0);
    csr.data[csr.len / 2] ^= 1;
    rig_expect(use(&r, t->token, csr.data, &err), ERR_OK, &err);
    rig_expect(use(&r, t->token, csr.data, &err), ERR_UNAUTHENTICATED, &err);
    rig_expect(use(&r, "pj1.aaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", csr.data, &err),
               ERR_UNAUTHENTICATED, &err);
    rpc_message_destroy(&t->base);
    rig_close(&r);
}
END_TEST

START_TEST(who_one_is_says_the_state_and_not_the_certificate)
{
    struct rig r;
    Pumasi__V1__WhoAmIRequest m = PUMASI__V1__WHO_AM_IREQUEST__INIT;
    rig_open(&r);
    Pumasi__V1__WhoAmIReply *me =
        (Pumasi__V1__WhoAmIReply *)rig_must(&r, "op.skt", who_am_i, &m.base);
    ck_assert_str_eq(me->name, "op");
    ck_assert_str_eq(me->organisation, "skt");
    ck_assert_str_eq(me->kind, "user");
    ck_assert_uint_eq(me->n_roles, 1);
    ck_assert_str_eq(me->roles[0], "supplier-operator");
    ck_assert_str_eq(me->leader, "127.0.0.1:1");
    rpc_message_destroy(&me->base);
    rig_join(&r, "node", "n1", "skt", NULL);
    me = (Pumasi__V1__WhoAmIReply *)rig_must(&r, "n1", who_am_i, &m.base);
    ck_assert_str_eq(me->kind, "node");
    ck_assert_uint_eq(me->n_roles, 0);
    rpc_message_destroy(&me->base);
    rig_close(&r);
}
END_TEST

static Pumasi__V1__RenewCertificateReply *renew(struct rig *r, const char *who,
                                                const struct key *key, struct err *err)
{
    Pumasi__V1__RenewCertificateRequest m = PUMASI__V1__RENEW_CERTIFICATE_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    CLEANUP_BUF struct buf csr;
    buf_init(&csr, CSR_PEM_MAX);
    if (key)
        ck_assert_int_eq(csr_create(key, &csr, NULL), 0);
    m.csr_pem = key ? csr.data : (char *)"none";
    int rc =
        rig_call(r, who, (struct rpc_method){SERVICE, "RenewCertificate"}, &m.base, &reply, err);
    return rc < 0 ? NULL : (Pumasi__V1__RenewCertificateReply *)reply;
}

START_TEST(who_is_known_gets_another_certificate_for_the_name_that_it_has)
{
    struct rig r;
    struct err err;
    struct cert cert;
    CLEANUP_KEY struct key *key = NULL;
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    struct public_key public = key_public(key);
    rig_open(&r);
    Pumasi__V1__RenewCertificateReply *got = renew(&r, "op.skt", key, &err);
    ck_assert_msg(got != NULL, "%s", err.text);
    ck_assert_int_eq(cert_parse(span_text(got->certificate_pem), &cert, NULL), 0);
    ck_assert_str_eq(cert.subject.name.text, "op");
    ck_assert_str_eq(cert.subject.organisation.text, "skt");
    ck_assert(public_key_equal(&cert.key, &public));
    ck_assert_int_eq(got->expires_at, cert.valid.to.s);
    ck_assert(span_equal(span_text(got->ca_pem), buf_span(&r.ca)));
    rpc_message_destroy(&got->base);
    /* The key that asked has been replaced by the one that was asked for. */
    ck_assert_ptr_null(renew(&r, "op.skt", key, &err));
    ck_assert_int_eq(err.code, ERR_UNAUTHENTICATED);
    rig_close(&r);
}
END_TEST

START_TEST(a_renewal_needs_a_request_that_proves_its_key_and_a_certificate)
{
    struct rig r;
    struct err err;
    rig_open(&r);
    ck_assert_ptr_null(renew(&r, "op.skt", NULL, &err));
    ck_assert_int_eq(err.code, ERR_INVALID);
    ck_assert_ptr_null(renew(&r, NULL, NULL, &err));
    ck_assert_int_eq(err.code, ERR_UNAUTHENTICATED);
    rig_close(&r);
}
END_TEST

START_TEST(who_is_revoked_is_nobody_from_the_next_call_on)
{
    struct rig r;
    struct err err;
    ProtobufCMessage *reply = NULL;
    Pumasi__V1__WhoAmIRequest me = PUMASI__V1__WHO_AM_IREQUEST__INIT;
    Pumasi__V1__RevokeUserRequest revoke = PUMASI__V1__REVOKE_USER_REQUEST__INIT;
    revoke.id = "op.skt";
    revoke.reason = "left";
    rig_open(&r);
    rpc_message_destroy(rig_must(&r, "op.skt", who_am_i, &me.base));
    rpc_message_destroy(
        rig_must(&r, "admin.nipa", (struct rpc_method){SERVICE, "RevokeUser"}, &revoke.base));
    rig_expect(rig_call(&r, "op.skt", who_am_i, &me.base, &reply, &err), ERR_UNAUTHENTICATED, &err);
    rig_close(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("api/identity_service");
    TCase *c = tcase_create("identity_service");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_request_that_fills_its_memory_is_refused_and_does_no_harm);
    tcase_add_test(c, a_secret_is_shown_once);
    tcase_add_test(c, a_token_is_spent_only_by_a_request_that_proves_a_key);
    tcase_add_test(c, who_one_is_says_the_state_and_not_the_certificate);
    tcase_add_test(c, who_is_known_gets_another_certificate_for_the_name_that_it_has);
    tcase_add_test(c, a_renewal_needs_a_request_that_proves_its_key_and_a_certificate);
    tcase_add_test(c, who_is_revoked_is_nobody_from_the_next_call_on);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
