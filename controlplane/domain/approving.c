/* Who may decide on a plan, under which hash, and what follows for its subject. */
#include "controlplane/domain/approving.h"

#include "controlplane/domain/delegating.h"
#include "controlplane/domain/plan.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/subject.h"
#include "lib/base/text.h"

/* ---- Opening --------------------------------------------------------------------------------- */

/* The plan moves into the approval. */
static void take_facts(struct approval *a, struct plan_facts *f)
{
    record_fini(&plan_type, &a->plan);
    a->plan = f->plan;
    a->amount_krw = f->amount_krw;
    a->approvers_needed = f->approvers_needed;
    f->plan = (struct plan){0};
    plan_facts_fini(f);
}

static void show_plan(struct turn *t, const struct approval *a)
{
    struct answer *answer = &t->out->answer;
    record_fini(&plan_type, &answer->plan);
    record_copy(&plan_type, &answer->plan, &a->plan);
    answer->has_plan = true;
    answer->approval = a->id;
}

int approving_open(struct turn *t, enum entity_kind kind, const struct id *subject,
                   struct instant last, struct id *ret, struct err *err)
{
    struct instant now = turn_now(t);
    struct approval draft = {
        .id = id_number("approval", turn_number(t)),
        .subject_kind = id_literal(entity_name(kind)),
        .subject = *subject,
        .state = REQUEST_SUBMITTED,
        .proposer = t->ctx->actor.user,
        .organisation = t->ctx->actor.organisation,
        .created_at = now,
        .due_at = instant_min(instant_add(now, APPROVING_DUE_S), last),
        .expires_at = instant_min(instant_add(now, APPROVING_EXPIRES_S), last),
    };
    struct plan_facts facts;
    TRY(plan_compute(t, &draft, &facts, err));
    struct approval *a = turn_put(t, ENTITY_APPROVAL, &draft);
    take_facts(a, &facts);
    show_plan(t, a);
    *ret = a->id;
    return 0;
}

/* ---- Going stale ------------------------------------------------------------------------------
 */

static bool is_open(const struct approval *a)
{
    return a->state == REQUEST_SUBMITTED || a->state == REQUEST_REVIEW || a->state == REQUEST_STALE;
}

static bool visit_stale(const void *record, void *arg)
{
    struct turn *t = arg;
    const struct approval *a = record;
    struct plan_facts facts;
    if (!is_open(a) || plan_compute(t, a, &facts, NULL) < 0)
        return true; /* what can't be computed can't be signed either */
    if (strcmp(facts.plan.hash, a->plan.hash) != 0) {
        struct approval *edited = turn_edit(t, ENTITY_APPROVAL, &a->id);
        take_facts(edited, &facts);
        if (edited->state != REQUEST_STALE)
            ENSURE(request_next(edited->state, REQUEST_EVENT_GO_STALE, &edited->state, NULL) == 0);
        changes_note(t->out, "%s has gone stale: its plan is shown anew", a->id.text);
    }
    plan_facts_fini(&facts);
    return true;
}

void approving_refresh(struct turn *t)
{
    turn_each(t, ENTITY_APPROVAL, visit_stale, t);
}

/* ---- Who may decide ---------------------------------------------------------------------------
 */

/* An approver of the agency, or in the place of one. */
static bool is_of_agency(const struct turn *t)
{
    return ((t->ctx->actor.roles | t->ctx->actor.delegated) & ROLE_BIT(ROLE_AGENCY_APPROVER)) != 0;
}

/* In whose place the actor decides; none: in its own. */
static struct id on_behalf_of(const struct turn *t)
{
    return delegating_principal(t, is_of_agency(t) ? ROLE_AGENCY_APPROVER : ROLE_SUPPLIER_APPROVER);
}

static int may_decide(const struct turn *t, const struct approval *a, struct err *err)
{
    const struct actor *actor = &t->ctx->actor;
    if (!is_open(a))
        return err_set(err, ERR_STATE, "%s is %s already", a->id.text,
                       enum_name(&request_state_names, (int)a->state));
    struct id behalf = on_behalf_of(t);
    bool by_people = !id_is_none(&a->proposer); /* the clock proposes, too */
    if (by_people && (id_equal(&a->proposer, &actor->user) || id_equal(&a->proposer, &behalf)))
        return err_set(err, ERR_DENIED, "%s: %s proposed it; somebody else has to approve",
                       a->id.text, a->proposer.text);
    if (subject_is_party(t, a, &actor->organisation))
        return err_set(err, ERR_DENIED,
                       "%s: %s is a party to it or in conflict with one; somebody of another "
                       "organisation has to approve",
                       a->id.text, actor->organisation.text);
    if (!is_of_agency(t) && !subject_needs_two_organisations(a))
        return err_set(err, ERR_DENIED, "%s: only an agency-approver decides on it", a->id.text);
    return 0;
}

static struct decision *add_decision(struct turn *t, struct approval *a, enum verdict verdict,
                                     const char *reason, const char *paper)
{
    const struct user *user = turn_find(t, ENTITY_USER, &t->ctx->actor.user);
    struct decision *d = record_list_add(&a->decisions, sizeof *d);
    d->user = t->ctx->actor.user;
    d->organisation = t->ctx->actor.organisation;
    d->role = id_literal(
        enum_name(&role_names, is_of_agency(t) ? ROLE_AGENCY_APPROVER : ROLE_SUPPLIER_APPROVER));
    d->on_behalf_of = on_behalf_of(t);
    d->verdict = verdict;
    d->at = turn_now(t);
    d->key_id = user ? user->key_id : ID_NONE;
    memcpy(d->plan_hash, a->plan.hash, sizeof d->plan_hash);
    text_cut(d->reason, sizeof d->reason, reason);
    text_cut(d->paper, sizeof d->paper, paper);
    return d;
}

static void enter(struct turn *t, enum ledger_kind kind, const struct approval *a,
                  const struct decision *d)
{
    struct ledger_entry *entry = turn_entry(t, kind, ENTITY_APPROVAL, &a->id);
    entry->amount_krw = a->amount_krw;
    posting_counterparty(entry, &a->organisation);
    text_cut(entry->paper, sizeof entry->paper, d->paper);
    text_cut(entry->reason, sizeof entry->reason, d->reason);
}

/* ---- Signing ----------------------------------------------------------------------------------
 */

static int stale(const struct approval *a, const char *current, struct err *err)
{
    return err_set(err, ERR_STALE, "%s: the plan is another by now, with hash %s: look at it first",
                   a->id.text, current);
}

/* The plan shown, the plan signed and the plan that the state gives now must be one. */
static int same_plan(const struct turn *t, const struct approval *a, const char *signed_hash,
                     struct err *err)
{
    struct plan_facts facts;
    TRY(plan_compute(t, a, &facts, err));
    char current[PLAN_HASH_CAP];
    memcpy(current, facts.plan.hash, sizeof current);
    plan_facts_fini(&facts);
    if (strcmp(signed_hash, current) != 0 || strcmp(a->plan.hash, current) != 0)
        return stale(a, current, err);
    return 0;
}

static int signature_holds(const struct turn *t, const struct approval *a,
                           const struct blob *signature, struct err *err)
{
    const struct user *user = turn_find(t, ENTITY_USER, &t->ctx->actor.user);
    if (!user)
        return err_set(err, ERR_DENIED, "%s: only people sign", a->id.text);
    CLEANUP_BUF struct buf text;
    buf_init(&text, PLAN_TEXT_MAX);
    plan_text(&a->plan, &text);
    if (!t->ctx->verify(span_of(user->public_key.data, user->public_key.len), buf_span(&text),
                        span_of(signature->data, signature->len)))
        return err_set(err, ERR_VERIFICATION,
                       "%s: the signature is not of this plan by the key of %s", a->id.text,
                       user->id.text);
    return 0;
}

/* Signatures under the plan as it stands; those under an older one are history. */
struct signatures {
    size_t n;
    bool by_actor;
    bool by_organisation; /* of the actor */
    bool by_agency;
};

/* Who takes another's place and whose place is taken are one. */
static bool is_one(const struct decision *d, const struct id *user)
{
    return !id_is_none(user) && (id_equal(&d->user, user) || id_equal(&d->on_behalf_of, user));
}

/* Nothing later by the same user has taken it back. */
static bool still_signed(const struct approval *a, const struct decision *signature)
{
    const struct decision *end = (const struct decision *)a->decisions.items + a->decisions.n;
    for (const struct decision *d = signature + 1; d < end; d++) {
        if (d->verdict == VERDICT_WITHDRAWN && id_equal(&d->user, &signature->user))
            return false;
    }
    return signature->verdict == VERDICT_APPROVED &&
           strcmp(signature->plan_hash, a->plan.hash) == 0;
}

static struct signatures signatures_of(const struct turn *t, const struct approval *a)
{
    struct signatures s = {0};
    struct id behalf = on_behalf_of(t);
    const char *agency = enum_name(&role_names, ROLE_AGENCY_APPROVER);
    LIST_EACH(const struct decision, d, &a->decisions)
    {
        if (!still_signed(a, d))
            continue;
        s.n++;
        s.by_actor |= is_one(d, &t->ctx->actor.user) || is_one(d, &behalf);
        s.by_organisation |= id_equal(&d->organisation, &t->ctx->actor.organisation);
        s.by_agency |= strcmp(d->role.text, agency) == 0;
    }
    return s;
}

/* Whether one more signature, by the actor, would add to those that are there. */
static int may_add(const struct turn *t, const struct approval *a, const struct signatures *s,
                   struct err *err)
{
    if (s->by_actor)
        return err_set(err, ERR_CONFLICT, "%s: %s has signed this plan already", a->id.text,
                       t->ctx->actor.user.text);
    if (!subject_needs_two_organisations(a) || s->n == 0)
        return 0;
    if (s->by_organisation)
        return err_set(err, ERR_CONFLICT,
                       "%s: %s has signed this plan already: the second approver has to be of "
                       "another organisation",
                       a->id.text, t->ctx->actor.organisation.text);
    if (!s->by_agency && !is_of_agency(t))
        return err_set(err, ERR_CONFLICT, "%s: one of its approvers has to be of the agency",
                       a->id.text);
    return 0;
}

static int take_up(struct approval *a, struct err *err)
{
    if (a->state == REQUEST_STALE)
        TRY(request_next(a->state, REQUEST_EVENT_SUBMIT, &a->state, err));
    if (a->state == REQUEST_SUBMITTED)
        TRY(request_next(a->state, REQUEST_EVENT_TAKE_UP, &a->state, err));
    return 0;
}

static int complete(struct turn *t, struct approval *a, struct err *err)
{
    TRY(request_next(a->state, REQUEST_EVENT_APPROVE, &a->state, err));
    return subject_approve(t, a, err);
}

int decide_sign_approval(struct turn *t, const void *args, struct err *err)
{
    const struct sign_approval_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_APPROVAL, &r->id, &found, err));
    TRY(may_decide(t, found, err));
    TRY(same_plan(t, found, r->plan_hash, err));
    TRY(signature_holds(t, found, &r->signature, err));
    struct approval *a = turn_edit(t, ENTITY_APPROVAL, &r->id);
    struct signatures s = signatures_of(t, a);
    TRY(may_add(t, a, &s, err));
    TRY(take_up(a, err));
    struct decision *d = add_decision(t, a, VERDICT_APPROVED, r->reason, r->paper);
    d->signature = r->signature;
    enter(t, LEDGER_APPROVE, a, d);
    if (s.n + 1 >= a->approvers_needed)
        TRY(complete(t, a, err));
    else
        changes_note(t->out, "%s: %zu of %u approvers have signed", a->id.text, s.n + 1,
                     a->approvers_needed);
    turn_answer(t, ENTITY_APPROVAL, &a->id, enum_name(&request_state_names, (int)a->state));
    return 0;
}

/* ---- Returning and expiring --------------------------------------------------------------------
 */

int decide_return_approval(struct turn *t, const void *args, struct err *err)
{
    const struct return_approval_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_APPROVAL, &r->id, &found, err));
    TRY(may_decide(t, found, err));
    if (r->reason[0] == '\0')
        return err_set(err, ERR_INVALID, "%s: reason: say why it is returned", r->id.text);
    struct approval *a = turn_edit(t, ENTITY_APPROVAL, &r->id);
    if (a->state == REQUEST_STALE)
        TRY(request_next(a->state, REQUEST_EVENT_SUBMIT, &a->state, err));
    TRY(request_next(a->state, REQUEST_EVENT_RETURN, &a->state, err));
    enter(t, LEDGER_RETURN_PLAN, a, add_decision(t, a, VERDICT_RETURNED, r->reason, r->paper));
    TRY(subject_refuse(t, a, REQUEST_EVENT_RETURN, err));
    turn_answer(t, ENTITY_APPROVAL, &a->id, enum_name(&request_state_names, (int)a->state));
    return 0;
}

/* ---- Withdrawing -------------------------------------------------------------------------------
 */

/* The approver's own signature, while others are waited for. */
static void take_signature_back(struct turn *t, struct approval *a,
                                const struct withdraw_approval_request *r)
{
    enter(t, LEDGER_RETURN_PLAN, a, add_decision(t, a, VERDICT_WITHDRAWN, r->reason, r->paper));
    changes_note(t->out, "%s: the signature of %s no longer counts", a->id.text,
                 t->ctx->actor.user.text);
}

static bool has_signed(const struct turn *t, const struct approval *a)
{
    LIST_EACH(const struct decision, d, &a->decisions)
    {
        if (id_equal(&d->user, &t->ctx->actor.user) && still_signed(a, d))
            return true;
    }
    return false;
}

static int take_proposal_back(struct turn *t, struct approval *a,
                              const struct withdraw_approval_request *r, struct err *err)
{
    TRY(request_next(a->state, REQUEST_EVENT_WITHDRAW, &a->state, err));
    struct decision *d = add_decision(t, a, VERDICT_WITHDRAWN, r->reason, r->paper);
    d->role = ID_NONE; /* not as an approver */
    d->on_behalf_of = ID_NONE;
    enter(t, LEDGER_RETURN_PLAN, a, d);
    return subject_refuse(t, a, REQUEST_EVENT_WITHDRAW, err);
}

int decide_withdraw_approval(struct turn *t, const void *args, struct err *err)
{
    const struct withdraw_approval_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_APPROVAL, &r->id, &found, err));
    const struct approval *before = found;
    bool signed_it = has_signed(t, before);
    if (!is_open(before))
        return err_set(err, ERR_STATE, "%s is %s already", before->id.text,
                       enum_name(&request_state_names, (int)before->state));
    if (r->reason[0] == '\0')
        return err_set(err, ERR_INVALID, "%s: reason: say why it is withdrawn", r->id.text);
    if (!signed_it && !id_equal(&before->organisation, &t->ctx->actor.organisation))
        return err_set(err, ERR_DENIED,
                       "%s: %s has neither proposed nor signed it: there is nothing to take back",
                       before->id.text, t->ctx->actor.user.text);
    struct approval *a = turn_edit(t, ENTITY_APPROVAL, &r->id);
    if (signed_it)
        take_signature_back(t, a, r);
    else
        TRY(take_proposal_back(t, a, r, err));
    turn_answer(t, ENTITY_APPROVAL, &a->id, enum_name(&request_state_names, (int)a->state));
    return 0;
}

int approving_expire(struct turn *t, const struct id *id, struct err *err)
{
    struct approval *a = turn_edit(t, ENTITY_APPROVAL, id);
    TRY(request_next(a->state, REQUEST_EVENT_WITHDRAW, &a->state, err));
    struct ledger_entry *entry = turn_entry(t, LEDGER_RETURN_PLAN, ENTITY_APPROVAL, id);
    entry->organisation = a->organisation;
    text_cut(entry->reason, sizeof entry->reason, "withdrawn: nobody decided in time");
    return subject_refuse(t, a, REQUEST_EVENT_WITHDRAW, err);
}
