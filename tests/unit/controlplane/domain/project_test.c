/* Projects: members, openness, stages, and what is refused. */
#include "controlplane/domain/project.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

/* clang-format off */
#define NAMES  .id = {"alpha"}, .programme = {"spec"}
#define LEAD   {.organisation = {"upstage"}, .role = MEMBER_LEAD}
#define OTHER  {.organisation = {"kaist"}, .role = MEMBER_PARTICIPANT}
#define OPEN   .openness = LIST_OF(struct openness_fact, {.from = {1}})
#define GOOD   NAMES, OPEN, .members = LIST_OF(struct member, OTHER, LEAD)
/* clang-format on */

static const struct {
    struct project project;
    const char *refusal;
} cases[] = {
    {{GOOD}, NULL},
    {{GOOD, .stages = LIST_OF(struct project_stage, {.id = {"one"}, .from = {1}, .to = {2}})},
     NULL},
    {{.programme = {"spec"}, OPEN, .members = LIST_OF(struct member, LEAD)},
     "project: id is missing"},
    {{.id = {"alpha"}, OPEN, .members = LIST_OF(struct member, LEAD)},
     "project alpha: programme is missing"},
    {{NAMES, OPEN, .members = LIST_OF(struct member, LEAD, {.role = MEMBER_CO_RESEARCH})},
     "members: organisation is missing"},
    {{NAMES, OPEN, .members = LIST_OF(struct member, LEAD, OTHER, OTHER)},
     "members: kaist stands twice"},
    {{NAMES, OPEN}, "exactly one lead, not 0"},
    {{NAMES, OPEN, .members = LIST_OF(struct member, OTHER)}, "exactly one lead, not 0"},
    {{NAMES, OPEN,
      .members = LIST_OF(struct member, LEAD, {.organisation = {"lunit"}, .role = MEMBER_LEAD})},
     "exactly one lead, not 2"},
    {{NAMES, .members = LIST_OF(struct member, LEAD)}, "openness: state at least one level"},
    {{NAMES, .members = LIST_OF(struct member, LEAD),
      .openness = LIST_OF(struct openness_fact, {.from = {2}}, {.from = {2}})},
     "openness: dates must rise"},
    {{GOOD, .stages = LIST_OF(struct project_stage, {.from = {1}, .to = {2}})},
     "stages: each needs an id"},
    {{GOOD, .stages = LIST_OF(struct project_stage, {.id = {"one"}, .from = {2}, .to = {2}})},
     "from before to"},
};

START_TEST(what_a_project_says_fits_together)
{
    struct err err = ERR_INIT;
    expect_check(project_check(&cases[_i].project, &err), &err, cases[_i].refusal);
}
END_TEST

START_TEST(members_are_found_by_organisation_and_the_lead_by_role)
{
    const struct project p = {GOOD};
    const struct id kaist = {"kaist"}, lunit = {"lunit"};
    ck_assert_int_eq(project_member(&p, &kaist)->role, MEMBER_PARTICIPANT);
    ck_assert_ptr_null(project_member(&p, &lunit)); /* takes no part */
    ck_assert_str_eq(project_lead(&p)->organisation.text, "upstage");
    ck_assert_ptr_null(project_lead(&(struct project){NAMES}));
}
END_TEST

START_TEST(roles_in_a_consortium_have_names)
{
    static const char *const names[] = {"lead", "participant", "co_research", "subcontracted"};
    ck_assert_int_eq(member_role_names.count, MEMBER_ROLE_COUNT);
    for (int i = 0; i < MEMBER_ROLE_COUNT; i++)
        ck_assert_str_eq(enum_name(&member_role_names, i), names[i]);
}
END_TEST

static Suite *project_suite(void)
{
    Suite *s = suite_create("domain/project");
    TCase *c = tcase_create("project");
    tcase_add_loop_test(c, what_a_project_says_fits_together, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(c, members_are_found_by_organisation_and_the_lead_by_role);
    tcase_add_test(c, roles_in_a_consortium_have_names);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(project_suite)
