/* controlplane/api/api.h: who may call at all. */
#include "controlplane/api/api.h"

#include "tests/unit/controlplane/api/rig.h"

static const char *const health[] = {"/grpc.health.v1.Health/Check",
                                     "/grpc.health.v1.Health/Watch"};
static const char *const join_path = "/pumasi.v1.IdentityService/Join";
static const char *const others[] = {
    "/pumasi.v1.IdentityService/WhoAmI",
    "/pumasi.v1.EventService/Watch",
    "/pumasi.v1.NodeService/Attach",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
};

/* The policy's word on each kind of caller. */
static void expect_policy(struct rig *r, const struct rpc_peer *peer, int code)
{
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(api_policy(r->api, health[i], NULL, peer, NULL), 0);
    ck_assert_int_eq(api_policy(r->api, join_path, NULL, peer, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(api_policy(r->api, others[i], NULL, peer, NULL), code);
}

START_TEST(without_a_certificate_only_health_and_joining)
{
    struct rig r;
    struct rpc_peer stranger = {.common_name = "admin"};
    rig_open(&r);
    expect_policy(&r, &stranger, -ERR_UNAUTHENTICATED);
    rig_close(&r);
}
END_TEST

START_TEST(users_and_nodes_call_what_their_roles_allow)
{
    struct rig r;
    rig_open(&r);
    rig_join(&r, "node", "n1", "skt", NULL);
    static const char *const who[] = {"op.skt", "n1"};
    for (size_t i = 0; i < 2; i++) {
        struct rpc_peer peer = {.authenticated = true,
                                .leaf_pem = buf_span(&rig_person(&r, who[i])->cert)};
        expect_policy(&r, &peer, 0);
    }
    rig_close(&r);
}
END_TEST

/* The certificate of the control plane itself, or of another server of the federation. */
START_TEST(a_service_gets_nothing_but_health)
{
    struct rig r;
    struct err err;
    ProtobufCMessage *reply = NULL;
    Pumasi__V1__ListRequest request = PUMASI__V1__LIST_REQUEST__INIT;
    rig_open(&r);
    struct identity service = {.kind = IDENTITY_SERVICE,
                               .organisation = id_literal("nipa"),
                               .name = id_literal("pumasid-2")};
    struct rig_person *p = &r.people[r.n++];
    rig_issue(&r, service, CERT_SERVER | CERT_CLIENT, &p->key, &p->cert);
    p->id = id_literal("pumasid-2");
    p->channel = rig_connect(&r, p);
    struct rpc_peer peer = {.authenticated = true, .leaf_pem = buf_span(&p->cert)};
    expect_policy(&r, &peer, -ERR_DENIED);
    rig_expect(rig_call(&r, "pumasid-2",
                        (struct rpc_method){&pumasi__v1__pool_service__descriptor, "ListSites"},
                        &request.base, &reply, &err),
               ERR_DENIED, &err);
    ck_assert_msg(strstr(err.text, "is for a server") != NULL, "%s", err.text);
    rig_close(&r);
}
END_TEST

static Suite *api_suite(void)
{
    Suite *s = suite_create("api/api");
    TCase *c = tcase_create("policy");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, without_a_certificate_only_health_and_joining);
    tcase_add_test(c, users_and_nodes_call_what_their_roles_allow);
    tcase_add_test(c, a_service_gets_nothing_but_health);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(api_suite)
