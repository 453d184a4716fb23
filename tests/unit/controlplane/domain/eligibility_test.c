/* The rules of the specialised programme, one table. */
#include "controlplane/domain/eligibility.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static void add_rule(struct programme *p, enum eligibility_rule_kind kind, const char *values)
{
    struct eligibility_rule *rule = record_list_add(&p->eligibility, sizeof *rule);
    rule->rule = kind;
    for (const char *at = values; *at;) {
        size_t n = strcspn(at, " ");
        struct id *id = record_list_add(&rule->values, sizeof *id);
        memcpy(id->text, at, n);
        at += n + (at[n] == ' ');
    }
}

/* What the call says: no large lead, not the five, a university, one lead, one lab. */
static void setup(void)
{
    expect_setup();
    struct apply_programme_request r = {0};
    struct id id = id_literal(WORLD_PROGRAMME);
    record_copy(&programme_type, &r.programme, state_find(w.state, ENTITY_PROGRAMME, &id));
    r.programme.id = id_literal("call");
    add_rule(&r.programme, ELIGIBILITY_LEAD_SIZE_BARRED, "large");
    add_rule(&r.programme, ELIGIBILITY_LEAD_ORGANISATION_BARRED, "naver-cloud upstage");
    add_rule(&r.programme, ELIGIBILITY_MEMBER_SIZE_REQUIRED, "university institute");
    add_rule(&r.programme, ELIGIBILITY_ONE_LEAD, "");
    add_rule(&r.programme, ELIGIBILITY_ONE_LAB, "");
    world_must(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROGRAMME, &r));
    record_fini(&apply_programme_request_type, &r);
}

/* members: "lunit kaist/vision", the first leads. */
static int form(const char *name, const char *members)
{
    struct apply_project_request r = {.project = {.programme = id_literal("call")}};
    r.project.id = id_literal(name);
    for (const char *at = members; *at;) {
        size_t n = strcspn(at, " "), organisation = strcspn(at, " /");
        struct member *m = record_list_add(&r.project.members, sizeof *m);
        memcpy(m->organisation.text, at, organisation);
        if (organisation < n)
            memcpy(m->lab.text, at + organisation + 1, n - organisation - 1);
        m->role = r.project.members.n == 1 ? MEMBER_LEAD : MEMBER_PARTICIPANT;
        at += n + (at[n] == ' ');
    }
    struct openness_fact *fact = record_list_add(&r.project.openness, sizeof *fact);
    fact->openness = OPENNESS_OPEN_COMMERCIAL;
    int rc = world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, &r);
    record_fini(&apply_project_request_type, &r);
    return rc;
}

START_TEST(test_each_refusal_names_the_rule)
{
    static const struct {
        const char *members;
        const char *rule;
        const char *who;
    } cases[] = {
        {"skt kaist", "rule lead_size_barred of programme call", "skt may take part but not lead"},
        {"upstage kaist", "rule lead_organisation_barred", "upstage may not lead"},
        {"lunit upstage", "rule member_size_required", "university, institute"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(&w, form("team", cases[i].members), ERR_INVALID, cases[i].rule,
                       cases[i].who);
}
END_TEST

START_TEST(test_consortia_that_keep_the_rules_are_registered)
{
    expect_ok(&w, form("team-1", "lunit skt kaist/vision")); /* a large one may take part */
    expect_ok(&w, form("team-1", "lunit kaist/vision"));     /* and change, against itself */
}
END_TEST

START_TEST(test_an_organisation_leads_one_consortium_and_a_lab_joins_one)
{
    expect_ok(&w, form("team-1", "lunit kaist/vision"));
    expect_refused(&w, form("team-2", "lunit kaist"), ERR_INVALID, "rule one_lead",
                   "lunit leads another consortium already (team-1)");
    expect_refused(&w, form("team-2", "kaist/vision lunit"), ERR_INVALID, "rule one_lab",
                   "vision has joined another consortium already (team-1)");
    expect_ok(&w, form("team-2", "kaist lunit")); /* another lab of the same university may */
}
END_TEST

START_TEST(test_rules_of_another_programme_do_not_matter)
{
    expect_ok(&w, form("team-1", "lunit kaist")); /* lunit leads beta in the programme spec, too */
}
END_TEST

START_TEST(test_the_size_that_counts_is_the_one_in_force)
{
    struct apply_organisation_request r = {0};
    struct id id = id_literal("lunit");
    record_copy(&organisation_type, &r.organisation, state_find(w.state, ENTITY_ORGANISATION, &id));
    struct size_fact *fact = record_list_add(&r.organisation.sizes, sizeof *fact);
    *fact = (struct size_fact){.from = world_at(WORLD_DAY), .size = SIZE_LARGE};
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_ORGANISATION, &r));
    record_fini(&apply_organisation_request_type, &r);
    expect_ok(&w, form("team-1", "lunit kaist"));
    w.now = world_at(WORLD_DAY);
    expect_refused(&w, form("team-1", "lunit kaist"), ERR_INVALID, "lead_size_barred", "(large)");
}
END_TEST

/* From that day on the organisation has another size. */
static void resize(const char *name, enum size_class size, struct instant from)
{
    struct id id = id_literal(name);
    struct apply_organisation_request r = {0};
    record_copy(&organisation_type, &r.organisation, state_find(w.state, ENTITY_ORGANISATION, &id));
    struct size_fact *fact = record_list_add(&r.organisation.sizes, sizeof *fact);
    fact->from = from;
    fact->size = size;
    memcpy(fact->evidence, "certificate", 11);
    world_must(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_ORGANISATION, &r));
    record_fini(&apply_organisation_request_type, &r);
}

START_TEST(test_a_consortium_that_is_no_longer_eligible_is_told_of)
{
    world_must(&w, form("p1", "lunit kaist"));
    resize("lunit", SIZE_SME, world_at(5 * WORLD_DAY));
    ck_assert_ptr_null(world_note(&w, "no longer eligible"));
    resize("lunit", SIZE_LARGE, world_at(10 * WORLD_DAY));
    ck_assert_ptr_nonnull(world_note(&w, "no longer eligible: project p1: rule lead_size_barred"));
}
END_TEST

START_TEST(test_a_new_rule_is_held_against_those_who_are_registered)
{
    struct apply_programme_request r = {0};
    struct id id = id_literal("call");
    world_must(&w, form("p1", "lunit kaist"));
    record_copy(&programme_type, &r.programme, state_find(w.state, ENTITY_PROGRAMME, &id));
    add_rule(&r.programme, ELIGIBILITY_LEAD_ORGANISATION_BARRED, "lunit");
    world_must(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROGRAMME, &r));
    record_fini(&apply_programme_request_type, &r);
    ck_assert_ptr_nonnull(world_note(&w, "rule lead_organisation_barred"));
}
END_TEST

static Suite *eligibility_suite(void)
{
    Suite *s = suite_create("eligibility");
    TCase *c = tcase_create("eligibility");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_each_refusal_names_the_rule);
    tcase_add_test(c, test_a_consortium_that_is_no_longer_eligible_is_told_of);
    tcase_add_test(c, test_a_new_rule_is_held_against_those_who_are_registered);
    tcase_add_test(c, test_consortia_that_keep_the_rules_are_registered);
    tcase_add_test(c, test_an_organisation_leads_one_consortium_and_a_lab_joins_one);
    tcase_add_test(c, test_rules_of_another_programme_do_not_matter);
    tcase_add_test(c, test_the_size_that_counts_is_the_one_in_force);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(eligibility_suite)
