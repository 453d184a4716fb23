/* libcrypto on a fixed pool: each test has a process, and so a libcrypto, of its own. */
#include "lib/pki/pool.h"

#include "lib/pki/openssl_internal.h"

#include "lib/pki/key.h"
#include "lib/pki/sign.h"
#include "tests/support/suite.h"

#include <openssl/crypto.h>
#include <string.h>

#define BYTES ((size_t)4 << 20)

START_TEST(signatures_are_verified_out_of_the_pool)
{
    struct key *key;
    struct signature signature;
    struct span text = span_text("what is signed");
    ck_assert_int_eq(pki_pool_begin(BYTES, NULL), 0);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    struct public_key public = key_public(key);
    ck_assert_int_eq(sign_bytes(key, text, &signature, NULL), 0);
    struct span good = span_of(signature.data, signature.len);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(sign_verify(&public, text, good, NULL), 0);
    size_t used = pki_pool_use().used;
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(sign_verify(&public, text, good, NULL), 0);
    ck_assert_uint_eq(pki_pool_use().used, used); /* nothing leaks */
    ck_assert_uint_gt(pki_pool_use().most, used);
    ck_assert_uint_eq(pki_pool_use().refused, 0);
    key_destroy(key);
}
END_TEST

START_TEST(an_exhausted_pool_refuses)
{
    struct key *key;
    struct signature signature;
    struct err err = ERR_INIT;
    struct span text = span_text("what is signed");
    ck_assert_int_eq(pki_pool_begin(BYTES, NULL), 0);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    struct public_key public = key_public(key);
    ck_assert_int_eq(sign_bytes(key, text, &signature, NULL), 0);
    struct span good = span_of(signature.data, signature.len);
    ck_assert_int_eq(sign_verify(&public, text, good, NULL), 0);
    void *all[4096], *small;
    size_t n = 0, size = BYTES / 2;
    for (; size >= 16 && n < 4096; size /= 2) {
        while (n < 4096 && (all[n] = OPENSSL_malloc(size)) != NULL)
            n++;
    }
    small = OPENSSL_malloc(1);
    ck_assert_ptr_null(small);
    ck_assert_int_lt(sign_verify(&public, text, good, &err), 0);
    ck_assert_uint_gt(pki_pool_use().refused, 0);
    while (n > 0)
        OPENSSL_free(all[--n]);
    ck_assert_int_eq(sign_verify(&public, text, good, NULL), 0);
    key_destroy(key);
}
END_TEST

START_TEST(memory_keeps_its_content_when_it_grows)
{
    ck_assert_int_eq(pki_pool_begin(BYTES, NULL), 0);
    char *p = OPENSSL_malloc(10), *between = OPENSSL_malloc(10);
    memcpy(p, "123456789", 10);
    p = OPENSSL_realloc(p, 5);
    p = OPENSSL_realloc(p, 100000);
    ck_assert_str_eq(p, "123456789");
    ck_assert_ptr_null(OPENSSL_realloc(p, BYTES));
    ck_assert_ptr_null(OPENSSL_malloc(SIZE_MAX));
    ck_assert_str_eq(p, "123456789");
    OPENSSL_free(p);
    OPENSSL_free(between);
    OPENSSL_free(NULL);
    void *whole = OPENSSL_malloc(BYTES - 64); /* what was freed is one piece again */
    ck_assert_ptr_nonnull(whole);
    OPENSSL_free(whole);
}
END_TEST

START_TEST(it_comes_before_libcrypto_or_not_at_all)
{
    struct key *key;
    ck_assert_uint_eq(pki_pool_use().bytes, 0);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    ck_assert_int_eq(pki_pool_begin(BYTES, NULL), -ERR_CONFLICT);
    key_destroy(key);
}
END_TEST

static Suite *pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tc = tcase_create("pool");
    tcase_add_test(tc, signatures_are_verified_out_of_the_pool);
    tcase_add_test(tc, an_exhausted_pool_refuses);
    tcase_add_test(tc, memory_keeps_its_content_when_it_grows);
    tcase_add_test(tc, it_comes_before_libcrypto_or_not_at_all);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(pool_suite)
