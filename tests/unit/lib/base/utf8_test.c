/* lib/base/utf8.h: what is a character, and where text may be cut. */
#include "lib/base/utf8.h"
#include "tests/support/suite.h"

#include <stdint.h>
#include <string.h>

static const uint8_t *bytes(const char *text)
{
    return (const uint8_t *)text;
}

START_TEST(a_character_has_one_to_four_bytes_or_is_none)
{
    static const struct {
        const char *text;
        size_t n;
        size_t length;
    } cases[] = {
        {"", 0, 0},
        {"a", 1, 1},
        {"\x7F", 1, 1},
        {"\0", 1, 1},
        {"\xC2\x80", 2, 2},
        {"\xDF\xBF", 2, 2},
        {"\xE0\xA0\x80", 3, 3},
        {"품", 3, 3},
        {"\xEF\xBF\xBF", 3, 3},
        {"\xF0\x90\x80\x80", 4, 4},
        {"\xF4\x8F\xBF\xBF", 4, 4},
        {"품앗이", 9, 3},           /* the first of three */
        {"품", 2, 0},               /* cut short */
        {"\xF0\x90\x80", 3, 0},     /* cut short */
        {"\x80", 1, 0},             /* a continuation alone */
        {"\xC0\x80", 2, 0},         /* NUL, overlong */
        {"\xC1\xBF", 2, 0},         /* overlong */
        {"\xE0\x9F\xBF", 3, 0},     /* overlong */
        {"\xF0\x8F\xBF\xBF", 4, 0}, /* overlong */
        {"\xED\xA0\x80", 3, 0},     /* a surrogate */
        {"\xED\x9F\xBF", 3, 3},     /* the last before the surrogates */
        {"\xF4\x90\x80\x80", 4, 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 4, 0},
        {"\xFF", 1, 0},
        {"\xC3(", 2, 0},
        {"\xE2\x82(", 3, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(utf8_character(bytes(cases[i].text), cases[i].n) == cases[i].length,
                      "case %zu", i);
}
END_TEST

START_TEST(a_cut_splits_no_character)
{
    static const struct {
        const char *text;
        size_t max;
        size_t cut;
    } cases[] = {
        {"abc", 5, 3},    {"abc", 3, 3},
        {"abc", 2, 2},    {"abc", 0, 0},
        {"품앗이", 9, 9}, {"품앗이", 8, 6},
        {"품앗이", 7, 6}, {"품앗이", 6, 6},
        {"품앗이", 2, 0}, {"a품", 3, 1},
        {"a😀", 4, 1},     {"a😀", 5, 5},
        {"", 0, 0},       {"\x80\x80\x80\x80\x80", 4, 4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n = strlen(cases[i].text);
        ck_assert_msg(utf8_cut(bytes(cases[i].text), n, cases[i].max) == cases[i].cut, "case %zu",
                      i);
    }
}
END_TEST

static Suite *utf8_suite(void)
{
    Suite *s = suite_create("utf8");
    TCase *t = tcase_create("utf8");

    tcase_add_test(t, a_character_has_one_to_four_bytes_or_is_none);
    tcase_add_test(t, a_cut_splits_no_character);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(utf8_suite)
