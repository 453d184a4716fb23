/* Tokens and joining over the whole way: what a request may ask for, and who is told to a node. */
#include "controlplane/api/service.h"

#include "tests/unit/controlplane/api/rig.h"

#define SERVICE    (&pumasi__v1__identity_service__descriptor)
#define OWNERS_MAX 64

static const struct rpc_method create_token = {SERVICE, "CreateJoinToken"};
static const struct rpc_method join = {SERVICE, "Join"};

static Pumasi__V1__CreateJoinTokenRequest token_for(const char *purpose, const char *name,
                                                    char **roles, size_t n)
{
    Pumasi__V1__CreateJoinTokenRequest request = PUMASI__V1__CREATE_JOIN_TOKEN_REQUEST__INIT;
    request.purpose = (char *)purpose;
    request.organisation = "skt";
    request.name = (char *)name;
    request.roles = roles;
    request.n_roles = n;
    return request;
}

START_TEST(a_role_is_asked_for_once_and_counted_before_it_is_read)
{
    enum { MANY = 10001 };
    static char *many[MANY];
    char *twice[] = {"finance", "org-member", "finance"};
    struct rig r;
    struct err err;
    ProtobufCMessage *reply = NULL;
    rig_open(&r);
    for (size_t i = 0; i < MANY; i++)
        many[i] = "finance";
    Pumasi__V1__CreateJoinTokenRequest request = token_for("user", "kim", many, MANY);
    rig_expect(rig_call(&r, "admin.nipa", create_token, &request.base, &reply, &err), ERR_LIMIT,
               &err);
    request = token_for("user", "kim", twice, 3);
    rig_expect(rig_call(&r, "admin.nipa", create_token, &request.base, &reply, &err), ERR_INVALID,
               &err);
    ck_assert_msg(strstr(err.text, "finance stands twice") != NULL, "%s", err.text);
    request = token_for("user", "kim", twice, 2);
    rpc_message_destroy(rig_must(&r, "admin.nipa", create_token, &request.base));
    rig_close(&r);
}
END_TEST

/* Joins with one key for all; the reply is the caller's, NULL when it was refused with code. */
static Pumasi__V1__JoinReply *join_as(struct rig *r, const char *purpose, const char *name,
                                      char *csr, enum err_code code)
{
    char *role = "supplier-operator";
    bool is_node = strcmp(purpose, "node") == 0;
    Pumasi__V1__CreateJoinTokenRequest request = token_for(purpose, name, &role, is_node ? 0 : 1);
    request.pool = is_node ? "skt-b200" : "";
    Pumasi__V1__CreateJoinTokenReply *token =
        (Pumasi__V1__CreateJoinTokenReply *)rig_must(r, "admin.nipa", create_token, &request.base);
    Pumasi__V1__JoinRequest use = PUMASI__V1__JOIN_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    struct err err;
    use.token = token->token;
    use.csr_pem = csr;
    rig_expect(rig_call(r, NULL, join, &use.base, &reply, &err), code, &err);
    rpc_message_destroy(&token->base);
    return (Pumasi__V1__JoinReply *)reply;
}

START_TEST(a_node_knows_all_who_sign_loans_or_does_not_join)
{
    struct rig r;
    struct key *key;
    struct buf csr;
    rig_open(&r);
    buf_init(&csr, CSR_PEM_MAX);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    ck_assert_int_eq(csr_create(key, &csr, NULL), 0);
    for (int i = 1; i < OWNERS_MAX; i++) { /* beside op.skt */
        char name[32];
        (void)snprintf(name, sizeof name, "op-%d", i);
        rpc_message_destroy(&join_as(&r, "user", name, csr.data, ERR_OK)->base);
    }
    Pumasi__V1__JoinReply *reply = join_as(&r, "node", "n1", csr.data, ERR_OK);
    ck_assert_uint_eq(reply->n_owner_keys, OWNERS_MAX);
    rpc_message_destroy(&reply->base);
    rpc_message_destroy(&join_as(&r, "user", "op-64", csr.data, ERR_OK)->base);
    ck_assert_ptr_null(join_as(&r, "node", "n2", csr.data, ERR_LIMIT));
    key_destroy(key);
    buf_fini(&csr);
    rig_close(&r);
}
END_TEST

static Suite *identity_service_suite(void)
{
    Suite *s = suite_create("api/identity_service");
    TCase *c = tcase_create("joining");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_role_is_asked_for_once_and_counted_before_it_is_read);
    tcase_add_test(c, a_node_knows_all_who_sign_loans_or_does_not_join);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(identity_service_suite)
