#include "cli/host.h"

#include "tests/support/suite.h"

#include <string.h>

START_TEST(test_finds_a_variable_by_its_whole_name)
{
    const char *variables[] = {"LANGUAGE=ko", "LANG=C", "EMPTY=", "=odd", "PATHS=a=b", NULL};
    struct host host = {.variables = variables};
    ck_assert_str_eq(host_variable(&host, "LANG"), "C");
    ck_assert_str_eq(host_variable(&host, "PATHS"), "a=b");
    ck_assert_ptr_null(host_variable(&host, "EMPTY"));
    ck_assert_ptr_null(host_variable(&host, "LAN"));
    ck_assert_ptr_null(host_variable(&host, "LANGUAGES"));
}
END_TEST

START_TEST(test_knows_where_the_program_is)
{
    const char *variables[] = {NULL};
    struct host_memory memory;
    struct host host = host_real(variables, &memory);
    ck_assert_ptr_nonnull(strstr(host.program_path, "unit_cli_host_test"));
    ck_assert_ptr_eq(host.out, stdout);
    ck_assert_ptr_eq(host.talk, stderr);
    ck_assert(host.out_is_terminal || host.terminal_columns == 0);
    ck_assert_int_gt(env_now(&host.env).s, 1700000000);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/host");
    TCase *t = tcase_create("host");
    tcase_add_test(t, test_finds_a_variable_by_its_whole_name);
    tcase_add_test(t, test_knows_where_the_program_is);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
