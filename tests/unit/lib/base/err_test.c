/* lib/base/err.h: codes, texts, prefixes, promises. */
#include "lib/base/err.h"
#include "lib/base/span.h"
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>

START_TEST(setting_returns_the_negative_code)
{
    struct err err = ERR_INIT;

    ck_assert_int_eq(err_set(&err, ERR_BUDGET, "held %d of %d", 3, 2), -(int)ERR_BUDGET);
    ck_assert_int_eq(err.code, ERR_BUDGET);
    ck_assert_str_eq(err.text, "held 3 of 2");
    ck_assert_int_eq(err_set(NULL, ERR_LIMIT, "unheard"), -(int)ERR_LIMIT);
}
END_TEST

START_TEST(a_prefix_stands_before_the_text)
{
    struct err err = ERR_INIT;

    int rc = err_set(&err, ERR_IO, "disk full");
    ck_assert_int_eq(err_prefix(&err, rc, "journal %s", "node-01"), rc);
    ck_assert_str_eq(err.text, "journal node-01: disk full");
    ck_assert_int_eq(err.code, ERR_IO);
    ck_assert_int_eq(err_prefix(NULL, rc, "x"), rc);
}
END_TEST

START_TEST(a_text_may_quote_itself)
{
    struct err err = ERR_INIT;

    err_set(&err, ERR_IO, "inner");
    err_set(&err, ERR_CORRUPT, "outer(%s)", err.text);
    ck_assert_str_eq(err.text, "outer(inner)");
}
END_TEST

START_TEST(a_text_is_one_line_of_utf8)
{
    struct err err = ERR_INIT;

    err_set(&err, ERR_INVALID,
            "a\nb\tc\x7F"
            "d \xFF 품\xED\xA0\x80");
    ck_assert_str_eq(err.text, "a b c d ? 품???");
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters)
{
    char hangul[3 * 300 + 1] = "";
    struct err err = ERR_INIT;

    for (size_t i = 0; i < 300; i++)
        memcpy(hangul + 3 * i, "품", 4);
    for (int shift = 0; shift < 3; shift++) {
        err_set(&err, ERR_INVALID, "%.*s%s", shift, "xx", hangul);
        ck_assert_uint_le(strlen(err.text), ERR_TEXT_MAX - 1);
        ck_assert_uint_ge(strlen(err.text), ERR_TEXT_MAX - 3);
        ck_assert(span_is_text(span_text(err.text)));
        err_prefix(&err, -ERR_INVALID, "prefix");
        ck_assert(span_is_text(span_text(err.text)));
        ck_assert_ptr_nonnull(strstr(err.text, "prefix: "));
    }
}
END_TEST

START_TEST(every_code_has_name_status_exit_code_and_advice)
{
    for (int code = ERR_OK; code < ERR_CODE_COUNT; code++) {
        ck_assert_int_eq(err_from_name(err_name(code)), code);
        ck_assert_ptr_nonnull(err_advice(code));
        ck_assert_int_ge(err_grpc_status(code), 0);
        ck_assert_int_le(err_grpc_status(code), 16);
        ck_assert((err_exit_code(code) == 0) == (code == ERR_OK));
    }
    ck_assert_int_eq(err_exit_code(ERR_INVALID), 2);
    ck_assert_int_eq(err_exit_code(ERR_VERIFICATION), 10);
    ck_assert_int_eq(err_grpc_status(ERR_NOT_LEADER), 14);
}
END_TEST

START_TEST(an_unknown_code_counts_as_internal)
{
    ck_assert_str_eq(err_name((enum err_code)999), "internal");
    ck_assert_str_eq(err_name((enum err_code) - 3), "internal");
    ck_assert_int_eq(err_from_name("no such error"), ERR_INTERNAL);
}
END_TEST

static int passes_on(int rc)
{
    TRY(rc);
    return 7;
}

START_TEST(try_passes_only_failures_on)
{
    ck_assert_int_eq(passes_on(-ERR_LIMIT), -(int)ERR_LIMIT);
    ck_assert_int_eq(passes_on(0), 7);
    ck_assert_int_eq(passes_on(3), 7);
}
END_TEST

START_TEST(a_broken_promise_aborts)
{
    int one = 1;

    fclose(stderr);
    ENSURE(one == 1);
    ENSURE(one == 2);
}
END_TEST

START_TEST(success_is_no_error)
{
    fclose(stderr);
    err_set(NULL, ERR_OK, "nothing");
}
END_TEST

static Suite *err_suite(void)
{
    Suite *s = suite_create("err");
    TCase *t = tcase_create("err");

    tcase_add_test(t, setting_returns_the_negative_code);
    tcase_add_test(t, a_prefix_stands_before_the_text);
    tcase_add_test(t, a_text_may_quote_itself);
    tcase_add_test(t, a_text_is_one_line_of_utf8);
    tcase_add_test(t, a_long_text_is_cut_between_characters);
    tcase_add_test(t, every_code_has_name_status_exit_code_and_advice);
    tcase_add_test(t, an_unknown_code_counts_as_internal);
    tcase_add_test(t, try_passes_only_failures_on);
    tcase_add_test_raise_signal(t, a_broken_promise_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, success_is_no_error, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(err_suite)
