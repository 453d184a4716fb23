/* lib/pki/sign.h */
#include "lib/pki/sign.h"

#include "lib/base/file.h"

#include "tests/support/suite.h"
#include "tests/unit/lib/pki/federation.h"

static struct key *key;
static struct public_key public_half;

static void setup(void)
{
    MUST(key_generate(&key, err));
    public_half = key_public(key);
}

static void teardown(void)
{
    key_destroy(key);
}

static struct signature sign_text(const char *text)
{
    struct signature s;
    MUST(sign_bytes(key, span_text(text), &s, err));
    ck_assert_uint_gt(s.len, 0);
    ck_assert_uint_le(s.len, SIGNATURE_MAX);
    return s;
}

static void refuses(struct span bytes, struct span signature)
{
    struct err err = ERR_INIT;
    ck_assert_int_eq(sign_verify(&public_half, bytes, signature, &err), -ERR_VERIFICATION);
    ck_assert_str_ne(err.text, "");
}

START_TEST(what_this_key_signed_verifies)
{
    static const char *const texts[] = {"", "a", "a lease of eight GPUs"};
    for (size_t i = 0; i < 3; i++) {
        struct signature s = sign_text(texts[i]);
        MUST(sign_verify(&public_half, span_text(texts[i]), signature_span(&s), err));
    }
}
END_TEST

START_TEST(every_changed_byte_of_the_signature_is_refused)
{
    static const uint8_t bends[] = {0x01, 0x10, 0x80, 0xff};
    struct signature s = sign_text("grant");
    for (uint32_t i = 0; i < s.len; i++) {
        for (size_t k = 0; k < sizeof(bends); k++) {
            struct signature bent = s;
            bent.data[i] ^= bends[k];
            refuses(span_text("grant"), signature_span(&bent));
        }
    }
}
END_TEST

START_TEST(every_changed_byte_of_the_message_is_refused)
{
    char text[] = "pumasi-grant lease-7 node-1 fence 12";
    struct signature s = sign_text(text);
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        text[i] ^= 1;
        refuses(span_text(text), signature_span(&s));
        text[i] ^= 1;
    }
    refuses(span_of(text, sizeof(text)), signature_span(&s)); /* the NUL too */
    refuses(span_of(text, sizeof(text) - 2), signature_span(&s));
}
END_TEST

START_TEST(every_other_length_of_the_signature_is_refused)
{
    struct signature s = sign_text("grant");
    uint8_t longer[SIGNATURE_MAX + 8] = {0};
    memcpy(longer, s.data, s.len);
    for (uint32_t len = 0; len <= sizeof(longer); len++) {
        if (len != s.len)
            refuses(span_text("grant"), span_of(longer, len));
    }
}
END_TEST

START_TEST(another_key_is_refused)
{
    struct signature s = sign_text("grant");
    CLEANUP_KEY struct key *other = NULL;
    MUST(key_generate(&other, err));
    struct public_key theirs = key_public(other);
    int rc = sign_verify(&theirs, span_text("grant"), signature_span(&s), NULL);
    ck_assert_int_eq(rc, -ERR_VERIFICATION);
}
END_TEST

START_TEST(a_public_key_that_is_none_is_refused)
{
    struct signature s = sign_text("grant");
    struct public_key none = public_half;
    none.spki[PUBLIC_KEY_BYTES - 1] ^= 1;
    ck_assert_int_eq(sign_verify(&none, span_text("grant"), signature_span(&s), NULL),
                     -ERR_VERIFICATION);
    memset(&none, 0, sizeof(none));
    ck_assert_int_eq(sign_verify(&none, span_text("grant"), signature_span(&s), NULL),
                     -ERR_VERIFICATION);
}
END_TEST

/* r = s = 0, r = 1 with s = 0, both the order of the curve, negative, without sense */
START_TEST(degenerate_signatures_are_refused)
{
    static const uint8_t order[] = {0x30, 0x46, 0x02, 0x21, 0x00,
#define N                                                                                          \
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,      \
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,  \
        0x25, 0x51
                                    N,    0x02, 0x21, 0x00, N};
    static const uint8_t zero[] = {0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00};
    static const uint8_t half[] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x00};
    static const uint8_t negative[] = {0x30, 0x06, 0x02, 0x01, 0xff, 0x02, 0x01, 0xff};
    static const uint8_t indefinite[] = {0x30, 0x80, 0x02, 0x01, 0x01,
                                         0x02, 0x01, 0x01, 0x00, 0x00};
    refuses(span_text("grant"), span_of(order, sizeof(order)));
    refuses(span_text("grant"), span_of(zero, sizeof(zero)));
    refuses(span_text("grant"), span_of(half, sizeof(half)));
    refuses(span_text("grant"), span_of(negative, sizeof(negative)));
    refuses(span_text("grant"), span_of(indefinite, sizeof(indefinite)));
}
END_TEST

START_TEST(the_openssl_command_verifies_it)
{
    struct scratch s;
    scratch_init(&s);
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    MUST(public_key_format(&public_half, &pem, err));
    struct signature signature = sign_text("statement of November");
    const char *key_path = scratch_put(&s, "key.pem", buf_span(&pem));
    const char *sig_path = scratch_put(&s, "sig", signature_span(&signature));
    const char *good = scratch_put(&s, "good", span_text("statement of November"));
    const char *bent = scratch_put(&s, "bent", span_text("statement of december"));
    const char *verify_good[] = {"openssl",    "dgst",   "-sha256", "-verify", key_path,
                                 "-signature", sig_path, good,      NULL};
    const char *verify_bent[] = {"openssl",    "dgst",   "-sha256", "-verify", key_path,
                                 "-signature", sig_path, bent,      NULL};
    ck_assert_int_eq(openssl_command(verify_good), 0);
    ck_assert_int_ne(openssl_command(verify_bent), 0);
    scratch_fini(&s);
}
END_TEST

START_TEST(what_the_openssl_command_signed_verifies)
{
    struct scratch s;
    scratch_init(&s);
    const char *key_path = scratch_path(&s, "key.pem");
    const char *sig_path = scratch_path(&s, "sig");
    const char *text = scratch_put(&s, "text", span_text("loan permit"));
    MUST(key_write(key, key_path, err));
    const char *sign[] = {"openssl", "dgst",   "-sha256", "-sign", key_path,
                          "-out",    sig_path, text,      NULL};
    ck_assert_int_eq(openssl_command(sign), 0);
    CLEANUP_BUF struct buf sig;
    buf_init(&sig, SIGNATURE_MAX);
    MUST(file_read(sig_path, &sig, err));
    MUST(sign_verify(&public_half, span_text("loan permit"), buf_span(&sig), err));
    scratch_fini(&s);
}
END_TEST

static Suite *sign_suite(void)
{
    Suite *s = suite_create("lib/pki/sign");
    TCase *t = tcase_create("sign");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_this_key_signed_verifies);
    tcase_add_test(t, every_changed_byte_of_the_signature_is_refused);
    tcase_add_test(t, every_changed_byte_of_the_message_is_refused);
    tcase_add_test(t, every_other_length_of_the_signature_is_refused);
    tcase_add_test(t, another_key_is_refused);
    tcase_add_test(t, a_public_key_that_is_none_is_refused);
    tcase_add_test(t, degenerate_signatures_are_refused);
    tcase_add_test(t, the_openssl_command_verifies_it);
    tcase_add_test(t, what_the_openssl_command_signed_verifies);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(sign_suite)
