/* Decisions about stages, and what an elimination ends. */
#include "controlplane/domain/staging.h"

#include "controlplane/domain/approving.h"
#include "controlplane/domain/ending.h"
#include "controlplane/domain/low_use.h"
#include "controlplane/domain/posting.h"
#include "lib/base/text.h"

/* ---- What is announced ------------------------------------------------------------------------
 */

static bool visit_end(const void *record, void *arg)
{
    const struct stage_decision **found = arg;
    const struct stage_decision *d = record;
    bool announced = d->state >= STAGE_DECISION_NOTICED && d->state <= STAGE_DECISION_DONE;
    if (announced && d->verdict == STAGE_VERDICT_ELIMINATE)
        *found = d;
    return !*found;
}

const struct stage_decision *staging_end_of(const struct turn *t, const struct id *project)
{
    const struct stage_decision *found = NULL;
    turn_each_linked(t, LINK_DECISION_PROJECT, ENTITY_STAGE_DECISION, project, visit_end, &found);
    return found;
}

int staging_check_open(const struct turn *t, const struct project *project, struct instant to,
                       struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    if (project_eliminated(project))
        return err_set(err, ERR_STATE, "project %s is eliminated", project->id.text);
    const struct stage_decision *end = staging_end_of(t, &project->id);
    if (!end || to.s <= end->effective_at.s)
        return 0;
    return err_set(err, ERR_STATE, "project %s is eliminated at %s by %s: nothing runs beyond that",
                   project->id.text, instant_format(end->effective_at, when), end->id.text);
}

/* ---- Proposing ---------------------------------------------------------------------------------
 */

static bool visit_pending(const void *record, void *arg)
{
    const struct stage_decision **found = arg;
    const struct stage_decision *d = record;
    if (d->state <= STAGE_DECISION_EXECUTING)
        *found = d;
    return !*found;
}

static int check_new(const struct turn *t, const struct decide_stage_request *r,
                     const struct project *project, struct err *err)
{
    const struct stage_decision *pending = NULL;
    if (!project_stage(project, &r->stage))
        return err_set(err, ERR_NOT_FOUND, "project %s has no stage %s", project->id.text,
                       r->stage.text);
    turn_each_linked(t, LINK_DECISION_PROJECT, ENTITY_STAGE_DECISION, &project->id, visit_pending,
                     &pending);
    if (pending)
        return err_set(err, ERR_STATE, "project %s: %s is %s: wait for that first",
                       project->id.text, pending->id.text,
                       enum_name(&stage_decision_state_names, (int)pending->state));
    if (r->reason[0] == '\0')
        return err_set(err, ERR_INVALID, "stage decision: reason: say why");
    return 0;
}

/* The verdict must be one that the stage can take, now or after its last day. */
static int check_verdict(const struct project_stage *stage, enum stage_verdict verdict,
                         struct err *err)
{
    enum stage_state next;
    if (verdict == STAGE_VERDICT_PASS && stage->state == STAGE_RUNNING)
        return 0; /* it is under evaluation when its last day is over */
    return stage_next(stage->state,
                      verdict == STAGE_VERDICT_PASS ? STAGE_EVENT_PASS : STAGE_EVENT_ELIMINATE,
                      &next, err);
}

static int check_instant(const struct turn *t, const struct programme *programme,
                         const struct project_stage *stage, const struct stage_decision *d,
                         struct err *err)
{
    char asked[INSTANT_TEXT_CAP], earliest[INSTANT_TEXT_CAP];
    struct instant first = instant_add(turn_now(t), programme->objection_s);
    if (d->verdict == STAGE_VERDICT_PASS)
        first = instant_max(first, stage->to);
    if (d->effective_at.s != INSTANT_NEVER.s && d->effective_at.s >= first.s)
        return 0;
    return err_set(err, ERR_INVALID,
                   "stage decision: effective_at: %s leaves no objection window of %lld s: %s is "
                   "the earliest",
                   instant_format(d->effective_at, asked), (long long)programme->objection_s,
                   instant_format(first, earliest));
}

int decide_decide_stage(struct turn *t, const void *args, struct err *err)
{
    const struct decide_stage_request *r = args;
    const void *found;
    int verdict;
    TRY(turn_need(t, ENTITY_PROJECT, &r->project, &found, err));
    const struct project *project = found;
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &project->programme);
    ENSURE(programme != NULL);
    TRY(enum_parse(&stage_verdict_names, span_text(r->verdict.text), "stage decision: verdict",
                   &verdict, err));
    TRY(check_new(t, r, project, err));
    struct stage_decision draft = {.project = r->project,
                                   .programme = project->programme,
                                   .stage = r->stage,
                                   .verdict = (enum stage_verdict)verdict,
                                   .effective_at = r->effective_at,
                                   .objections_until = INSTANT_NEVER,
                                   .proposed_by = t->ctx->actor.user,
                                   .created_at = turn_now(t),
                                   .done_at = INSTANT_NEVER};
    const struct project_stage *stage = project_stage(project, &r->stage);
    TRY(check_verdict(stage, draft.verdict, err));
    TRY(check_instant(t, programme, stage, &draft, err));
    text_cut(draft.reason, sizeof draft.reason, r->reason);
    text_cut(draft.paper, sizeof draft.paper, r->paper);
    draft.id = id_number("decision", turn_number(t));
    struct stage_decision *d = turn_put(t, ENTITY_STAGE_DECISION, &draft);
    struct ledger_entry *entry = turn_entry(t, LEDGER_PROPOSE, ENTITY_STAGE_DECISION, &d->id);
    entry->project = d->project;
    text_cut(entry->reason, sizeof entry->reason, d->reason);
    text_cut(entry->paper, sizeof entry->paper, d->paper);
    TRY(approving_open(t, ENTITY_STAGE_DECISION, &d->id, d->effective_at, &d->approval, err));
    turn_answer(t, ENTITY_STAGE_DECISION, &d->id,
                enum_name(&stage_decision_state_names, (int)d->state));
    return 0;
}

/* ---- Approved, objected to, answered
 * ------------------------------------------------------------- */

static int step(struct stage_decision *d, enum stage_decision_event event, struct err *err)
{
    int rc = stage_decision_next(d->state, event, &d->state, err);
    return rc < 0 ? err_prefix(err, rc, "%s", d->id.text) : 0;
}

static void enter(struct turn *t, enum ledger_kind kind, const struct stage_decision *d,
                  const char *reason)
{
    struct ledger_entry *entry = turn_entry(t, kind, ENTITY_STAGE_DECISION, &d->id);
    entry->project = d->project;
    text_cut(entry->reason, sizeof entry->reason, reason);
}

static void answer(struct turn *t, const struct stage_decision *d)
{
    turn_answer(t, ENTITY_STAGE_DECISION, &d->id,
                enum_name(&stage_decision_state_names, (int)d->state));
}

int staging_approve(struct turn *t, const struct id *id, struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    struct stage_decision *d = turn_edit(t, ENTITY_STAGE_DECISION, id);
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &d->programme);
    struct instant until = instant_add(turn_now(t), programme ? programme->objection_s : 0);
    if (until.s > d->effective_at.s)
        return err_set(
            err, ERR_STATE,
            "%s takes effect at %s, before the objection window would be over: return it "
            "and propose a later one",
            d->id.text, instant_format(d->effective_at, when));
    TRY(step(d, STAGE_DECISION_EVENT_APPROVE, err));
    bool none = !programme || programme->objection_s == 0;
    d->objections_until = none ? d->effective_at : until;
    return 0;
}

/* Loans that wait for a decision that falls are over before they began. */
static bool close_follower(const void *record, void *arg)
{
    struct turn *t = arg;
    const struct loan *l = record;
    enum loan_state next;
    if (!loan_follows(l) || loan_next(l->state, LOAN_EVENT_CLOSE, &next, NULL) < 0)
        return true;
    ((struct loan *)turn_edit(t, ENTITY_LOAN, &l->id))->state = next;
    changes_note(t->out, "%s closes: what it waited for does not happen", l->id.text);
    return true;
}

int staging_refuse(struct turn *t, const struct id *id, enum request_event event, struct err *err)
{
    struct stage_decision *d = turn_edit(t, ENTITY_STAGE_DECISION, id);
    bool returned = event == REQUEST_EVENT_RETURN;
    TRY(step(d, returned ? STAGE_DECISION_EVENT_RETURN : STAGE_DECISION_EVENT_WITHDRAW, err));
    turn_each_linked(t, LINK_LOAN_FOLLOWS, ENTITY_LOAN, id, close_follower, t);
    return 0;
}

int decide_object_stage(struct turn *t, const void *args, struct err *err)
{
    const struct object_stage_request *r = args;
    const void *found;
    char when[INSTANT_TEXT_CAP];
    TRY(turn_need(t, ENTITY_STAGE_DECISION, &r->id, &found, err));
    const struct stage_decision *known = found;
    const struct project *project = turn_find(t, ENTITY_PROJECT, &known->project);
    if (!project || !project_member(project, &t->ctx->actor.organisation))
        return err_set(err, ERR_DENIED, "%s: only members of project %s object", r->id.text,
                       known->project.text);
    if (r->reason[0] == '\0')
        return err_set(err, ERR_INVALID, "%s: reason: say what speaks against it", r->id.text);
    struct stage_decision *d = turn_edit(t, ENTITY_STAGE_DECISION, &r->id);
    TRY(step(d, STAGE_DECISION_EVENT_OBJECT, err));
    if (turn_now(t).s >= d->objections_until.s)
        return err_set(err, ERR_STATE, "%s: the objection window was over at %s", d->id.text,
                       instant_format(d->objections_until, when));
    text_cut(d->objection, sizeof d->objection, r->reason);
    d->objected_by = t->ctx->actor.user;
    enter(t, LEDGER_PROPOSE, d, r->reason);
    answer(t, d);
    return 0;
}

int decide_answer_objection(struct turn *t, const void *args, struct err *err)
{
    const struct answer_objection_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_STAGE_DECISION, &r->id, &found, err));
    if (r->reason[0] == '\0')
        return err_set(err, ERR_INVALID, "%s: reason: say why", r->id.text);
    struct stage_decision *d = turn_edit(t, ENTITY_STAGE_DECISION, &r->id);
    if (id_equal(&d->proposed_by, &t->ctx->actor.user))
        return err_set(err, ERR_DENIED, "%s: %s proposed it; somebody else has to answer",
                       d->id.text, d->proposed_by.text);
    TRY(step(d, r->upheld ? STAGE_DECISION_EVENT_UPHOLD : STAGE_DECISION_EVENT_DISMISS, err));
    text_cut(d->answer, sizeof d->answer, r->reason);
    enter(t, r->upheld ? LEDGER_RETURN_PLAN : LEDGER_APPROVE, d, r->reason);
    if (r->upheld)
        turn_each_linked(t, LINK_LOAN_FOLLOWS, ENTITY_LOAN, &r->id, close_follower, t);
    answer(t, d);
    return 0;
}

/* ---- Stages by the calendar and by hand
 * ---------------------------------------------------------- */

static struct project_stage *stage_of(struct project *p, const struct id *stage)
{
    return (struct project_stage *)project_stage(p, stage);
}

int staging_keep_dates(struct turn *t, const struct id *id, struct err *err)
{
    struct project *p = turn_edit(t, ENTITY_PROJECT, id);
    LIST_EACH(struct project_stage, s, &p->stages)
    {
        if (s->state == STAGE_PLANNED && s->from.s <= turn_now(t).s)
            TRY(stage_next(s->state, STAGE_EVENT_START, &s->state, err));
        if (s->state == STAGE_RUNNING && s->to.s <= turn_now(t).s)
            TRY(stage_next(s->state, STAGE_EVENT_EVALUATE, &s->state, err));
    }
    return 0;
}

int decide_settle_stage(struct turn *t, const void *args, struct err *err)
{
    const struct settle_stage_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_PROJECT, &r->project, &found, err));
    if (!project_stage(found, &r->stage))
        return err_set(err, ERR_NOT_FOUND, "project %s has no stage %s", r->project.text,
                       r->stage.text);
    struct project *p = turn_edit(t, ENTITY_PROJECT, &r->project);
    struct project_stage *s = stage_of(p, &r->stage);
    TRY(stage_next(s->state, STAGE_EVENT_SETTLE, &s->state, err));
    struct ledger_entry *entry = turn_entry(t, LEDGER_APPROVE, ENTITY_PROJECT, &p->id);
    entry->project = p->id;
    text_cut(entry->paper, sizeof entry->paper, r->paper);
    text_cut(entry->reason, sizeof entry->reason, "stage settled");
    turn_answer(t, ENTITY_PROJECT, &p->id, enum_name(&stage_state_names, (int)s->state));
    return 0;
}

/* ---- Taking effect
 * --------------------------------------------------------------------------------- */

/* The most objects that ending one of them changes: a lease, its allocation, its loan. */
#define ENDING_OBJECTS 3

struct sweep {
    struct turn *turn;
    const struct stage_decision *decision;
    struct err *err;
    int rc;
    bool more; /* there was no room for all */
};

static bool has_room(struct sweep *s)
{
    s->more |= s->turn->out->n + ENDING_OBJECTS > s->turn->object_limit;
    return s->rc == 0 && !s->more;
}

static bool end_lease(const void *record, void *arg)
{
    struct sweep *s = arg;
    const struct lease *l = record;
    bool open = l->state == LEASE_REQUESTED || lease_holds_capacity(l);
    if (!open || l->state == LEASE_RETURNING || !has_room(s))
        return !s->more;
    s->rc = ending_stop(s->turn, &l->id, turn_now(s->turn), END_ELIMINATED, s->err);
    return s->rc == 0;
}

static bool end_loan(const void *record, void *arg)
{
    struct sweep *s = arg;
    const struct loan *l = record;
    if (l->state >= LOAN_RETURNED || !has_room(s))
        return !s->more;
    bool signed_by_all = l->state >= LOAN_APPROVED;
    struct loan *edited = turn_edit(s->turn, ENTITY_LOAN, &l->id);
    s->rc = loan_next(edited->state, signed_by_all ? LOAN_EVENT_RETURN : LOAN_EVENT_CLOSE,
                      &edited->state, s->err);
    struct ledger_entry *entry = posting_loan(s->turn, LEDGER_RETURN, edited);
    text_cut(entry->reason, sizeof entry->reason, "its borrower is eliminated");
    ending_close_loan(s->turn, &edited->id);
    return s->rc == 0;
}

static bool end_allocation(const void *record, void *arg)
{
    struct sweep *s = arg;
    const struct allocation *x = record;
    enum request_state next;
    if (!id_equal(&x->project, &s->decision->project))
        return true;
    bool approved = x->state == REQUEST_APPROVED;
    if (request_next(x->state, approved ? REQUEST_EVENT_CLOSE : REQUEST_EVENT_WITHDRAW, &next,
                     NULL) < 0)
        return true; /* over already */
    if (!has_room(s))
        return false;
    ((struct allocation *)turn_edit(s->turn, ENTITY_ALLOCATION, &x->id))->state = next;
    return true;
}

/* An approval whose subject is over waits for nobody. */
static bool end_approval(const void *record, void *arg)
{
    struct sweep *s = arg;
    const struct approval *a = record;
    enum request_state next;
    if (request_next(a->state, REQUEST_EVENT_WITHDRAW, &next, NULL) < 0)
        return true;
    const struct loan *l = turn_find(s->turn, ENTITY_LOAN, &a->subject);
    const struct allocation *x = turn_find(s->turn, ENTITY_ALLOCATION, &a->subject);
    bool of_project = (l && id_equal(&l->borrower, &s->decision->project)) ||
                      (x && id_equal(&x->project, &s->decision->project));
    if (!of_project)
        return true;
    if (!has_room(s))
        return false;
    ((struct approval *)turn_edit(s->turn, ENTITY_APPROVAL, &a->id))->state = next;
    return true;
}

static bool start_follower(const void *record, void *arg)
{
    struct sweep *s = arg;
    const struct loan *l = record;
    if (l->state != LOAN_APPROVED || !has_room(s))
        return !s->more;
    struct loan *edited = turn_edit(s->turn, ENTITY_LOAN, &l->id);
    s->rc = loan_next(edited->state, LOAN_EVENT_START, &edited->state, s->err);
    low_use_begin(s->turn, edited);
    struct ledger_entry *entry = posting_loan(s->turn, LEDGER_GRANT, edited);
    text_cut(entry->reason, sizeof entry->reason, "what it waited for has taken effect");
    return s->rc == 0;
}

/* Everything of the project that is not over yet. Leases first: a loan closes with its last. */
static void sweep_project(struct sweep *s)
{
    struct turn *t = s->turn;
    const struct id *project = &s->decision->project;
    turn_each_linked(t, LINK_LEASE_PROJECT, ENTITY_LEASE, project, end_lease, s);
    if (has_room(s))
        turn_each_linked(t, LINK_LOAN_BORROWER, ENTITY_LOAN, project, end_loan, s);
    if (has_room(s))
        turn_each(t, ENTITY_APPROVAL, end_approval, s);
    if (has_room(s))
        turn_each(t, ENTITY_ALLOCATION, end_allocation, s);
    if (has_room(s))
        turn_each_linked(t, LINK_LOAN_FOLLOWS, ENTITY_LOAN, &s->decision->id, start_follower, s);
}

/* The intent: from this commit on the project is out, or through. */
static int take_effect(struct turn *t, struct stage_decision *d, struct err *err)
{
    TRY(step(d, STAGE_DECISION_EVENT_TAKE_EFFECT, err));
    struct project *p = turn_edit(t, ENTITY_PROJECT, &d->project);
    bool passes = d->verdict == STAGE_VERDICT_PASS;
    if (!passes)
        p->eliminated_by = d->id;
    LIST_EACH(struct project_stage, s, &p->stages)
    {
        bool this = id_equal(&s->id, &d->stage);
        bool later = !passes && s->state < STAGE_PASSED;
        if (this && s->state == STAGE_RUNNING && passes)
            TRY(stage_next(s->state, STAGE_EVENT_EVALUATE, &s->state, err));
        if (passes ? this : later)
            TRY(stage_next(s->state, passes ? STAGE_EVENT_PASS : STAGE_EVENT_ELIMINATE, &s->state,
                           err));
    }
    enter(t, LEDGER_APPROVE, d, passes ? "the stage is passed" : "the project is eliminated");
    return 0;
}

int staging_execute(struct turn *t, const struct id *id, struct err *err)
{
    struct stage_decision *d = turn_edit(t, ENTITY_STAGE_DECISION, id);
    if (d->state == STAGE_DECISION_NOTICED)
        TRY(take_effect(t, d, err));
    struct sweep s = {.turn = t, .decision = d, .err = err};
    if (d->verdict == STAGE_VERDICT_ELIMINATE)
        sweep_project(&s);
    if (s.rc < 0 || s.more)
        return s.rc;
    d->done_at = turn_now(t);
    return step(d, STAGE_DECISION_EVENT_FINISH, err);
}
