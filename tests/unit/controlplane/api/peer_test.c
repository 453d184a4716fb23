/* controlplane/api/peer.h: from a certificate to a principal, and what is remembered. */
#include "controlplane/api/peer.h"

#include "lib/pki/authority.h"
#include "tests/support/suite.h"

#include <stdio.h>

static struct key *ca_key, *key;
static struct authority *authority;
static struct buf ca;
static struct peers *peers;
static const struct window valid = {{1764547200}, {1796083200}};

static void setup(void)
{
    struct authority_spec spec = {.name = id_literal("root"), .valid = valid, .serial = {1}};
    buf_init(&ca, CERT_PEM_MAX);
    ck_assert_int_eq(key_generate(&ca_key, NULL), 0);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    ck_assert_int_eq(authority_create_root(ca_key, &spec, &ca, NULL), 0);
    ck_assert_int_eq(authority_open(buf_span(&ca), ca_key, &authority, NULL), 0);
    peers = peers_create();
}

static void teardown(void)
{
    peers_destroy(peers);
    authority_destroy(authority);
    key_destroy(ca_key);
    key_destroy(key);
    buf_fini(&ca);
}

static void issue(enum identity_kind kind, const char *name, uint8_t serial, struct buf *ret)
{
    struct authority_leaf leaf = {
        .subject = {.kind = kind, .organisation = id_literal("skt"), .name = id_literal(name)},
        .valid = valid,
        .serial = {serial},
        .uses = CERT_CLIENT};
    struct public_key public_half = key_public(key);
    buf_init(ret, CERT_PEM_MAX);
    ck_assert_int_eq(authority_issue(authority, &public_half, &leaf, ret, NULL), 0);
}

static struct rpc_peer peer_of(const struct buf *cert)
{
    return (struct rpc_peer){.authenticated = true, .leaf_pem = buf_span(cert)};
}

START_TEST(a_certificate_says_who)
{
    static const struct {
        enum identity_kind is;
        enum actor_kind becomes;
    } rows[] = {{IDENTITY_USER, ACTOR_USER}, {IDENTITY_NODE, ACTOR_NODE}};
    struct public_key own = key_public(key);
    struct id own_id = public_key_id(&own);
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUF struct buf cert;
        struct principal p;
        struct public_key shown;
        issue(rows[i].is, "haein-07", (uint8_t)(i + 1), &cert);
        struct rpc_peer peer = peer_of(&cert);
        for (int again = 0; again < 2; again++) { /* read, then remembered */
            ck_assert_int_eq(peers_principal(peers, &peer, &p, &shown, NULL), 0);
            ck_assert_int_eq(p.kind, rows[i].becomes);
            ck_assert_str_eq(p.name.text, "haein-07");
            ck_assert_str_eq(p.organisation.text, "skt");
            ck_assert(id_equal(&p.key_id, &own_id));
            ck_assert(public_key_equal(&shown, &own));
        }
        ck_assert_int_eq(peers_principal(peers, &peer, &p, NULL, NULL), 0);
    }
}
END_TEST

START_TEST(a_services_certificate_is_for_a_server_and_opens_nothing)
{
    CLEANUP_BUF struct buf cert;
    struct principal p = {.kind = ACTOR_ANONYMOUS};
    issue(IDENTITY_SERVICE, "pumasid-1", 1, &cert);
    struct rpc_peer peer = peer_of(&cert);
    for (int again = 0; again < 2; again++) {
        struct err err = ERR_INIT;
        ck_assert_int_eq(peers_principal(peers, &peer, &p, NULL, &err), -ERR_DENIED);
        ck_assert_ptr_nonnull(strstr(err.text, "pumasid-1"));
        ck_assert_int_eq(p.kind, ACTOR_ANONYMOUS);
    }
}
END_TEST

START_TEST(no_certificate_is_anonymous_whatever_the_peer_says_of_itself)
{
    const char *uri = "spiffe://nipa.pumasi.internal/user/admin";
    struct rpc_peer peer = {.common_name = "admin", .uris = &uri, .uri_count = 1};
    struct principal p = {.kind = ACTOR_USER};
    ck_assert_int_eq(peers_principal(peers, &peer, &p, NULL, NULL), 0);
    ck_assert_int_eq(p.kind, ACTOR_ANONYMOUS);
    ck_assert(id_is_none(&p.organisation) && id_is_none(&p.name) && id_is_none(&p.key_id));
}
END_TEST

START_TEST(what_is_none_of_ours_is_refused_and_not_remembered)
{
    struct err err = ERR_INIT;
    struct principal p;
    CLEANUP_BUF struct buf text;
    buf_init(&text, 1024);
    buf_append_text(&text, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    struct rpc_peer garbage = peer_of(&text);
    struct rpc_peer root = peer_of(&ca); /* an authority's own */
    struct rpc_peer empty = {.authenticated = true};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(peers_principal(peers, &garbage, &p, NULL, &err), -ERR_UNAUTHENTICATED);
        ck_assert_int_eq(peers_principal(peers, &root, &p, NULL, &err), -ERR_UNAUTHENTICATED);
        ck_assert_int_eq(peers_principal(peers, &empty, &p, NULL, &err), -ERR_UNAUTHENTICATED);
    }
}
END_TEST

/* More certificates than there are places for: each is still told apart from the others. */
START_TEST(a_newcomer_takes_a_place_and_nobody_anothers_name)
{
    enum { MANY = 40 };
    static struct buf certs[MANY];
    char name[32];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "node-%d", i);
        issue(IDENTITY_NODE, name, (uint8_t)(i + 1), &certs[i]);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            struct principal p;
            struct rpc_peer peer = peer_of(&certs[i]);
            (void)snprintf(name, sizeof name, "node-%d", i);
            ck_assert_int_eq(peers_principal(peers, &peer, &p, NULL, NULL), 0);
            ck_assert_str_eq(p.name.text, name);
        }
    }
    for (int i = 0; i < MANY; i++)
        buf_fini(&certs[i]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("api/peer");
    TCase *c = tcase_create("peer");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_certificate_says_who);
    tcase_add_test(c, a_services_certificate_is_for_a_server_and_opens_nothing);
    tcase_add_test(c, no_certificate_is_anonymous_whatever_the_peer_says_of_itself);
    tcase_add_test(c, what_is_none_of_ours_is_refused_and_not_remembered);
    tcase_add_test(c, a_newcomer_takes_a_place_and_nobody_anothers_name);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
