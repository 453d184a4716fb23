/* billing/canonical.h: one value has one form. */
#include "billing/canonical.h"

#include "lib/base/err.h"
#include "tests/support/suite.h"

#include <signal.h>

START_TEST(members_and_items_are_separated_and_nothing_else)
{
    CLEANUP_BUF struct buf out;
    struct canonical c;
    buf_init(&out, 1000);
    canonical_init(&c, &out);
    canonical_begin(&c, NULL, '{');
    canonical_int(&c, "a", -5);
    canonical_begin(&c, "b", '[');
    canonical_end(&c, ']');
    canonical_begin(&c, "c", '[');
    canonical_int(&c, NULL, INT64_MAX);
    canonical_text(&c, NULL, "x");
    canonical_begin(&c, NULL, '{');
    canonical_text(&c, "name", "품앗이");
    canonical_end(&c, '}');
    canonical_end(&c, ']');
    canonical_text(&c, "d", "");
    canonical_end(&c, '}');
    ck_assert_str_eq(out.data, "{\"a\":-5,\"b\":[],\"c\":[9223372036854775807,\"x\","
                               "{\"name\":\"품앗이\"}],\"d\":\"\"}");
}
END_TEST

START_TEST(only_what_json_demands_is_escaped)
{
    CLEANUP_BUF struct buf out;
    struct canonical c;
    buf_init(&out, 1000);
    canonical_init(&c, &out);
    canonical_text(&c, NULL, "a\"b\\c/\n\x01 é");
    ck_assert_str_eq(out.data, "\"a\\\"b\\\\c/\\u000a\\u0001 é\"");
}
END_TEST

START_TEST(members_out_of_order_abort)
{
    struct buf out;
    struct canonical c;
    buf_init(&out, 1000);
    canonical_init(&c, &out);
    canonical_begin(&c, NULL, '{');
    canonical_int(&c, "b", 1);
    canonical_int(&c, "b", 1);
}
END_TEST

static Suite *canonical_suite(void)
{
    Suite *s = suite_create("canonical");
    TCase *t = tcase_create("canonical");
    tcase_add_test(t, members_and_items_are_separated_and_nothing_else);
    tcase_add_test(t, only_what_json_demands_is_escaped);
    tcase_add_test_raise_signal(t, members_out_of_order_abort, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(canonical_suite)
