/* Who may decide on a plan, under which hash, and what follows for its subject. */
#include "controlplane/domain/approving.h"

#include "controlplane/domain/posting.h"

#include "controlplane/domain/capacity.h"
#include "controlplane/domain/plan.h"
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

/* The organisations that gain or lose by the subject. */
static bool is_party(const struct turn *t, const struct approval *a, const struct id *organisation)
{
    const struct loan *loan = NULL;
    const struct id *project_id = NULL;
    if (strcmp(a->subject_kind.text, entity_name(ENTITY_LOAN)) == 0) {
        loan = turn_find(t, ENTITY_LOAN, &a->subject);
        project_id = loan ? &loan->borrower : NULL;
    } else {
        const struct allocation *x = turn_find(t, ENTITY_ALLOCATION, &a->subject);
        project_id = x ? &x->project : NULL;
    }
    const struct project *project = project_id ? turn_find(t, ENTITY_PROJECT, project_id) : NULL;
    return id_equal(&a->organisation, organisation) ||
           (loan && id_equal(&loan->lender, organisation)) ||
           (project && project_member(project, organisation));
}

static int may_decide(const struct turn *t, const struct approval *a, struct err *err)
{
    const struct actor *actor = &t->ctx->actor;
    if (!is_open(a))
        return err_set(err, ERR_STATE, "%s is %s already", a->id.text,
                       enum_name(&request_state_names, (int)a->state));
    if (id_equal(&a->proposer, &actor->user))
        return err_set(err, ERR_DENIED, "%s: %s proposed it; somebody else has to approve",
                       a->id.text, actor->user.text);
    if (is_party(t, a, &actor->organisation))
        return err_set(err, ERR_DENIED,
                       "%s: %s is a party to it; somebody of another organisation has to approve",
                       a->id.text, actor->organisation.text);
    return 0;
}

static struct decision *add_decision(struct turn *t, struct approval *a, enum verdict verdict,
                                     const char *reason, const char *paper)
{
    const struct user *user = turn_find(t, ENTITY_USER, &t->ctx->actor.user);
    struct decision *d = record_list_add(&a->decisions, sizeof *d);
    d->user = t->ctx->actor.user;
    d->organisation = t->ctx->actor.organisation;
    d->role = id_literal(enum_name(&role_names, ROLE_AGENCY_APPROVER));
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

/* ---- What follows for the subject --------------------------------------------------------------
 */

static int pool_has_room(struct turn *t, const struct loan *l, struct err *err)
{
    const struct pool *pool = turn_find(t, ENTITY_POOL, &l->pool);
    struct instant at;
    char when[INSTANT_TEXT_CAP], lent[SHARE_TEXT_CAP];
    int64_t peak = capacity_lent_peak(t, &l->pool, &l->id, (struct window){l->from, l->to}, &at);
    if (pool && peak <= pool->lend_limit_units.units - l->guaranteed_units.units)
        return 0;
    return err_set(err, ERR_NO_CAPACITY,
                   "loan %s: the lend limit of pool %s is passed at %s, where %s are lent already",
                   l->id.text, l->pool.text, instant_format(at, when),
                   share_format((struct share){peak}, lent));
}

static int approve_loan(struct turn *t, const struct id *id, struct err *err)
{
    struct loan *l = turn_edit(t, ENTITY_LOAN, id);
    TRY(pool_has_room(t, l, err));
    TRY(loan_next(l->state, LOAN_EVENT_APPROVE, &l->state, err));
    if (l->from.s <= turn_now(t).s)
        TRY(loan_next(l->state, LOAN_EVENT_START, &l->state, err));
    return 0;
}

static int approve_allocation(struct turn *t, const struct id *id, struct err *err)
{
    struct allocation *x = turn_edit(t, ENTITY_ALLOCATION, id);
    if (x->state == REQUEST_SUBMITTED)
        TRY(request_next(x->state, REQUEST_EVENT_TAKE_UP, &x->state, err));
    TRY(request_next(x->state, REQUEST_EVENT_APPROVE, &x->state, err));
    x->recommended_units = x->requested_units;
    x->awarded_units = x->requested_units;
    return 0;
}

static int refuse_subject(struct turn *t, const struct approval *a, enum request_event event,
                          struct err *err)
{
    if (strcmp(a->subject_kind.text, entity_name(ENTITY_LOAN)) == 0) {
        struct loan *l = turn_edit(t, ENTITY_LOAN, &a->subject);
        return loan_next(l->state, LOAN_EVENT_CLOSE, &l->state, err);
    }
    struct allocation *x = turn_edit(t, ENTITY_ALLOCATION, &a->subject);
    return request_next(x->state, event, &x->state, err);
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
static size_t count_signed(const struct approval *a, const struct id *user, bool *ret_by_user)
{
    size_t n = 0;
    *ret_by_user = false;
    LIST_EACH(const struct decision, d, &a->decisions)
    {
        if (d->verdict != VERDICT_APPROVED || strcmp(d->plan_hash, a->plan.hash) != 0)
            continue;
        n++;
        *ret_by_user |= id_equal(&d->user, user);
    }
    return n;
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
    if (strcmp(a->subject_kind.text, entity_name(ENTITY_LOAN)) == 0)
        return approve_loan(t, &a->subject, err);
    return approve_allocation(t, &a->subject, err);
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
    bool twice;
    size_t n = count_signed(a, &t->ctx->actor.user, &twice);
    if (twice)
        return err_set(err, ERR_CONFLICT, "%s: %s has signed this plan already", a->id.text,
                       t->ctx->actor.user.text);
    TRY(take_up(a, err));
    struct decision *d = add_decision(t, a, VERDICT_APPROVED, r->reason, r->paper);
    d->signature = r->signature;
    enter(t, LEDGER_APPROVE, a, d);
    if (n + 1 >= a->approvers_needed)
        TRY(complete(t, a, err));
    else
        changes_note(t->out, "%s: %zu of %u approvers have signed", a->id.text, n + 1,
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
    TRY(refuse_subject(t, a, REQUEST_EVENT_RETURN, err));
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
    return refuse_subject(t, a, REQUEST_EVENT_WITHDRAW, err);
}
