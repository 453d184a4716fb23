/* The next step of each kind of object that moves by itself. Pure functions of the record. */
#include "controlplane/domain/timetable.h"

#include "controlplane/domain/approval.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/project.h"
#include "controlplane/domain/user.h"

static struct instant lease_due(const struct lease *l)
{
    const struct lease_wait *wait = lease_waits(l);
    switch (l->state) {
    case LEASE_REQUESTED:
        return wait ? instant_min(wait->next_try, wait->until) : INSTANT_NEVER;
    case LEASE_BOOKED:
        return l->from;
    case LEASE_PREPARING:
    case LEASE_ACTIVE:
    case LEASE_DRAINING:
        return l->ends_at;
    case LEASE_RETURNING:
        return l->void_at;
    default:
        return INSTANT_NEVER;
    }
}

static struct instant loan_due(const struct loan *l)
{
    switch (l->state) {
    case LOAN_PROPOSED: /* a consented one ends with its approval */
        return l->to;
    case LOAN_ACTIVE:
        return l->use_judged_at.s > l->from.s ? instant_min(l->to, l->use_judged_at) : l->to;
    case LOAN_APPROVED: /* one that follows a stage decision starts with that, or is over */
        return loan_follows(l) ? l->to : l->from;
    case LOAN_RECALLING:
        return instant_min(l->recall_at, l->to);
    default:
        return INSTANT_NEVER;
    }
}

static struct instant stage_decision_due(const struct stage_decision *d)
{
    bool goes_on = d->state == STAGE_DECISION_NOTICED || d->state == STAGE_DECISION_EXECUTING;
    return goes_on ? d->effective_at : INSTANT_NEVER;
}

static struct instant project_due(const struct project *p)
{
    struct instant due = INSTANT_NEVER;
    LIST_EACH(const struct project_stage, s, &p->stages)
    {
        if (s->state == STAGE_PLANNED)
            due = instant_min(due, s->from);
        if (s->state == STAGE_RUNNING)
            due = instant_min(due, s->to);
    }
    return due;
}

static struct instant approval_due(const struct approval *a)
{
    bool open =
        a->state == REQUEST_SUBMITTED || a->state == REQUEST_REVIEW || a->state == REQUEST_STALE;
    return open ? a->expires_at : INSTANT_NEVER;
}

/* A token that was not used is gone when it is over; a used one is kept as a record. */
static struct instant join_token_due(const struct join_token *t)
{
    return t->used_at.s == INSTANT_NEVER.s ? t->expires_at : INSTANT_NEVER;
}

struct instant timetable_due(enum entity_kind kind, const void *record)
{
    switch (kind) {
    case ENTITY_LEASE:
        return lease_due(record);
    case ENTITY_LOAN:
        return loan_due(record);
    case ENTITY_PROJECT:
        return project_due(record);
    case ENTITY_STAGE_DECISION:
        return stage_decision_due(record);
    case ENTITY_APPROVAL:
        return approval_due(record);
    case ENTITY_JOIN_TOKEN:
        return join_token_due(record);
    default:
        return INSTANT_NEVER;
    }
}
