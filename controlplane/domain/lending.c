/* Proposal and consent. */
#include "controlplane/domain/lending.h"

#include "controlplane/domain/posting.h"

#include "controlplane/domain/approving.h"
#include "controlplane/domain/capacity.h"
#include "controlplane/domain/low_use.h"
#include "controlplane/domain/staging.h"

/* ---- Proposing ---------------------------------------------------------------------------------
 */

static int check_parties(const struct turn *t, const struct loan *l, struct err *err)
{
    TRY(turn_own(t, &l->lender, 0, "a loan by", err));
    const struct pool *pool = turn_find(t, ENTITY_POOL, &l->pool);
    if (!pool || !id_equal(&pool->owner, &l->lender))
        return err_set(err, ERR_NOT_FOUND, "loan %s: %s owns no pool %s", l->id.text,
                       l->lender.text, l->pool.text);
    if (strcmp(pool->model, l->model) != 0)
        return err_set(err, ERR_INVALID, "loan %s: pool %s has %s, not %s", l->id.text,
                       pool->id.text, pool->model, l->model);
    const struct project *project = turn_find(t, ENTITY_PROJECT, &l->borrower);
    if (!project || !id_equal(&project->programme, &l->programme))
        return err_set(err, ERR_NOT_FOUND, "loan %s: programme %s has no project %s", l->id.text,
                       l->programme.text, l->borrower.text);
    return 0;
}

static int check_window(const struct turn *t, const struct loan *l, struct err *err)
{
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &l->programme);
    ENSURE(programme != NULL);
    if (l->to.s <= turn_now(t).s)
        return err_set(err, ERR_INVALID, "loan %s: to lies in the past", l->id.text);
    if (!window_covers((struct window){programme->from, programme->to},
                       (struct window){l->from, l->to}))
        return err_set(err, ERR_INVALID, "loan %s: its window must lie inside programme %s",
                       l->id.text, programme->id.text);
    return 0;
}

static int check_lend_limit(const struct turn *t, const struct loan *l, struct err *err)
{
    const struct pool *pool = turn_find(t, ENTITY_POOL, &l->pool);
    struct instant at;
    char when[INSTANT_TEXT_CAP], limit[SHARE_TEXT_CAP], lent[SHARE_TEXT_CAP];
    struct window window = {l->from, l->to};
    int64_t peak = capacity_lent_peak(t, &l->pool, l, window, &at);
    if (peak <= pool->lend_limit_units.units - l->guaranteed_units.units)
        return 0;
    return err_set(err, ERR_NO_CAPACITY,
                   "loan %s: pool %s lends at most %s, of which %s are lent at %s: raise its lend "
                   "limit or lend less",
                   l->id.text, pool->id.text, share_format(pool->lend_limit_units, limit),
                   share_format((struct share){peak}, lent), instant_format(at, when));
}

/* A supplier that competes in the programme can be barred from lending to itself. */
static int check_barred(const struct turn *t, const struct loan *l, struct err *err)
{
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &l->programme);
    const struct project *project = turn_find(t, ENTITY_PROJECT, &l->borrower);
    bool itself = project && project_member(project, &l->lender);
    if (!itself || !programme_bars_lending(programme, &l->lender, (struct window){l->from, l->to}))
        return 0;
    return err_set(
        err, ERR_DENIED,
        "loan %s: %s is a member of project %s, and programme %s bars it from lending to "
        "itself in that time",
        l->id.text, l->lender.text, l->borrower.text, l->programme.text);
}

/* A team that is out borrows nothing; one whose end is announced, nothing beyond it. */
static int check_borrower_stays(const struct turn *t, const struct loan *l, struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    const struct stage_decision *end = staging_end_of(t, &l->borrower);
    if (!end || l->to.s <= end->effective_at.s)
        return 0;
    return err_set(err, ERR_STATE, "loan %s: project %s is eliminated at %s by %s", l->id.text,
                   l->borrower.text, instant_format(end->effective_at, when), end->id.text);
}

/* What it is to take over must be about to be given back, and not before its own begin. */
static int check_follows(const struct turn *t, const struct loan *l, struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    const struct stage_decision *d = turn_find(t, ENTITY_STAGE_DECISION, &l->follows);
    if (id_is_none(&l->follows))
        return 0;
    if (!d || !id_equal(&d->programme, &l->programme))
        return err_set(err, ERR_NOT_FOUND,
                       "loan %s: follows: programme %s has no stage decision %s", l->id.text,
                       l->programme.text, l->follows.text);
    if (d->verdict != STAGE_VERDICT_ELIMINATE || d->state > STAGE_DECISION_OBJECTED)
        return err_set(err, ERR_STATE, "loan %s: follows: %s gives nothing back", l->id.text,
                       d->id.text);
    if (l->from.s > d->effective_at.s)
        return err_set(err, ERR_INVALID,
                       "loan %s: follows: from must not come after %s, when %s takes effect",
                       l->id.text, instant_format(d->effective_at, when), d->id.text);
    return 0;
}

static int check_permit(const struct turn *t, const struct loan *l, struct err *err)
{
    const struct user *user = turn_find(t, ENTITY_USER, &t->ctx->actor.user);
    if (!user || l->permit.len == 0)
        return err_set(err, ERR_INVALID,
                       "loan %s: permit: the lender has to sign what its nodes may honour",
                       l->id.text);
    if (!t->ctx->verify(span_of(user->public_key.data, user->public_key.len),
                        span_of(l->permit.data, l->permit.len),
                        span_of(l->permit_signature.data, l->permit_signature.len)))
        return err_set(err, ERR_VERIFICATION,
                       "loan %s: permit_signature is not of the permit by the key of %s",
                       l->id.text, user->id.text);
    return 0;
}

/* What the control plane keeps about a loan is never taken from a request. */
static void reset_course(const struct turn *t, struct loan *l)
{
    const struct user *user = turn_find(t, ENTITY_USER, &t->ctx->actor.user);
    l->state = LOAN_PROPOSED;
    l->proposed_by = t->ctx->actor.user;
    l->consented_by = ID_NONE;
    l->approval = ID_NONE;
    l->created_at = turn_now(t);
    l->recalled_units = (struct share){0};
    l->recall_at = INSTANT_NEVER;
    l->use_judged_at = INSTANT_NEVER;
    l->permit_key_id = user ? user->key_id : ID_NONE;
    if (l->silence_s == 0)
        l->silence_s = l->notice_s;
}

int decide_propose_loan(struct turn *t, const void *args, struct err *err)
{
    const struct propose_loan_request *r = args;
    if (id_is_none(&r->loan.id))
        return err_set(err, ERR_INVALID, "loan: id is missing: the permit names the loan");
    if (turn_find(t, ENTITY_LOAN, &r->loan.id))
        return err_set(err, ERR_EXISTS, "loan %s exists already", r->loan.id.text);
    struct loan *l = turn_put(t, ENTITY_LOAN, &r->loan);
    reset_course(t, l);
    TRY(loan_check(l, err));
    TRY(check_parties(t, l, err));
    TRY(check_window(t, l, err));
    TRY(check_barred(t, l, err));
    TRY(check_borrower_stays(t, l, err));
    TRY(check_follows(t, l, err));
    TRY(check_lend_limit(t, l, err));
    TRY(check_permit(t, l, err));
    (void)posting_loan(t, LEDGER_PROPOSE, l);
    turn_answer(t, ENTITY_LOAN, &l->id, enum_name(&loan_state_names, (int)l->state));
    changes_note(t->out, "an org-approver of a member of %s has to consent next", l->borrower.text);
    return 0;
}

/* ---- Consenting --------------------------------------------------------------------------------
 */

static int may_consent(const struct turn *t, const struct loan *l, struct err *err)
{
    const struct actor *actor = &t->ctx->actor;
    const struct project *project = turn_find(t, ENTITY_PROJECT, &l->borrower);
    if (!project || !project_member(project, &actor->organisation))
        return err_set(err, ERR_DENIED, "loan %s: %s is no member of project %s", l->id.text,
                       actor->organisation.text, l->borrower.text);
    if (id_equal(&actor->organisation, &l->lender))
        return err_set(err, ERR_DENIED,
                       "loan %s: %s lends it and can't consent for the borrower as well",
                       l->id.text, actor->organisation.text);
    return 0;
}

int decide_consent_loan(struct turn *t, const void *args, struct err *err)
{
    const struct consent_loan_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_LOAN, &r->id, &found, err));
    TRY(may_consent(t, found, err));
    struct loan *l = turn_edit(t, ENTITY_LOAN, &r->id);
    TRY(loan_next(l->state, LOAN_EVENT_CONSENT, &l->state, err));
    if (l->to.s <= turn_now(t).s)
        return err_set(err, ERR_STATE, "loan %s: its window is over", l->id.text);
    TRY(check_barred(t, l, err));
    TRY(check_borrower_stays(t, l, err));
    TRY(check_lend_limit(t, l, err));
    l->consented_by = t->ctx->actor.user;
    (void)posting_loan(t, LEDGER_CONSENT, l);
    TRY(approving_open(t, ENTITY_LOAN, &l->id, l->to, &l->approval, err));
    turn_answer(t, ENTITY_LOAN, &l->id, enum_name(&loan_state_names, (int)l->state));
    return 0;
}

/* ---- Approved ----------------------------------------------------------------------------------
 */

static int pool_has_room(struct turn *t, const struct loan *l, struct err *err)
{
    const struct pool *pool = turn_find(t, ENTITY_POOL, &l->pool);
    struct instant at;
    char when[INSTANT_TEXT_CAP], lent[SHARE_TEXT_CAP];
    int64_t peak = capacity_lent_peak(t, &l->pool, l, (struct window){l->from, l->to}, &at);
    if (pool && peak <= pool->lend_limit_units.units - l->guaranteed_units.units)
        return 0;
    return err_set(err, ERR_NO_CAPACITY,
                   "loan %s: the lend limit of pool %s is passed at %s, where %s are lent already",
                   l->id.text, l->pool.text, instant_format(at, when),
                   share_format((struct share){peak}, lent));
}

int lending_approve(struct turn *t, const struct id *id, struct err *err)
{
    struct loan *l = turn_edit(t, ENTITY_LOAN, id);
    TRY(pool_has_room(t, l, err));
    TRY(loan_next(l->state, LOAN_EVENT_APPROVE, &l->state, err));
    const struct stage_decision *d = turn_find(t, ENTITY_STAGE_DECISION, &l->follows);
    bool waits = loan_follows(l) && !(d && d->state == STAGE_DECISION_DONE);
    if (l->from.s > turn_now(t).s || waits)
        return 0;
    TRY(loan_next(l->state, LOAN_EVENT_START, &l->state, err));
    low_use_begin(t, l);
    return 0;
}
