/* Programmes: what is refused without a look at other objects. */
#include "controlplane/domain/programme.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

/* clang-format off */
#define GOOD .id = {"spec"}, .from = {100}, .to = {200}
/* clang-format on */

static const struct {
    struct programme programme;
    const char *refusal;
} cases[] = {
    {{GOOD}, NULL},
    {{GOOD, .cleaning_s = 300, .reclaim_s = 300, .two_approvers_above_krw = {1},
      .stages = LIST_OF(struct programme_stage, {{"one"}, {100}, {150}}, {{"two"}, {150}, {200}})},
     NULL},
    {{.from = {100}, .to = {200}}, "programme: id is missing"},
    {{.id = {"spec"}, .from = {200}, .to = {200}}, "programme spec: from must come before to"},
    {{GOOD, .cleaning_s = -1}, "cleaning_s and reclaim_s must not be negative"},
    {{GOOD, .reclaim_s = -1}, "cleaning_s and reclaim_s must not be negative"},
    {{GOOD, .two_approvers_above_krw = {-1}}, "two_approvers_above_krw must not be negative"},
    {{GOOD, .stages = LIST_OF(struct programme_stage, {{""}, {100}, {150}})},
     "stages: each needs an id and from before to"},
    {{GOOD, .stages = LIST_OF(struct programme_stage, {{"one"}, {150}, {150}})},
     "stages: each needs an id and from before to"},
    {{GOOD, .stages = LIST_OF(struct programme_stage, {{"one"}, {99}, {150}})},
     "stage one lies outside the programme's dates"},
    {{GOOD, .stages = LIST_OF(struct programme_stage, {{"one"}, {100}, {201}})},
     "stage one lies outside the programme's dates"},
};

START_TEST(what_a_programme_says_fits_together)
{
    struct err err = ERR_INIT;
    expect_check(programme_check(&cases[_i].programme, &err), &err, cases[_i].refusal);
}
END_TEST

START_TEST(rules_of_eligibility_have_names)
{
    static const char *const names[] = {"lead_size_barred", "lead_organisation_barred",
                                        "member_size_required", "one_lead", "one_lab"};
    ck_assert_int_eq(eligibility_rule_names.count, ELIGIBILITY_RULE_COUNT);
    for (int i = 0; i < ELIGIBILITY_RULE_COUNT; i++)
        ck_assert_str_eq(enum_name(&eligibility_rule_names, i), names[i]);
}
END_TEST

static Suite *programme_suite(void)
{
    Suite *s = suite_create("domain/programme");
    TCase *c = tcase_create("programme");
    tcase_add_loop_test(c, what_a_programme_says_fits_together, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(c, rules_of_eligibility_have_names);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(programme_suite)
