/* The primitives of the signed layouts. */
#include "lib/grant/bytes.h"

#include "tests/support/suite.h"

#include <string.h>

START_TEST(numbers_are_big_endian)
{
    uint8_t data[15];
    struct byte_writer w = {.data = data, .cap = sizeof data};
    put_u8(&w, 1);
    put_u16(&w, 0x0203);
    put_u32(&w, 0x04050607);
    put_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
    ck_assert(!w.failed);
    for (size_t i = 0; i < sizeof data; i++)
        ck_assert_uint_eq(data[i], i + 1);
    struct byte_reader r = {.rest = span_of(data, sizeof data)};
    ck_assert_uint_eq(take_u8(&r, "a"), 1);
    ck_assert_uint_eq(take_u16(&r, "b"), 0x0203);
    ck_assert_uint_eq(take_u32(&r, "c"), 0x04050607);
    ck_assert_uint_eq(take_u64(&r, "d"), UINT64_C(0x08090a0b0c0d0e0f));
    ck_assert(!r.failed && r.rest.len == 0);
}
END_TEST

START_TEST(a_full_writer_appends_nothing_more)
{
    uint8_t data[3] = {0};
    struct byte_writer w = {.data = data, .cap = sizeof data};
    put_u16(&w, 0x0102);
    put_u16(&w, 0x0304);
    put_u8(&w, 5); /* would fit, but the first failure sticks */
    ck_assert(w.failed);
    ck_assert_uint_eq(w.len, 2);
    ck_assert_uint_eq(data[2], 0);
}
END_TEST

START_TEST(a_reader_keeps_its_first_failure)
{
    struct byte_reader r = {.rest = span_text("x")};
    ck_assert_uint_eq(take_u16(&r, "first"), 0);
    ck_assert_uint_eq(take_u8(&r, "second"), 0);
    ck_assert_str_eq(r.failed, "first");
}
END_TEST

START_TEST(texts_fit_and_hold_no_nul)
{
    char text[4];
    struct byte_reader good = {.rest = span_of("\3abc", 4)};
    take_text(&good, "text", text, sizeof text);
    ck_assert(!good.failed);
    ck_assert_str_eq(text, "abc");
    struct byte_reader longer = {.rest = span_of("\4abcd", 5)};
    take_text(&longer, "text", text, sizeof text);
    ck_assert(longer.failed);
    struct byte_reader holed = {.rest = span_of("\3a\0c", 4)};
    take_text(&holed, "text", text, sizeof text);
    ck_assert(holed.failed);
    struct byte_reader cut = {.rest = span_of("\3ab", 3)};
    take_text(&cut, "text", text, sizeof text);
    ck_assert(cut.failed);
}
END_TEST

START_TEST(an_id_may_be_none_only_where_it_says_so)
{
    struct id id;
    struct byte_reader none = {.rest = span_of("\0", 1)};
    take_id(&none, "loan", true, &id);
    ck_assert(!none.failed && id_is_none(&id));
    struct byte_reader missing = {.rest = span_of("\0", 1)};
    take_id(&missing, "lease", false, &id);
    ck_assert(missing.failed);
    struct byte_reader upper = {.rest = span_of("\1A", 2)};
    take_id(&upper, "loan", true, &id);
    ck_assert(upper.failed);
}
END_TEST

START_TEST(a_literal_is_taken_or_refused_whole)
{
    struct byte_reader r = {.rest = span_text("MAGICx")};
    take_literal(&r, "magic", "MAGIC");
    ck_assert(!r.failed && r.rest.len == 1);
    take_literal(&r, "magic", "xy");
    ck_assert_str_eq(r.failed, "magic");
}
END_TEST

static Suite *bytes_suite(void)
{
    Suite *suite = suite_create("bytes");
    TCase *tc = tcase_create("bytes");
    tcase_add_test(tc, numbers_are_big_endian);
    tcase_add_test(tc, a_full_writer_appends_nothing_more);
    tcase_add_test(tc, a_reader_keeps_its_first_failure);
    tcase_add_test(tc, texts_fit_and_hold_no_nul);
    tcase_add_test(tc, an_id_may_be_none_only_where_it_says_so);
    tcase_add_test(tc, a_literal_is_taken_or_refused_whole);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(bytes_suite)
