/*
 * Two tables: commands by role, and kinds of objects by who is party to them. Nothing here looks at
 * a request's contents; rules about those are the deciders'.
 */
#include "controlplane/domain/authorise.h"

#include "controlplane/domain/allocation.h"
#include "controlplane/domain/approval.h"
#include "controlplane/domain/issued.h"
#include "controlplane/domain/recall.h"
#include "lib/base/buf.h"

/* ---- Commands ------------------------------------------------------------------------------- */

#define AGENCY     ROLE_BIT(ROLE_AGENCY_ADMIN)
#define APPROVER   ROLE_BIT(ROLE_AGENCY_APPROVER)
#define MEMBER     ROLE_BIT(ROLE_ORG_MEMBER)
#define CONSENTER  ROLE_BIT(ROLE_ORG_APPROVER)
#define OPERATOR   ROLE_BIT(ROLE_SUPPLIER_OPERATOR)
#define LENDER     ROLE_BIT(ROLE_SUPPLIER_APPROVER)
#define ACCOUNTANT ROLE_BIT(ROLE_FINANCE)
#define ANYBODY    ((1u << ROLE_COUNT) - 1)

#define BY(actor) (1u << (actor))

static const struct command_rule {
    uint32_t roles;  /* of a user: one of them suffices */
    uint32_t actors; /* kinds of actors besides users */
    bool in_place;   /* may be done in the place of somebody with the role */
} command_rules[COMMAND_KIND_COUNT] = {
    [COMMAND_APPLY_ORGANISATION] = {.roles = AGENCY},
    [COMMAND_APPLY_PROGRAMME] = {.roles = AGENCY},
    [COMMAND_APPLY_PROJECT] = {.roles = AGENCY},
    [COMMAND_APPLY_SITE] = {.roles = AGENCY | OPERATOR | LENDER},
    [COMMAND_APPLY_POOL] = {.roles = AGENCY | OPERATOR | LENDER},
    [COMMAND_PROPOSE_LOAN] = {.roles = OPERATOR | LENDER},
    [COMMAND_CONSENT_LOAN] = {.roles = CONSENTER},
    [COMMAND_RECALL_LOAN] = {.roles = AGENCY | OPERATOR | LENDER},
    [COMMAND_REQUEST_ALLOCATION] = {.roles = MEMBER | CONSENTER},
    [COMMAND_BOOK_LEASE] = {.roles = MEMBER | CONSENTER},
    [COMMAND_RELEASE_LEASE] = {.roles = AGENCY | MEMBER | CONSENTER},
    [COMMAND_EXTEND_LEASE] = {.roles = MEMBER | CONSENTER},
    [COMMAND_CANCEL_LEASE] = {.roles = AGENCY | MEMBER | CONSENTER},
    [COMMAND_DECIDE_STAGE] = {.roles = AGENCY},
    [COMMAND_OBJECT_STAGE] = {.roles = CONSENTER},
    [COMMAND_ANSWER_OBJECTION] = {.roles = APPROVER},
    [COMMAND_SETTLE_STAGE] = {.roles = AGENCY | ACCOUNTANT},
    [COMMAND_SIGN_APPROVAL] = {.roles = APPROVER | LENDER,
                               .in_place = true}, /* suppliers: see approving.c */
    [COMMAND_RETURN_APPROVAL] = {.roles = APPROVER, .in_place = true},
    [COMMAND_WITHDRAW_APPROVAL] = {.roles =
                                       AGENCY | APPROVER | MEMBER | CONSENTER | OPERATOR | LENDER,
                                   .in_place = true},
    [COMMAND_DELEGATE_APPROVAL] = {.roles = APPROVER | LENDER},
    [COMMAND_RECORD_CONTRIBUTION] = {.roles = AGENCY | ACCOUNTANT},
    [COMMAND_CLOSE_MONTH] = {.roles = AGENCY | APPROVER},
    [COMMAND_SEAL_MONTH] = {.actors = BY(ACTOR_SERVICE)},
    [COMMAND_ARCHIVE_MONTH] = {.actors = BY(ACTOR_SERVICE)},
    [COMMAND_ISSUE_STATEMENT] = {.roles = AGENCY | ACCOUNTANT},
    [COMMAND_DISPUTE_STATEMENT] = {.roles = AGENCY | ACCOUNTANT | CONSENTER},
    [COMMAND_CLOSE_STATEMENT] = {.roles = AGENCY},
    [COMMAND_CREATE_JOIN_TOKEN] = {.roles = AGENCY | CONSENTER | OPERATOR | LENDER},
    [COMMAND_JOIN] = {.actors = BY(ACTOR_ANONYMOUS)},
    [COMMAND_RENEW_CERTIFICATE] = {.roles = ANYBODY, .actors = BY(ACTOR_NODE)},
    [COMMAND_REVOKE_USER] = {.roles = AGENCY | CONSENTER | LENDER},
    [COMMAND_ATTACH_NODE] = {.actors = BY(ACTOR_NODE)},
    [COMMAND_REPORT_HELD] = {.actors = BY(ACTOR_NODE)},
    [COMMAND_REPORT_USAGE] = {.actors = BY(ACTOR_NODE)},
    [COMMAND_BOOTSTRAP] = {.actors = BY(ACTOR_SERVICE)},
};

static void list_roles(uint32_t roles, struct buf *out)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        if (roles & ROLE_BIT(role))
            buf_printf(out, "%s%s", out->len > 0 ? ", " : "", enum_name(&role_names, role));
    }
}

static int deny(const struct actor *actor, enum command_kind kind, uint32_t roles, struct err *err)
{
    CLEANUP_BUF struct buf names;
    buf_init(&names, ERR_TEXT_MAX);
    list_roles(roles, &names);
    const char *who = id_is_none(&actor->user) ? actor->name.text : actor->user.text;
    if (roles == 0)
        return err_set(err, ERR_DENIED, "%s is not for people: nodes and the service itself do it",
                       command_name(kind));
    return err_set(err, ERR_DENIED, "%s needs one of the roles %s; %s holds none of them",
                   command_name(kind), names.data, who);
}

int authorise_command(const struct actor *actor, enum command_kind kind, struct err *err)
{
    ENSURE(kind >= 0 && kind < COMMAND_KIND_COUNT);
    const struct command_rule *rule = &command_rules[kind];
    uint32_t roles = actor->roles | (rule->in_place ? actor->delegated : 0);
    bool allowed = actor->kind == ACTOR_USER ? (roles & rule->roles) != 0
                                             : (rule->actors & BY(actor->kind)) != 0;
    if (allowed)
        return 0;
    if (actor->kind == ACTOR_ANONYMOUS)
        return err_set(err, ERR_UNAUTHENTICATED, "%s needs a certificate: join first",
                       command_name(kind));
    return deny(actor, kind, rule->roles, err);
}

/* ---- Objects -------------------------------------------------------------------------------- */

struct viewer {
    const struct state *state;
    const struct actor *actor;
};

static bool is_own(const struct viewer *v, const struct id *organisation)
{
    return id_equal(&v->actor->organisation, organisation);
}

static bool is_member(const struct viewer *v, const struct id *project_id)
{
    const struct project *project = state_find(v->state, ENTITY_PROJECT, project_id);
    return project && project_member(project, &v->actor->organisation);
}

static bool is_lead(const struct viewer *v, const struct id *project_id)
{
    const struct project *project = state_find(v->state, ENTITY_PROJECT, project_id);
    const struct member *lead = project ? project_lead(project) : NULL;
    return lead && is_own(v, &lead->organisation);
}

/* A search for one object that makes the actor a party. */
struct search {
    const struct viewer *viewer;
    const struct id *other;
    bool found;
};

static bool sees_loan(const struct viewer *v, const void *record)
{
    const struct loan *loan = record;
    return is_own(v, &loan->lender) || is_member(v, &loan->borrower);
}

static bool visit_loan_to_project(const void *record, void *arg)
{
    struct search *s = arg;
    s->found = is_own(s->viewer, &((const struct loan *)record)->lender);
    return !s->found;
}

static bool sees_project(const struct viewer *v, const void *record)
{
    const struct project *project = record;
    if (project_member(project, &v->actor->organisation))
        return true;
    struct search s = {.viewer = v};
    state_each_linked(v->state, LINK_LOAN_BORROWER, &project->id, visit_loan_to_project, &s);
    return s.found;
}

static bool visit_shared_project(const void *record, void *arg)
{
    struct search *s = arg;
    const struct project *project = record;
    s->found = project_member(project, s->other) && sees_project(s->viewer, project);
    return !s->found;
}

static bool visit_loan_between(const void *record, void *arg)
{
    struct search *s = arg;
    const struct loan *loan = record;
    s->found = id_equal(&loan->lender, s->other) && is_member(s->viewer, &loan->borrower);
    return !s->found;
}

/* Its own, those in the same consortium, and both sides of a loan. */
static bool sees_organisation(const struct viewer *v, const void *record)
{
    const struct organisation *organisation = record;
    if (is_own(v, &organisation->id) || organisation->agency)
        return true;
    struct search s = {.viewer = v, .other = &organisation->id};
    state_each(v->state, ENTITY_PROJECT, NULL, visit_shared_project, &s);
    if (!s.found)
        state_each(v->state, ENTITY_LOAN, NULL, visit_loan_between, &s);
    return s.found;
}

static bool visit_loan_of_pool(const void *record, void *arg)
{
    struct search *s = arg;
    s->found = is_member(s->viewer, &((const struct loan *)record)->borrower);
    return !s->found;
}

static bool sees_pool(const struct viewer *v, const void *record)
{
    const struct pool *pool = record;
    struct search s = {.viewer = v, .found = is_own(v, &pool->owner)};
    if (!s.found)
        state_each_linked(v->state, LINK_LOAN_POOL, &pool->id, visit_loan_of_pool, &s);
    return s.found;
}

static bool visit_pool_of_site(const void *record, void *arg)
{
    struct search *s = arg;
    const struct pool *pool = record;
    s->found = id_equal(&pool->site, s->other) && sees_pool(s->viewer, pool);
    return !s->found;
}

static bool sees_site(const struct viewer *v, const void *record)
{
    const struct site *site = record;
    struct search s = {.viewer = v, .other = &site->id, .found = is_own(v, &site->operator)};
    if (!s.found)
        state_each(v->state, ENTITY_POOL, NULL, visit_pool_of_site, &s);
    return s.found;
}

static bool sees_programme(const struct viewer *v, const void *record)
{
    (void)record;
    return v->actor->kind == ACTOR_USER; /* its rules are public to whoever has joined */
}

static bool sees_node(const struct viewer *v, const void *record)
{
    const struct node *node = record;
    if (v->actor->kind == ACTOR_NODE)
        return id_equal(&node->id, &v->actor->name);
    return is_own(v, &node->owner);
}

static bool sees_allocation(const struct viewer *v, const void *record)
{
    return is_member(v, &((const struct allocation *)record)->project);
}

static bool lent_it(const struct viewer *v, const struct lease *lease)
{
    const struct loan *loan = state_find(v->state, ENTITY_LOAN, &lease->loan);
    return loan && is_own(v, &loan->lender);
}

/* The members of its consortium, who share one allocation and have to know who holds it, and who
 * lent what it runs on. */
static bool sees_lease(const struct viewer *v, const void *record)
{
    const struct lease *lease = record;
    return is_own(v, &lease->organisation) || is_member(v, &lease->project) || lent_it(v, lease);
}

/* What was really used is accounts: of the organisation that booked, its lead and the lender. */
static bool sees_usage(const struct viewer *v, const void *record)
{
    const struct usage_interval *interval = record;
    const struct lease *lease = state_find(v->state, ENTITY_LEASE, &interval->lease);
    return lease &&
           (is_own(v, &lease->organisation) || is_lead(v, &lease->project) || lent_it(v, lease));
}

static bool (*const views[ENTITY_KIND_COUNT])(const struct viewer *v, const void *record);

static bool sees_approval(const struct viewer *v, const void *record)
{
    const struct approval *approval = record;
    if (is_own(v, &approval->organisation))
        return true;
    enum entity_kind kind = ENTITY_KIND_COUNT;
    ENSURE(entity_kind_by_name(span_text(approval->subject_kind.text), &kind) == 0);
    const void *subject = state_find(v->state, kind, &approval->subject);
    return subject && views[kind](v, subject);
}

static bool sees_recall(const struct viewer *v, const void *record)
{
    const struct recall *recall = record;
    const struct loan *loan = state_find(v->state, ENTITY_LOAN, &recall->loan);
    return is_own(v, &recall->organisation) || (loan && sees_loan(v, loan));
}

/* The project's own, and who lends to it: what they lent comes back by it. */
static bool sees_stage_decision(const struct viewer *v, const void *record)
{
    const struct stage_decision *decision = record;
    const struct project *project = state_find(v->state, ENTITY_PROJECT, &decision->project);
    return project && sees_project(v, project);
}

static bool sees_user(const struct viewer *v, const void *record)
{
    return is_own(v, &((const struct user *)record)->organisation);
}

static bool sees_join_token(const struct viewer *v, const void *record)
{
    return is_own(v, &((const struct join_token *)record)->organisation);
}

static bool sees_contribution(const struct viewer *v, const void *record)
{
    const struct contribution *contribution = record;
    return is_own(v, &contribution->organisation) || is_lead(v, &contribution->project);
}

/* The agency's: its lines name every project. */
static bool sees_closing(const struct viewer *v, const void *record)
{
    (void)v;
    (void)record;
    return false;
}

/* The whole of it is the lead's; the others get their own lines from it by GetStatement. */
static bool sees_statement(const struct viewer *v, const void *record)
{
    return is_lead(v, &((const struct issued_statement *)record)->project);
}

static bool (*const views[ENTITY_KIND_COUNT])(const struct viewer *v, const void *record) = {
    [ENTITY_ORGANISATION] = sees_organisation,
    [ENTITY_PROGRAMME] = sees_programme,
    [ENTITY_PROJECT] = sees_project,
    [ENTITY_SITE] = sees_site,
    [ENTITY_POOL] = sees_pool,
    [ENTITY_NODE] = sees_node,
    [ENTITY_LOAN] = sees_loan,
    [ENTITY_ALLOCATION] = sees_allocation,
    [ENTITY_LEASE] = sees_lease,
    [ENTITY_APPROVAL] = sees_approval,
    [ENTITY_USER] = sees_user,
    [ENTITY_JOIN_TOKEN] = sees_join_token,
    [ENTITY_USAGE_INTERVAL] = sees_usage,
    [ENTITY_CONTRIBUTION] = sees_contribution,
    [ENTITY_RECALL] = sees_recall,
    [ENTITY_STAGE_DECISION] = sees_stage_decision,
    [ENTITY_CLOSING] = sees_closing,
    [ENTITY_STATEMENT] = sees_statement,
};

/* The agency's own people and auditors, and the service itself. */
static bool sees_all(const struct viewer *v)
{
    const uint32_t roles =
        ROLE_BIT(ROLE_AGENCY_ADMIN) | ROLE_BIT(ROLE_AGENCY_APPROVER) | ROLE_BIT(ROLE_AUDITOR);
    if (v->actor->kind == ACTOR_SERVICE)
        return true;
    if (v->actor->kind != ACTOR_USER)
        return false;
    const struct organisation *own =
        state_find(v->state, ENTITY_ORGANISATION, &v->actor->organisation);
    return (v->actor->roles & roles) != 0 || (own && own->agency);
}

bool authorise_view_all(const struct state *s, const struct actor *actor)
{
    struct viewer v = {.state = s, .actor = actor};
    return sees_all(&v);
}

enum statement_scope authorise_statement(const struct state *s, const struct actor *actor,
                                         const struct project *project)
{
    struct viewer v = {.state = s, .actor = actor};
    const struct member *lead = project_lead(project);
    if (sees_all(&v))
        return STATEMENT_ALL;
    if (actor->kind != ACTOR_USER)
        return STATEMENT_NONE;
    if (lead && is_own(&v, &lead->organisation))
        return STATEMENT_ALL;
    return project_member(project, &actor->organisation) ? STATEMENT_OWN : STATEMENT_NONE;
}

bool authorise_view(const struct state *s, const struct actor *actor, enum entity_kind kind,
                    const void *record)
{
    ENSURE(kind >= 0 && kind < ENTITY_KIND_COUNT);
    struct viewer v = {.state = s, .actor = actor};
    if (sees_all(&v))
        return true;
    if (actor->kind == ACTOR_ANONYMOUS || (actor->kind == ACTOR_NODE && kind != ENTITY_NODE))
        return false;
    return views[kind](&v, record);
}
