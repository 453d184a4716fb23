/* lib/base/id.h: names of objects. */
#include "lib/base/id.h"
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>

#define C63 "a23456789012345678901234567890123456789012345678901234567890123"

START_TEST(good_names_are_taken_as_they_are)
{
    static const char *const good[] = {"a", "0", "skt", "node-01", "a.b_c-d", "lease-1042", C63};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct id id;
        ck_assert_int_eq(id_parse(span_text(good[i]), "site", &id, NULL), 0);
        ck_assert_str_eq(id.text, good[i]);
        ck_assert(!id_is_none(&id));
    }
}
END_TEST

START_TEST(others_are_refused_with_what_value_and_rule)
{
    static const struct {
        const char *text;
        size_t len;
    } bad[] = {{"", 0},     {"-a", 2},     {"a-", 2},    {".a", 2},   {"a_", 2},
               {"SKT", 3},  {"a b", 3},    {"a/b", 3},   {"a\0b", 3}, {"품", 3},
               {"a\nb", 3}, {C63 "4", 64}, {"a\xFF", 2}, {"a:b", 3}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct id id = id_literal("before");
        struct err err = ERR_INIT;
        int rc = id_parse(span_of(bad[i].text, bad[i].len), "organisation", &id, &err);
        ck_assert_msg(rc == -(int)ERR_INVALID, "case %zu", i);
        ck_assert_ptr_eq(strstr(err.text, "organisation \""), err.text);
        ck_assert_ptr_nonnull(strstr(err.text, "a-z 0-9 - . _"));
        ck_assert_str_eq(id.text, "before");
    }
}
END_TEST

START_TEST(the_rest_of_a_name_is_zeros)
{
    struct id id;
    static const char zeros[ID_CAP] = "";

    memset(&id, 0xAA, sizeof(id));
    ck_assert_int_eq(id_parse(span_text("ab"), "site", &id, NULL), 0);
    ck_assert_mem_eq(id.text + 2, zeros, ID_CAP - 2);
}
END_TEST

START_TEST(numbered_names_have_prefix_and_number)
{
    struct id id = id_number("lease", 1042);

    ck_assert_str_eq(id.text, "lease-1042");
    id = id_number("a2345678901234567890123456789012", UINT64_MAX);
    ck_assert_str_eq(id.text, "a2345678901234567890123456789012-18446744073709551615");
}
END_TEST

START_TEST(comparison_is_bytewise)
{
    struct id a = id_literal("lease-10");
    struct id b = id_literal("lease-9");
    struct id none = ID_NONE;

    ck_assert_int_lt(id_compare(&a, &b), 0);
    ck_assert_int_gt(id_compare(&b, &a), 0);
    ck_assert_int_lt(id_compare(&none, &a), 0);
    ck_assert(id_equal(&a, &a) && !id_equal(&a, &b));
    ck_assert(id_is_none(&none));
}
END_TEST

START_TEST(a_bad_literal_aborts)
{
    fclose(stderr);
    id_literal("Not A Name");
}
END_TEST

START_TEST(a_long_prefix_aborts)
{
    fclose(stderr);
    id_number("a23456789012345678901234567890123", 1);
}
END_TEST

static Suite *id_suite(void)
{
    Suite *s = suite_create("id");
    TCase *t = tcase_create("id");

    tcase_add_test(t, good_names_are_taken_as_they_are);
    tcase_add_test(t, others_are_refused_with_what_value_and_rule);
    tcase_add_test(t, the_rest_of_a_name_is_zeros);
    tcase_add_test(t, numbered_names_have_prefix_and_number);
    tcase_add_test(t, comparison_is_bytewise);
    tcase_add_test_raise_signal(t, a_bad_literal_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, a_long_prefix_aborts, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(id_suite)
