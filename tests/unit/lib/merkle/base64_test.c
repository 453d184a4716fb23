/* lib/merkle/base64.h: the vectors of RFC 4648. */
#include "lib/merkle/base64.h"

#include "tests/support/suite.h"

static const struct {
    const char *bytes, *text;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xef\xbe", "/+++"},
};

START_TEST(there_and_back)
{
    CLEANUP_BUF struct buf out;
    uint8_t bytes[16];
    size_t len;
    buf_init(&out, 64);
    base64_encode(span_text(vectors[_i].bytes), &out);
    ck_assert_str_eq(out.data, vectors[_i].text);
    ck_assert_int_eq(base64_decode(buf_span(&out), bytes, sizeof bytes, &len, NULL), 0);
    ck_assert(span_equal(span_of(bytes, len), span_text(vectors[_i].bytes)));
}
END_TEST

static const char *const bad[] = {
    "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm9-", "Zm9v\n\n\n\n"};

START_TEST(one_text_for_one_value)
{
    uint8_t bytes[16];
    size_t len;
    ck_assert_int_eq(base64_decode(span_text(bad[_i]), bytes, sizeof bytes, &len, NULL),
                     -ERR_INVALID);
}
END_TEST

START_TEST(more_than_fits_is_refused)
{
    uint8_t bytes[2];
    size_t len;
    ck_assert_int_eq(base64_decode(span_text("Zm9v"), bytes, sizeof bytes, &len, NULL), -ERR_LIMIT);
}
END_TEST

static Suite *base64_suite(void)
{
    Suite *s = suite_create("merkle/base64");
    TCase *c = tcase_create("base64");
    tcase_add_loop_test(c, there_and_back, 0, sizeof vectors / sizeof vectors[0]);
    tcase_add_loop_test(c, one_text_for_one_value, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(c, more_than_fits_is_refused);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(base64_suite)
