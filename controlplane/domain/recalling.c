/* Choosing what a recall stops, and recording it. */
#include "controlplane/domain/recalling.h"

#include "controlplane/domain/approving.h"
#include "controlplane/domain/capacity.h"
#include "controlplane/domain/ending.h"
#include "controlplane/domain/placing.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/steps.h"
#include "controlplane/domain/swapping.h"
#include "lib/base/text.h"

#include <stdlib.h>

/* ---- Who is in the way --------------------------------------------------------------------------
 */

struct victim {
    struct id lease;
    enum service_class service_class;
    uint32_t priority;
    struct instant from;
    struct instant to; /* until when it takes capacity as things stand */
    int64_t units;
    bool booked; /* has not started: may be moved */
    bool leaves;
};

struct selection {
    const struct loan *loan; /* as it will be */
    struct instant by;
    struct list victims; /* struct victim: all that run on the loan at `by` or later */
    struct steps used;   /* by all that do not leave */
};

static bool add_victim(const void *record, void *arg)
{
    struct selection *s = arg;
    const struct lease *l = record;
    struct window window = lease_window(l);
    if (!lease_holds_capacity(l) || l->state == LEASE_RETURNING || window.to.s <= s->by.s)
        return true;
    struct victim *v = record_list_add(&s->victims, sizeof *v);
    *v = (struct victim){.lease = l->id,
                         .service_class = l->service_class,
                         .priority = l->priority,
                         .from = l->from,
                         .to = window.to,
                         .units = lease_units(l).units,
                         .booked = l->state == LEASE_BOOKED};
    steps_add(&s->used, window, v->units);
    return true;
}

/* First to go first. */
static int by_order(const void *a, const void *b)
{
    const struct victim *x = a, *y = b;
    if (x->service_class != y->service_class)
        return x->service_class == CLASS_OPPORTUNISTIC ? -1 : 1;
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    if (x->from.s != y->from.s)
        return x->from.s > y->from.s ? -1 : 1;
    return id_compare(&x->lease, &y->lease);
}

/* Takes the stretch that a stop would free out of what is used, or puts it back. */
static void count(struct selection *s, const struct victim *v, int sign)
{
    struct instant begin = instant_max(v->from, s->by);
    steps_add(&s->used, (struct window){begin, v->to}, sign * v->units);
}

static bool fits(const struct selection *s)
{
    for (struct instant t = s->by; t.s < s->loan->to.s;
         t = instant_min(capacity_next_change(s->loan, t), steps_next(&s->used, t))) {
        if (steps_at(&s->used, t) > capacity_of_loan(s->loan, t))
            return false;
    }
    return true;
}

/* Marks what has to leave the loan: until the rest fits, less what turns out not to be needed. */
static void select_victims(struct selection *s)
{
    if (s->victims.n > 1)
        qsort(s->victims.items, s->victims.n, sizeof(struct victim), by_order);
    for (size_t i = 0; i < s->victims.n && !fits(s); i++) {
        struct victim *v = LIST_AT(struct victim, &s->victims, i);
        count(s, v, -1);
        v->leaves = true;
    }
    for (size_t i = s->victims.n; i-- > 0;) {
        struct victim *v = LIST_AT(struct victim, &s->victims, i);
        if (!v->leaves)
            continue;
        count(s, v, 1);
        v->leaves = !fits(s);
        if (v->leaves)
            count(s, v, -1);
    }
}

static bool swapped(struct turn *t, const struct selection *s, const struct victim *v,
                    const struct table *going)
{
    return swap_lease(t,
                      &(struct swap){.lease = &v->lease,
                                     .avoid = &s->loan->id,
                                     .going = going,
                                     .at = s->by,
                                     .reason = END_RECALLED},
                      NULL) == 0;
}

static void move_on(struct turn *t, const struct selection *s, struct victim *v,
                    struct table *going)
{
    if (!v->booked) {
        v->leaves = !swapped(t, s, v, going);
        return;
    }
    table_remove(going, &v->lease);
    if (placing_move(t, &v->lease, &s->loan->id, going, NULL) < 0) {
        table_put(going, &v->lease);
        return;
    }
    v->leaves = false;
    changes_note(t->out, "%s moves to other devices", v->lease.text);
}

/* The last to go is the first to be moved: none of the others that leave is in its way. */
static void move_victims(struct turn *t, const struct selection *s)
{
    struct table going = {0};
    LIST_EACH(struct victim, v, &s->victims)
    {
        if (v->leaves)
            table_put(&going, &v->lease);
    }
    for (size_t i = s->victims.n; i-- > 0;) {
        struct victim *v = LIST_AT(struct victim, &s->victims, i);
        if (v->leaves)
            move_on(t, s, v, &going);
    }
    table_fini(&going);
}

static int stop_victims(struct turn *t, const struct selection *s, struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    LIST_EACH(const struct victim, v, &s->victims)
    {
        if (!v->leaves)
            continue;
        TRY(ending_stop(t, &v->lease, s->by, END_RECALLED, err));
        changes_note(t->out, "%s ends at %s", v->lease.text, instant_format(s->by, when));
    }
    return 0;
}

static int free_the_units(struct turn *t, const struct loan *loan, struct err *err)
{
    struct selection s = {.loan = loan, .by = loan->recall_at};
    turn_each_linked(t, LINK_LEASE_LOAN, ENTITY_LEASE, &loan->id, add_victim, &s);
    select_victims(&s);
    move_victims(t, &s);
    int rc = stop_victims(t, &s, err);
    free(s.victims.items);
    steps_fini(&s.used);
    return rc;
}

/* ---- Is it due? --------------------------------------------------------------------------------
 */

static int check_units(struct share units, const struct loan *l, struct err *err)
{
    char wanted[SHARE_TEXT_CAP], lent[SHARE_TEXT_CAP];
    if (units.units > 0 && units.units <= l->guaranteed_units.units)
        return 0;
    return err_set(err, ERR_INVALID, "loan %s: units: %s can't be recalled, %s are lent",
                   l->id.text, units.units > 0 ? share_format(units, wanted) : "nothing",
                   share_format(l->guaranteed_units, lent));
}

static int check_notice(const struct loan *l, struct instant by, struct instant now,
                        struct err *err)
{
    char asked[INSTANT_TEXT_CAP], earliest[INSTANT_TEXT_CAP], end[INSTANT_TEXT_CAP];
    if (by.s < instant_add(now, l->notice_s).s)
        return err_set(err, ERR_INVALID,
                       "loan %s: by %s is less than the notice of %lld s: %s is the earliest",
                       l->id.text, instant_format(by, asked), (long long)l->notice_s,
                       instant_format(instant_add(now, l->notice_s), earliest));
    if (by.s >= l->to.s)
        return err_set(err, ERR_INVALID, "loan %s: it ends at %s anyway", l->id.text,
                       instant_format(l->to, end));
    return 0;
}

static int check_running(const struct loan *l, struct err *err)
{
    char when[INSTANT_TEXT_CAP], units[SHARE_TEXT_CAP];
    if (l->state != LOAN_RECALLING)
        return 0;
    return err_set(err, ERR_STATE, "loan %s: %s are being recalled by %s: wait for that first",
                   l->id.text, share_format(l->recalled_units, units),
                   instant_format(l->recall_at, when));
}

/* Takes the units back by then: whoever is in the way moves or stops. */
static int begin_recall(struct turn *t, const struct id *loan, struct share units,
                        struct instant by, const char *reason, struct err *err)
{
    struct loan *l = turn_edit(t, ENTITY_LOAN, loan);
    TRY(loan_next(l->state, LOAN_EVENT_RECALL, &l->state, err));
    l->recalled_units = units;
    l->recall_at = by;
    TRY(free_the_units(t, l, err));
    struct ledger_entry *entry = posting_loan(t, LEDGER_RECALL, l);
    entry->units = units;
    text_cut(entry->reason, sizeof entry->reason, reason);
    return 0;
}

/* ---- With less notice -------------------------------------------------------------------------
 */

static int propose_emergency(struct turn *t, const struct recall_loan_request *r,
                             const struct loan *l, struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    struct instant by = r->by.s == INSTANT_NEVER.s ? turn_now(t) : r->by;
    if (by.s >= instant_add(turn_now(t), l->notice_s).s)
        return err_set(err, ERR_INVALID,
                       "loan %s: by %s keeps the notice of %lld s: that is no emergency",
                       l->id.text, instant_format(by, when), (long long)l->notice_s);
    if (r->reason[0] == '\0')
        return err_set(err, ERR_INVALID, "loan %s: reason: say what the emergency is", l->id.text);
    struct recall draft = {.loan = l->id,
                           .borrower = l->borrower,
                           .units = r->units,
                           .by = by,
                           .cause = RECALL_EMERGENCY};
    text_cut(draft.reason, sizeof draft.reason, r->reason);
    return recalling_propose(t, &draft, err);
}

int recalling_propose(struct turn *t, const struct recall *given, struct err *err)
{
    const struct loan *l = turn_find(t, ENTITY_LOAN, &given->loan);
    struct recall draft = *given;
    draft.id = id_number("recall", turn_number(t));
    draft.state = REQUEST_SUBMITTED;
    draft.proposed_by = t->ctx->actor.user;
    draft.organisation = t->ctx->actor.organisation;
    draft.created_at = turn_now(t);
    struct recall *r = turn_put(t, ENTITY_RECALL, &draft);
    TRY(approving_open(t, ENTITY_RECALL, &r->id, l->to, &r->approval, err));
    struct ledger_entry *entry = turn_entry(t, LEDGER_PROPOSE, ENTITY_RECALL, &r->id);
    entry->project = r->borrower;
    entry->units = r->units;
    text_cut(entry->reason, sizeof entry->reason, r->reason);
    turn_answer(t, ENTITY_RECALL, &r->id, enum_name(&request_state_names, (int)r->state));
    return 0;
}

/* A search for a project of the borrower's programme that the organisation is in. */
struct rivalry {
    const struct loan *loan;
    const struct id *organisation;
    bool found;
};

static bool visit_rival(const void *record, void *arg)
{
    struct rivalry *r = arg;
    const struct project *p = record;
    r->found = id_equal(&p->programme, &r->loan->programme) && project_member(p, r->organisation);
    return !r->found;
}

bool recalling_is_party(const struct turn *t, const void *record, const struct id *organisation)
{
    const struct recall *r = record;
    struct rivalry search = {.loan = turn_find(t, ENTITY_LOAN, &r->loan),
                             .organisation = organisation};
    if (search.loan)
        turn_each(t, ENTITY_PROJECT, visit_rival, &search);
    return search.found;
}

static struct instant begin_of(const struct recall *r, const struct loan *l, struct instant now)
{
    return r->by.s == INSTANT_NEVER.s ? instant_add(now, l->notice_s) : instant_max(r->by, now);
}

int recalling_approve(struct turn *t, const struct id *id, struct err *err)
{
    struct recall *r = turn_edit(t, ENTITY_RECALL, id);
    TRY(request_next(r->state, REQUEST_EVENT_TAKE_UP, &r->state, err));
    TRY(request_next(r->state, REQUEST_EVENT_APPROVE, &r->state, err));
    const struct loan *l = turn_find(t, ENTITY_LOAN, &r->loan);
    TRY(check_running(l, err));
    TRY(check_units(r->units, l, err));
    struct instant by = begin_of(r, l, turn_now(t));
    if (by.s >= l->to.s)
        return err_set(err, ERR_STATE, "loan %s: it is over by then", l->id.text);
    return begin_recall(t, &r->loan, r->units, by, r->reason, err);
}

int recalling_refuse(struct turn *t, const struct id *id, enum request_event event, struct err *err)
{
    struct recall *r = turn_edit(t, ENTITY_RECALL, id);
    return request_next(r->state, event, &r->state, err);
}

/* ---- The request ------------------------------------------------------------------------------
 */

int decide_recall_loan(struct turn *t, const void *args, struct err *err)
{
    const struct recall_loan_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_LOAN, &r->id, &found, err));
    const struct loan *l = found;
    TRY(turn_own(t, &l->lender, ROLE_BIT(ROLE_AGENCY_ADMIN), "a loan by", err));
    TRY(check_running(l, err));
    TRY(check_units(r->units, l, err));
    if (r->emergency)
        return propose_emergency(t, r, l, err);
    struct instant by = r->by.s == INSTANT_NEVER.s ? instant_add(turn_now(t), l->notice_s) : r->by;
    TRY(check_notice(l, by, turn_now(t), err));
    TRY(begin_recall(t, &r->id, r->units, by, r->reason, err));
    l = turn_find(t, ENTITY_LOAN, &r->id);
    turn_answer(t, ENTITY_LOAN, &l->id, enum_name(&loan_state_names, (int)l->state));
    return 0;
}

int recall_take_effect(struct turn *t, const struct id *id, struct err *err)
{
    struct loan *l = turn_edit(t, ENTITY_LOAN, id);
    l->guaranteed_units.units -= l->recalled_units.units;
    l->recalled_units = (struct share){0};
    struct ledger_entry *entry = posting_loan(t, LEDGER_RETURN, l);
    text_cut(entry->reason, sizeof entry->reason, "recall in effect; the units are what is left");
    bool over = l->guaranteed_units.units == 0 || l->to.s <= turn_now(t).s;
    TRY(loan_next(l->state, over ? LOAN_EVENT_RETURN : LOAN_EVENT_START, &l->state, err));
    ending_close_loan(t, id);
    return 0;
}
