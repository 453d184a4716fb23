/* lib/base/base64.h: RFC 4648, exactly. */
#include "lib/base/base64.h"
#include "tests/support/suite.h"

START_TEST(the_vectors_of_the_rfc_go_both_ways)
{
    static const struct {
        const char *bytes;
        const char *text;
    } cases[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"},
                 {"\xFB\xFF\xBF", "+/+/"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP_BUF struct buf text = {.data = NULL};
        uint8_t back[16];
        size_t n = 99;
        buf_init(&text, 64);
        base64_encode(span_text(cases[i].bytes), &text);
        ck_assert_str_eq(text.data, cases[i].text);
        ck_assert_uint_le(strlen(cases[i].bytes), base64_decoded_max(text.len));
        ck_assert(base64_decode(buf_span(&text), back, &n));
        ck_assert(span_equal(span_of(back, n), span_text(cases[i].bytes)));
    }
}
END_TEST

START_TEST(every_byte_comes_back_at_every_length)
{
    uint8_t bytes[256];
    uint8_t back[260];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        CLEANUP_BUF struct buf text = {.data = NULL};
        size_t n;
        buf_init(&text, 400);
        base64_encode(span_of(bytes, len), &text);
        ck_assert(base64_decode(buf_span(&text), back, &n));
        ck_assert(span_equal(span_of(back, n), span_of(bytes, len)));
    }
}
END_TEST

START_TEST(what_would_not_be_written_is_refused)
{
    static const char *const bad[] = {
        "Z",        "Zg",   "Zg=",       "Zm9",  "Zg==Zg==",         "Zh==",
        "Zm9=",     "====", "Z===",      "=Zg=", "Zg==\n",           "Zm 9",
        "Zm9v====", "Zm-_", "Zm9v Zm9v", "Zm=v", "\xFF\xFF\xFF\xFF",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t dst[16];
        size_t n;
        ck_assert_msg(!base64_decode(span_text(bad[i]), dst, &n), "%s", bad[i]);
    }
}
END_TEST

static Suite *base64_suite(void)
{
    Suite *s = suite_create("base64");
    TCase *t = tcase_create("base64");

    tcase_add_test(t, the_vectors_of_the_rfc_go_both_ways);
    tcase_add_test(t, every_byte_comes_back_at_every_length);
    tcase_add_test(t, what_would_not_be_written_is_refused);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(base64_suite)
