/* Who may ask what, against a table written by hand; and what does not exist for whom. */
#include "controlplane/domain/authorise.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

/* ---- Commands ---- */

/* One letter a role, in the order of the enum: Agency-admin, aPprover of the agency, Member, Boss
 * (org-approver), Operator, Lender (supplier-approver), Finance, aUditor; then kinds of actors that
 * are no users: Node, Service, and ? for anonymous. */
static const char role_letters[] = "APMBOLFU";

static const struct {
    enum command_kind kind;
    const char *who;
} by_hand[] = {
    {COMMAND_APPLY_ORGANISATION, "A"},
    {COMMAND_APPLY_PROGRAMME, "A"},
    {COMMAND_APPLY_PROJECT, "A"},
    {COMMAND_APPLY_SITE, "AOL"},
    {COMMAND_APPLY_POOL, "AOL"},
    {COMMAND_PROPOSE_LOAN, "OL"},
    {COMMAND_CONSENT_LOAN, "B"},
    {COMMAND_RECALL_LOAN, "AOL"},
    {COMMAND_REQUEST_ALLOCATION, "MB"},
    {COMMAND_BOOK_LEASE, "MB"},
    {COMMAND_RELEASE_LEASE, "AMB"},
    {COMMAND_SIGN_APPROVAL, "P"},
    {COMMAND_RETURN_APPROVAL, "P"},
    {COMMAND_RECORD_CONTRIBUTION, "AF"},
    {COMMAND_CREATE_JOIN_TOKEN, "ABOL"},
    {COMMAND_JOIN, "?"},
    {COMMAND_REVOKE_USER, "ABL"},
    {COMMAND_ATTACH_NODE, "N"},
    {COMMAND_REPORT_HELD, "N"},
    {COMMAND_REPORT_USAGE, "N"},
    {COMMAND_BOOTSTRAP, "S"},
};

START_TEST(test_every_command_by_every_role)
{
    ck_assert_uint_eq(sizeof by_hand / sizeof by_hand[0], COMMAND_KIND_COUNT);
    ck_assert_uint_eq(strlen(role_letters), ROLE_COUNT);
    for (size_t i = 0; i < COMMAND_KIND_COUNT; i++) {
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct actor actor = {
                .kind = ACTOR_USER, .user = id_literal("kim.upstage"), .roles = ROLE_BIT(role)};
            bool wanted = strchr(by_hand[i].who, role_letters[role]) != NULL;
            struct err err = ERR_INIT;
            int rc = authorise_command(&actor, by_hand[i].kind, &err);
            ck_assert_msg(rc == (wanted ? 0 : -ERR_DENIED), "%s by %s: %s",
                          command_name(by_hand[i].kind), enum_name(&role_names, role), err.text);
        }
    }
}
END_TEST

START_TEST(test_every_command_by_every_kind_of_actor)
{
    static const struct {
        enum actor_kind kind;
        char letter;
        int refusal;
    } actors[] = {
        {ACTOR_NODE, 'N', -ERR_DENIED},
        {ACTOR_SERVICE, 'S', -ERR_DENIED},
        {ACTOR_ANONYMOUS, '?', -ERR_UNAUTHENTICATED},
    };
    for (size_t i = 0; i < COMMAND_KIND_COUNT; i++) {
        for (size_t k = 0; k < 3; k++) {
            /* roles without a user behind them open nothing */
            struct actor actor = {.kind = actors[k].kind, .roles = UINT32_MAX};
            bool wanted = strchr(by_hand[i].who, actors[k].letter) != NULL;
            int rc = authorise_command(&actor, by_hand[i].kind, NULL);
            ck_assert_msg(rc == (wanted ? 0 : actors[k].refusal), "%s by %c",
                          command_name(by_hand[i].kind), actors[k].letter);
        }
    }
}
END_TEST

START_TEST(test_roles_are_additive_and_a_refusal_names_those_that_would_do)
{
    struct actor actor = {.kind = ACTOR_USER,
                          .user = id_literal("kim.upstage"),
                          .roles = ROLE_BIT(ROLE_AUDITOR) | ROLE_BIT(ROLE_FINANCE)};
    struct err err = ERR_INIT;
    ck_assert_int_eq(authorise_command(&actor, COMMAND_BOOK_LEASE, &err), -ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(err.text, "org-member, org-approver; kim.upstage holds none"));
    ck_assert_int_eq(authorise_command(&actor, COMMAND_REPORT_HELD, &err), -ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(err.text, "is not for people"));
    actor.roles |= ROLE_BIT(ROLE_ORG_MEMBER);
    ck_assert_int_eq(authorise_command(&actor, COMMAND_BOOK_LEASE, NULL), 0);
    ck_assert_int_eq(authorise_command(&actor, COMMAND_RECORD_CONTRIBUTION, NULL), 0);
}
END_TEST

/* ---- Objects ---- */

static bool sees(const char *actor, enum entity_kind kind, const char *name)
{
    struct actor a = world_actor(&w, actor);
    struct id id = id_literal(name);
    const void *record = state_find(w.state, kind, &id);
    ck_assert_msg(record != NULL, "no %s %s", entity_name(kind), name);
    return authorise_view(w.state, &a, kind, record);
}

/* skt lends to alpha (upstage leads, kaist takes part), naver to beta (lunit). Upstage and kaist
 * have a lease each; a third organisation's people see none of it. */
START_TEST(test_what_may_not_be_seen_does_not_exist)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "v1", "naver-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8});
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-b", .pool = "naver-b200", .project = "beta", .gpus = 8});
    struct id a = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    struct world_booking b = {.allocation = a, .gpus = 2, .from = world_at(0), .to = world_at(600)};
    world_must(&w, world_book(&w, &b));
    struct id upstage = w.changes.answer.id;
    b.actor = "lee.kaist";
    world_must(&w, world_book(&w, &b));
    struct id kaist = w.changes.answer.id;
    world_due(&w);
    world_must(&w, world_use(&w, "n1", 1, kaist.text, world_at(0), world_at(60)));
    struct id approval = world_loan(&w, "loan-a")->approval;
    struct record_contribution_request c = {
        .contribution = {.krw = {1}, .at = INSTANT_NEVER, .reference = "x"}};
    c.contribution.id = id_literal("paid");
    c.contribution.project = id_literal("alpha");
    c.contribution.organisation = id_literal("upstage");
    c.contribution.kind = id_literal("cash");
    world_must(&w, world_decide(&w, "fin.upstage", COMMAND_RECORD_CONTRIBUTION, &c));
    struct create_join_token_command t = {.token = {.purpose = JOIN_USER}};
    t.token.id = id_literal("invitation");
    t.token.organisation = id_literal("upstage");
    t.token.name = id_literal("new");
    memset(t.token.secret_hash, '1', 64);
    struct id *role = record_list_add(&t.token.roles, sizeof *role);
    *role = id_literal("org-member");
    world_must(&w, world_decide(&w, "boss.upstage", COMMAND_CREATE_JOIN_TOKEN, &t));
    record_fini(&create_join_token_command_type, &t);

    static const char *const viewers[] = {"kim.upstage", "lee.kaist", "op.skt", "op.naver",
                                          "han.lunit"};
    const struct {
        enum entity_kind kind;
        const char *name;
        const char *seen; /* by each of the viewers, in order: y or n */
    } cases[] = {
        {ENTITY_ORGANISATION, "nipa", "yyyyy"},
        {ENTITY_ORGANISATION, "upstage", "yyynn"},
        {ENTITY_ORGANISATION, "skt", "yyynn"},
        {ENTITY_ORGANISATION, "naver", "nnnyy"},
        {ENTITY_ORGANISATION, "lunit", "nnnyy"},
        {ENTITY_PROGRAMME, WORLD_PROGRAMME, "yyyyy"},
        {ENTITY_PROJECT, "alpha", "yyynn"},
        {ENTITY_PROJECT, "beta", "nnnyy"},
        {ENTITY_SITE, "skt-dc", "yyynn"},
        {ENTITY_POOL, "skt-b200", "yyynn"},
        {ENTITY_POOL, "naver-b200", "nnnyy"},
        {ENTITY_NODE, "n1", "nnynn"},
        {ENTITY_NODE, "v1", "nnnyn"},
        {ENTITY_LOAN, "loan-a", "yyynn"},
        {ENTITY_LOAN, "loan-b", "nnnyy"},
        {ENTITY_ALLOCATION, a.text, "yynnn"},
        {ENTITY_LEASE, upstage.text, "ynynn"}, /* kaist is no lead */
        {ENTITY_LEASE, kaist.text, "yyynn"},   /* upstage leads */
        {ENTITY_USAGE_INTERVAL, "n1.0000000000000000.1", "yyynn"},
        {ENTITY_APPROVAL, approval.text, "yyynn"},
        {ENTITY_USER, "kim.upstage", "ynnnn"},
        {ENTITY_JOIN_TOKEN, "invitation", "ynnnn"},
        {ENTITY_CONTRIBUTION, "paid", "ynnnn"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < 5; k++)
            ck_assert_msg(sees(viewers[k], cases[i].kind, cases[i].name) ==
                              (cases[i].seen[k] == 'y'),
                          "%s by %s", cases[i].name, viewers[k]);
        static const char *const all[] = {"admin.nipa", "ok1.nipa", "audit.nipa", "service"};
        for (size_t k = 0; k < 4; k++)
            ck_assert_msg(sees(all[k], cases[i].kind, cases[i].name), "%s by %s", cases[i].name,
                          all[k]);
        bool own = strcmp(cases[i].name, "n1") == 0;
        ck_assert_msg(sees("node:n1", cases[i].kind, cases[i].name) == own, "%s by n1",
                      cases[i].name);
        ck_assert_msg(!sees("nobody", cases[i].kind, cases[i].name), "%s by nobody", cases[i].name);
    }
}
END_TEST

static Suite *authorise_suite(void)
{
    Suite *s = suite_create("authorise");
    TCase *c = tcase_create("authorise");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, test_every_command_by_every_role);
    tcase_add_test(c, test_every_command_by_every_kind_of_actor);
    tcase_add_test(c, test_roles_are_additive_and_a_refusal_names_those_that_would_do);
    tcase_add_test(c, test_what_may_not_be_seen_does_not_exist);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(authorise_suite)
