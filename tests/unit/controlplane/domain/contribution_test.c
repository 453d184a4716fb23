/* Contributions: what is refused without a look at other objects. */
#include "controlplane/domain/contribution.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

/* clang-format off */
#define NAMES .project = {"alpha"}, .organisation = {"upstage"}, .kind = {"cash"}
/* clang-format on */

static const struct {
    struct contribution contribution;
    const char *refusal;
} cases[] = {
    {{NAMES, .krw = {1}, .reference = "transfer 7"}, NULL},
    {{.organisation = {"upstage"}, .kind = {"cash"}, .krw = {1}, .reference = "7"},
     "project, organisation and kind are needed"},
    {{.project = {"alpha"}, .kind = {"cash"}, .krw = {1}, .reference = "7"},
     "project, organisation and kind are needed"},
    {{.project = {"alpha"}, .organisation = {"upstage"}, .krw = {1}, .reference = "7"},
     "project, organisation and kind are needed"},
    {{NAMES, .reference = "7"}, "krw must be more than 0, not 0"},
    {{NAMES, .krw = {-5}, .reference = "7"}, "krw must be more than 0, not -5"},
    {{NAMES, .krw = {1}}, "reference is missing: the transfer number, payroll or asset register"},
};

START_TEST(a_contribution_says_who_what_how_much_and_what_shows_it)
{
    struct err err = ERR_INIT;
    expect_check(contribution_check(&cases[_i].contribution, &err), &err, cases[_i].refusal);
}
END_TEST

static Suite *contribution_suite(void)
{
    Suite *s = suite_create("domain/contribution");
    TCase *c = tcase_create("contribution");
    tcase_add_loop_test(c, a_contribution_says_who_what_how_much_and_what_shows_it, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(contribution_suite)
