/* lib/base/share.h: amounts of GPU in units of 1/7000. */
#include "lib/base/share.h"
#include "tests/support/suite.h"

START_TEST(shares_are_exact_units)
{
    static const struct {
        const char *text;
        int64_t units;
        const char *printed;
    } cases[] = {
        {"1/8", 875, "1/8"},     {"1/7", 1000, "1/7"},    {"0.25", 1750, "1/4"},
        {"1", 7000, "1"},        {"8", 56000, "8"},       {"3/7", 3000, "3/7"},
        {"1/1000", 7, "1/1000"}, {"1/7000", 1, "1/7000"}, {"65/8", 56875, "65/8"},
        {"0.001", 7, "1/1000"},  {"2/2", 7000, "1"},      {"8.125", 56875, "65/8"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct share s;
        char text[SHARE_TEXT_CAP];
        struct err err = ERR_INIT;
        ck_assert_msg(share_parse(span_text(cases[i].text), &s, &err) == 0, "%s", err.text);
        ck_assert_int_eq(s.units, cases[i].units);
        ck_assert_str_eq(share_format(s, text), cases[i].printed);
    }
}
END_TEST

START_TEST(what_is_no_amount_is_refused)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *says;
    } cases[] = {
        {"1/3", ERR_INVALID, "no multiple of 1/7000"},
        {"1/7001", ERR_INVALID, "no multiple of 1/7000"},
        {"0.0001", ERR_INVALID, "no multiple of 1/7000"},
        {"0", ERR_INVALID, "not more than nothing"},
        {"0/5", ERR_INVALID, "not more than nothing"},
        {"-1/8", ERR_INVALID, "not more than nothing"},
        {"", ERR_INVALID, "not written as"},
        {"1/0", ERR_INVALID, "not written as"},
        {"half", ERR_INVALID, "not written as"},
        {"999999999999999999", ERR_OVERFLOW, "more GPUs than can be counted"},
        {"1000000000000000000", ERR_OVERFLOW, "too many digits"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct share s = {42};
        struct err err = ERR_INIT;
        int rc = share_parse(span_text(cases[i].text), &s, &err);
        ck_assert_msg(rc == -(int)cases[i].code, "%s: %s", cases[i].text, err.text);
        ck_assert_ptr_nonnull(strstr(err.text, cases[i].says));
        ck_assert_int_eq(s.units, 42);
    }
}
END_TEST

START_TEST(whole_gpus_and_any_amount_have_a_text)
{
    char text[SHARE_TEXT_CAP];

    ck_assert_int_eq(share_gpus(256).units, 1792000);
    ck_assert_str_eq(share_format(share_gpus(256), text), "256");
    ck_assert_str_eq(share_format((struct share){0}, text), "0");
    ck_assert_str_eq(share_format((struct share){-875}, text), "-1/8");
    ck_assert_str_eq(share_format((struct share){INT64_MIN}, text), "-1152921504606846976/875");
}
END_TEST

static Suite *share_suite(void)
{
    Suite *s = suite_create("share");
    TCase *t = tcase_create("share");

    tcase_add_test(t, shares_are_exact_units);
    tcase_add_test(t, what_is_no_amount_is_refused);
    tcase_add_test(t, whole_gpus_and_any_amount_have_a_text);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(share_suite)
