/* The ends of leases and loans. One place, because each end settles the same accounts. */
#include "controlplane/domain/ending.h"

#include "controlplane/domain/enforce.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/quoting.h"
#include "controlplane/domain/timetable.h"
#include "lib/base/text.h"

int64_t ending_silence_s(const struct turn *t, const struct lease *l)
{
    const struct loan *loan = turn_find(t, ENTITY_LOAN, &l->loan);
    return loan ? loan->silence_s : ENFORCE_OWN_TTL_MS / 1000;
}

/* ---- Money ----------------------------------------------------------------------------------- */

/* Sets `amount` of what is held for the lease free, at most what is held, and says how much it was.
 */
static int64_t set_free(struct turn *t, struct lease *l, int64_t amount)
{
    struct allocation *a = turn_edit(t, ENTITY_ALLOCATION, &l->allocation);
    int64_t freed = amount < l->held_krw.krw ? amount : l->held_krw.krw;
    freed = freed < a->held_krw.krw ? freed : a->held_krw.krw;
    if (freed <= 0)
        return 0;
    l->held_krw.krw -= freed;
    a->held_krw.krw -= freed;
    return freed;
}

/* What the lease is worth less when it ends at `at`. A price that is no longer there frees nothing
 * now: the rest is set free when the lease is over. */
static int64_t worth_less(const struct turn *t, const struct lease *l, struct instant at)
{
    struct quote before, after;
    struct lease shorter = *l; /* borrows the lists */
    shorter.ends_at = instant_max(at, l->from);
    if (quote_lease(t, l, &before, NULL) < 0 || quote_lease(t, &shorter, &after, NULL) < 0)
        return 0;
    return before.value_krw.krw - after.value_krw.krw;
}

/* ---- Leases ---------------------------------------------------------------------------------- */

static int step(struct lease *l, enum lease_event event, struct err *err)
{
    int rc = lease_next(l->state, event, &l->state, err);
    return rc < 0 ? err_prefix(err, rc, "%s", l->id.text) : 0;
}

static enum ledger_kind ledger_kind_of(enum end_reason reason)
{
    bool asked_back = reason == END_RECALLED || reason == END_RECLAIMED;
    return asked_back ? LEDGER_RECALL : LEDGER_RELEASE;
}

static int cancel(struct turn *t, struct lease *l, enum end_reason reason, struct err *err)
{
    TRY(step(l, LEASE_EVENT_CANCEL, err));
    lease_stop_waiting(l);
    l->end_reason = reason;
    l->ends_at = l->from;
    l->ended_at = turn_now(t);
    l->void_at = l->ended_at;
    int64_t freed = set_free(t, l, l->held_krw.krw);
    posting_money(posting_lease(t, ledger_kind_of(reason), l), PHASE_VOID, freed);
    ending_close_loan(t, &l->loan);
    return 0;
}

/* When even a node that hears nothing more has stopped: a grant that is out by now lives for the
 * silence, and never beyond the end that it was made with. A booking has no grant yet. */
static struct instant void_after(const struct turn *t, const struct lease *l, struct instant at)
{
    struct instant silent = instant_add(turn_now(t), ending_silence_s(t, l));
    struct instant granted = instant_min(silent, l->ends_at);
    struct instant last = l->state == LEASE_BOOKED ? at : instant_max(at, granted);
    return instant_add(last, TIMETABLE_RETURN_MARGIN_S);
}

int ending_stop(struct turn *t, const struct id *id, struct instant at, enum end_reason reason,
                struct err *err)
{
    const struct lease *old = turn_find(t, ENTITY_LEASE, id);
    ENSURE(old != NULL);
    if (old->state == LEASE_REQUESTED)
        return cancel(t, turn_edit(t, ENTITY_LEASE, id), reason, err);
    int64_t less = worth_less(t, old, at);
    int64_t freed = 0;
    struct lease *l = turn_edit(t, ENTITY_LEASE, id);
    if (l->state == LEASE_BOOKED && at.s <= l->from.s)
        return cancel(t, l, reason, err);
    if (l->state != LEASE_BOOKED)
        TRY(step(l, LEASE_EVENT_DRAIN, err));
    if (at.s < l->ends_at.s) {
        l->void_at = void_after(t, l, at);
        l->ends_at = at;
        l->end_reason = reason;
        if (reason == END_RECALLED)
            l->notice_at = turn_now(t);
        freed = set_free(t, l, less);
    }
    posting_money(posting_lease(t, ledger_kind_of(reason), l), PHASE_VOID, freed);
    if (l->state == LEASE_DRAINING && l->ends_at.s <= turn_now(t).s)
        TRY(ending_take_back(t, id, err));
    return 0;
}

int ending_take_back(struct turn *t, const struct id *id, struct err *err)
{
    struct lease *l = turn_edit(t, ENTITY_LEASE, id);
    TRY(step(l, LEASE_EVENT_END, err));
    if (l->end_reason == END_NONE)
        l->end_reason = END_EXPIRED;
    return 0;
}

int ending_finish(struct turn *t, const struct id *id, const char *how, struct err *err)
{
    struct lease *l = turn_edit(t, ENTITY_LEASE, id);
    bool unusable = l->end_reason == END_EXPIRED && l->active_at.s == INSTANT_NEVER.s;
    TRY(step(l, unusable ? LEASE_EVENT_FAIL : LEASE_EVENT_RETURN, err));
    l->end_reason = unusable ? END_FAILED : l->end_reason;
    l->ended_at = turn_now(t);
    int64_t freed = set_free(t, l, l->held_krw.krw);
    struct ledger_entry *entry = posting_lease(t, LEDGER_RETURN, l);
    posting_money(entry, PHASE_VOID, freed);
    text_cut(entry->reason, sizeof entry->reason, how);
    ending_close_loan(t, &l->loan);
    return 0;
}

/* ---- Loans ----------------------------------------------------------------------------------- */

static bool find_holder(const void *record, void *arg)
{
    bool *held = arg;
    *held = lease_holds_capacity(record);
    return !*held;
}

void ending_close_loan(struct turn *t, const struct id *id)
{
    const struct loan *loan = turn_find(t, ENTITY_LOAN, id);
    if (!loan || loan->state != LOAN_RETURNED)
        return;
    bool held = false;
    turn_each_linked(t, LINK_LEASE_LOAN, ENTITY_LEASE, id, find_holder, &held);
    if (held)
        return;
    struct loan *edited = turn_edit(t, ENTITY_LOAN, id);
    ENSURE(loan_next(edited->state, LOAN_EVENT_CLOSE, &edited->state, NULL) == 0);
    struct ledger_entry *entry = posting_loan(t, LEDGER_RETURN, edited);
    text_cut(entry->reason, sizeof entry->reason, "all of the loan is back");
}
