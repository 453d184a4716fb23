#include "controlplane/sim/chronicle.h"

#include "tests/support/suite.h"

START_TEST(lines_stay_in_their_order)
{
    struct chronicle c = {0};
    for (int i = 0; i < 1000; i++) {
        struct chronicle_line *line = chronicle_add(&c);
        ck_assert_str_eq(line->what, "");
        ck_assert_str_eq(line->state, "");
        ck_assert_int_eq(line->at.s, 0);
        line->at.s = i + 1;
    }
    ck_assert_uint_eq(c.n, 1000);
    for (size_t i = 0; i < c.n; i++)
        ck_assert_int_eq(c.lines[i].at.s, (int64_t)i + 1);
    chronicle_fini(&c);
    ck_assert_uint_eq(c.n, 0);
    chronicle_fini(&c);
}
END_TEST

static Suite *chronicle_suite(void)
{
    Suite *s = suite_create("chronicle");
    TCase *c = tcase_create("lines");
    tcase_add_test(c, lines_stay_in_their_order);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(chronicle_suite)
