/* TLS on both sides: who gets in, who does not, and what happens when certificates change. */
#include "lib/rpc/tls.h"

#include "lib/base/file.h"
#include "tests/unit/lib/rpc/certs.h"
#include "tests/unit/lib/rpc/rig.h"

struct secure {
    struct certs certs;
    struct rpc_tls_source *source;
    struct rpc_tls_bundle *client;
    struct rpc_tls_pem pem;
    struct rig rig;
};

static void secure_open(struct secure *s, enum rpc_tls_clients clients)
{
    certs_make(&s->certs);
    struct rpc_tls_files files = certs_files(&s->certs, "ca", "server");
    struct err err = ERR_INIT;
    ck_assert_msg(rpc_tls_source_create(&files, clients, &s->source, &err) == 0, "%s", err.text);
    s->client = certs_load(&s->certs, "ca", "client");
    s->pem = rpc_tls_bundle_pem(s->client);
    rig_open(&s->rig, &(struct rig_setup){.tls = s->source, .channel = {.tls = &s->pem}});
}

static void secure_close(struct secure *s)
{
    rig_close(&s->rig);
    rpc_tls_bundle_destroy(s->client);
    rpc_tls_source_destroy(s->source);
    certs_remove(&s->certs);
}

/* A call over a connection of its own with another identity. */
static struct rpc_status call_as(struct secure *s, const char *ca, const char *name,
                                 const char *expect)
{
    struct rpc_tls_bundle *bundle = certs_load(&s->certs, ca, name);
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    struct rpc_channel_options options = {
        .tls = &pem, .tls_name = expect, .fail_fast = true, .own_connection = true};
    struct rpc_channel *channel = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(rpc_channel_create(s->rig.client_loop, s->rig.target, &options, &channel, &err) ==
                      0,
                  "%s", err.text);
    struct rpc_status status = rig_check_on(channel, "ok", 5000);
    rpc_channel_destroy(channel);
    rpc_tls_bundle_destroy(bundle);
    return status;
}

static const struct {
    const char *ca;
    const char *name;
    const char *expect;
    bool required_ok;
    bool optional_ok;
} WHO[] = {
    {"ca", "client", NULL, true, true},
    {"ca", "client", "pumasid", true, true},
    {"ca", "plain", NULL, true, true},
    {"ca", NULL, NULL, false, true},            /* no certificate */
    {"ca", "foreign", NULL, false, false},      /* of an authority the server doesn't know */
    {"ca", "serveronly", NULL, false, false},   /* not meant for clients */
    {"other-ca", "client", NULL, false, false}, /* the client doesn't know the server's */
    {"ca", "client", "another", false, false},  /* the server is not who it should be */
};

START_TEST(who_gets_in_when_a_certificate_is_required)
{
    struct secure s;
    secure_open(&s, RPC_TLS_CLIENTS_REQUIRED);
    struct rpc_status status = call_as(&s, WHO[_i].ca, WHO[_i].name, WHO[_i].expect);
    ck_assert_msg((status.code == RPC_OK) == WHO[_i].required_ok, "%d %s", status.code,
                  status.text);
    if (!WHO[_i].required_ok)
        ck_assert_int_eq(status.code, RPC_UNAVAILABLE);
    secure_close(&s);
}
END_TEST

START_TEST(who_gets_in_when_a_certificate_is_optional)
{
    struct secure s;
    secure_open(&s, RPC_TLS_CLIENTS_OPTIONAL);
    struct rpc_status status = call_as(&s, WHO[_i].ca, WHO[_i].name, WHO[_i].expect);
    ck_assert_msg((status.code == RPC_OK) == WHO[_i].optional_ok, "%d %s", status.code,
                  status.text);
    secure_close(&s);
}
END_TEST

START_TEST(plaintext_does_not_reach_a_tls_server)
{
    struct secure s;
    secure_open(&s, RPC_TLS_CLIENTS_REQUIRED);
    struct rpc_channel_options options = {.fail_fast = true};
    struct rpc_channel *channel = NULL;
    ck_assert_int_eq(rpc_channel_create(s.rig.client_loop, s.rig.target, &options, &channel, NULL),
                     0);
    ck_assert_int_eq(rig_check_on(channel, "ok", 2000).code, RPC_UNAVAILABLE);
    rpc_channel_destroy(channel);
    secure_close(&s);
}
END_TEST

/* The name on the server's certificate tells which one it shows. */
START_TEST(a_new_certificate_holds_for_new_connections_and_live_ones_go_on)
{
    struct secure s;
    secure_open(&s, RPC_TLS_CLIENTS_REQUIRED);
    ck_assert_int_eq(rig_check(&s.rig, "ok", 5000).code, RPC_OK);
    uint64_t loads = rpc_tls_source_loads(s.source);
    ck_assert_uint_eq(loads, 1);

    certs_replace(&s.certs, "server2.key", "server.key");
    certs_replace(&s.certs, "server2.pem", "server.pem");
    ck_assert_int_eq(call_as(&s, "ca", "client", "pumasid").code, RPC_OK);
    ck_assert_uint_eq(rpc_tls_source_loads(s.source), 2);
    ck_assert_int_eq(rig_check(&s.rig, "ok", 5000).code, RPC_OK);
    ck_assert_int_eq(call_as(&s, "ca", "client", NULL).code, RPC_OK);
    ck_assert_uint_eq(rpc_tls_source_loads(s.source), 2); /* unchanged files are not read again */
    secure_close(&s);
}
END_TEST

START_TEST(a_new_authority_holds_for_new_connections)
{
    struct secure s;
    secure_open(&s, RPC_TLS_CLIENTS_REQUIRED);
    ck_assert_int_eq(call_as(&s, "ca", "foreign", NULL).code, RPC_UNAVAILABLE);
    char both[128];
    snprintf(both, sizeof(both), "%s/both.pem", s.certs.dir);
    struct rpc_tls_files files = certs_files(&s.certs, "ca", NULL);
    struct buf text CLEANUP_BUF;
    buf_init(&text, 100000);
    ck_assert_int_eq(file_read(files.ca, &text, NULL), 0);
    files = certs_files(&s.certs, "other-ca", NULL);
    ck_assert_int_eq(file_read(files.ca, &text, NULL), 0);
    files = certs_files(&s.certs, "ca", NULL);
    ck_assert_int_eq(file_write(files.ca, buf_span(&text), 0600, NULL), 0);
    ck_assert_int_eq(call_as(&s, "ca", "foreign", NULL).code, RPC_OK);
    secure_close(&s);
}
END_TEST

static void spoil(struct certs *certs, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", certs->dir, name);
    ck_assert_int_eq(file_write(path, span_text(text), 0600, NULL), 0);
}

START_TEST(a_set_that_does_not_fit_together_leaves_the_old_one)
{
    struct secure s;
    secure_open(&s, RPC_TLS_CLIENTS_REQUIRED);
    certs_replace(&s.certs, "server2.key", "server.key"); /* the certificate is not its own */
    ck_assert_int_eq(call_as(&s, "ca", "client", NULL).code, RPC_OK);
    spoil(&s.certs, "server.pem", "no PEM at all");
    ck_assert_int_eq(call_as(&s, "ca", "client", NULL).code, RPC_OK);
    spoil(&s.certs, "server.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    ck_assert_int_eq(call_as(&s, "ca", "client", NULL).code, RPC_OK);
    certs_replace(&s.certs, "server2.pem", "server.pem"); /* and now it fits again */
    ck_assert_int_eq(call_as(&s, "ca", "client", NULL).code, RPC_OK);
    secure_close(&s);
}
END_TEST

START_TEST(files_that_vanish_leave_the_old_set)
{
    struct secure s;
    secure_open(&s, RPC_TLS_CLIENTS_REQUIRED);
    struct rpc_tls_files files = certs_files(&s.certs, "ca", "server");
    ck_assert_int_eq(unlink(files.cert), 0);
    ck_assert_int_eq(call_as(&s, "ca", "client", NULL).code, RPC_OK);
    secure_close(&s);
}
END_TEST

START_TEST(a_source_may_serve_several_listeners)
{
    struct secure s;
    secure_open(&s, RPC_TLS_CLIENTS_REQUIRED);
    struct rpc_server *second = rpc_server_create(s.rig.loop, NULL);
    struct rpc_service service = {
        .descriptor = HEALTH, .rows = HEALTH_ROWS, .row_count = 2, .arg = &s.rig.yard};
    ck_assert_int_eq(rpc_server_add(second, &service, NULL), 0);
    int port = 0;
    ck_assert_int_eq(rpc_server_listen(second, "127.0.0.1:0", s.source, &port, NULL), 0);
    rpc_server_start(second);
    snprintf(s.rig.target, sizeof(s.rig.target), "127.0.0.1:%d", port);
    ck_assert_int_eq(call_as(&s, "ca", "client", NULL).code, RPC_OK);
    rpc_server_destroy(second);
    secure_close(&s);
}
END_TEST

START_TEST(a_server_whose_files_do_not_fit_cannot_listen)
{
    struct certs certs;
    certs_make(&certs);
    certs_replace(&certs, "server2.key", "server.key");
    struct rpc_tls_files files = certs_files(&certs, "ca", "server");
    struct rpc_tls_source *source = NULL;
    ck_assert_int_eq(rpc_tls_source_create(&files, RPC_TLS_CLIENTS_REQUIRED, &source, NULL), 0);
    struct rig rig;
    rig_open(&rig, NULL);
    struct rpc_server *server = rpc_server_create(rig.loop, NULL);
    struct err err = ERR_INIT;
    ck_assert_int_eq(rpc_server_listen(server, "127.0.0.1:0", source, NULL, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "fit together"));
    rpc_server_destroy(server);
    rig_close(&rig);
    rpc_tls_source_destroy(source);
    certs_remove(&certs);
}
END_TEST

/* ---- bundles ---- */

START_TEST(a_bundle_owns_the_texts_of_its_files)
{
    struct certs certs;
    certs_make(&certs);
    struct rpc_tls_bundle *bundle = certs_load(&certs, "ca", "client");
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    ck_assert(span_starts_with(pem.ca, span_text("-----BEGIN CERTIFICATE-----")));
    ck_assert(span_starts_with(pem.cert, span_text("-----BEGIN CERTIFICATE-----")));
    ck_assert(span_starts_with(pem.key, span_text("-----BEGIN PRIVATE KEY-----")));
    rpc_tls_bundle_destroy(bundle);
    bundle = certs_load(&certs, "ca", NULL);
    ck_assert_uint_eq(rpc_tls_bundle_pem(bundle).cert.len, 0);
    rpc_tls_bundle_destroy(bundle);
    rpc_tls_bundle_destroy(NULL);
    certs_remove(&certs);
}
END_TEST

START_TEST(bad_files_are_named)
{
    struct certs certs;
    certs_make(&certs);
    struct rpc_tls_bundle *bundle = NULL;
    struct err err = ERR_INIT;

    struct rpc_tls_files files = certs_files(&certs, "ca", "nobody");
    ck_assert_int_eq(rpc_tls_bundle_load(&files, &bundle, &err), -ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "nobody"));

    files = certs_files(&certs, "ca", "client");
    ck_assert_int_eq(chmod(files.key, 0644), 0); /* a key that everybody can read */
    ck_assert_int_eq(rpc_tls_bundle_load(&files, &bundle, &err), -ERR_DENIED);

    files.key = NULL;
    ck_assert_int_eq(rpc_tls_bundle_load(&files, &bundle, &err), -ERR_INVALID);

    spoil(&certs, "client.pem", "nothing");
    files = certs_files(&certs, "client", NULL);
    ck_assert_int_eq(rpc_tls_bundle_load(&files, &bundle, &err), -ERR_INVALID);
    ck_assert_ptr_null(bundle);

    struct rpc_tls_source *source = NULL;
    files = certs_files(&certs, "ca", "nobody");
    ck_assert_int_eq(rpc_tls_source_create(&files, RPC_TLS_CLIENTS_REQUIRED, &source, &err),
                     -ERR_NOT_FOUND);
    ck_assert_ptr_null(source);
    rpc_tls_source_destroy(NULL);
    certs_remove(&certs);
}
END_TEST

static Suite *tls_suite(void)
{
    Suite *suite = suite_create("lib/rpc/tls");
    TCase *tc = tcase_create("tls");
    int count = sizeof(WHO) / sizeof(WHO[0]);
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, certs_origin_make, certs_origin_remove);
    tcase_add_loop_test(tc, who_gets_in_when_a_certificate_is_required, 0, count);
    tcase_add_loop_test(tc, who_gets_in_when_a_certificate_is_optional, 0, count);
    tcase_add_test(tc, plaintext_does_not_reach_a_tls_server);
    tcase_add_test(tc, a_new_certificate_holds_for_new_connections_and_live_ones_go_on);
    tcase_add_test(tc, a_new_authority_holds_for_new_connections);
    tcase_add_test(tc, a_set_that_does_not_fit_together_leaves_the_old_one);
    tcase_add_test(tc, files_that_vanish_leave_the_old_set);
    tcase_add_test(tc, a_source_may_serve_several_listeners);
    tcase_add_test(tc, a_server_whose_files_do_not_fit_cannot_listen);
    tcase_add_test(tc, a_bundle_owns_the_texts_of_its_files);
    tcase_add_test(tc, bad_files_are_named);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(tls_suite)
