/* lib/pki/trust.h: who is believed, and each reason for not believing. */
#include "lib/pki/trust.h"

#include "lib/base/file.h"
#include "tests/support/suite.h"
#include "tests/unit/lib/pki/federation.h"

static struct federation f;

static void setup(void)
{
    federation_init(&f, 42);
}

static void teardown(void)
{
    federation_fini(&f);
}

static struct trust_wish client_now(void)
{
    return (struct trust_wish){.at = {FEDERATION_NOW}, .use = CERT_CLIENT};
}

/* The chain is refused and *ret stays as it was. */
static void refuses(struct span chain, const struct trust_wish *wish, const char *says)
{
    struct cert got = {.serial = "untouched"};
    struct err err = ERR_INIT;
    int rc = trust_check(f.trust, chain, wish, &got, &err);
    ck_assert_msg(rc == -ERR_VERIFICATION, "%d %s", rc, err.text);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
    ck_assert_str_eq(got.serial, "untouched");
}

START_TEST(a_certificate_of_ours_is_believed_and_read)
{
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_NODE, "skt", "haein-07");
    struct trust_wish wish = client_now();
    struct cert got;
    uint8_t der[CERT_PEM_MAX];
    issue_to(f.root, &leaf, &pem);
    MUST(trust_check(f.trust, buf_span(&pem), &wish, &got, err));
    ck_assert(identity_equal(&got.subject, &leaf.subject));
    ck_assert_uint_eq(got.uses, CERT_CLIENT);
    size_t len = pem_to_der(buf_span(&pem), der, sizeof(der));
    MUST(trust_check(f.trust, span_of(der, len), &wish, &got, err));
    ck_assert(identity_equal(&got.subject, &leaf.subject));
}
END_TEST

/* [from, to) of the certificate is NOW .. NOW + 86400 */
static const struct {
    int64_t at;
    const char *says; /* NULL: valid */
} instants[] = {
    {FEDERATION_NOW - 1, "not yet valid"},
    {FEDERATION_NOW, NULL},
    {FEDERATION_NOW + 86399, NULL},
    {FEDERATION_NOW + 86400, "expired"},
    {FEDERATION_TO + 1, "expired"},
    {0, "not yet valid"},
    {INSTANT_MAX_S, "expired"},
    {INT64_MAX, "certificate"},
};

START_TEST(valid_from_the_first_instant_until_before_the_last)
{
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    issue_to(f.root, &leaf, &pem);
    struct trust_wish wish = {.at = {instants[_i].at}, .use = CERT_CLIENT};
    struct cert got;
    if (instants[_i].says)
        refuses(buf_span(&pem), &wish, instants[_i].says);
    else
        MUST(trust_check(f.trust, buf_span(&pem), &wish, &got, err));
}
END_TEST

START_TEST(a_foreign_authority_is_refused)
{
    struct federation theirs; /* the same names, other keys */
    federation_init(&theirs, 42);
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, 2 * CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&theirs, IDENTITY_USER, "upstage", "kim");
    struct trust_wish wish = client_now();
    issue_to(theirs.root, &leaf, &pem);
    refuses(buf_span(&pem), &wish, "certificate:");
    buf_append(&pem, theirs.root_pem.data, theirs.root_pem.len); /* with its root behind it */
    refuses(buf_span(&pem), &wish, "certificate:");
    federation_fini(&theirs);
}
END_TEST

START_TEST(both_roots_are_believed_while_one_is_replaced)
{
    struct federation next;
    federation_init(&next, 43);
    CLEANUP_BUF struct buf roots, pem;
    buf_init(&roots, 2 * CERT_PEM_MAX);
    buf_init(&pem, CERT_PEM_MAX);
    buf_append(&roots, f.root_pem.data, f.root_pem.len);
    buf_append(&roots, next.root_pem.data, next.root_pem.len);
    CLEANUP_TRUST struct trust *both = NULL;
    MUST(trust_create(buf_span(&roots), &both, err));
    struct federation *issuers[] = {&f, &next};
    for (int i = 0; i < 2; i++) {
        struct authority_leaf leaf = leaf_of(issuers[i], IDENTITY_USER, "upstage", "kim");
        struct trust_wish wish = client_now();
        struct cert got;
        buf_reset(&pem);
        issue_to(issuers[i]->root, &leaf, &pem);
        MUST(trust_check(both, buf_span(&pem), &wish, &got, err));
    }
    federation_fini(&next);
}
END_TEST

static const struct {
    unsigned issued;
    unsigned wanted;
    bool good;
} uses[] = {
    {CERT_CLIENT, CERT_CLIENT, true},
    {CERT_CLIENT, CERT_SERVER, false},
    {CERT_SERVER, CERT_SERVER, true},
    {CERT_SERVER, CERT_CLIENT, false},
    {CERT_CLIENT | CERT_SERVER, CERT_CLIENT, true},
    {CERT_CLIENT | CERT_SERVER, CERT_SERVER, true},
};

START_TEST(only_the_use_it_was_issued_for)
{
    static const char *const hosts[] = {"pumasid.nipa.kr"};
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_SERVICE, "nipa", "pumasid-1");
    leaf.uses = uses[_i].issued;
    leaf.hosts = hosts;
    leaf.host_count = leaf.uses & CERT_SERVER ? 1 : 0;
    issue_to(f.root, &leaf, &pem);
    struct trust_wish wish = {.at = {FEDERATION_NOW}, .use = uses[_i].wanted};
    struct cert got;
    if (uses[_i].good)
        MUST(trust_check(f.trust, buf_span(&pem), &wish, &got, err));
    else
        refuses(buf_span(&pem), &wish, "certificate:");
}
END_TEST

static const struct {
    const char *called;
    bool good;
} hosts_called[] = {
    {NULL, true},
    {"pumasid.nipa.kr", true},
    {"PUMASID.nipa.kr", true},
    {"127.0.0.1", true},
    {"::1", true},
    {"0:0:0:0:0:0:0:1", true},
    {"", false},
    {"nipa.kr", false},
    {"x.pumasid.nipa.kr", false},
    {"pumasid.nipa.kr.evil.kr", false},
    {"127.0.0.2", false},
    {"::2", false},
    {"pumasid-1", false}, /* the name of the subject is no host */
};

START_TEST(only_the_hosts_it_was_issued_for)
{
    static const char *const hosts[] = {"pumasid.nipa.kr", "127.0.0.1", "::1"};
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_SERVICE, "nipa", "pumasid-1");
    leaf.uses = CERT_SERVER;
    leaf.hosts = hosts;
    leaf.host_count = 3;
    issue_to(f.root, &leaf, &pem);
    struct trust_wish wish = {
        .at = {FEDERATION_NOW}, .use = CERT_SERVER, .host = hosts_called[_i].called};
    struct cert got;
    if (hosts_called[_i].good)
        MUST(trust_check(f.trust, buf_span(&pem), &wish, &got, err));
    else
        refuses(buf_span(&pem), &wish, "certificate:");
}
END_TEST

START_TEST(every_changed_byte_is_refused)
{
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    struct trust_wish wish = client_now();
    uint8_t der[CERT_PEM_MAX];
    issue_to(f.root, &leaf, &pem);
    size_t len = pem_to_der(buf_span(&pem), der, sizeof(der));
    for (size_t i = 0; i < len; i++) {
        struct cert got = {.serial = "untouched"};
        der[i] ^= 0x01;
        int rc = trust_check(f.trust, span_of(der, len), &wish, &got, NULL);
        ck_assert_msg(rc == -ERR_INVALID || rc == -ERR_VERIFICATION, "byte %zu: %d", i, rc);
        ck_assert_str_eq(got.serial, "untouched");
        der[i] ^= 0x01;
    }
    for (size_t cut = 0; cut < len; cut++) {
        struct cert got;
        ck_assert_int_eq(trust_check(f.trust, span_of(der, cut), &wish, &got, NULL), -ERR_INVALID);
    }
}
END_TEST

START_TEST(a_root_is_not_a_member)
{
    struct trust_wish wish = client_now();
    struct cert got;
    int rc = trust_check(f.trust, buf_span(&f.root_pem), &wish, &got, NULL);
    ck_assert_int_eq(rc, -ERR_INVALID);
}
END_TEST

START_TEST(what_is_no_certificate_is_refused)
{
    static const char *const bad[] = {
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nMAA=\n"
        "-----END CERTIFICATE-----\n",
    };
    struct trust_wish wish = client_now();
    struct cert got;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(trust_check(f.trust, span_text(bad[i]), &wish, &got, NULL), -ERR_INVALID);
    static char text[8 * CERT_PEM_MAX];
    memset(text, '-', sizeof(text));
    ck_assert_int_eq(trust_check(f.trust, span_of(text, sizeof(text)), &wish, &got, NULL),
                     -ERR_INVALID);
}
END_TEST

/* An authority of one organisation under the root, and its certificate. */
struct delegate {
    struct key *key;
    struct buf pem;
    struct authority *authority;
};

static void delegate_init(struct delegate *d, const char *organisation)
{
    memset(d, 0, sizeof(*d));
    buf_init(&d->pem, CERT_PEM_MAX);
    struct authority_spec spec = spec_of(&f, "members", organisation);
    MUST(key_generate(&d->key, err));
    struct public_key public_half = key_public(d->key);
    MUST(authority_delegate(f.root, &public_half, &spec, &d->pem, err));
    MUST(authority_open(buf_span(&d->pem), d->key, &d->authority, err));
}

static void delegate_fini(struct delegate *d)
{
    authority_destroy(d->authority);
    key_destroy(d->key);
    buf_fini(&d->pem);
}

START_TEST(a_chain_over_an_organisations_authority_is_believed)
{
    struct delegate skt;
    delegate_init(&skt, "skt");
    CLEANUP_BUF struct buf chain;
    buf_init(&chain, 2 * CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_NODE, "skt", "node.with.dots");
    struct trust_wish wish = client_now();
    struct cert got;
    issue_to(skt.authority, &leaf, &chain);
    refuses(buf_span(&chain), &wish, "certificate:"); /* the link is missing */
    buf_append(&chain, skt.pem.data, skt.pem.len);
    MUST(trust_check(f.trust, buf_span(&chain), &wish, &got, err));
    ck_assert_str_eq(got.subject.organisation.text, "skt");
    delegate_fini(&skt);
}
END_TEST

/* What a dishonest organisation could do with its key and a tool of its own: a leaf of a third
 * party's name, or of a server. `openssl x509` signs it, since authority_issue() would refuse. */
static const struct {
    const char *names;
    const char *uses;
    unsigned use;
    bool good;
    const char *says;
} forgeries[] = {
    {"URI:spiffe://skt.pumasi.internal/node/n1", "clientAuth", CERT_CLIENT, true, ""},
    {"URI:spiffe://kt.pumasi.internal/node/n1", "clientAuth", CERT_CLIENT, false,
     "permitted subtree"},
    {"URI:spiffe://nipa.pumasi.internal/service/pumasid-1", "clientAuth", CERT_CLIENT, false,
     "permitted subtree"},
    {"URI:spiffe://skt.pumasi.internal/node/n1,DNS:pumasid.nipa.kr", "clientAuth,serverAuth",
     CERT_SERVER, false, "excluded subtree"},
    {"URI:spiffe://skt.pumasi.internal/node/n1,IP:127.0.0.1", "clientAuth,serverAuth", CERT_SERVER,
     false, "excluded subtree"},
    {"URI:spiffe://skt.pumasi.internal/node/n1,URI:spiffe://kt.pumasi.internal/node/n1",
     "clientAuth", CERT_CLIENT, false, "URI names"},
};

START_TEST(an_organisation_can_name_only_its_own)
{
    struct delegate skt;
    struct scratch s;
    delegate_init(&skt, "skt");
    scratch_init(&s);
    char extensions[512];
    snprintf(extensions, sizeof(extensions),
             "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
             "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
             "extendedKeyUsage=%s\nsubjectAltName=critical,%s\n",
             forgeries[_i].uses, forgeries[_i].names);
    CLEANUP_BUF struct buf csr, chain;
    buf_init(&csr, CSR_PEM_MAX);
    buf_init(&chain, 2 * CERT_PEM_MAX);
    CLEANUP_KEY struct key *key = NULL;
    MUST(key_generate(&key, err));
    MUST(csr_create(key, &csr, err));
    const char *ca = scratch_put(&s, "ca.pem", buf_span(&skt.pem));
    const char *ca_key = scratch_path(&s, "ca.key");
    const char *csr_path = scratch_put(&s, "csr", buf_span(&csr));
    const char *ext_path = scratch_put(&s, "ext", span_text(extensions));
    const char *out = scratch_path(&s, "leaf.pem");
    MUST(key_write(skt.key, ca_key, err));
    const char *sign[] = {"openssl", "x509",     "-req",   "-in",   csr_path, "-CA",
                          ca,        "-CAkey",   ca_key,   "-days", "3650",   "-set_serial",
                          "77",      "-extfile", ext_path, "-out",  out,      NULL};
    ck_assert_int_eq(openssl_command(sign), 0);
    MUST(file_read(out, &chain, err));
    buf_append(&chain, skt.pem.data, skt.pem.len);
    /* the command takes the machine's clock: any instant in its ten years will do */
    struct cert made;
    struct trust_wish wish = {.use = forgeries[_i].use};
    if (cert_parse(buf_span(&chain), &made, NULL) == 0)
        wish.at = instant_add(made.valid.from, 60);
    struct cert got;
    struct err err = ERR_INIT;
    int rc = trust_check(f.trust, buf_span(&chain), &wish, &got, &err);
    ck_assert_msg((rc == 0) == forgeries[_i].good, "%s: %s", forgeries[_i].names, err.text);
    ck_assert_msg(rc == 0 || strstr(err.text, forgeries[_i].says), "%s", err.text);
    delegate_fini(&skt);
    scratch_fini(&s);
}
END_TEST

START_TEST(a_member_is_no_authority)
{
    CLEANUP_KEY struct key *key = NULL;
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    MUST(key_generate(&key, err));
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    struct public_key public_half = key_public(key);
    MUST(authority_issue(f.root, &public_half, &leaf, &pem, err));
    struct authority *none = NULL;
    ck_assert_int_eq(authority_open(buf_span(&pem), key, &none, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(more_authorities_than_the_limit_are_refused)
{
    struct delegate skt;
    delegate_init(&skt, "skt");
    CLEANUP_BUF struct buf chain;
    buf_init(&chain, 8 * CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_NODE, "skt", "n1");
    struct trust_wish wish = client_now();
    issue_to(skt.authority, &leaf, &chain);
    for (int i = 0; i <= TRUST_INTERMEDIATES_MAX; i++)
        buf_append(&chain, skt.pem.data, skt.pem.len);
    refuses(buf_span(&chain), &wish, "more than 4");
    delegate_fini(&skt);
}
END_TEST

START_TEST(roots_are_self_signed_authorities_and_not_too_many)
{
    struct delegate skt;
    delegate_init(&skt, "skt");
    CLEANUP_BUF struct buf many, leaf_pem;
    buf_init(&many, 64 * CERT_PEM_MAX);
    buf_init(&leaf_pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_NODE, "skt", "n1");
    issue_to(f.root, &leaf, &leaf_pem);
    for (int i = 0; i <= TRUST_ROOTS_MAX; i++)
        buf_append(&many, f.root_pem.data, f.root_pem.len);
    struct trust *none = NULL;
    ck_assert_int_eq(trust_create(buf_span(&skt.pem), &none, NULL), -ERR_INVALID);
    ck_assert_int_eq(trust_create(buf_span(&leaf_pem), &none, NULL), -ERR_INVALID);
    ck_assert_int_eq(trust_create(buf_span(&many), &none, NULL), -ERR_INVALID);
    ck_assert_int_eq(trust_create(span_text(""), &none, NULL), -ERR_INVALID);
    ck_assert_int_eq(trust_create(span_text("x"), &none, NULL), -ERR_INVALID);
    ck_assert_int_eq(trust_create(span_text("-----BEGIN CERTIFICATE-----\n"), &none, NULL),
                     -ERR_INVALID);
    ck_assert_ptr_null(none);
    trust_destroy(NULL);
    delegate_fini(&skt);
}
END_TEST

START_TEST(the_openssl_command_verifies_what_is_issued_here)
{
    static const char *const hosts[] = {"pumasid.nipa.kr", "10.0.0.1"};
    struct scratch s;
    scratch_init(&s);
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_SERVICE, "nipa", "pumasid-1");
    leaf.uses = CERT_SERVER;
    leaf.hosts = hosts;
    leaf.host_count = 2;
    issue_to(f.root, &leaf, &pem);
    const char *ca = scratch_put(&s, "ca", buf_span(&f.root_pem));
    const char *cert = scratch_put(&s, "cert", buf_span(&pem));
    const char *good[] = {"openssl",   "verify",           "-x509_strict",    "-CAfile",
                          ca,          "-attime",          "1770000000",      "-purpose",
                          "sslserver", "-verify_hostname", "pumasid.nipa.kr", cert,
                          NULL};
    const char *late[] = {"openssl", "verify", "-CAfile", ca, "-attime", "1770086400", cert, NULL};
    const char *client[] = {"openssl",    "verify",   "-CAfile",   ca,   "-attime",
                            "1770000000", "-purpose", "sslclient", cert, NULL};
    ck_assert_int_eq(openssl_command(good), 0);
    ck_assert_int_ne(openssl_command(late), 0);
    ck_assert_int_ne(openssl_command(client), 0);
    scratch_fini(&s);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static Suite *trust_suite(void)
{
    Suite *s = suite_create("lib/pki/trust");
    TCase *t = tcase_create("trust");
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_certificate_of_ours_is_believed_and_read);
    tcase_add_loop_test(t, valid_from_the_first_instant_until_before_the_last, 0, COUNT(instants));
    tcase_add_test(t, a_foreign_authority_is_refused);
    tcase_add_test(t, both_roots_are_believed_while_one_is_replaced);
    tcase_add_loop_test(t, only_the_use_it_was_issued_for, 0, COUNT(uses));
    tcase_add_loop_test(t, only_the_hosts_it_was_issued_for, 0, COUNT(hosts_called));
    tcase_add_test(t, every_changed_byte_is_refused);
    tcase_add_test(t, a_root_is_not_a_member);
    tcase_add_test(t, what_is_no_certificate_is_refused);
    tcase_add_test(t, a_chain_over_an_organisations_authority_is_believed);
    tcase_add_loop_test(t, an_organisation_can_name_only_its_own, 0, COUNT(forgeries));
    tcase_add_test(t, a_member_is_no_authority);
    tcase_add_test(t, more_authorities_than_the_limit_are_refused);
    tcase_add_test(t, roots_are_self_signed_authorities_and_not_too_many);
    tcase_add_test(t, the_openssl_command_verifies_what_is_issued_here);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(trust_suite)
