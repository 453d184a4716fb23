/* lib/pki/digest.h: the published vectors of FIPS 180-4 and RFC 4231. */
#include "lib/pki/digest.h"

#include "lib/base/text.h"
#include "tests/support/suite.h"

static void check_digest(const uint8_t got[DIGEST_BYTES], const char *want)
{
    char text[DIGEST_TEXT_CAP];
    text_hex(text, got, DIGEST_BYTES);
    ck_assert_str_eq(text, want);
}

static const struct {
    const char *text;
    const char *sha256;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(sha256_at_once)
{
    uint8_t got[DIGEST_BYTES];
    digest_sha256(span_text(vectors[_i].text), got);
    check_digest(got, vectors[_i].sha256);
}
END_TEST

START_TEST(sha256_piece_by_piece_and_again_after_a_finish)
{
    CLEANUP_HASHER struct hasher *h = hasher_create();
    uint8_t got[DIGEST_BYTES];
    for (int round = 0; round < 3; round++) {
        for (const char *c = vectors[_i].text; *c; c++)
            hasher_update(h, span_of(c, 1));
        hasher_update(h, span_text(""));
        hasher_finish(h, got);
        check_digest(got, vectors[_i].sha256);
    }
}
END_TEST

START_TEST(a_million_letters)
{
    static char block[1000];
    memset(block, 'a', sizeof(block));
    CLEANUP_HASHER struct hasher *h = hasher_create();
    for (int i = 0; i < 1000; i++)
        hasher_update(h, span_of(block, sizeof(block)));
    uint8_t got[DIGEST_BYTES];
    hasher_finish(h, got);
    check_digest(got, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(hmac_of_rfc_4231)
{
    uint8_t got[DIGEST_BYTES];
    uint8_t key[20];
    memset(key, 0x0b, sizeof(key));
    digest_hmac_sha256(span_of(key, sizeof(key)), span_text("Hi There"), got);
    check_digest(got, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    digest_hmac_sha256(span_text("Jefe"), span_text("what do ya want for nothing?"), got);
    check_digest(got, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    digest_hmac_sha256(span_text(""), span_text(""), got);
    check_digest(got, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}
END_TEST

START_TEST(equal_only_if_every_byte_is)
{
    uint8_t a[DIGEST_BYTES], b[DIGEST_BYTES];
    digest_sha256(span_text("a"), a);
    memcpy(b, a, sizeof(b));
    ck_assert(digest_equal(a, b));
    for (size_t i = 0; i < sizeof(b); i++) {
        b[i] ^= 1;
        ck_assert(!digest_equal(a, b));
        b[i] ^= 1;
    }
}
END_TEST

static Suite *digest_suite(void)
{
    Suite *s = suite_create("lib/pki/digest");
    TCase *t = tcase_create("digest");
    int n = sizeof(vectors) / sizeof(vectors[0]);
    tcase_add_loop_test(t, sha256_at_once, 0, n);
    tcase_add_loop_test(t, sha256_piece_by_piece_and_again_after_a_finish, 0, n);
    tcase_add_test(t, a_million_letters);
    tcase_add_test(t, hmac_of_rfc_4231);
    tcase_add_test(t, equal_only_if_every_byte_is);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(digest_suite)
