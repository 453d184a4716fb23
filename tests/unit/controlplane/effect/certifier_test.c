/* Certificates for people and nodes, from the authority in force. */
#include "controlplane/effect/certifier.h"

#include "lib/pki/trust.h"
#include "tests/support/suite.h"

#define NOW     INT64_C(1800000000)
#define DAY_S   INT64_C(86400)
#define CA_DAYS 100

static struct env_fake fake;
static struct env env;
static struct certifier *c;
static struct key *ca_key, *key;
static struct public_key member;
static struct buf root;

static void found(struct key **ret_key, struct buf *ret_root)
{
    struct authority_spec spec = {.name = id_literal("root"),
                                  .valid = {{NOW - 10}, {NOW + CA_DAYS * DAY_S}}};
    authority_serial(&env, spec.serial);
    ck_assert_int_eq(key_generate(ret_key, NULL), 0);
    buf_init(ret_root, CERT_PEM_MAX);
    ck_assert_int_eq(authority_create_root(*ret_key, &spec, ret_root, NULL), 0);
}

static void setup(void)
{
    fake = (struct env_fake){.wall = {NOW}, .seed = 3};
    env = env_of_fake(&fake);
    c = certifier_create(&(struct certifier_options){
        .user_life_s = 90 * DAY_S, .node_life_s = 30 * DAY_S, .env = &env});
    found(&ca_key, &root);
    ck_assert_int_eq(certifier_load(c, buf_span(&root), ca_key, NULL), 0);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    member = key_public(key);
}

static void teardown(void)
{
    certifier_destroy(c);
    key_destroy(ca_key);
    key_destroy(key);
    buf_fini(&root);
}

static int issue(enum identity_kind kind, struct certificate *ret, struct err *err)
{
    struct identity subject = {kind, id_literal("upstage"), id_literal("kim")};
    *ret = (struct certificate){.serial = ""};
    return certifier_issue(c, &subject, &member, ret, err);
}

static const struct {
    enum identity_kind kind;
    int64_t at_day, ends_day;
} lives[] = {
    {IDENTITY_USER, 0, 90},       {IDENTITY_NODE, 0, 30},
    {IDENTITY_USER, 10, 100},     {IDENTITY_USER, 20, CA_DAYS}, /* no longer than the authority */
    {IDENTITY_NODE, 99, CA_DAYS},
};

START_TEST(a_certificate_lives_as_its_kind_does_and_never_beyond_the_authority)
{
    struct certificate got;
    struct cert cert;
    fake.wall.s = NOW + lives[_i].at_day * DAY_S;
    ck_assert_int_eq(issue(lives[_i].kind, &got, NULL), 0);
    ck_assert_int_eq(cert_parse(buf_span(&got.pem), &cert, NULL), 0);
    ck_assert_int_eq(got.expires_at.s, NOW + lives[_i].ends_day * DAY_S);
    ck_assert_int_eq(cert.valid.to.s, got.expires_at.s);
    ck_assert_int_le(cert.valid.from.s, fake.wall.s);
    ck_assert_str_eq(cert.serial, got.serial);
    ck_assert(id_equal(&cert.key_id, &got.key_id));
    ck_assert_uint_eq(cert.uses, CERT_CLIENT);
    certificate_fini(&got);
}
END_TEST

START_TEST(an_authority_that_is_over_issues_nothing)
{
    struct certificate got;
    struct err err = ERR_INIT;
    fake.wall.s = NOW + CA_DAYS * DAY_S;
    ck_assert_int_eq(issue(IDENTITY_USER, &got, &err), -ERR_STATE);
    ck_assert_ptr_nonnull(strstr(err.text, "pumasi ca rotate"));
    certificate_fini(&got);
}
END_TEST

START_TEST(of_two_roots_both_are_told_and_the_one_of_the_key_issues)
{
    struct key *next_key;
    struct buf next, both, told;
    struct certificate got;
    struct cert cert;
    struct trust *trust = NULL;
    char before[2 * DIGEST_BYTES + 1], after[2 * DIGEST_BYTES + 1];
    struct trust_wish wish = {.at = {NOW}, .use = CERT_CLIENT};
    found(&next_key, &next);
    buf_init(&both, 2 * CERT_PEM_MAX);
    buf_init(&told, 2 * CERT_PEM_MAX);
    buf_append(&both, root.data, root.len);
    buf_append(&both, next.data, next.len);
    certifier_trust(c, before);
    ck_assert_int_eq(certifier_load(c, buf_span(&both), next_key, NULL), 0);
    certifier_trust(c, after);
    certifier_roots(c, &told);
    ck_assert_str_ne(before, after);
    ck_assert(span_equal(buf_span(&told), buf_span(&both)));
    ck_assert_int_eq(issue(IDENTITY_USER, &got, NULL), 0);
    ck_assert_int_eq(trust_create(buf_span(&next), &trust, NULL), 0);
    ck_assert_int_eq(trust_check(trust, buf_span(&got.pem), &wish, &cert, NULL), 0);
    trust_destroy(trust);
    certificate_fini(&got);
    key_destroy(next_key);
    buf_fini(&next);
    buf_fini(&both);
    buf_fini(&told);
}
END_TEST

START_TEST(what_does_not_fit_together_leaves_what_was_loaded)
{
    char before[2 * DIGEST_BYTES + 1], after[2 * DIGEST_BYTES + 1];
    struct certificate got;
    certifier_trust(c, before);
    ck_assert_int_eq(certifier_load(c, buf_span(&root), key, NULL), -ERR_INVALID);
    ck_assert_int_eq(certifier_load(c, span_text(""), ca_key, NULL), -ERR_INVALID);
    certifier_trust(c, after);
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(issue(IDENTITY_NODE, &got, NULL), 0);
    certificate_fini(&got);
}
END_TEST

static Suite *certifier_suite(void)
{
    Suite *s = suite_create("certifier");
    TCase *t = tcase_create("certifier");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, a_certificate_lives_as_its_kind_does_and_never_beyond_the_authority, 0,
                        (int)(sizeof lives / sizeof lives[0]));
    tcase_add_test(t, an_authority_that_is_over_issues_nothing);
    tcase_add_test(t, of_two_roots_both_are_told_and_the_one_of_the_key_issues);
    tcase_add_test(t, what_does_not_fit_together_leaves_what_was_loaded);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(certifier_suite)
