/* lib/pki/cert.h: reading, also of certificates that others made with the openssl command. */
#include "lib/pki/cert.h"

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "tests/support/suite.h"
#include "tests/unit/lib/pki/federation.h"

static struct federation f;

static void setup(void)
{
    federation_init(&f, 9);
}

static void teardown(void)
{
    federation_fini(&f);
}

START_TEST(every_field_is_read)
{
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_NODE, "skt", "haein-07");
    issue_to(f.root, &leaf, &pem);
    struct cert got;
    MUST(cert_parse(buf_span(&pem), &got, err));
    ck_assert(identity_equal(&got.subject, &leaf.subject));
    char serial[CERT_SERIAL_CAP];
    text_hex(serial, leaf.serial, CERT_SERIAL_BYTES);
    ck_assert_str_eq(got.serial, serial);
    struct id key_id = public_key_id(&got.key);
    ck_assert(id_equal(&got.key_id, &key_id));
    ck_assert_int_eq(got.valid.from.s, FEDERATION_NOW);
    ck_assert_int_eq(got.valid.to.s, FEDERATION_NOW + 86400);
    ck_assert_uint_eq(got.uses, CERT_CLIENT);
}
END_TEST

START_TEST(a_short_serial_is_padded)
{
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_NODE, "skt", "n1");
    memset(leaf.serial, 0, sizeof(leaf.serial));
    leaf.serial[CERT_SERIAL_BYTES - 1] = 7;
    issue_to(f.root, &leaf, &pem);
    struct cert got;
    MUST(cert_parse(buf_span(&pem), &got, err));
    ck_assert_str_eq(got.serial, "00000000000000000000000000000007");
}
END_TEST

START_TEST(due_from_half_of_its_life)
{
    struct cert cert = {.valid = window_from(1000, 2000)};
    ck_assert(!cert_due(&cert, (struct instant){1000}));
    ck_assert(!cert_due(&cert, (struct instant){1499}));
    ck_assert(cert_due(&cert, (struct instant){1500}));
    ck_assert(cert_due(&cert, (struct instant){3000}));
}
END_TEST

#define OURS "URI:spiffe://skt.pumasi.internal/node/n1"

/* Self-signed certificates of the openssl command: reading does not verify. */
static const struct {
    const char *what;
    const char *curve;
    const char *serial;
    const char *names; /* NULL: no alternative names */
    const char *extra; /* a further extension */
    enum err_code code;
} foreign[] = {
    {"ours but for its issuer", "P-256", "0x77", OURS, "extendedKeyUsage=clientAuth", ERR_OK},
    {"no use stated", "P-256", "0x77", OURS, "keyUsage=digitalSignature", ERR_OK},
    {"another curve", "P-384", "0x77", OURS, "extendedKeyUsage=clientAuth", ERR_INVALID},
    {"no names", "P-256", "0x77", NULL, "extendedKeyUsage=clientAuth", ERR_INVALID},
    {"no URI", "P-256", "0x77", "DNS:skt.pumasi.internal", "extendedKeyUsage=clientAuth",
     ERR_INVALID},
    {"two URIs", "P-256", "0x77", OURS "," OURS, "extendedKeyUsage=clientAuth", ERR_INVALID},
    {"a URI of others", "P-256", "0x77", "URI:spiffe://example.org/x",
     "extendedKeyUsage=clientAuth", ERR_INVALID},
    {"an authority", "P-256", "0x77", OURS, "basicConstraints=critical,CA:TRUE", ERR_INVALID},
    {"a serial of 128 bits", "P-256", "0xffffffffffffffffffffffffffffffff", OURS,
     "extendedKeyUsage=clientAuth", ERR_OK},
    {"a serial of 129 bits", "P-256", "0x1ffffffffffffffffffffffffffffffff", OURS,
     "extendedKeyUsage=clientAuth", ERR_INVALID},
    {"a negative serial", "P-256", "-5", OURS, "extendedKeyUsage=clientAuth", ERR_INVALID},
};

static void make_foreign(struct scratch *s, int i, const char *out)
{
    const char *key = scratch_path(s, "key");
    char curve[64], names[160];
    snprintf(curve, sizeof(curve), "ec_paramgen_curve:%s", foreign[i].curve);
    snprintf(names, sizeof(names), "subjectAltName=%s", foreign[i].names ? foreign[i].names : "");
    const char *genkey[] = {"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                            curve,     "-out",    key,          NULL};
    const char *config = scratch_put(s, "conf", span_text("[req]\ndistinguished_name=dn\n[dn]\n"));
    const char *req[] = {"openssl",
                         "req",
                         "-config",
                         config,
                         "-x509",
                         "-new",
                         "-key",
                         key,
                         "-subj",
                         "/O=x",
                         "-days",
                         "30",
                         "-out",
                         out,
                         "-set_serial",
                         foreign[i].serial,
                         "-addext",
                         foreign[i].extra,
                         foreign[i].names ? "-addext" : NULL,
                         names,
                         NULL};
    ck_assert_int_eq(openssl_command(genkey), 0);
    ck_assert_int_eq(openssl_command(req), 0);
}

START_TEST(certificates_of_others)
{
    struct scratch s;
    scratch_init(&s);
    const char *path = scratch_path(&s, "cert");
    make_foreign(&s, _i, path);
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    MUST(file_read(path, &pem, err));
    struct cert got = {.uses = 99};
    struct err err = ERR_INIT;
    int rc = cert_parse(buf_span(&pem), &got, &err);
    ck_assert_msg(rc == -(int)foreign[_i].code, "%s: %d %s", foreign[_i].what, rc, err.text);
    if (rc < 0)
        ck_assert_uint_eq(got.uses, 99);
    else
        ck_assert_uint_eq(got.uses, strstr(foreign[_i].extra, "clientAuth") ? CERT_CLIENT : 0);
    scratch_fini(&s);
}
END_TEST

START_TEST(noise_is_refused)
{
    uint8_t noise[600];
    struct cert got;
    for (int round = 0; round < 200; round++) {
        f.env.random(f.env.world, noise, sizeof(noise));
        noise[0] = 0x30; /* a SEQUENCE of the right length, to get past the first look */
        noise[1] = 0x82;
        noise[2] = (sizeof(noise) - 4) >> 8;
        noise[3] = (sizeof(noise) - 4) & 0xff;
        ck_assert_int_eq(cert_parse(span_of(noise, sizeof(noise)), &got, NULL), -ERR_INVALID);
    }
    ck_assert_int_eq(cert_parse(span_text(""), &got, NULL), -ERR_INVALID);
    static uint8_t big[CERT_CHAIN_MAX + 1];
    ck_assert_int_eq(cert_parse(span_of(big, sizeof(big)), &got, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(bytes_after_the_certificate_are_refused)
{
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    struct authority_leaf leaf = leaf_of(&f, IDENTITY_NODE, "skt", "n1");
    uint8_t der[CERT_PEM_MAX] = {0};
    struct cert got;
    issue_to(f.root, &leaf, &pem);
    size_t len = pem_to_der(buf_span(&pem), der, sizeof(der));
    MUST(cert_parse(span_of(der, len), &got, err));
    ck_assert_int_eq(cert_parse(span_of(der, len + 1), &got, NULL), -ERR_INVALID);
}
END_TEST

static Suite *cert_suite(void)
{
    Suite *s = suite_create("lib/pki/cert");
    TCase *t = tcase_create("cert");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_field_is_read);
    tcase_add_test(t, a_short_serial_is_padded);
    tcase_add_test(t, due_from_half_of_its_life);
    tcase_add_loop_test(t, certificates_of_others, 0, sizeof(foreign) / sizeof(foreign[0]));
    tcase_add_test(t, noise_is_refused);
    tcase_add_test(t, bytes_after_the_certificate_are_refused);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(cert_suite)
