/* billing/basis.h: stretches are joined where they touch, and what does not hold together is named.
 */
#include "billing/basis.h"

#include "lib/base/share.h"
#include "tests/support/suite.h"

static struct basis basis;

static void setup(void)
{
    basis = (struct basis){.format = BASIS_FORMAT, .from = {1000}, .to = {2000}};
    policy_init_default(&basis.policy);
    struct basis_member *m = record_list_add(&basis.members, sizeof *m);
    m->organisation = id_literal("upstage");
}

static void teardown(void)
{
    record_fini(&basis_type, &basis);
}

static struct basis_use *use(int64_t from, int64_t to, enum time_kind time)
{
    struct basis_use *u = record_list_add(&basis.uses, sizeof *u);
    *u = (struct basis_use){.organisation = id_literal("upstage"),
                            .lease = id_literal("lease-1"),
                            .node = id_literal("n1"),
                            .model = "B200",
                            .from = {from},
                            .to = {to},
                            .units = {SHARE_PER_GPU},
                            .time = time,
                            .intervals = 1};
    return u;
}

START_TEST(stretches_that_touch_and_are_alike_are_one)
{
    use(1200, 1300, TIME_USED);
    use(1000, 1100, TIME_USED);
    use(1100, 1200, TIME_USED);
    use(1300, 1400, TIME_NOTICE);
    use(1500, 1600, TIME_NOTICE);
    basis_sort(&basis);
    ck_assert_uint_eq(basis.uses.n, 3);
    const struct basis_use *first = LIST_AT(struct basis_use, &basis.uses, 0);
    ck_assert_int_eq(first->from.s, 1000);
    ck_assert_int_eq(first->to.s, 1300);
    ck_assert_uint_eq(first->intervals, 3);
}
END_TEST

static void expect_refused(const char *words)
{
    struct err err = ERR_INIT;
    ck_assert_int_lt(basis_check(&basis, &err), 0);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

START_TEST(what_does_not_hold_together_is_named)
{
    ck_assert_int_eq(basis_check(&basis, NULL), 0);
    use(1900, 2100, TIME_USED);
    expect_refused("uses[0]: it is empty, or lies outside");
    LIST_AT(struct basis_use, &basis.uses, 0)->to.s = 2000;
    LIST_AT(struct basis_use, &basis.uses, 0)->organisation = id_literal("kaist");
    expect_refused("kaist is no member");
    basis.to = basis.from;
    expect_refused("period");
    basis.format = 2;
    expect_refused("format: 2");
}
END_TEST

static Suite *basis_suite(void)
{
    Suite *s = suite_create("basis");
    TCase *t = tcase_create("basis");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, stretches_that_touch_and_are_alike_are_one);
    tcase_add_test(t, what_does_not_hold_together_is_named);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(basis_suite)
