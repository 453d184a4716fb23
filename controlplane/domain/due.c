/* The steps that time brings: a function a kind, a case a state. */
#include "controlplane/domain/due.h"

#include "controlplane/domain/approving.h"
#include "controlplane/domain/ending.h"
#include "controlplane/domain/low_use.h"
#include "controlplane/domain/placing.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/recalling.h"
#include "controlplane/domain/staging.h"
#include "controlplane/domain/waiting.h"
#include "lib/base/text.h"

/* The most objects that one step changes: a lease, its allocation, its loan, and the first of the
 * waiting list that it wakes. What may change more looks at the turn's limit itself. */
#define STEP_OBJECTS 4

/* ---- Leases
 * --------------------------------------------------------------------------------------- */

/* Grants go out. Devices that broke since the booking are replaced if there are others. */
static int prepare(struct turn *t, const struct id *id, struct err *err)
{
    const struct lease *l = turn_find(t, ENTITY_LEASE, id);
    /* Where there are no others, it waits for its own in the handover. */
    if (!placing_in_service(t, l) && placing_move(t, id, NULL, NULL, NULL) == 0)
        changes_note(t->out, "%s moves to devices in service", id->text);
    struct lease *edited = turn_edit(t, ENTITY_LEASE, id);
    LIST_EACH(struct placement, p, &edited->placements)
    {
        p->state = PLACEMENT_GRANTED;
    }
    (void)posting_lease(t, LEDGER_GRANT, edited);
    return lease_next(edited->state, LEASE_EVENT_PREPARE, &edited->state, err);
}

static int lease_step(struct turn *t, const void *record, struct err *err)
{
    const struct lease *l = record;
    switch (l->state) {
    case LEASE_REQUESTED:
        return waiting_try(t, &l->id, err);
    case LEASE_BOOKED:
        return prepare(t, &l->id, err);
    case LEASE_PREPARING:
    case LEASE_ACTIVE:
    case LEASE_DRAINING:
        return ending_take_back(t, &l->id, err);
    default:
        ENSURE(l->state == LEASE_RETURNING);
        return ending_finish(t, &l->id, "void: its nodes were silent and have stopped by now", err);
    }
}

/* ---- Loans
 * ---------------------------------------------------------------------------------------- */

static int loan_event(struct turn *t, const struct id *id, enum loan_event event,
                      enum ledger_kind ledger, const char *why, struct err *err)
{
    struct loan *l = turn_edit(t, ENTITY_LOAN, id);
    TRY(loan_next(l->state, event, &l->state, err));
    struct ledger_entry *entry = posting_loan(t, ledger, l);
    text_cut(entry->reason, sizeof entry->reason, why);
    return 0;
}

static int loan_step(struct turn *t, const void *record, struct err *err)
{
    const struct loan *l = record;
    switch (l->state) {
    case LOAN_PROPOSED:
        return loan_event(t, &l->id, LOAN_EVENT_CLOSE, LEDGER_RETURN_PLAN,
                          "nobody consented before it was over", err);
    case LOAN_APPROVED:
        if (loan_follows(l))
            return loan_event(t, &l->id, LOAN_EVENT_CLOSE, LEDGER_RETURN_PLAN,
                              "what it waited for did not happen before it was over", err);
        TRY(loan_event(t, &l->id, LOAN_EVENT_START, LEDGER_GRANT, "its window begins", err));
        low_use_begin(t, turn_edit(t, ENTITY_LOAN, &l->id));
        return 0;
    case LOAN_RECALLING:
        return recall_take_effect(t, &l->id, err);
    default:
        ENSURE(l->state == LOAN_ACTIVE);
        if (turn_now(t).s < l->to.s)
            return low_use_judge(t, &l->id, err);
        TRY(loan_event(t, &l->id, LOAN_EVENT_RETURN, LEDGER_RETURN, "its window is over", err));
        ending_close_loan(t, &l->id);
        return 0;
    }
}

/* ---- All
 * ------------------------------------------------------------------------------------------ */

static int approval_step(struct turn *t, const void *record, struct err *err)
{
    return approving_expire(t, &((const struct approval *)record)->id, err);
}

static int project_step(struct turn *t, const void *record, struct err *err)
{
    return staging_keep_dates(t, &((const struct project *)record)->id, err);
}

static int stage_decision_step(struct turn *t, const void *record, struct err *err)
{
    return staging_execute(t, &((const struct stage_decision *)record)->id, err);
}

static int join_token_step(struct turn *t, const void *record, struct err *err)
{
    (void)err;
    changes_delete(t->out, ENTITY_JOIN_TOKEN, &((const struct join_token *)record)->id);
    return 0;
}

static int (*const steps[ENTITY_KIND_COUNT])(struct turn *t, const void *record,
                                             struct err *err) = {
    [ENTITY_LEASE] = lease_step,       [ENTITY_LOAN] = loan_step,
    [ENTITY_APPROVAL] = approval_step, [ENTITY_JOIN_TOKEN] = join_token_step,
    [ENTITY_PROJECT] = project_step,   [ENTITY_STAGE_DECISION] = stage_decision_step,
};

struct walk {
    struct turn *turn;
    size_t limit;
    bool more;
};

static bool visit_due(enum entity_kind kind, const void *record, void *arg)
{
    struct walk *w = arg;
    struct err err = ERR_INIT;
    if (changes_touches(w->turn->out, kind, entity_id(kind, record))) {
        w->more = true;
        return true;
    }
    if (w->turn->out->n + STEP_OBJECTS > w->limit) {
        w->more = true;
        return false;
    }
    ENSURE(steps[kind] != NULL);
    /* Time can't be refused: a step that the life cycle has no row for is a broken promise. */
    ENSURE(steps[kind](w->turn, record, &err) == 0);
    return true;
}

bool due_steps(struct turn *t, size_t limit)
{
    ENSURE(limit >= DECIDE_DUE_MIN);
    t->object_limit = limit;
    struct walk w = {.turn = t, .limit = limit, .more = false};
    state_each_due(t->state, turn_now(t), visit_due, &w);
    waiting_wake(t);
    return w.more;
}
