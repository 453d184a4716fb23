/* lib/pki/token.h */
#include "lib/pki/token.h"

#include "lib/base/text.h"
#include "tests/support/suite.h"

#define SECRET "abcdefghijklmnopqrstuvwxyz234567"

static struct token make(uint64_t seed)
{
    struct env_fake fake = {.seed = seed};
    struct env env = env_of_fake(&fake);
    return token_make(&env);
}

START_TEST(the_text_brings_back_the_same_token)
{
    struct token t = make(7), again;
    char text[TOKEN_TEXT_CAP];
    struct err err = ERR_INIT;
    ck_assert_msg(token_parse(span_text(token_format(&t, text)), &again, &err) == 0, "%s",
                  err.text);
    ck_assert(id_equal(&t.id, &again.id));
    ck_assert_str_eq(t.secret, again.secret);
    ck_assert_uint_eq(strlen(text), strlen("pj1.") + TOKEN_ID_CHARS + 1 + TOKEN_SECRET_CHARS);
}
END_TEST

START_TEST(tokens_follow_from_chance_alone)
{
    struct token a = make(1), b = make(2), c = make(1);
    ck_assert_str_ne(a.secret, b.secret);
    ck_assert(!id_equal(&a.id, &b.id));
    ck_assert_str_eq(a.secret, c.secret);
    ck_assert_ptr_null(strstr(a.secret, a.id.text)); /* the public part tells nothing */
}
END_TEST

START_TEST(every_character_of_the_alphabet_occurs)
{
    struct env_fake fake = {.seed = 3};
    struct env env = env_of_fake(&fake);
    bool seen[256] = {false};
    for (int i = 0; i < 100; i++) {
        struct token t = token_make(&env);
        for (const char *c = t.secret; *c; c++)
            seen[(unsigned char)*c] = true;
    }
    for (const char *c = SECRET; *c; c++)
        ck_assert_msg(seen[(unsigned char)*c], "%c", *c);
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} bad[] = {
    {"", "pj1."},
    {"pj1", "pj1."},
    {"pj2.abc." SECRET, "pj1."},
    {" pj1.abc." SECRET, "pj1."},
    {"pj1.", "ID.SECRET"},
    {"pj1.abc", "ID.SECRET"},
    {"pj1.." SECRET, "join token"},
    {"pj1.-a." SECRET, "join token"},
    {"pj1.ABC." SECRET, "join token"},
    {"pj1.abc.", "0 characters"},
    {"pj1.abc.short", "5 characters"},
    {"pj1.abc." SECRET "a", "33 characters"},
    {"pj1.abc." SECRET "\n", "33 characters"},
    {"pj1.abc.def." SECRET, "36 characters"},
    {"pj1.abc.Abcdefghijklmnopqrstuvwxyz234567", "a-z and 2-7"},
    {"pj1.abc.1bcdefghijklmnopqrstuvwxyz234567", "a-z and 2-7"},
};

START_TEST(the_error_says_which_part_is_wrong_and_keeps_the_secret)
{
    struct token t = {.secret = "untouched"};
    struct err err = ERR_INIT;
    ck_assert_int_eq(token_parse(span_text(bad[_i].text), &t, &err), -ERR_INVALID);
    ck_assert_msg(strstr(err.text, bad[_i].says), "%s: %s", bad[_i].text, err.text);
    ck_assert_ptr_null(strstr(err.text, "defghijkl"));
    ck_assert_str_eq(t.secret, "untouched");
}
END_TEST

START_TEST(a_nul_in_the_secret_is_refused)
{
    static const char text[] = "pj1.abc.abcdefghijklmnop\0rstuvwxyz234567";
    struct token t;
    ck_assert_int_eq(token_parse(span_of(text, sizeof(text) - 1), &t, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(the_digest_is_that_of_the_characters)
{
    struct token t = {.secret = SECRET};
    uint8_t got[DIGEST_BYTES], want[DIGEST_BYTES];
    digest_sha256(span_text(SECRET), want);
    token_digest(&t, got);
    ck_assert_mem_eq(got, want, DIGEST_BYTES);
}
END_TEST

START_TEST(only_the_token_whose_digest_was_kept_is_good)
{
    struct token t = make(11);
    uint8_t digest[DIGEST_BYTES];
    char kept[DIGEST_TEXT_CAP];
    token_digest(&t, digest);
    text_hex(kept, digest, DIGEST_BYTES);
    ck_assert_int_eq(token_check(&t, span_text(kept), NULL), 0);
    for (int i = 0; i < TOKEN_SECRET_CHARS; i++) {
        struct token bent = t;
        bent.secret[i] = bent.secret[i] == 'a' ? 'b' : 'a';
        struct err err = ERR_INIT;
        ck_assert_int_eq(token_check(&bent, span_text(kept), &err), -ERR_UNAUTHENTICATED);
        ck_assert_ptr_null(strstr(err.text, bent.secret));
    }
}
END_TEST

START_TEST(what_was_kept_must_be_a_digest)
{
    struct token t = make(11);
    ck_assert_int_eq(token_check(&t, span_text(""), NULL), -ERR_CORRUPT);
    ck_assert_int_eq(token_check(&t, span_text("zz"), NULL), -ERR_CORRUPT);
}
END_TEST

static Suite *token_suite(void)
{
    Suite *s = suite_create("lib/pki/token");
    TCase *t = tcase_create("token");
    tcase_add_test(t, the_text_brings_back_the_same_token);
    tcase_add_test(t, tokens_follow_from_chance_alone);
    tcase_add_test(t, every_character_of_the_alphabet_occurs);
    tcase_add_loop_test(t, the_error_says_which_part_is_wrong_and_keeps_the_secret, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(t, a_nul_in_the_secret_is_refused);
    tcase_add_test(t, the_digest_is_that_of_the_characters);
    tcase_add_test(t, only_the_token_whose_digest_was_kept_is_good);
    tcase_add_test(t, what_was_kept_must_be_a_digest);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(token_suite)
