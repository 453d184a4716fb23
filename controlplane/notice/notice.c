/* One function a kind of object. Texts are plain English and hold no text of people. */
#include "controlplane/notice/notice.h"

#include "controlplane/domain/approval.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"

#include <stdio.h>

static void say(struct notice *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct notice *n, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(n->text, sizeof n->text, fmt, ap);
    va_end(ap);
}

static void begin(struct notice *n, const char *event, enum entity_kind kind,
                  const struct id *subject)
{
    *n = (struct notice){.event = event, .kind = kind, .subject = *subject, .by = INSTANT_NEVER};
}

/* The id: the subject, the event, and what makes this one another than the last. */
static void name(struct notice *n, const char *mark)
{
    (void)snprintf(n->id, sizeof n->id, "%s.%s.%s", n->subject.text, n->event, mark);
}

static void name_at(struct notice *n, struct instant at)
{
    char mark[24];
    (void)snprintf(mark, sizeof mark, "%lld", (long long)at.s);
    name(n, mark);
    n->by = at;
}

/* ---- approvals ---- */

static bool approval_waits(const struct approval *a, struct notice *n)
{
    char due[INSTANT_TEXT_CAP], mark[PLAN_HASH_CAP];
    begin(n, "approval.waits", ENTITY_APPROVAL, &a->id);
    (void)snprintf(mark, sizeof mark, "%.12s", a->plan.hash);
    name(n, mark);
    n->organisation = a->organisation;
    n->by = a->due_at;
    say(n, "%s of %s %s waits for approval; an answer is due by %s", a->id.text,
        a->subject_kind.text, a->subject.text, instant_format(a->due_at, due));
    return true;
}

static bool approval_decided(const struct approval *a, struct notice *n)
{
    const char *state = enum_name(&request_state_names, (int)a->state);
    begin(n, "approval.decided", ENTITY_APPROVAL, &a->id);
    name(n, state);
    n->organisation = a->organisation;
    say(n, "%s of %s %s is %s", a->id.text, a->subject_kind.text, a->subject.text, state);
    return true;
}

static bool of_approval(const void *record, struct notice *n)
{
    const struct approval *a = record;
    switch (a->state) {
    case REQUEST_SUBMITTED:
    case REQUEST_STALE:
    case REQUEST_REVIEW:
        return approval_waits(a, n);
    case REQUEST_APPROVED:
    case REQUEST_RETURNED:
    case REQUEST_WITHDRAWN:
        return approval_decided(a, n);
    default:
        return false;
    }
}

/* ---- loans and leases ---- */

static bool of_loan(const void *record, struct notice *n)
{
    const struct loan *l = record;
    char at[INSTANT_TEXT_CAP], units[SHARE_TEXT_CAP];
    if (l->state != LOAN_RECALLING)
        return false;
    begin(n, "loan.recalled", ENTITY_LOAN, &l->id);
    name_at(n, l->recall_at);
    n->organisation = l->lender;
    say(n, "%s %s of loan %s to project %s are to be back by %s",
        share_format(l->recalled_units, units), l->model, l->id.text, l->borrower.text,
        instant_format(l->recall_at, at));
    return true;
}

static bool lease_ending(const struct lease *l, struct notice *n)
{
    char at[INSTANT_TEXT_CAP];
    begin(n, "lease.ending", ENTITY_LEASE, &l->id);
    name_at(n, l->ends_at);
    n->organisation = l->organisation;
    say(n, "lease %s of project %s ends at %s%s%s", l->id.text, l->project.text,
        instant_format(l->ends_at, at), l->end_reason ? ": " : "",
        enum_name(&end_reason_names, (int)l->end_reason));
    return true;
}

/* A lease that ends as it was booked to is told of when its end is near; one that was cut short, at
 * once. */
static bool of_lease(const void *record, struct notice *n)
{
    const struct lease *l = record;
    bool lives = l->state >= LEASE_BOOKED && l->state <= LEASE_DRAINING;
    return lives && l->ends_at.s < l->to.s && lease_ending(l, n);
}

static bool (*const of_kind[ENTITY_KIND_COUNT])(const void *record, struct notice *n) = {
    [ENTITY_APPROVAL] = of_approval,
    [ENTITY_LOAN] = of_loan,
    [ENTITY_LEASE] = of_lease,
};

bool notice_of_change(const struct state *s, enum entity_kind kind, const struct id *id,
                      struct notice *ret)
{
    const void *record = of_kind[kind] ? state_find(s, kind, id) : NULL;
    return record && of_kind[kind](record, ret);
}

/* ---- what comes ---- */

static bool approval_expiring(const struct approval *a, struct notice *n)
{
    char at[INSTANT_TEXT_CAP];
    if (a->state > REQUEST_REVIEW && a->state != REQUEST_STALE)
        return false;
    begin(n, "approval.expiring", ENTITY_APPROVAL, &a->id);
    name_at(n, a->expires_at);
    n->organisation = a->organisation;
    say(n, "%s of %s %s is withdrawn at %s unless it is decided", a->id.text, a->subject_kind.text,
        a->subject.text, instant_format(a->expires_at, at));
    return true;
}

static bool loan_ending(const struct loan *l, struct notice *n)
{
    char at[INSTANT_TEXT_CAP];
    if (l->state != LOAN_ACTIVE)
        return of_loan(l, n);
    begin(n, "loan.ending", ENTITY_LOAN, &l->id);
    name_at(n, l->to);
    n->organisation = l->lender;
    say(n, "loan %s to project %s ends at %s", l->id.text, l->borrower.text,
        instant_format(l->to, at));
    return true;
}

bool notice_of_time(enum entity_kind kind, const void *record, struct notice *ret)
{
    const struct lease *lease = record;
    switch (kind) {
    case ENTITY_APPROVAL:
        return approval_expiring(record, ret);
    case ENTITY_LOAN:
        return loan_ending(record, ret);
    case ENTITY_LEASE:
        return (lease->state == LEASE_ACTIVE || lease->state == LEASE_DRAINING) &&
               lease_ending(lease, ret);
    default:
        return false;
    }
}

/* ---- as text ---- */

void notice_format(const struct notice *n, struct buf *dst)
{
    buf_printf(dst,
               "{\"id\": \"%s\", \"event\": \"%s\", \"kind\": \"%s\", \"subject\": \"%s\", "
               "\"organisation\": \"%s\", \"by\": %lld, \"text\": \"%s\"}",
               n->id, n->event, entity_name(n->kind), n->subject.text, n->organisation.text,
               n->by.s == INSTANT_NEVER.s ? 0LL : (long long)n->by.s, n->text);
}
