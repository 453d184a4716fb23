/* `pumasi init`: what a control plane and its first administrator start from. */
#include "lib/base/file.h"
#include "lib/json/strict.h"
#include "lib/pki/layout.h"
#include "lib/pki/trust.h"
#include "tests/support/suite.h"
#include "tests/unit/cli/run.h"

#include <jansson.h>
#include <sys/stat.h>

struct place {
    char home[64];
    char data[96];
};

static struct run init_at(struct place *p)
{
    run_home(p->home);
    snprintf(p->data, sizeof(p->data), "%s/data", p->home);
    return RUN_AT(p->home, "init", p->data, "--server", "pumasi.example.kr:7443", "--name-ko",
                  "정보통신산업진흥원");
}

static void read_at(const char *dir, const char *name, struct buf *ret)
{
    char path[256];
    struct err err = ERR_INIT;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    buf_init(ret, 1 << 16);
    ck_assert_msg(file_read(path, ret, &err) == 0, "%s", err.text);
}

static mode_t mode_at(const char *dir, const char *name)
{
    char path[256];
    struct stat found;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    ck_assert_msg(stat(path, &found) == 0, "%s", path);
    return found.st_mode & 0777;
}

START_TEST(test_makes_what_the_layout_names)
{
    struct place p;
    struct run run CLEANUP_RUN = init_at(&p);
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    ck_assert_int_eq(mode_at(p.data, LAYOUT_CA_KEY), 0600);
    ck_assert_int_eq(mode_at(p.data, LAYOUT_SERVER_KEY), 0600);
    ck_assert_int_eq(mode_at(p.data, LAYOUT_SIGN_KEY), 0600);
    ck_assert_int_eq(mode_at(p.data, LAYOUT_CA_CERT), 0644);
    ck_assert_int_eq(mode_at(p.data, LAYOUT_SIGN_PUB), 0644);
    ck_assert_int_eq(mode_at(p.data, "pki"), 0700);
    run_remove(p.home);
}
END_TEST

static void check_cert(const struct buf *ca, const struct buf *cert, unsigned use, const char *host,
                       const char *uri)
{
    struct trust *trust = NULL;
    struct err err = ERR_INIT;
    struct cert said;
    char text[IDENTITY_URI_CAP];
    struct trust_wish wish = {.at = {RUN_NOW + 60}, .use = use, .host = host};
    ck_assert_msg(trust_create(buf_span(ca), &trust, &err) == 0, "%s", err.text);
    ck_assert_msg(trust_check(trust, buf_span(cert), &wish, &said, &err) == 0, "%s", err.text);
    ck_assert_str_eq(identity_format(&said.subject, text), uri);
    trust_destroy(trust);
}

START_TEST(test_the_certificates_are_good_for_their_use)
{
    struct place p;
    struct run run CLEANUP_RUN = init_at(&p);
    CLEANUP_BUF struct buf ca, server, admin;
    read_at(p.data, LAYOUT_CA_CERT, &ca);
    read_at(p.data, LAYOUT_SERVER_CERT, &server);
    read_at(p.home, "pumasi/contexts/admin.nipa/cert.pem", &admin);
    const char *service = "spiffe://nipa.pumasi.internal/service/pumasid-1";
    check_cert(&ca, &server, CERT_SERVER, "pumasi.example.kr", service);
    check_cert(&ca, &server, CERT_SERVER, "localhost", service);
    check_cert(&ca, &server, CERT_SERVER, "127.0.0.1", service);
    check_cert(&ca, &server, CERT_CLIENT, NULL, service);
    check_cert(&ca, &admin, CERT_CLIENT, NULL, "spiffe://nipa.pumasi.internal/user/admin");
    run_remove(p.home);
}
END_TEST

START_TEST(test_the_seed_names_the_agency_and_its_administrator)
{
    struct place p;
    struct run run CLEANUP_RUN = init_at(&p);
    CLEANUP_BUF struct buf organisation_text, user_text, admin;
    read_at(p.data, LAYOUT_SEED_ORGANISATION, &organisation_text);
    read_at(p.data, LAYOUT_SEED_USER, &user_text);
    read_at(p.home, "pumasi/contexts/admin.nipa/cert.pem", &admin);
    json_t *organisation = json_loads(organisation_text.data, 0, NULL);
    json_t *user = json_loads(user_text.data, 0, NULL);
    struct cert cert;
    ck_assert_int_eq(cert_parse(buf_span(&admin), &cert, NULL), 0);
    ck_assert_str_eq(json_string_value(json_object_get(organisation, "name_ko")),
                     "정보통신산업진흥원");
    ck_assert(json_is_true(json_object_get(organisation, "agency")));
    ck_assert_str_eq(json_string_value(json_object_get(user, "id")), "admin.nipa");
    ck_assert_str_eq(json_string_value(json_object_get(user, "serial")), cert.serial);
    ck_assert_str_eq(json_string_value(json_object_get(user, "key_id")), cert.key_id.text);
    json_decref(organisation);
    json_decref(user);
    run_remove(p.home);
}
END_TEST

START_TEST(test_the_context_is_in_use)
{
    struct place p;
    struct run init CLEANUP_RUN = init_at(&p);
    struct run show CLEANUP_RUN = RUN_AT(p.home, "context", "show", "-o", "json");
    struct run list CLEANUP_RUN = RUN_AT(p.home, "context", "list");
    json_t *context = json_loads(show.out, 0, NULL);
    ck_assert_int_eq(init.exit, 0);
    ck_assert_str_eq(json_string_value(json_object_get(context, "name")), "admin.nipa");
    ck_assert_str_eq(json_string_value(json_object_get(context, "servers")),
                     "pumasi.example.kr:7443");
    ck_assert(json_is_true(json_object_get(context, "current")));
    ck_assert_str_eq(list.out, "NAME        IN USE  ORGANISATION  USER   SERVERS\n"
                               "admin.nipa  yes     nipa          admin  pumasi.example.kr:7443\n");
    json_decref(context);
    run_remove(p.home);
}
END_TEST

START_TEST(test_a_second_init_changes_nothing)
{
    struct place p;
    struct run first CLEANUP_RUN = init_at(&p);
    CLEANUP_BUF struct buf before, after;
    read_at(p.data, LAYOUT_CA_KEY, &before);
    struct run second CLEANUP_RUN = RUN_AT(p.home, "init", p.data);
    read_at(p.data, LAYOUT_CA_KEY, &after);
    ck_assert_int_eq(first.exit, 0);
    ck_assert_int_eq(second.exit, 7);
    ck_assert_str_eq(before.data, after.data);
    run_remove(p.home);
}
END_TEST

static const char *const bad[][4] = {
    {"--server", "no-port", NULL},
    {"--organisation", "a.b", NULL},
    {"--user", "x.y", NULL},
    {"--server", ":7443", NULL},
};

START_TEST(test_refuses_names_that_no_certificate_can_hold)
{
    char home[64], data[96];
    snprintf(data, sizeof(data), "%s/data", run_home(home));
    struct run run CLEANUP_RUN = RUN_AT(home, "init", data, bad[_i][0], bad[_i][1]);
    ck_assert_msg(run.exit == 2, "%d %s", run.exit, run.talk);
    ck_assert_int_ne(access(data, F_OK), 0);
    run_remove(home);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/init");
    TCase *t = tcase_create("init");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_makes_what_the_layout_names);
    tcase_add_test(t, test_the_certificates_are_good_for_their_use);
    tcase_add_test(t, test_the_seed_names_the_agency_and_its_administrator);
    tcase_add_test(t, test_the_context_is_in_use);
    tcase_add_test(t, test_a_second_init_changes_nothing);
    tcase_add_loop_test(t, test_refuses_names_that_no_certificate_can_hold, 0,
                        sizeof(bad) / sizeof(bad[0]));
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
