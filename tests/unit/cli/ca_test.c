/* `pumasi ca`: what lies in the directory after each step. */
#include "lib/base/file.h"
#include "lib/pki/authority.h"
#include "lib/pki/layout.h"
#include "lib/pki/trust.h"
#include "tests/support/suite.h"
#include "tests/unit/cli/run.h"

struct place {
    char home[64];
    char data[96];
};

static void make(struct place *p)
{
    run_home(p->home);
    snprintf(p->data, sizeof(p->data), "%s/data", p->home);
    struct run run CLEANUP_RUN = RUN_AT(p->home, "init", p->data, "--server", "pumasi.kr:7443");
    ck_assert_msg(run.exit == 0, "%s", run.talk);
}

static void read_at(const struct place *p, const char *name, struct buf *ret)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", p->data, name);
    buf_init(ret, 1 << 16);
    ck_assert_int_eq(file_read(path, ret, NULL), 0);
}

static size_t count(const struct buf *pem)
{
    size_t n = 0;
    for (const char *at = pem->data; (at = strstr(at, "-----BEGIN")); at++)
        n++;
    return n;
}

/* Does who knows these roots believe the server? */
static bool believed(const struct place *p, const struct buf *roots)
{
    struct trust *trust = NULL;
    struct cert cert;
    struct trust_wish wish = {.at = {RUN_NOW}, .use = CERT_SERVER, .host = "pumasi.kr"};
    CLEANUP_BUF struct buf server;
    read_at(p, LAYOUT_SERVER_CERT, &server);
    ck_assert_int_eq(trust_create(buf_span(roots), &trust, NULL), 0);
    int rc = trust_check(trust, buf_span(&server), &wish, &cert, NULL);
    trust_destroy(trust);
    return rc == 0;
}

START_TEST(test_after_a_rotation_both_roots_are_believed_and_the_new_one_issues)
{
    struct place p;
    CLEANUP_BUF struct buf before, both;
    CLEANUP_KEY struct key *key = NULL;
    struct authority *a = NULL;
    char path[256];
    make(&p);
    read_at(&p, LAYOUT_CA_CERT, &before);
    struct run run CLEANUP_RUN = RUN_AT(p.home, "ca", "rotate", p.data);
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    read_at(&p, LAYOUT_CA_CERT, &both);
    ck_assert_uint_eq(count(&both), 2);
    ck_assert_ptr_nonnull(strstr(both.data, before.data));
    snprintf(path, sizeof(path), "%s/%s", p.data, LAYOUT_CA_KEY);
    ck_assert_int_eq(key_read(path, &key, NULL), 0);
    ck_assert_int_eq(authority_open(buf_span(&before), key, &a, NULL), -ERR_INVALID);
    ck_assert_int_eq(authority_open(buf_span(&both), key, &a, NULL), 0);
    authority_destroy(a);
    ck_assert(believed(&p, &before));
    ck_assert(believed(&p, &both));
    run_remove(p.home);
}
END_TEST

START_TEST(test_two_roots_are_the_most_and_one_the_least)
{
    struct place p;
    make(&p);
    struct run none CLEANUP_RUN = RUN_AT(p.home, "ca", "retire", p.data, "--early");
    ck_assert_int_eq(none.exit, 7);
    struct run first CLEANUP_RUN = RUN_AT(p.home, "ca", "rotate", p.data);
    ck_assert_int_eq(first.exit, 0);
    struct run second CLEANUP_RUN = RUN_AT(p.home, "ca", "rotate", p.data);
    ck_assert_int_eq(second.exit, 7);
    ck_assert_ptr_nonnull(strstr(second.talk, "ca retire"));
    run_remove(p.home);
}
END_TEST

START_TEST(test_the_old_root_is_retired_when_its_certificates_are_over)
{
    struct place p;
    CLEANUP_BUF struct buf before, one;
    make(&p);
    read_at(&p, LAYOUT_CA_CERT, &before);
    struct run rotate CLEANUP_RUN = RUN_AT(p.home, "ca", "rotate", p.data);
    struct run early CLEANUP_RUN = RUN_AT(p.home, "ca", "retire", p.data);
    ck_assert_int_eq(early.exit, 7);
    ck_assert_ptr_nonnull(strstr(early.talk, "2026-05-04"));
    struct run done CLEANUP_RUN = RUN_AT(p.home, "ca", "retire", p.data, "--early");
    ck_assert_msg(done.exit == 0, "%s", done.talk);
    read_at(&p, LAYOUT_CA_CERT, &one);
    ck_assert_uint_eq(count(&one), 1);
    ck_assert(believed(&p, &one));
    ck_assert(!believed(&p, &before));
    run_remove(p.home);
}
END_TEST

START_TEST(test_a_directory_without_keys_is_refused)
{
    struct place p;
    run_home(p.home);
    struct run run CLEANUP_RUN = RUN_AT(p.home, "ca", "rotate", p.home);
    ck_assert_int_eq(run.exit, 6);
    ck_assert_ptr_nonnull(strstr(run.talk, LAYOUT_CA_KEY));
    run_remove(p.home);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/ca");
    TCase *t = tcase_create("ca");
    tcase_add_test(t, test_after_a_rotation_both_roots_are_believed_and_the_new_one_issues);
    tcase_add_test(t, test_two_roots_are_the_most_and_one_the_least);
    tcase_add_test(t, test_the_old_root_is_retired_when_its_certificates_are_over);
    tcase_add_test(t, test_a_directory_without_keys_is_refused);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
