/* Who the server sees at the other end. */
#include "lib/rpc/peer.h"

#include "tests/unit/lib/rpc/certs.h"
#include "tests/unit/lib/rpc/rig.h"

/* A copy of what the policy was shown. */
struct seen {
    unsigned count;
    bool authenticated;
    bool local_address;
    char common_name[64];
    char uris[4][64];
    size_t uri_count;
    size_t leaf_len;
    bool leaf_is_pem;
};

static int look(void *arg, const char *path, const struct rpc_method_row *row,
                const struct rpc_peer *peer, struct err *err)
{
    struct seen *seen = arg;
    (void)path;
    (void)row;
    (void)err;
    seen->count++;
    seen->authenticated = peer->authenticated;
    seen->local_address = strstr(peer->address, "127.0.0.1") != NULL;
    snprintf(seen->common_name, sizeof(seen->common_name), "%s", peer->common_name);
    seen->uri_count = peer->uri_count;
    for (size_t i = 0; i < peer->uri_count && i < 4; i++)
        snprintf(seen->uris[i], sizeof(seen->uris[i]), "%s", peer->uris[i]);
    seen->leaf_len = peer->leaf_pem.len;
    seen->leaf_is_pem = span_starts_with(peer->leaf_pem, span_text("-----BEGIN CERTIFICATE-----"));
    return 0;
}

static struct seen seen_of(const char *name)
{
    struct certs certs;
    struct seen seen = {0};
    certs_make(&certs);
    struct rpc_tls_files files = certs_files(&certs, "ca", "server");
    struct rpc_tls_source *source = NULL;
    ck_assert_int_eq(rpc_tls_source_create(&files, RPC_TLS_CLIENTS_OPTIONAL, &source, NULL), 0);
    struct rpc_tls_bundle *bundle = certs_load(&certs, "ca", name);
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    struct rig rig;
    rig_open(&rig, &(struct rig_setup){.tls = source,
                                       .channel = {.tls = &pem},
                                       .server = {.policy = look, .policy_arg = &seen}});
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    rig_close(&rig);
    rpc_tls_bundle_destroy(bundle);
    rpc_tls_source_destroy(source);
    certs_remove(&certs);
    ck_assert_uint_eq(seen.count, 1);
    ck_assert(seen.local_address);
    return seen;
}

START_TEST(a_certificate_with_uris_gives_them_all)
{
    struct seen seen = seen_of("client");
    ck_assert(seen.authenticated);
    ck_assert_str_eq(seen.common_name, "node-7");
    ck_assert_uint_eq(seen.uri_count, 2);
    ck_assert_str_eq(seen.uris[0], "pumasi://site/a/node/7");
    ck_assert_str_eq(seen.uris[1], "pumasi://site/a");
    ck_assert(seen.leaf_is_pem);
}
END_TEST

START_TEST(a_certificate_without_uris_gives_its_common_name)
{
    struct seen seen = seen_of("plain");
    ck_assert(seen.authenticated);
    ck_assert_str_eq(seen.common_name, "only-a-name");
    ck_assert_uint_eq(seen.uri_count, 0);
}
END_TEST

START_TEST(a_client_without_a_certificate_is_not_authenticated)
{
    struct seen seen = seen_of(NULL);
    ck_assert(!seen.authenticated);
    ck_assert_str_eq(seen.common_name, "");
    ck_assert_uint_eq(seen.uri_count, 0);
    ck_assert_uint_eq(seen.leaf_len, 0);
}
END_TEST

START_TEST(plaintext_is_not_authenticated)
{
    struct seen seen = {.authenticated = true};
    struct rig rig;
    rig_open(&rig, &(struct rig_setup){.server = {.policy = look, .policy_arg = &seen}});
    ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
    rig_close(&rig);
    ck_assert_uint_eq(seen.count, 1);
    ck_assert(!seen.authenticated);
    ck_assert_str_eq(seen.common_name, "");
}
END_TEST

static Suite *peer_suite(void)
{
    Suite *suite = suite_create("lib/rpc/peer");
    TCase *tc = tcase_create("peer");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, certs_origin_make, certs_origin_remove);
    tcase_add_test(tc, a_certificate_with_uris_gives_them_all);
    tcase_add_test(tc, a_certificate_without_uris_gives_its_common_name);
    tcase_add_test(tc, a_client_without_a_certificate_is_not_authenticated);
    tcase_add_test(tc, plaintext_is_not_authenticated);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(peer_suite)
