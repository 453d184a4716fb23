/* lib/pki/csr.h */
#include "lib/pki/csr.h"

#include "lib/base/file.h"

#include "tests/support/suite.h"
#include "tests/unit/lib/pki/federation.h"

static struct key *key;
static struct buf pem;
static uint8_t der[CSR_PEM_MAX];
static size_t der_len;

static void setup(void)
{
    MUST(key_generate(&key, err));
    buf_init(&pem, CSR_PEM_MAX);
    MUST(csr_create(key, &pem, err));
    der_len = pem_to_der(buf_span(&pem), der, sizeof(der));
}

static void teardown(void)
{
    buf_fini(&pem);
    key_destroy(key);
}

START_TEST(pem_and_der_give_the_key_that_signed_it)
{
    struct public_key want = key_public(key), got;
    MUST(csr_parse(buf_span(&pem), &got, err));
    ck_assert(public_key_equal(&want, &got));
    memset(&got, 0, sizeof(got));
    MUST(csr_parse(span_of(der, der_len), &got, err));
    ck_assert(public_key_equal(&want, &got));
}
END_TEST

START_TEST(every_changed_byte_is_refused)
{
    for (size_t i = 0; i < der_len; i++) {
        struct public_key got;
        struct err err = ERR_INIT;
        der[i] ^= 0x01;
        int rc = csr_parse(span_of(der, der_len), &got, &err);
        ck_assert_msg(rc == -ERR_INVALID || rc == -ERR_VERIFICATION, "byte %zu: %d", i, rc);
        der[i] ^= 0x01;
    }
}
END_TEST

START_TEST(every_other_length_is_refused)
{
    struct public_key got;
    for (size_t len = 0; len < der_len; len++)
        ck_assert_int_lt(csr_parse(span_of(der, len), &got, NULL), 0);
    der[der_len] = 0;
    ck_assert_int_eq(csr_parse(span_of(der, der_len + 1), &got, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(what_is_no_request_is_refused)
{
    static const char *const bad[] = {
        "",
        "hello",
        "-----BEGIN CERTIFICATE REQUEST-----\n",
        "-----BEGIN CERTIFICATE REQUEST-----\n!!!!\n-----END CERTIFICATE REQUEST-----\n",
        "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE REQUEST-----\nProc-Type: 4,ENCRYPTED\n"
        "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nMAA=\n"
        "-----END CERTIFICATE REQUEST-----\n",
    };
    struct public_key got;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(csr_parse(span_text(bad[i]), &got, NULL), -ERR_INVALID);
    static char long_text[CSR_PEM_MAX + 1];
    memset(long_text, 'a', sizeof(long_text));
    ck_assert_int_eq(csr_parse(span_of(long_text, sizeof(long_text)), &got, NULL), -ERR_INVALID);
}
END_TEST

static const struct {
    const char *what;
    const char *algorithm;
    const char *option;
    const char *digest;
    enum err_code code;
} foreign[] = {
    {"P-256 with a subject of its own", "EC", "ec_paramgen_curve:P-256", "-sha256", ERR_OK},
    {"P-384", "EC", "ec_paramgen_curve:P-384", "-sha256", ERR_INVALID},
    {"RSA", "RSA", "rsa_keygen_bits:2048", "-sha256", ERR_INVALID},
    {"SHA-512", "EC", "ec_paramgen_curve:P-256", "-sha512", ERR_VERIFICATION},
};

START_TEST(a_request_of_the_openssl_command)
{
    struct scratch s;
    scratch_init(&s);
    const char *key_path = scratch_path(&s, "key"), *csr_path = scratch_path(&s, "csr");
    const char *make_key[] = {"openssl",  "genpkey",          "-algorithm", foreign[_i].algorithm,
                              "-pkeyopt", foreign[_i].option, "-out",       key_path,
                              NULL};
    const char *make_csr[] = {"openssl",
                              "req",
                              "-new",
                              "-key",
                              key_path,
                              "-subj",
                              "/CN=root/O=nipa",
                              "-out",
                              csr_path,
                              foreign[_i].digest,
                              NULL};
    ck_assert_int_eq(openssl_command(make_key), 0);
    ck_assert_int_eq(openssl_command(make_csr), 0);
    CLEANUP_BUF struct buf text;
    buf_init(&text, CSR_PEM_MAX);
    MUST(file_read(csr_path, &text, err));
    struct public_key got;
    int rc = csr_parse(buf_span(&text), &got, NULL);
    ck_assert_msg(rc == -(int)foreign[_i].code, "%s: %d", foreign[_i].what, rc);
    scratch_fini(&s);
}
END_TEST

START_TEST(the_openssl_command_verifies_ours)
{
    struct scratch s;
    scratch_init(&s);
    const char *path = scratch_put(&s, "csr", buf_span(&pem));
    const char *verify[] = {"openssl", "req", "-verify", "-noout", "-in", path, NULL};
    ck_assert_int_eq(openssl_command(verify), 0);
    scratch_fini(&s);
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
    CLEANUP_BUF struct buf small;
    buf_init(&small, 100);
    ck_assert_int_eq(csr_create(key, &small, NULL), -ERR_LIMIT);
}
END_TEST

static Suite *csr_suite(void)
{
    Suite *s = suite_create("lib/pki/csr");
    TCase *t = tcase_create("csr");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, pem_and_der_give_the_key_that_signed_it);
    tcase_add_test(t, every_changed_byte_is_refused);
    tcase_add_test(t, every_other_length_is_refused);
    tcase_add_test(t, what_is_no_request_is_refused);
    tcase_add_loop_test(t, a_request_of_the_openssl_command, 0,
                        sizeof(foreign) / sizeof(foreign[0]));
    tcase_add_test(t, the_openssl_command_verifies_ours);
    tcase_add_test(t, a_full_buffer_is_an_error);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(csr_suite)
