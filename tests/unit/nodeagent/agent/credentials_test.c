/* nodeagent/agent/credentials.h: the certificate's age. */
#include "nodeagent/agent/credentials.h"

#include "lib/pki/authority.h"
#include "lib/pki/csr.h"
#include "lib/pki/layout.h"
#include "tests/unit/nodeagent/agent/agent_rig.h"

#define DAY_S 86400

START_TEST(a_certificate_that_is_not_renewed_is_said_every_day_of_its_last_quarter)
{
    const int64_t day_s = 86400;
    start();
    start_agent();
    a->cert.valid = (struct window){{START}, {START + 30 * day_s}};
    for (int day = 0; day < 31; day++) {
        credentials_watch(a);
        credentials_watch(a);
        env_fake_advance(&fake, day_s);
    }
    ck_assert_uint_eq(logged("certificate.ageing"), 7);
    ck_assert_uint_eq(logged("certificate.expired"), 1);
    char text[65536] = "";
    ck_assert_int_gt(pread(log_fd, text, sizeof text - 1, 0), 0);
    ck_assert_ptr_nonnull(strstr(text, "pumasi node join"));
    stop();
}
END_TEST

/* ---- renewing ---- */

static struct key *ca_key;
static struct authority *authority;
static struct buf root;

static void found_authority(void)
{
    struct authority_spec spec = {.name = id_literal("root"),
                                  .valid = {{0}, {START + 1000 * DAY_S}}};
    authority_serial(&env, spec.serial);
    buf_init(&root, CERT_PEM_MAX);
    ck_assert_int_eq(key_generate(&ca_key, NULL), 0);
    ck_assert_int_eq(authority_create_root(ca_key, &spec, &root, NULL), 0);
    ck_assert_int_eq(authority_open(buf_span(&root), ca_key, &authority, NULL), 0);
}

static void end_authority(void)
{
    authority_destroy(authority);
    key_destroy(ca_key);
    buf_fini(&root);
}

static void issue(const char *name, const struct key *whose, int64_t days, struct buf *ret)
{
    struct public_key public = key_public(whose);
    struct authority_leaf leaf = {
        .subject = {IDENTITY_NODE, id_literal("skt"), id_literal(name)},
        .valid = {env_now(&env), instant_add(env_now(&env), days * DAY_S)},
        .uses = CERT_CLIENT};
    authority_serial(&env, leaf.serial);
    buf_init(ret, CERT_PEM_MAX);
    ck_assert_int_eq(authority_issue(authority, &public, &leaf, ret, NULL), 0);
}

static void write_file(const char *name, const struct buf *text)
{
    char path[100];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(file_write(path, buf_span(text), 0600, NULL), 0);
}

/* A node whose certificate of 30 days lies where `node join` put it, 15 days ago. */
static void start_joined(void)
{
    CLEANUP_BUF struct buf pem, key_pem;
    start();
    set_in_dir("node.identity", "");
    found_authority();
    issue("node-01", key, 30, &pem);
    buf_init(&key_pem, KEY_PEM_MAX);
    ck_assert_int_eq(key_format(key, &key_pem, NULL), 0);
    write_file(LAYOUT_NODE_CA, &root);
    write_file(LAYOUT_NODE_CERT, &pem);
    write_file(LAYOUT_NODE_KEY, &key_pem);
    start_agent();
    key_destroy(a->key);
    ck_assert_msg(credentials_read(a, &err) == 0, "%s", err.text);
}

static void send_renewed(const struct buf *certificate, const struct buf *roots)
{
    Pumasi__V1__Renewed body = PUMASI__V1__RENEWED__INIT;
    Pumasi__V1__ServerMessage message = PUMASI__V1__SERVER_MESSAGE__INIT;
    body.certificate_pem = certificate->data;
    body.ca_pem = roots->data;
    message.body_case = PUMASI__V1__SERVER_MESSAGE__BODY_RENEWED;
    message.renewed = &body;
    plane_send(&plane, &message);
}

static unsigned renewals(void)
{
    return plane_count_of(&plane, PUMASI__V1__AGENT_MESSAGE__BODY_RENEW);
}

START_TEST(at_half_of_its_life_the_certificate_is_renewed_for_the_same_key)
{
    struct public_key asked;
    CLEANUP_BUF struct buf next;
    start_joined();
    struct public_key own = key_public(key);
    grant(1);
    ck_assert_uint_eq(renewals(), 0);
    env_fake_advance(&fake, 15 * DAY_S);
    fake_guard_set_time(&guard, (uint64_t)fake.boot.ns);
    UNTIL(renewals() == 1);
    const Pumasi__V1__AgentMessage *m = plane_nth(&plane, PUMASI__V1__AGENT_MESSAGE__BODY_RENEW, 0);
    ck_assert_int_eq(csr_parse(span_text(m->renew->csr_pem), &asked, NULL), 0);
    ck_assert(public_key_equal(&asked, &own));
    issue("node-01", key, 30, &next);
    UNTIL(plane_is_attached(&plane));
    a->loop = plane.client_loop; /* for the link that shows the new certificate */
    send_renewed(&next, &root);
    UNTIL(logged("certificate.renewed") == 1);
    ck_assert_int_eq(a->cert.valid.to.s, START + 45 * DAY_S);
    ck_assert_ptr_nonnull(held_find(&a->held, &granted[0].lease)); /* no lease has ended by it */
    struct agent again = {.options = a->options};
    ck_assert_int_eq(credentials_read(&again, NULL), 0);
    ck_assert_int_eq(again.cert.valid.to.s, START + 45 * DAY_S);
    key_destroy(again.key);
    a->loop = NULL;
    stop();
    end_authority();
}
END_TEST

START_TEST(other_roots_at_the_control_plane_are_a_reason_to_renew_at_once)
{
    start_joined();
    grant(1);
    credentials_compare(a, "");
    credentials_compare(a, a->trust);
    turn_on();
    ck_assert_uint_eq(renewals(), 0);
    credentials_compare(a, "another");
    UNTIL(renewals() == 1);
    turn_on();
    ck_assert_uint_eq(renewals(), 1);
    stop();
    end_authority();
}
END_TEST

START_TEST(a_certificate_of_another_is_not_taken)
{
    struct link_renewed renewed;
    struct key *other;
    CLEANUP_BUF struct buf before;
    char path[100];
    start_joined();
    ck_assert_int_eq(key_generate(&other, NULL), 0);
    const struct {
        const char *name;
        const struct key *whose;
    } wrong[] = {{"node-02", key}, {"node-01", other}};
    (void)snprintf(path, sizeof path, "%s/%s", dir, LAYOUT_NODE_CERT);
    for (size_t i = 0; i < 2; i++) {
        issue(wrong[i].name, wrong[i].whose, 30, &renewed.certificate_pem);
        buf_init(&renewed.ca_pem, CERT_PEM_MAX);
        buf_append(&renewed.ca_pem, root.data, root.len);
        ck_assert(!credentials_renewed(a, &renewed));
        buf_fini(&renewed.certificate_pem);
        buf_fini(&renewed.ca_pem);
    }
    ck_assert_uint_eq(logged("certificate.refused"), 2);
    buf_init(&before, CERT_PEM_MAX);
    ck_assert_int_eq(file_read(path, &before, NULL), 0);
    struct cert cert;
    ck_assert_int_eq(cert_parse(buf_span(&before), &cert, NULL), 0);
    ck_assert_str_eq(cert.serial, a->cert.serial);
    key_destroy(other);
    stop();
    end_authority();
}
END_TEST

static Suite *credentials_suite(void)
{
    Suite *suite = suite_create("credentials");
    TCase *tc = tcase_create("credentials");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_certificate_that_is_not_renewed_is_said_every_day_of_its_last_quarter);
    tcase_add_test(tc, at_half_of_its_life_the_certificate_is_renewed_for_the_same_key);
    tcase_add_test(tc, other_roots_at_the_control_plane_are_a_reason_to_renew_at_once);
    tcase_add_test(tc, a_certificate_of_another_is_not_taken);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(credentials_suite)
