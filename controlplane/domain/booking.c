/* From a request to a lease with devices, a price and a place in the books. */
#include "controlplane/domain/booking.h"

#include "controlplane/domain/ending.h"
#include "controlplane/domain/placing.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/quoting.h"
#include "controlplane/domain/steps.h"
#include "controlplane/domain/timetable.h"
#include "controlplane/domain/use.h"

#include <stdlib.h>

/* What the request is measured against. */
struct order {
    const struct book_lease_request *request;
    const struct allocation *allocation;
    const struct project *project;
    const struct programme *programme;
};

/* ---- What the request names
 * ---------------------------------------------------------------------- */

static int check_allocation(const struct allocation *a, struct err *err)
{
    if (a->state == REQUEST_APPROVED)
        return 0;
    bool open = a->state == REQUEST_SUBMITTED || a->state == REQUEST_REVIEW ||
                a->state == REQUEST_STALE || a->state == REQUEST_CORRECTION;
    if (open)
        return err_set(err, ERR_WAITING, "%s waits for %s", a->id.text, a->approval.text);
    return err_set(err, ERR_STATE, "%s is %s: only an approved allocation can be booked on",
                   a->id.text, enum_name(&request_state_names, (int)a->state));
}

static int open_order(const struct turn *t, const struct book_lease_request *r, struct order *ret,
                      struct err *err)
{
    const void *found;
    TRY(turn_need(t, ENTITY_ALLOCATION, &r->allocation, &found, err));
    const struct allocation *a = found;
    const struct project *project = turn_find(t, ENTITY_PROJECT, &a->project);
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &a->programme);
    ENSURE(project != NULL && programme != NULL);
    TRY(check_allocation(a, err));
    *ret =
        (struct order){.request = r, .allocation = a, .project = project, .programme = programme};
    return 0;
}

static int check_booker(const struct turn *t, const struct order *o, struct id *ret,
                        struct err *err)
{
    const struct id *own = &t->ctx->actor.organisation;
    const struct id *named = &o->request->organisation;
    if (!id_is_none(named) && !id_equal(named, own))
        return err_set(err, ERR_DENIED, "%s can't book for %s: its own people do", own->text,
                       named->text);
    if (!project_member(o->project, own))
        return err_set(err, ERR_DENIED, "%s is no member of project %s", own->text,
                       o->project->id.text);
    *ret = *own;
    return 0;
}

/* ---- The draft
 * ----------------------------------------------------------------------------------- */

static int draft_window(const struct turn *t, const struct order *o, struct lease *l,
                        struct err *err)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP];
    const struct book_lease_request *r = o->request;
    l->from = r->from.s == INSTANT_NEVER.s ? turn_now(t) : r->from;
    if (r->length_s < 0 || (r->length_s > 0 && r->to.s != INSTANT_NEVER.s))
        return err_set(err, ERR_INVALID, "lease: state either to or length_s, which is positive");
    l->to = r->length_s > 0 ? instant_add(l->from, r->length_s) : r->to;
    l->ends_at = l->to;
    if (l->to.s == INSTANT_NEVER.s || l->from.s >= l->to.s)
        return err_set(err, ERR_INVALID, "lease: to must come after from");
    if (l->from.s < turn_now(t).s)
        return err_set(err, ERR_INVALID, "lease: from %s lies in the past",
                       instant_format(l->from, from));
    if (!window_covers((struct window){o->allocation->from, o->allocation->to},
                       (struct window){l->from, l->to}))
        return err_set(err, ERR_INVALID, "lease: %s runs from %s to %s only",
                       o->allocation->id.text, instant_format(o->allocation->from, from),
                       instant_format(o->allocation->to, to));
    return 0;
}

static int draft_size(const struct order *o, struct lease *l, struct err *err)
{
    const struct book_lease_request *r = o->request;
    l->gpus = r->gpus;
    l->units_per_gpu = r->units_per_gpu.units == 0 ? share_gpus(1) : r->units_per_gpu;
    if (l->gpus == 0 || l->gpus > BOOKING_GPUS_MAX)
        return err_set(err, ERR_INVALID, "lease: gpus: %u is not in 1..%d", l->gpus,
                       BOOKING_GPUS_MAX);
    if (l->units_per_gpu.units < 1 || l->units_per_gpu.units > SHARE_PER_GPU)
        return err_set(err, ERR_INVALID, "lease: units_per_gpu: %lld is not in 1..%lld",
                       (long long)l->units_per_gpu.units, (long long)SHARE_PER_GPU);
    if (r->uids.n > BOOKING_UIDS_MAX)
        return err_set(err, ERR_INVALID, "lease: uids: at most %d, not %zu", BOOKING_UIDS_MAX,
                       r->uids.n);
    return 0;
}

/* The value named, or the default when none is. */
static int parse_or(const struct enum_names *names, const struct id *text, const char *what,
                    int otherwise, int *ret, struct err *err)
{
    if (id_is_none(text)) {
        *ret = otherwise;
        return 0;
    }
    return enum_parse(names, span_text(text->text), what, ret, err);
}

static int draft_kind(const struct order *o, struct lease *l, struct err *err)
{
    const struct book_lease_request *r = o->request;
    bool whole = l->units_per_gpu.units == SHARE_PER_GPU;
    int isolation, service_class;
    TRY(parse_or(&isolation_names, &r->isolation, "lease: isolation",
                 whole ? ISOLATION_WHOLE : ISOLATION_TIMESLICE, &isolation, err));
    TRY(parse_or(&service_class_names, &r->service_class, "lease: service_class", CLASS_COMMITTED,
                 &service_class, err));
    l->isolation = (enum isolation)isolation;
    l->service_class = (enum service_class)service_class;
    if ((l->isolation == ISOLATION_WHOLE) != whole)
        return err_set(err, ERR_INVALID,
                       whole ? "lease: isolation: a whole GPU is shared with nobody: use whole"
                             : "lease: isolation: a part of a GPU can't be whole");
    return 0;
}

static int draft_lease(const struct turn *t, const struct order *o, struct lease *l,
                       struct err *err)
{
    *l = (struct lease){.allocation = o->allocation->id,
                        .project = o->project->id,
                        .programme = o->programme->id,
                        .priority = o->request->priority,
                        .state = LEASE_REQUESTED,
                        .booked_by = t->ctx->actor.user,
                        .created_at = turn_now(t),
                        .active_at = INSTANT_NEVER,
                        .ended_at = INSTANT_NEVER};
    memcpy(l->model, o->allocation->model, sizeof l->model);
    TRY(check_booker(t, o, &l->organisation, err));
    TRY(draft_window(t, o, l, err));
    TRY(draft_size(o, l, err));
    return draft_kind(o, l, err);
}

/* ---- The allocation's own limit
 * -------------------------------------------------------------------- */

struct beside {
    const struct lease *largest; /* of those that overlap the draft */
    struct window window;
};

static bool visit_beside(const void *record, void *arg)
{
    struct beside *b = arg;
    const struct lease *l = record;
    if (!lease_holds_capacity(l) || !window_overlaps(lease_window(l), b->window))
        return true;
    if (!b->largest || lease_units(l).units > lease_units(b->largest).units)
        b->largest = l;
    return true;
}

static int refuse_beyond_award(const struct turn *t, const struct allocation *a,
                               const struct lease *l, struct instant at, struct err *err)
{
    char awarded[SHARE_TEXT_CAP], wanted[SHARE_TEXT_CAP], when[INSTANT_TEXT_CAP];
    struct beside b = {.window = {l->from, l->to}};
    if (!err)
        return -ERR_NO_CAPACITY;
    turn_each_linked(t, LINK_LEASE_ALLOCATION, ENTITY_LEASE, &a->id, visit_beside, &b);
    share_format(a->awarded_units, awarded);
    share_format(lease_units(l), wanted);
    return err_set(err, ERR_NO_CAPACITY,
                   "%s awards %s %s at a time; %s more are too many at %s%s%s", a->id.text, awarded,
                   a->model, wanted, instant_format(at, when), b.largest ? ", beside " : "",
                   b.largest ? b.largest->id.text : "");
}

static int check_awarded(const struct turn *t, const struct order *o, const struct lease *l,
                         struct err *err)
{
    const struct allocation *a = o->allocation;
    struct use used;
    use_of_allocation(t, &a->id, &used);
    int64_t room = a->awarded_units.units - lease_units(l).units;
    struct instant at = steps_first_above(used.steps, (struct window){l->from, l->to}, room);
    use_fini(&used);
    return at.s == INSTANT_NEVER.s ? 0 : refuse_beyond_award(t, a, l, at, err);
}

/* ---- Placing, and when it could be placed
 * ---------------------------------------------------------- */

static int place(const struct turn *t, const struct order *o, struct capacity *capacity,
                 struct lease *l, struct err *err)
{
    struct placing placing = {.turn = t,
                              .capacity = capacity,
                              .cleaning_s = o->programme->cleaning_s,
                              .one_node = o->request->one_node};
    TRY(check_awarded(t, o, l, err));
    return placing_find(&placing, l, err);
}

struct search {
    const struct turn *turn;
    const struct order *order;
    struct capacity *capacity;
    struct lease draft; /* tried at later starts; owns its placements */
    struct instant wanted_from;
    int64_t length_s;
    int64_t step_s; /* after the instant visited */
    struct instant found;
    size_t tries;
};

static bool try_start(struct instant t, void *arg)
{
    struct search *s = arg;
    struct instant start = instant_add(t, s->step_s);
    if (start.s >= s->found.s || start.s < s->wanted_from.s || s->tries++ >= BOOKING_TRIES_MAX)
        return false;
    s->draft.from = start;
    s->draft.to = instant_add(start, s->length_s);
    s->draft.ends_at = s->draft.to;
    if (place(s->turn, s->order, s->capacity, &s->draft, NULL) < 0)
        return true;
    s->found = start;
    return false;
}

/* A loan gives more where it begins, and where its burst is back after a recall. There the cleaning
 * time counts, at its begin it does not. */
static bool visit_loan_changes(const void *record, void *arg)
{
    struct search *s = arg;
    const struct loan *loan = record;
    int64_t cleaning = s->step_s;
    struct instant t = s->draft.created_at;
    if (loan->state > LOAN_RECALLING || strcmp(loan->model, s->draft.model) != 0)
        return true;
    while ((t = capacity_next_change(loan, t)).s < loan->to.s) {
        s->step_s = t.s == loan->from.s ? 0 : cleaning;
        try_start(t, s);
    }
    s->step_s = cleaning;
    return true;
}

/* More can only become free where a booking ends, or where a loan changes. *ret_all: every such
 * instant was tried. */
static struct instant earliest_start(const struct turn *t, const struct order *o,
                                     struct capacity *capacity, const struct lease *wanted,
                                     bool *ret_all)
{
    int64_t cleaning = o->programme->cleaning_s, length = wanted->to.s - wanted->from.s;
    struct instant last = instant_add(o->allocation->to, -length);
    struct search s = {.turn = t,
                       .order = o,
                       .capacity = capacity,
                       .wanted_from = wanted->from,
                       .length_s = length,
                       .step_s = cleaning,
                       .found = INSTANT_NEVER};
    record_copy(&lease_type, &s.draft, wanted);
    calendar_each_end(turn_calendar(t), instant_add(wanted->from, -cleaning),
                      instant_add(last, -cleaning), try_start, &s);
    *ret_all = s.tries < BOOKING_TRIES_MAX;
    s.tries = 0;
    turn_each_linked(t, LINK_LOAN_BORROWER, ENTITY_LOAN, &o->project->id, visit_loan_changes, &s);
    record_fini(&lease_type, &s.draft);
    return s.found.s <= last.s ? s.found : INSTANT_NEVER;
}

static int place_or_explain(const struct turn *t, const struct order *o, struct lease *l,
                            struct err *err)
{
    CLEANUP_CAPACITY struct capacity *capacity = NULL;
    struct err why = ERR_INIT;
    char when[INSTANT_TEXT_CAP];
    TRY(capacity_create(t, l->model, NULL, &capacity, err));
    int rc = place(t, o, capacity, l, &why);
    if (rc == 0)
        return 0;
    if (why.code != ERR_NO_CAPACITY)
        return err_set(err, why.code, "%s", why.text);
    bool all;
    struct instant start = earliest_start(t, o, capacity, l, &all);
    if (start.s == INSTANT_NEVER.s && !all)
        return err_set(err, ERR_NO_CAPACITY, "%s; the next %d starts do not work either", why.text,
                       BOOKING_TRIES_MAX);
    if (start.s == INSTANT_NEVER.s)
        return err_set(err, ERR_NO_CAPACITY, "%s; no later start inside %s works either", why.text,
                       o->allocation->id.text);
    return err_set(err, ERR_NO_CAPACITY, "%s; the earliest start that works is %s", why.text,
                   instant_format(start, when));
}

/* ---- Money
 * ----------------------------------------------------------------------------------------- */

static int hold_budget(struct turn *t, const struct order *o, struct lease *l, struct err *err)
{
    struct quote quote;
    char price[WON_TEXT_CAP], left[WON_TEXT_CAP];
    TRY(quote_lease(t, l, &quote, err));
    t->out->answer.has_quote = true;
    t->out->answer.quote = quote;
    const struct allocation *a = o->allocation;
    struct won room;
    if (won_sub(a->budget_krw, a->held_krw, &room) < 0 || won_sub(room, a->posted_krw, &room) < 0)
        return err_set(err, ERR_OVERFLOW, "%s: its figures are beyond int64", a->id.text);
    if (won_compare(quote.value_krw, room) > 0)
        return err_set(err, ERR_BUDGET,
                       "%s has %s KRW left, the lease costs %s KRW: ask for a supplement, or book "
                       "less",
                       a->id.text, won_format(room, left), won_format(quote.value_krw, price));
    /* It may be below 0: a cheaper loan in a month that is full already lowers the month's price.
     */
    l->held_krw.krw = quote.value_krw.krw > 0 ? quote.value_krw.krw : 0;
    struct allocation *edited = turn_edit(t, ENTITY_ALLOCATION, &a->id);
    edited->held_krw.krw += l->held_krw.krw;
    return 0;
}

/* ---- The two commands
 * ------------------------------------------------------------------------------- */

static void copy_uids(const struct list *from, struct list *to)
{
    LIST_EACH(const struct user_id, uid, from)
    {
        struct user_id *copy = record_list_add(to, sizeof *copy);
        *copy = *uid;
    }
}

static int book(struct turn *t, const struct order *o, struct lease *draft, struct err *err)
{
    TRY(place_or_explain(t, o, draft, err));
    draft->id = id_number("lease", turn_number(t));
    draft->fence = turn_number(t);
    draft->void_at = instant_add(draft->ends_at, TIMETABLE_RETURN_MARGIN_S);
    copy_uids(&o->request->uids, &draft->uids);
    TRY(lease_next(draft->state, LEASE_EVENT_BOOK, &draft->state, err));
    TRY(hold_budget(t, o, draft, err));
    const struct lease *l = turn_put(t, ENTITY_LEASE, draft);
    posting_money(posting_lease(t, LEDGER_BOOK, l), PHASE_PENDING, l->held_krw.krw);
    turn_answer(t, ENTITY_LEASE, &l->id, enum_name(&lease_state_names, (int)l->state));
    return 0;
}

int decide_book_lease(struct turn *t, const void *args, struct err *err)
{
    struct order order;
    struct lease draft;
    TRY(open_order(t, args, &order, err));
    TRY(draft_lease(t, &order, &draft, err));
    int rc = book(t, &order, &draft, err);
    record_fini(&lease_type, &draft);
    return rc;
}

int decide_release_lease(struct turn *t, const void *args, struct err *err)
{
    const struct release_lease_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_LEASE, &r->id, &found, err));
    const struct lease *l = found;
    TRY(turn_own(t, &l->organisation, ROLE_BIT(ROLE_AGENCY_ADMIN), "a lease of", err));
    if (!lease_holds_capacity(l) || l->state == LEASE_RETURNING)
        return err_set(err, ERR_STATE, "%s is %s already", l->id.text,
                       enum_name(&lease_state_names, (int)l->state));
    struct id id = l->id;
    TRY(ending_stop(t, &id, turn_now(t), END_RELEASED, err));
    l = turn_find(t, ENTITY_LEASE, &id);
    turn_answer(t, ENTITY_LEASE, &id, enum_name(&lease_state_names, (int)l->state));
    return 0;
}
