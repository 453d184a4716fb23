/* `pumasi login` and `pumasi node join`: a key made here, a certificate from there. */
#include "cli/join.h"

#include "lib/pki/csr.h"
#include "lib/pki/token.h"
#include "pumasi/v1/identity.pb-c.h"
#include "tests/unit/cli/rig.h"

static const char token_text[] = "pj1.k3v7q2mdax.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/* Answers with what is not a certificate but tells texts apart; the key is that of the request. */
static void join(struct rpc_call *call, const ProtobufCMessage *message, void *arg)
{
    const Pumasi__V1__JoinRequest *request = (const Pumasi__V1__JoinRequest *)message;
    Pumasi__V1__JoinReply reply = PUMASI__V1__JOIN_REPLY__INIT;
    Pumasi__V1__OwnerKey owner = PUMASI__V1__OWNER_KEY__INIT, *owners[] = {&owner};
    struct public_key key;
    rig_note(arg, request->token);
    if (csr_parse(span_text(request->csr_pem), &key, NULL) < 0) {
        rig_fail(call, ERR_INVALID);
        return;
    }
    reply.certificate_pem = (char *)"the certificate\n";
    reply.ca_pem = (char *)"the authority\n";
    reply.organisation = (char *)"skt";
    reply.name = (char *)"kim";
    reply.grant_key = (ProtobufCBinaryData){.len = PUBLIC_KEY_BYTES, .data = key.spki};
    owner.public_key = reply.grant_key;
    reply.n_owner_keys = 1;
    reply.owner_keys = owners;
    rpc_call_reply(call, &reply.base);
}

static const struct rpc_method_row rows[] = {
    {.name = "Join", .kind = RPC_UNARY, .handler = join},
};

static const struct rpc_service services[] = {
    {.descriptor = &pumasi__v1__identity_service__descriptor, .rows = rows, .row_count = 1},
    {.descriptor = NULL},
};

static const char *ca_of(const struct rig *rig, char dst[160])
{
    snprintf(dst, 160, "%s/%s", rig->data, LAYOUT_CA_CERT);
    return dst;
}

static mode_t mode_below(const struct rig *rig, const char *name)
{
    char path[256];
    struct stat found;
    snprintf(path, sizeof(path), "%s/%s", rig->home, name);
    ck_assert_msg(stat(path, &found) == 0, "%s", path);
    return found.st_mode & 0777;
}

START_TEST(test_login_stores_a_context_and_uses_it)
{
    struct rig rig CLEANUP_RIG;
    char ca[160];
    rig_init(&rig, services);
    struct run run CLEANUP_RUN =
        RUN_RIG(&rig, "login", "--token", token_text, "--ca", ca_of(&rig, ca));
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_str_eq(rig.seen->texts[0], token_text);
    ck_assert_int_eq(mode_below(&rig, "pumasi/contexts/kim.skt/key.pem"), 0600);
    struct run show CLEANUP_RUN = RUN_AT(rig.home, "context", "show", "-o", "csv");
    ck_assert_ptr_nonnull(strstr(show.out, "kim.skt,true,skt,kim,"));
    ck_assert_ptr_nonnull(strstr(show.out, rig.targets[1]));
}
END_TEST

START_TEST(test_the_token_may_come_from_standard_input)
{
    struct rig rig CLEANUP_RIG;
    char ca[160], input[128];
    rig_init(&rig, services);
    snprintf(input, sizeof(input), "%s\n", token_text);
    struct run run CLEANUP_RUN =
        run_in(env_real(), rig.home, "en", input,
               (const char *const[]){"login", "--token-file", "-", "--ca", ca_of(&rig, ca),
                                     "--server", rig.targets[0], "--context", "mine", NULL});
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_str_eq(rig.seen->texts[0], token_text);
    ck_assert_int_eq(mode_below(&rig, "pumasi/contexts/mine"), 0700);
}
END_TEST

START_TEST(test_a_node_gets_its_directory)
{
    struct rig rig CLEANUP_RIG;
    char ca[160], dir[160];
    rig_init(&rig, services);
    snprintf(dir, sizeof(dir), "%s/node", rig.home);
    struct run run CLEANUP_RUN = RUN_RIG(&rig, "node", "join", "--directory", dir, "--token",
                                         token_text, "--ca", ca_of(&rig, ca));
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_int_eq(mode_below(&rig, "node/" LAYOUT_NODE_KEY), 0600);
    ck_assert_int_eq(mode_below(&rig, "node/" LAYOUT_NODE_CERT), 0644);
    ck_assert_int_eq(mode_below(&rig, "node/" LAYOUT_NODE_GRANT_KEYS), 0755);
    ck_assert_int_eq(mode_below(&rig, "node/" LAYOUT_NODE_OWNER_KEYS), 0755);
    struct run again CLEANUP_RUN = RUN_RIG(&rig, "node", "join", "--directory", dir, "--token",
                                           token_text, "--ca", ca_of(&rig, ca));
    ck_assert_int_eq(again.exit, 7);
    ck_assert_uint_eq(rig.seen->calls, 1); /* the second token was not spent */
}
END_TEST

START_TEST(test_a_bad_token_is_not_sent_nor_repeated)
{
    struct rig rig CLEANUP_RIG;
    char ca[160];
    rig_init(&rig, services);
    struct run run CLEANUP_RUN =
        RUN_RIG(&rig, "login", "--token", "pj1.k3v7q2mdax.topsecret", "--ca", ca_of(&rig, ca));
    ck_assert_int_eq(run.exit, 2);
    ck_assert_uint_eq(rig.seen->calls, 0);
    ck_assert_ptr_null(strstr(run.talk, "topsecret"));
}
END_TEST

START_TEST(test_a_server_of_another_authority_gets_no_token)
{
    struct rig rig CLEANUP_RIG;
    char data[128], ca[192];
    rig_init(&rig, services);
    snprintf(data, sizeof(data), "%s/other", rig.home);
    struct run other CLEANUP_RUN =
        run_in(env_real(), rig.home, "en", NULL,
               (const char *const[]){"init", data, "--context", "other", NULL});
    snprintf(ca, sizeof(ca), "%s/%s", data, LAYOUT_CA_CERT);
    struct run run CLEANUP_RUN =
        RUN_RIG(&rig, "login", "--token", token_text, "--ca", ca, "--timeout", "2s");
    ck_assert_int_eq(other.exit, 0);
    ck_assert_int_eq(run.exit, 1);
    ck_assert_uint_eq(rig.seen->calls, 0);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/join");
    TCase *t = tcase_create("join");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_login_stores_a_context_and_uses_it);
    tcase_add_test(t, test_the_token_may_come_from_standard_input);
    tcase_add_test(t, test_a_node_gets_its_directory);
    tcase_add_test(t, test_a_bad_token_is_not_sent_nor_repeated);
    tcase_add_test(t, test_a_server_of_another_authority_gets_no_token);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
