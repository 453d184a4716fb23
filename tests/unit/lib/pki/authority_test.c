/* lib/pki/authority.h: what is issued and what is refused. trust_test.c shows who believes it. */
#include "lib/pki/authority.h"

#include "tests/support/suite.h"
#include "tests/unit/lib/pki/federation.h"

static struct federation f;
static struct public_key member;
static struct buf pem;

static void setup(void)
{
    CLEANUP_KEY struct key *key = NULL;
    federation_init(&f, 1);
    MUST(key_generate(&key, err));
    member = key_public(key);
    buf_init(&pem, CERT_PEM_MAX);
}

static void teardown(void)
{
    buf_fini(&pem);
    federation_fini(&f);
}

static struct authority_leaf server_leaf(const char *const *hosts, size_t n)
{
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_SERVICE, "nipa", "pumasid-1");
    leaf.uses = CERT_SERVER;
    leaf.hosts = hosts;
    leaf.host_count = n;
    return leaf;
}

static void refuses_leaf(const struct authority *a, const struct authority_leaf *leaf,
                         enum err_code code, const char *says)
{
    struct err err = ERR_INIT;
    int rc = authority_issue(a, &member, leaf, &pem, &err);
    ck_assert_msg(rc == -(int)code, "%d: %s", rc, err.text);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
    ck_assert_uint_eq(pem.len, 0);
}

START_TEST(what_was_asked_is_what_the_certificate_says)
{
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    MUST(authority_issue(f.root, &member, &leaf, &pem, err));
    struct cert got;
    MUST(cert_parse(buf_span(&pem), &got, err));
    ck_assert(identity_equal(&got.subject, &leaf.subject));
    ck_assert(public_key_equal(&got.key, &member));
    ck_assert_int_eq(got.valid.from.s, leaf.valid.from.s);
    ck_assert_int_eq(got.valid.to.s, leaf.valid.to.s);
    ck_assert_uint_eq(got.uses, CERT_CLIENT);
}
END_TEST

START_TEST(serial_numbers_come_from_chance_and_are_never_zero)
{
    struct env_fake fake = {.seed = 5};
    struct env env = env_of_fake(&fake);
    uint8_t a[CERT_SERIAL_BYTES], b[CERT_SERIAL_BYTES];
    authority_serial(&env, a);
    authority_serial(&env, b);
    ck_assert_mem_ne(a, b, sizeof(a));
    ck_assert_uint_ne(a[CERT_SERIAL_BYTES - 1], 0);
}
END_TEST

static const struct {
    const char *what;
    int64_t from, to;
} validities[] = {
    {"empty", FEDERATION_NOW, FEDERATION_NOW},
    {"backwards", FEDERATION_NOW, FEDERATION_NOW - 1},
    {"before the authority", FEDERATION_FROM - 1, FEDERATION_NOW},
    {"after the authority", FEDERATION_NOW, FEDERATION_TO + 1},
    {"without end", FEDERATION_NOW, INT64_MAX},
    {"before 1970", -1, FEDERATION_NOW},
};

START_TEST(a_leaf_lives_within_its_authority)
{
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    leaf.valid = window_from(validities[_i].from, validities[_i].to);
    refuses_leaf(f.root, &leaf, ERR_INVALID, "validity");
}
END_TEST

START_TEST(a_leaf_may_live_as_long_as_its_authority)
{
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    leaf.valid = window_from(FEDERATION_FROM, FEDERATION_TO);
    MUST(authority_issue(f.root, &member, &leaf, &pem, err));
}
END_TEST

START_TEST(a_bad_subject_serial_or_use_is_refused)
{
    const struct authority_leaf good = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    struct authority_leaf leaf = good;
    leaf.subject.name = ID_NONE;
    refuses_leaf(f.root, &leaf, ERR_INVALID, "user");
    leaf = good;
    leaf.subject.organisation = id_literal("a.b");
    refuses_leaf(f.root, &leaf, ERR_INVALID, "organisation");
    leaf = good;
    memset(leaf.serial, 0, sizeof(leaf.serial));
    refuses_leaf(f.root, &leaf, ERR_INVALID, "serial");
    leaf = good;
    leaf.uses = 0;
    refuses_leaf(f.root, &leaf, ERR_INVALID, "uses");
    leaf.uses = 4;
    refuses_leaf(f.root, &leaf, ERR_INVALID, "uses");
}
END_TEST

START_TEST(a_public_key_that_is_none_is_refused)
{
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    member.spki[60] ^= 1;
    refuses_leaf(f.root, &leaf, ERR_INVALID, "public key");
}
END_TEST

START_TEST(hosts_are_wanted_for_servers_only)
{
    static const char *const hosts[AUTHORITY_HOSTS_MAX + 1] = {"a.kr"};
    struct authority_leaf leaf = server_leaf(hosts, 0);
    refuses_leaf(f.root, &leaf, ERR_INVALID, "hosts");
    leaf = server_leaf(hosts, AUTHORITY_HOSTS_MAX + 1);
    refuses_leaf(f.root, &leaf, ERR_INVALID, "hosts");
    leaf = server_leaf(hosts, 1);
    leaf.uses = CERT_CLIENT;
    refuses_leaf(f.root, &leaf, ERR_INVALID, "hosts");
}
END_TEST

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *host;
    bool good;
} hosts[] = {
    {"localhost", true},
    {"pumasid.nipa.kr", true},
    {"A-1.nipa.kr", true},
    {L63 ".kr", true},
    {"1.2.3.4", true},
    {"fe80::1", true},
    {"1.nipa.kr", true},
    {"", false},
    {".", false},
    {"nipa.kr.", false},
    {".nipa.kr", false},
    {"a..kr", false},
    {"-a.kr", false},
    {"a-.kr", false},
    {"a_b.kr", false},
    {"*.nipa.kr", false},
    {"a b.kr", false},
    {"a.kr,DNS:b.kr", false},
    {"a.kr\nx", false},
    {"\xed\x95\x9c.kr", false},
    {"1.2.3", false},
    {"1.2.3.256", false},
    {"1.2.3.4/24", false},
    {L63 "a.kr", false},
    {L63 "." L63 "." L63 "." L63, false},
};

START_TEST(a_host_is_an_address_or_a_dns_name)
{
    struct authority_leaf leaf = server_leaf(&hosts[_i].host, 1);
    if (hosts[_i].good)
        MUST(authority_issue(f.root, &member, &leaf, &pem, err));
    else
        refuses_leaf(f.root, &leaf, ERR_INVALID, "host");
}
END_TEST

START_TEST(a_root_is_refused_when_its_spec_is_wrong)
{
    const struct authority_spec good = spec_of(&f, "root", NULL);
    struct authority_spec spec = good;
    spec.name = ID_NONE;
    ck_assert_int_eq(authority_create_root(f.key, &spec, &pem, NULL), -ERR_INVALID);
    spec = good;
    spec.organisation = id_literal("skt");
    ck_assert_int_eq(authority_create_root(f.key, &spec, &pem, NULL), -ERR_INVALID);
    spec = good;
    spec.valid.to = spec.valid.from;
    ck_assert_int_eq(authority_create_root(f.key, &spec, &pem, NULL), -ERR_INVALID);
    spec = good;
    memset(spec.serial, 0, sizeof(spec.serial));
    ck_assert_int_eq(authority_create_root(f.key, &spec, &pem, NULL), -ERR_INVALID);
    ck_assert_uint_eq(pem.len, 0);
}
END_TEST

START_TEST(an_authority_opens_only_with_its_own_key)
{
    CLEANUP_KEY struct key *other = NULL;
    struct authority *none = NULL;
    MUST(key_generate(&other, err));
    struct err err = ERR_INIT;
    ck_assert_int_eq(authority_open(buf_span(&f.root_pem), other, &none, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "key"));
    ck_assert_int_eq(authority_open(span_text("junk"), f.key, &none, NULL), -ERR_INVALID);
    ck_assert_ptr_null(none);
    authority_destroy(NULL);
}
END_TEST

START_TEST(an_authority_outlives_the_callers_key)
{
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    key_destroy(f.key);
    f.key = NULL;
    MUST(authority_issue(f.root, &member, &leaf, &pem, err));
}
END_TEST

/* An authority of skt under the root; the caller destroys it. */
static struct authority *delegate(struct key *key)
{
    CLEANUP_BUF struct buf ca;
    buf_init(&ca, CERT_PEM_MAX);
    struct authority_spec spec = spec_of(&f, "members", "skt");
    struct public_key public_half = key_public(key);
    struct authority *a = NULL;
    MUST(authority_delegate(f.root, &public_half, &spec, &ca, err));
    MUST(authority_open(buf_span(&ca), key, &a, err));
    return a;
}

START_TEST(an_organisations_authority_names_its_own_clients_only)
{
    static const char *const host[] = {"a.kr"};
    CLEANUP_KEY struct key *key = NULL;
    MUST(key_generate(&key, err));
    CLEANUP_AUTHORITY struct authority *skt = delegate(key);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_NODE, "kt", "n1");
    refuses_leaf(skt, &leaf, ERR_DENIED, "kt");
    leaf = leaf_of(&f, IDENTITY_NODE, "skt", "n1");
    leaf.uses = CERT_SERVER;
    leaf.hosts = host;
    leaf.host_count = 1;
    refuses_leaf(skt, &leaf, ERR_DENIED, "server");
    leaf = leaf_of(&f, IDENTITY_NODE, "skt", "n1");
    MUST(authority_issue(skt, &member, &leaf, &pem, err));
}
END_TEST

START_TEST(only_a_root_delegates_and_only_to_an_organisation)
{
    CLEANUP_KEY struct key *key = NULL;
    MUST(key_generate(&key, err));
    CLEANUP_AUTHORITY struct authority *skt = delegate(key);
    struct authority_spec spec = spec_of(&f, "members", "skt");
    ck_assert_int_eq(authority_delegate(skt, &member, &spec, &pem, NULL), -ERR_DENIED);
    spec.organisation = ID_NONE;
    ck_assert_int_eq(authority_delegate(f.root, &member, &spec, &pem, NULL), -ERR_INVALID);
    spec = spec_of(&f, "members", "skt");
    spec.valid.to.s++;
    ck_assert_int_eq(authority_delegate(f.root, &member, &spec, &pem, NULL), -ERR_INVALID);
    spec = spec_of(&f, "members", "skt");
    member.spki[60] ^= 1;
    ck_assert_int_eq(authority_delegate(f.root, &member, &spec, &pem, NULL), -ERR_INVALID);
    ck_assert_uint_eq(pem.len, 0);
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
    CLEANUP_BUF struct buf small;
    buf_init(&small, 100);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    struct authority_spec spec = spec_of(&f, "root", NULL);
    ck_assert_int_eq(authority_issue(f.root, &member, &leaf, &small, NULL), -ERR_LIMIT);
    buf_reset(&small);
    ck_assert_int_eq(authority_create_root(f.key, &spec, &small, NULL), -ERR_LIMIT);
}
END_TEST

/* A second root, as in a rotation. */
struct second {
    struct key *key;
    struct buf root;
    struct authority *authority;
};

static void found_second(struct second *s)
{
    struct authority_spec spec = spec_of(&f, "pumasi-root-2", NULL);
    *s = (struct second){.key = NULL};
    buf_init(&s->root, CERT_PEM_MAX);
    MUST(key_generate(&s->key, err));
    MUST(authority_create_root(s->key, &spec, &s->root, err));
    MUST(authority_open(buf_span(&s->root), s->key, &s->authority, err));
}

static void end_second(struct second *s)
{
    authority_destroy(s->authority);
    key_destroy(s->key);
    buf_fini(&s->root);
}

static int believe(struct span roots, const struct buf *chain)
{
    struct trust *trust = NULL;
    struct trust_wish wish = {.at = {FEDERATION_NOW + 1}, .use = CERT_CLIENT};
    struct cert cert;
    MUST(trust_create(roots, &trust, err));
    int rc = trust_check(trust, buf_span(chain), &wish, &cert, NULL);
    trust_destroy(trust);
    return rc;
}

START_TEST(who_knows_one_of_two_roots_believes_what_the_new_one_issued)
{
    struct second s;
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    uint8_t serial[CERT_SERIAL_BYTES] = {9};
    found_second(&s);
    MUST(authority_issue(s.authority, &member, &leaf, &pem, err));
    ck_assert_int_eq(believe(buf_span(&f.root_pem), &pem), -ERR_VERIFICATION);
    MUST(authority_vouch(f.root, buf_span(&s.root), serial, &pem, err));
    ck_assert_int_eq(believe(buf_span(&f.root_pem), &pem), 0);
    ck_assert_int_eq(believe(buf_span(&s.root), &pem), 0);
    end_second(&s);
}
END_TEST

START_TEST(only_a_root_vouches_and_only_for_a_root)
{
    struct second s;
    uint8_t serial[CERT_SERIAL_BYTES] = {9}, zero[CERT_SERIAL_BYTES] = {0};
    CLEANUP_KEY struct key *key = NULL;
    CLEANUP_BUF struct buf leaf_pem;
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_USER, "upstage", "kim");
    buf_init(&leaf_pem, CERT_PEM_MAX);
    MUST(key_generate(&key, err));
    CLEANUP_AUTHORITY struct authority *skt = delegate(key);
    found_second(&s);
    ck_assert_int_eq(authority_vouch(skt, buf_span(&s.root), serial, &pem, NULL), -ERR_DENIED);
    ck_assert_int_eq(authority_vouch(f.root, buf_span(&s.root), zero, &pem, NULL), -ERR_INVALID);
    MUST(authority_issue(f.root, &member, &leaf, &leaf_pem, err));
    ck_assert_int_eq(authority_vouch(f.root, buf_span(&leaf_pem), serial, &pem, NULL),
                     -ERR_INVALID);
    ck_assert_int_eq(authority_vouch(f.root, span_text("none"), serial, &pem, NULL), -ERR_INVALID);
    ck_assert_uint_eq(pem.len, 0);
    end_second(&s);
}
END_TEST

START_TEST(of_several_certificates_the_one_of_the_key_counts)
{
    struct second s;
    struct authority *a = NULL;
    CLEANUP_BUF struct buf both, own;
    buf_init(&both, 2 * CERT_PEM_MAX);
    buf_init(&own, CERT_PEM_MAX);
    found_second(&s);
    buf_append(&both, f.root_pem.data, f.root_pem.len);
    buf_append(&both, s.root.data, s.root.len);
    MUST(authority_open(buf_span(&both), s.key, &a, err));
    MUST(authority_format(a, &own, err));
    ck_assert(span_equal(buf_span(&own), buf_span(&s.root)));
    ck_assert_int_eq(authority_valid(a).to.s, FEDERATION_TO);
    authority_destroy(a);
    ck_assert_int_eq(authority_open(buf_span(&s.root), f.key, &a, NULL), -ERR_INVALID);
    end_second(&s);
}
END_TEST

START_TEST(a_reissued_certificate_says_the_same_for_another_time)
{
    static const char *const names[] = {"pumasi.example.kr", "127.0.0.1"};
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_SERVICE, "nipa", "pumasid-1");
    uint8_t serial[CERT_SERIAL_BYTES] = {7};
    struct window later = window_from(FEDERATION_NOW, FEDERATION_NOW + 9);
    struct trust_wish wish = {.at = {FEDERATION_NOW + 1}, .use = CERT_SERVER};
    struct cert cert;
    CLEANUP_BUF struct buf next;
    buf_init(&next, CERT_PEM_MAX);
    leaf.uses = CERT_CLIENT | CERT_SERVER;
    leaf.hosts = names;
    leaf.host_count = 2;
    MUST(authority_issue(f.root, &member, &leaf, &pem, err));
    MUST(authority_reissue(f.root, buf_span(&pem), later, serial, &next, err));
    for (size_t i = 0; i < 2; i++) {
        wish.host = names[i];
        MUST(trust_check(f.trust, buf_span(&next), &wish, &cert, err));
    }
    ck_assert(identity_equal(&cert.subject, &leaf.subject));
    ck_assert(public_key_equal(&cert.key, &member));
    ck_assert_uint_eq(cert.uses, leaf.uses);
    ck_assert_int_eq(cert.valid.to.s, FEDERATION_NOW + 9);
    later.to.s = FEDERATION_TO + 1;
    ck_assert_int_eq(authority_reissue(f.root, buf_span(&pem), later, serial, &next, NULL),
                     -ERR_INVALID);
    later.to.s = FEDERATION_TO;
    ck_assert_int_eq(authority_reissue(f.root, buf_span(&f.root_pem), later, serial, &next, NULL),
                     -ERR_INVALID);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static Suite *authority_suite(void)
{
    Suite *s = suite_create("lib/pki/authority");
    TCase *t = tcase_create("authority");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_was_asked_is_what_the_certificate_says);
    tcase_add_test(t, serial_numbers_come_from_chance_and_are_never_zero);
    tcase_add_loop_test(t, a_leaf_lives_within_its_authority, 0, COUNT(validities));
    tcase_add_test(t, a_leaf_may_live_as_long_as_its_authority);
    tcase_add_test(t, a_bad_subject_serial_or_use_is_refused);
    tcase_add_test(t, a_public_key_that_is_none_is_refused);
    tcase_add_test(t, hosts_are_wanted_for_servers_only);
    tcase_add_loop_test(t, a_host_is_an_address_or_a_dns_name, 0, COUNT(hosts));
    tcase_add_test(t, a_root_is_refused_when_its_spec_is_wrong);
    tcase_add_test(t, an_authority_opens_only_with_its_own_key);
    tcase_add_test(t, an_authority_outlives_the_callers_key);
    tcase_add_test(t, an_organisations_authority_names_its_own_clients_only);
    tcase_add_test(t, only_a_root_delegates_and_only_to_an_organisation);
    tcase_add_test(t, a_full_buffer_is_an_error);
    tcase_add_test(t, who_knows_one_of_two_roots_believes_what_the_new_one_issued);
    tcase_add_test(t, only_a_root_vouches_and_only_for_a_root);
    tcase_add_test(t, of_several_certificates_the_one_of_the_key_counts);
    tcase_add_test(t, a_reissued_certificate_says_the_same_for_another_time);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(authority_suite)
