/* Who may ask what, against a table written by hand; and what does not exist for whom. */
#include "controlplane/domain/authorise.h"

#include "lib/base/buf.h"
#include "tests/support/page.h"
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
    {COMMAND_EXTEND_LEASE, "MB"},
    {COMMAND_CANCEL_LEASE, "AMB"},
    {COMMAND_DECIDE_STAGE, "A"},
    {COMMAND_OBJECT_STAGE, "B"},
    {COMMAND_ANSWER_OBJECTION, "P"},
    {COMMAND_SETTLE_STAGE, "AF"},
    {COMMAND_SIGN_APPROVAL, "PL"},
    {COMMAND_RETURN_APPROVAL, "P"},
    {COMMAND_WITHDRAW_APPROVAL, "APMBOL"},
    {COMMAND_DELEGATE_APPROVAL, "PL"},
    {COMMAND_RECORD_CONTRIBUTION, "AF"},
    {COMMAND_CLOSE_MONTH, "AP"},
    {COMMAND_SEAL_MONTH, "S"},
    {COMMAND_ARCHIVE_MONTH, "S"},
    {COMMAND_ISSUE_STATEMENT, "AF"},
    {COMMAND_DISPUTE_STATEMENT, "ABF"},
    {COMMAND_CLOSE_STATEMENT, "A"},
    {COMMAND_CREATE_JOIN_TOKEN, "ABOL"},
    {COMMAND_JOIN, "?"},
    {COMMAND_RENEW_CERTIFICATE, "APMBOLFUN"},
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
static const struct viewer {
    const char *name;
    const char *title; /* on the page */
} viewers[] = {
    {"kim.upstage", "the lead"},
    {"lee.kaist", "a participant"},
    {"op.skt", "the lender"},
    {"op.naver", "another supplier"},
    {"han.lunit", "another project"},
    {"admin.nipa", "agency-admin"},
    {"ok1.nipa", "agency-approver"},
    {"audit.nipa", "auditor"},
    {"node:n1", "a node of the lender's"},
    {"nobody", "no certificate"},
};
#define VIEWERS (sizeof viewers / sizeof viewers[0])

struct sight {
    enum entity_kind kind;
    const char *name;
    const char *seen;  /* by each of the viewers, in order: y or n */
    const char *title; /* on the page; NULL: left out there */
};
#define SIGHTS_MAX 32

static struct id add_lease(struct world_booking *b, const char *actor)
{
    b->actor = actor;
    world_must(&w, world_book(&w, b));
    return w.changes.answer.id;
}

static void add_contribution(void)
{
    struct record_contribution_request c = {
        .contribution = {.krw = {1}, .at = INSTANT_NEVER, .reference = "x"}};
    c.contribution.id = id_literal("paid");
    c.contribution.project = id_literal("alpha");
    c.contribution.organisation = id_literal("upstage");
    c.contribution.kind = id_literal("cash");
    world_must(&w, world_decide(&w, "fin.upstage", COMMAND_RECORD_CONTRIBUTION, &c));
}

static void add_invitation(void)
{
    struct create_join_token_command t = {.token = {.purpose = JOIN_USER}};
    t.token.id = id_literal("invitation");
    t.token.organisation = id_literal("upstage");
    t.token.name = id_literal("new");
    memset(t.token.secret_hash, '1', 64);
    struct id *role = record_list_add(&t.token.roles, sizeof *role);
    *role = id_literal("org-member");
    world_must(&w, world_decide(&w, "boss.upstage", COMMAND_CREATE_JOIN_TOKEN, &t));
    record_fini(&create_join_token_command_type, &t);
}

static void add_closing(void)
{
    struct close_month_request c = {.month = id_literal("2025-10")};
    world_must(&w, world_decide(&w, "admin.nipa", COMMAND_CLOSE_MONTH, &c));
}

static struct id allocation, lead_lease, other_lease, approval;

static size_t make_sights(struct sight *ret)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "v1", "naver-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8});
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-b", .pool = "naver-b200", .project = "beta", .gpus = 8});
    allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    struct world_booking b = {
        .allocation = allocation, .gpus = 2, .from = world_at(0), .to = world_at(600)};
    lead_lease = add_lease(&b, "kim.upstage");
    other_lease = add_lease(&b, "lee.kaist");
    world_due(&w);
    world_must(&w, world_use(&w, "n1", 1, other_lease.text, world_at(0), world_at(60)));
    approval = world_loan(&w, "loan-a")->approval;
    add_contribution();
    add_invitation();
    add_closing();
    const struct sight sights[] = {
        {ENTITY_ORGANISATION, "nipa", "yyyyyyyynn", "the agency"},
        {ENTITY_ORGANISATION, "upstage", "yyynnyyynn", "the lead"},
        {ENTITY_ORGANISATION, "skt", "yyynnyyynn", "the lender"},
        {ENTITY_ORGANISATION, "naver", "nnnyyyyynn", NULL},
        {ENTITY_ORGANISATION, "lunit", "nnnyyyyynn", NULL},
        {ENTITY_PROGRAMME, WORLD_PROGRAMME, "yyyyyyyynn", "of any kind"},
        {ENTITY_PROJECT, "alpha", "yyynnyyynn", "of lead and participant"},
        {ENTITY_PROJECT, "beta", "nnnyyyyynn", NULL},
        {ENTITY_SITE, "skt-dc", "yyynnyyynn", "of the lender's pool"},
        {ENTITY_POOL, "skt-b200", "yyynnyyynn", "of the lender"},
        {ENTITY_POOL, "naver-b200", "nnnyyyyynn", NULL},
        {ENTITY_NODE, "n1", "nnynnyyyyn", "of that pool"},
        {ENTITY_NODE, "v1", "nnnynyyynn", NULL},
        {ENTITY_LOAN, "loan-a", "yyynnyyynn", "of the lender to the project"},
        {ENTITY_LOAN, "loan-b", "nnnyyyyynn", NULL},
        {ENTITY_ALLOCATION, allocation.text, "yynnnyyynn", "of the project"},
        {ENTITY_LEASE, lead_lease.text, "yyynnyyynn", "of the lead"},
        {ENTITY_LEASE, other_lease.text, "yyynnyyynn", "of the participant"},
        {ENTITY_USAGE_INTERVAL, "n1.0000000000000000.1", "yyynnyyynn",
         "of the participant's lease"},
        {ENTITY_APPROVAL, approval.text, "yyynnyyynn", "of the loan"},
        {ENTITY_USER, "kim.upstage", "ynnnnyyynn", "of the lead"},
        {ENTITY_JOIN_TOKEN, "invitation", "ynnnnyyynn", "of the lead"},
        {ENTITY_CONTRIBUTION, "paid", "ynnnnyyynn", "of the lead"},
        {ENTITY_CLOSING, "2025-10", "nnnnnyyynn", "of a month"},
    };
    _Static_assert(sizeof sights <= SIGHTS_MAX * sizeof sights[0], "SIGHTS_MAX");
    memcpy(ret, sights, sizeof sights);
    return sizeof sights / sizeof sights[0];
}

START_TEST(test_what_may_not_be_seen_does_not_exist)
{
    struct sight sights[SIGHTS_MAX];
    size_t n = make_sights(sights);
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(strlen(sights[i].seen), VIEWERS);
        for (size_t k = 0; k < VIEWERS; k++)
            ck_assert_msg(sees(viewers[k].name, sights[i].kind, sights[i].name) ==
                              (sights[i].seen[k] == 'y'),
                          "%s by %s", sights[i].name, viewers[k].name);
        ck_assert_msg(sees("service", sights[i].kind, sights[i].name), "%s", sights[i].name);
    }
}
END_TEST

START_TEST(test_who_sees_all_is_the_agency_an_auditor_or_the_control_plane)
{
    static const struct {
        const char *name;
        bool all;
    } cases[] = {
        {"admin.nipa", true},   {"ok1.nipa", true},      {"audit.nipa", true},
        {"own.nipa", true},     {"check.upstage", true}, {"service", true},
        {"kim.upstage", false}, {"boss.upstage", false}, {"sign.skt", false},
        {"node:n1", false},     {"nobody", false},
    };
    world_make_user(&w, "own", "nipa", "org-member");
    world_make_user(&w, "check", "upstage", "auditor");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct actor a = world_actor(&w, cases[i].name);
        ck_assert_msg(authorise_view_all(w.state, &a) == cases[i].all, "%s", cases[i].name);
    }
}
END_TEST

/* ---- Statements ---- */

static const char *const scope_names[] = {"", "its own lines", "yes"};

static enum statement_scope scope_of(const char *actor)
{
    struct actor a = world_actor(&w, actor);
    struct id alpha = id_literal("alpha");
    return authorise_statement(w.state, &a, state_find(w.state, ENTITY_PROJECT, &alpha));
}

START_TEST(test_a_statement_is_for_the_lead_and_a_members_lines_for_itself)
{
    static const struct {
        const char *name;
        enum statement_scope scope;
    } cases[] = {
        {"kim.upstage", STATEMENT_ALL}, {"fin.upstage", STATEMENT_ALL},
        {"admin.nipa", STATEMENT_ALL},  {"ok1.nipa", STATEMENT_ALL},
        {"audit.nipa", STATEMENT_ALL},  {"service", STATEMENT_ALL},
        {"lee.kaist", STATEMENT_OWN},   {"op.skt", STATEMENT_NONE}, /* who lends sees the project */
        {"han.lunit", STATEMENT_NONE},  {"node:n1", STATEMENT_NONE},
        {"nobody", STATEMENT_NONE},
    };
    struct sight sights[SIGHTS_MAX];
    (void)make_sights(sights);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(scope_of(cases[i].name) == cases[i].scope, "%s", cases[i].name);
}
END_TEST

/* ---- The page ---- */

static void print_commands(struct buf *out)
{
    buf_append_text(out, "### Commands\n\n| command |");
    for (int role = 0; role < ROLE_COUNT; role++)
        buf_printf(out, " %s |", enum_name(&role_names, role));
    buf_append_text(out, " node | no certificate |\n|---|");
    for (int column = 0; column < ROLE_COUNT + 2; column++)
        buf_append_text(out, "---|");
    for (int kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
        buf_printf(out, "\n| **%s** |", command_name((enum command_kind)kind));
        for (int column = 0; column < ROLE_COUNT + 2; column++) {
            struct actor actor = {.kind = ACTOR_USER};
            if (column < ROLE_COUNT)
                actor.roles = ROLE_BIT(column);
            else
                actor.kind = column == ROLE_COUNT ? ACTOR_NODE : ACTOR_ANONYMOUS;
            bool allowed = authorise_command(&actor, (enum command_kind)kind, NULL) == 0;
            buf_printf(out, " %s |", allowed ? "yes" : "");
        }
    }
    buf_append_text(out, "\n\n");
}

static void print_views(struct buf *out)
{
    struct sight sights[SIGHTS_MAX];
    size_t n = make_sights(sights);
    buf_append_text(out, "### Objects\n\n| object |");
    for (size_t k = 0; k < VIEWERS; k++)
        buf_printf(out, " %s |", viewers[k].title);
    buf_append_text(out, "\n|---|");
    for (size_t k = 0; k < VIEWERS; k++)
        buf_append_text(out, "---|");
    for (size_t i = 0; i < n; i++) {
        if (!sights[i].title)
            continue;
        buf_printf(out, "\n| **%s** %s |", entity_name(sights[i].kind), sights[i].title);
        for (size_t k = 0; k < VIEWERS; k++)
            buf_printf(out, " %s |",
                       sees(viewers[k].name, sights[i].kind, sights[i].name) ? "yes" : "");
    }
    buf_append_text(out, "\n| **statement** of the project |");
    for (size_t k = 0; k < VIEWERS; k++)
        buf_printf(out, " %s |", scope_names[scope_of(viewers[k].name)]);
    buf_append_text(out, "\n\n");
}

START_TEST(the_page_of_authorisation_shows_these_tables)
{
    CLEANUP_BUF struct buf tables;
    buf_init(&tables, 1 << 20);
    print_commands(&tables);
    print_views(&tables);
    page_shows("docs/spec/authorisation.md", "authorise_test", tables.data);
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
    tcase_add_test(c, test_who_sees_all_is_the_agency_an_auditor_or_the_control_plane);
    tcase_add_test(c, test_a_statement_is_for_the_lead_and_a_members_lines_for_itself);
    tcase_add_test(c, the_page_of_authorisation_shows_these_tables);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(authorise_suite)
