/* lib/pki/key.h. The fixed keys below were made for this file with the openssl command. */
#include "lib/pki/key.h"

#include "tests/support/suite.h"
#include "tests/unit/lib/pki/federation.h"

#include <sys/stat.h>

static struct key *key;

static void setup(void)
{
    MUST(key_generate(&key, err));
}

static void teardown(void)
{
    key_destroy(key);
}

START_TEST(pem_brings_back_the_same_key)
{
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    MUST(key_format(key, &pem, err));
    ck_assert(span_starts_with(buf_span(&pem), span_text("-----BEGIN PRIVATE KEY-----\n")));
    CLEANUP_KEY struct key *again = NULL;
    MUST(key_parse(buf_span(&pem), &again, err));
    struct public_key a = key_public(key), b = key_public(again);
    ck_assert(public_key_equal(&a, &b));
}
END_TEST

START_TEST(two_keys_differ)
{
    CLEANUP_KEY struct key *other = NULL;
    MUST(key_generate(&other, err));
    struct public_key a = key_public(key), b = key_public(other);
    ck_assert(!public_key_equal(&a, &b));
    struct id ia = public_key_id(&a), ib = public_key_id(&b);
    ck_assert(!id_equal(&ia, &ib));
    ck_assert_uint_eq(strlen(ia.text), 16);
    ck_assert_uint_eq(strspn(ia.text, "0123456789abcdef"), 16);
}
END_TEST

START_TEST(a_key_file_is_private_and_replaced_only_by_the_one_call)
{
    struct scratch s;
    scratch_init(&s);
    const char *path = scratch_path(&s, "key");
    umask(0);
    MUST(key_write_new(key, path, err));
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(key_write_new(key, path, NULL), -ERR_EXISTS);
    CLEANUP_KEY struct key *other = NULL;
    MUST(key_generate(&other, err));
    MUST(key_write(other, path, err));
    CLEANUP_KEY struct key *read = NULL;
    MUST(key_read(path, &read, err));
    struct public_key a = key_public(other), b = key_public(read);
    ck_assert(public_key_equal(&a, &b));
    ck_assert_int_eq(chmod(path, 0644), 0);
    struct key *none = NULL;
    ck_assert_int_eq(key_read(path, &none, NULL), -ERR_DENIED);
    ck_assert_ptr_null(none);
    scratch_fini(&s);
}
END_TEST

START_TEST(a_broken_key_file_is_named)
{
    struct scratch s;
    scratch_init(&s);
    struct err err = ERR_INIT;
    struct key *none = NULL;
    const char *path = scratch_put(&s, "broken", span_text("not a key"));
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(key_read(path, &none, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "broken"));
    ck_assert_int_eq(key_read(scratch_path(&s, "absent"), &none, &err), -ERR_NOT_FOUND);
    scratch_fini(&s);
}
END_TEST

START_TEST(der_and_pem_of_the_public_half_bring_back_the_same)
{
    struct public_key a = key_public(key), b, c;
    MUST(public_key_decode(public_key_span(&a), &b, err));
    ck_assert(public_key_equal(&a, &b));
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    MUST(public_key_format(&a, &pem, err));
    MUST(public_key_parse(buf_span(&pem), &c, err));
    ck_assert(public_key_equal(&a, &c));
}
END_TEST

START_TEST(any_byte_changed_is_no_public_key_or_another_one)
{
    struct public_key a = key_public(key), b;
    for (size_t i = 0; i < PUBLIC_KEY_BYTES; i++) {
        struct public_key bent = a;
        bent.spki[i] ^= 0x01;
        ck_assert_int_eq(public_key_decode(public_key_span(&bent), &b, NULL), -ERR_INVALID);
    }
    ck_assert_int_eq(public_key_decode(span_of(a.spki, 90), &b, NULL), -ERR_INVALID);
    ck_assert_int_eq(public_key_decode(span_text(""), &b, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
    CLEANUP_BUF struct buf small;
    buf_init(&small, 100);
    struct public_key a = key_public(key);
    ck_assert_int_eq(key_format(key, &small, NULL), -ERR_LIMIT);
    ck_assert_int_eq(public_key_format(&a, &small, NULL), -ERR_LIMIT);
}
END_TEST

/* openssl ecparam -genkey -name prime256v1 -noout: SEC 1, the form of many tools */
#define SEC1                                                                                       \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                             \
    "MHcCAQEEIHqSHZQMbDrroLFG7j53TZB5ux3Xb0Zj4ZS1DjJS0wIhoAoGCCqGSM49\nAwEHoUQDQgAE0x8WMv+"        \
    "vikAQAxgKGv90JxY2NrbCFSg844n8YFrw6gEUUcWdOtmN\ncpWhvYttsG+vKh57+YI/8o8fYInj8AC2MQ==\n"        \
    "-----END EC PRIVATE KEY-----\n"

START_TEST(sec_1_is_accepted_and_the_id_is_that_of_the_openssl_command)
{
    CLEANUP_KEY struct key *k = NULL;
    MUST(key_parse(span_text(SEC1), &k, err));
    struct public_key p = key_public(k);
    struct id id = public_key_id(&p);
    ck_assert_str_eq(id.text, "813dda983b60ee61");
}
END_TEST

START_TEST(a_compressed_point_is_stored_uncompressed)
{
    static const char compressed[] =
        "-----BEGIN PUBLIC KEY-----\n"
        "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgAD0x8WMv+vikAQAxgKGv90JxY2NrbC\nFSg844n8YFrw6gE=\n"
        "-----END PUBLIC KEY-----\n";
    CLEANUP_KEY struct key *k = NULL;
    MUST(key_parse(span_text(SEC1), &k, err));
    struct public_key want = key_public(k), got;
    MUST(public_key_parse(span_text(compressed), &got, err));
    ck_assert(public_key_equal(&want, &got));
}
END_TEST

static const struct {
    const char *what;
    const char *pem;
} bad_private[] = {
    {"empty", ""},
    {"noise", "hello"},
    {"no end", "-----BEGIN PRIVATE KEY-----\nMIGH\n"},
    {"bad base64", "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n"},
    {"empty block", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"},
    {"P-384",
     "-----BEGIN PRIVATE "
     "KEY-----\nMIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAZ80dIDIl+"
     "vIcRxFda\n6co80mo8oO7kFACFLq8nG4qQyK7uuNS155g+"
     "CtNcRJyx99qhZANiAATfCOUb7PIV\nHvis15SVipR7yHTA561FarQUPh0EmvtWfcQJBAQsNVfZNG7QBVVMs6Z3YJF3cC4"
     "P\nSwA/4So9EsZ0Q1yifeDcM6xTdws6DBNbHdD2v26/6e4JxJXNQsYJST4=\n-----END PRIVATE KEY-----\n"},
    {"Ed25519", "-----BEGIN PRIVATE "
                "KEY-----\nMC4CAQAwBQYDK2VwBCIEINRqPTrctsfRFiPGRB9JYan3mCLZj0VhylK6GmQI4TIS\n-----"
                "END PRIVATE KEY-----\n"},
    {"encrypted",
     "-----BEGIN ENCRYPTED PRIVATE "
     "KEY-----"
     "\nMIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhGsYYU5t4FxgICCAAw\nDAYIKoZIhvcNAgkFADAdBglgh"
     "kgBZQMEASoEEGlIPyOiPxPE3baK6ueePPEEgZCU\niX78pkA8ZG8wzwm6oodDdzvq+"
     "MCpFudFgHFGPmDjq7M7vviCLtwH82y6vyQBVuLZ\nlAqZQwOzh04RYtBX5RdOckV7B21oC24xicAeQASzK3e0Qq/"
     "2C5Zv7inApnAiIeXw\n84DYJXGpqoc4pkFDwBEP8zrm6xIzb2EiSzV1tQjvtRJp4N7dGHoISEbCe47fANw=\n-----"
     "END ENCRYPTED PRIVATE KEY-----\n"},
    {"a public key", "-----BEGIN PUBLIC "
                     "KEY-----\nMDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgAD0x8WMv+"
                     "vikAQAxgKGv90JxY2NrbC\nFSg844n8YFrw6gE=\n-----END PUBLIC KEY-----\n"},
    {"halves of two keys",
     "-----BEGIN EC PRIVATE "
     "KEY-----"
     "\nMHcCAQEEIHqSHZQMbDrroLFG7j53TZB5ux3Xb0Zj4ZS1DjJS0wIhoAoGCCqGSM49\nAwEHoUQDQgAEcOkq2kyW9TOvf"
     "Hs0jJWJUxtPqFep1cXju3OZ+QLRWs9HNsEyz/3I\noScqxTn18Fx2eM0YgTLTsxTnB4vZcRoftg==\n-----END EC "
     "PRIVATE KEY-----\n"},
};

START_TEST(what_is_no_private_key_of_ours_is_refused)
{
    struct key *none = NULL;
    struct err err = ERR_INIT;
    int rc = key_parse(span_text(bad_private[_i].pem), &none, &err);
    ck_assert_msg(rc == -ERR_INVALID, "%s: %d", bad_private[_i].what, rc);
    ck_assert_ptr_null(none);
    ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(what_is_no_public_key_of_ours_is_refused)
{
    static const char *const bad[] = {
        "",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC "
        "KEY-----\nMCowBQYDK2VwAyEAVKYiaq04iD5CvzEH6jvuGdVKHPR681rmGnRvKGW4tUY=\n-----END PUBLIC "
        "KEY-----\n",
        "-----BEGIN PUBLIC "
        "KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE3wjlG+"
        "zyFR74rNeUlYqUe8h0wOetRWq0\nFD4dBJr7Vn3ECQQELDVX2TRu0AVVTLOmd2CRd3AuD0sAP+"
        "EqPRLGdENcon3g3DOs\nU3cLOgwTWx3Q9r9uv+nuCcSVzULGCUk+\n-----END PUBLIC KEY-----\n",
        SEC1,
    };
    struct public_key p;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(public_key_parse(span_text(bad[i]), &p, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(too_long_a_text_is_refused_unread)
{
    static char text[KEY_PEM_MAX + 1];
    memset(text, 'a', sizeof(text));
    struct key *none = NULL;
    struct public_key p;
    ck_assert_int_eq(key_parse(span_of(text, sizeof(text)), &none, NULL), -ERR_INVALID);
    ck_assert_int_eq(public_key_parse(span_of(text, sizeof(text)), &p, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(destroying_none_is_fine)
{
    key_destroy(NULL);
}
END_TEST

static Suite *key_suite(void)
{
    Suite *s = suite_create("lib/pki/key");
    TCase *t = tcase_create("key");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, pem_brings_back_the_same_key);
    tcase_add_test(t, two_keys_differ);
    tcase_add_test(t, a_key_file_is_private_and_replaced_only_by_the_one_call);
    tcase_add_test(t, a_broken_key_file_is_named);
    tcase_add_test(t, der_and_pem_of_the_public_half_bring_back_the_same);
    tcase_add_test(t, any_byte_changed_is_no_public_key_or_another_one);
    tcase_add_test(t, a_full_buffer_is_an_error);
    tcase_add_test(t, sec_1_is_accepted_and_the_id_is_that_of_the_openssl_command);
    tcase_add_test(t, a_compressed_point_is_stored_uncompressed);
    tcase_add_loop_test(t, what_is_no_private_key_of_ours_is_refused, 0,
                        sizeof(bad_private) / sizeof(bad_private[0]));
    tcase_add_test(t, what_is_no_public_key_of_ours_is_refused);
    tcase_add_test(t, too_long_a_text_is_refused_unread);
    tcase_add_test(t, destroying_none_is_fine);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(key_suite)
