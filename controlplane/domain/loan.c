/* Loans: fields, life cycle, and the checks that need no other object. */
#include "controlplane/domain/loan.h"

#include "controlplane/domain/lease.h"

#define X(id, name) name,
static const char *const state_texts[] = {LOAN_STATES(X)};
static const char *const event_texts[] = {LOAN_EVENTS(X)};
#undef X
const struct enum_names loan_state_names = {state_texts, LOAN_STATE_COUNT};
const struct enum_names loan_event_names = {event_texts, LOAN_EVENT_COUNT};

static const struct field loan_fields[] = {
    F_ID(struct loan, id),
    F_ID(struct loan, programme),
    F_ID(struct loan, lender),
    F_ID(struct loan, borrower),
    F_ID(struct loan, pool),
    F_TEXT(struct loan, model),
    F_INSTANT(struct loan, from),
    F_INSTANT(struct loan, to),
    F_SHARE(struct loan, guaranteed_units),
    F_SHARE(struct loan, burst_units),
    F_I64(struct loan, notice_s),
    F_I64(struct loan, protected_s),
    F_I64(struct loan, cooldown_s),
    F_I64(struct loan, silence_s),
    F_ENUM(struct loan, pays_idle, &payer_names),
    F_ENUM(struct loan, pays_notice, &payer_names),
    F_ENUM(struct loan, pays_handover, &payer_names),
    F_ENUM(struct loan, pays_fault, &payer_names),
    F_ID_LIST(struct loan, isolation),
    F_WON(struct loan, price_krw),
    F_ENUM(struct loan, state, &loan_state_names),
    F_BYTES(struct loan, permit),
    F_BYTES(struct loan, permit_signature),
    F_ID(struct loan, permit_key_id),
    F_ID(struct loan, proposed_by),
    F_ID(struct loan, consented_by),
    F_ID(struct loan, approval),
    F_INSTANT(struct loan, created_at),
    F_SHARE(struct loan, recalled_units),
    F_INSTANT(struct loan, recall_at),
    F_ID(struct loan, follows),
    F_INSTANT(struct loan, use_judged_at),
    F_END,
};
const struct record_type loan_type = {"loan", sizeof(struct loan), loan_fields};

/* One more than the state, so that an empty cell is "no row". */
#define TO(state) (LOAN_##state + 1)
static const unsigned char next[LOAN_STATE_COUNT][LOAN_EVENT_COUNT] = {
    [LOAN_PROPOSED] = {[LOAN_EVENT_CONSENT] = TO(CONSENTED), [LOAN_EVENT_CLOSE] = TO(CLOSED)},
    [LOAN_CONSENTED] = {[LOAN_EVENT_APPROVE] = TO(APPROVED), [LOAN_EVENT_CLOSE] = TO(CLOSED)},
    [LOAN_APPROVED] = {[LOAN_EVENT_START] = TO(ACTIVE),
                       [LOAN_EVENT_RECALL] = TO(RECALLING),
                       [LOAN_EVENT_RETURN] = TO(RETURNED),
                       [LOAN_EVENT_CLOSE] = TO(CLOSED)},
    [LOAN_ACTIVE] = {[LOAN_EVENT_RECALL] = TO(RECALLING), [LOAN_EVENT_RETURN] = TO(RETURNED)},
    [LOAN_RECALLING] = {[LOAN_EVENT_START] = TO(ACTIVE), [LOAN_EVENT_RETURN] = TO(RETURNED)},
    [LOAN_RETURNED] = {[LOAN_EVENT_CLOSE] = TO(CLOSED)},
};

int loan_next(enum loan_state state, enum loan_event event, enum loan_state *ret, struct err *err)
{
    ENSURE(state >= 0 && state < LOAN_STATE_COUNT && event >= 0 && event < LOAN_EVENT_COUNT);
    if (!next[state][event])
        return err_set(err, ERR_STATE, "a loan that is %s can't take the event %s",
                       state_texts[state], event_texts[event]);
    *ret = (enum loan_state)(next[state][event] - 1);
    return 0;
}

bool loan_in_force(const struct loan *l, struct instant t)
{
    bool granted =
        l->state == LOAN_APPROVED || l->state == LOAN_ACTIVE || l->state == LOAN_RECALLING;
    return granted && !loan_follows(l) && l->from.s <= t.s && t.s < l->to.s;
}

bool loan_follows(const struct loan *l)
{
    return l->state < LOAN_ACTIVE && !id_is_none(&l->follows);
}

static int check_terms(const struct loan *l, struct err *err)
{
    if (l->guaranteed_units.units <= 0 && l->burst_units.units <= 0)
        return err_set(err, ERR_INVALID,
                       "loan: guaranteed_units or burst_units must be more than 0");
    if (l->guaranteed_units.units < 0 || l->burst_units.units < 0)
        return err_set(err, ERR_INVALID,
                       "loan: guaranteed_units and burst_units must not be negative");
    if (l->notice_s < 0 || l->protected_s < 0 || l->cooldown_s < 0)
        return err_set(err, ERR_INVALID,
                       "loan: notice_s, protected_s and cooldown_s must not be negative");
    if (l->silence_s < l->notice_s)
        return err_set(err, ERR_INVALID,
                       "loan: silence_s is %lld, less than the notice of %lld seconds: an outage "
                       "must not end a lease sooner than a recall would",
                       (long long)l->silence_s, (long long)l->notice_s);
    if (l->price_krw.krw < 0)
        return err_set(err, ERR_INVALID, "loan: price_krw must not be negative");
    return 0;
}

static int check_isolation(const struct loan *l, struct err *err)
{
    LIST_EACH(const struct id, name, &l->isolation)
    {
        int unused;
        TRY(enum_parse(&isolation_names, span_text(name->text), "loan: isolation", &unused, err));
    }
    if (l->isolation.n == 0)
        return err_set(err, ERR_INVALID,
                       "loan: isolation: name at least one permitted class (whole, mig, ...)");
    return 0;
}

int loan_check(const struct loan *l, struct err *err)
{
    if (id_is_none(&l->lender) || id_is_none(&l->borrower) || id_is_none(&l->pool))
        return err_set(err, ERR_INVALID, "loan: lender, borrower and pool are needed");
    if (l->from.s >= l->to.s)
        return err_set(err, ERR_INVALID, "loan: from must come before to");
    TRY(check_terms(l, err));
    return check_isolation(l, err);
}
