/* Allocations: what is refused. The life cycle of requests: life_cycle_test.c. */
#include "controlplane/domain/allocation.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

/* clang-format off */
#define GOOD .project = {"alpha"}, .model = "B200", .from = {100}, .to = {200}
/* clang-format on */

static const struct {
    struct allocation allocation;
    const char *refusal;
} cases[] = {
    {{GOOD, .requested_units = {1}}, NULL},
    {{GOOD, .requested_units = {7000}, .budget_krw = {1}}, NULL},
    {{.model = "B200", .requested_units = {1}}, "allocation: project and model are needed"},
    {{.project = {"alpha"}, .requested_units = {1}}, "project and model are needed"},
    {{.project = {"alpha"}, .model = "B200", .from = {200}, .to = {200}},
     "from must come before to"},
    {{GOOD}, "units must be more than 0"},
    {{GOOD, .requested_units = {-7}}, "units must be more than 0"},
    {{GOOD, .requested_units = {1}, .budget_krw = {-1}}, "budget_krw must not be negative"},
};

START_TEST(what_an_allocation_asks_for_makes_sense)
{
    struct err err = ERR_INIT;
    expect_check(allocation_check(&cases[_i].allocation, &err), &err, cases[_i].refusal);
}
END_TEST

static Suite *allocation_suite(void)
{
    Suite *s = suite_create("domain/allocation");
    TCase *c = tcase_create("allocation");
    tcase_add_loop_test(c, what_an_allocation_asks_for_makes_sense, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(allocation_suite)
