/* From a request to a lease with devices, a price and a place in the books. */
#include "controlplane/domain/booking.h"

#include "controlplane/domain/ending.h"
#include "controlplane/domain/fitting.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/quoting.h"
#include "controlplane/domain/reclaiming.h"
#include "controlplane/domain/staging.h"
#include "controlplane/domain/timetable.h"
#include "controlplane/domain/waiting.h"

#include <stdlib.h>

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

int booking_open(const struct turn *t, const struct book_lease_request *r,
                 struct booking_order *ret, struct err *err)
{
    const void *found;
    TRY(turn_need(t, ENTITY_ALLOCATION, &r->allocation, &found, err));
    const struct allocation *a = found;
    const struct project *project = turn_find(t, ENTITY_PROJECT, &a->project);
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &a->programme);
    ENSURE(project != NULL && programme != NULL);
    TRY(check_allocation(a, err));
    *ret = (struct booking_order){
        .request = r, .allocation = a, .project = project, .programme = programme};
    return 0;
}

static int check_booker(const struct turn *t, const struct booking_order *o, struct id *ret,
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

static int draft_window(const struct turn *t, const struct booking_order *o, struct lease *l,
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

static int draft_size(const struct booking_order *o, struct lease *l, struct err *err)
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

static int draft_kind(const struct booking_order *o, struct lease *l, struct err *err)
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

int booking_draft(const struct turn *t, const struct booking_order *o, struct lease *ret,
                  struct err *err)
{
    struct lease *l = ret;
    *l = (struct lease){.allocation = o->allocation->id,
                        .project = o->project->id,
                        .programme = o->programme->id,
                        .priority = o->request->priority,
                        .state = LEASE_REQUESTED,
                        .booked_by = t->ctx->actor.user,
                        .created_at = turn_now(t),
                        .active_at = INSTANT_NEVER,
                        .notice_at = INSTANT_NEVER,
                        .ended_at = INSTANT_NEVER};
    memcpy(l->model, o->allocation->model, sizeof l->model);
    TRY(check_booker(t, o, &l->organisation, err));
    TRY(draft_window(t, o, l, err));
    TRY(staging_check_open(t, o->project, l->to, err));
    TRY(draft_size(o, l, err));
    return draft_kind(o, l, err);
}

/* ---- Money -------------------------------------------------------------------------------------
 */

/* Says so when what is taken of the budget passes a threshold. */
static void warn(struct turn *t, const struct allocation *a, struct won before, struct won after)
{
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &a->programme);
    for (size_t i = 0; programme && i < programme->budget_warnings.n; i++) {
        const struct budget_warning *w =
            LIST_AT(const struct budget_warning, &programme->budget_warnings, i);
        __int128 threshold = (__int128)a->budget_krw.krw * w->percent;
        if ((__int128)before.krw * 100 < threshold && (__int128)after.krw * 100 >= threshold)
            changes_note(t->out, "%s: %u %% of its budget are taken", a->id.text, w->percent);
    }
}

int booking_hold(struct turn *t, struct lease *l, struct won more, struct err *err)
{
    char price[WON_TEXT_CAP], left[WON_TEXT_CAP];
    const struct allocation *a = turn_find(t, ENTITY_ALLOCATION, &l->allocation);
    struct won taken, room, then;
    if (more.krw < 0)
        more = WON_ZERO; /* a cheaper loan in a month that is full already lowers its price */
    if (won_add(a->held_krw, a->posted_krw, &taken) < 0 ||
        won_sub(a->budget_krw, taken, &room) < 0 || won_add(taken, more, &then) < 0)
        return err_set(err, ERR_OVERFLOW, "%s: its figures are beyond int64", a->id.text);
    if (won_compare(more, room) > 0)
        return err_set(err, ERR_BUDGET,
                       "%s has %s KRW left, the lease costs %s KRW: ask for a supplement, or book "
                       "less",
                       a->id.text, won_format(room, left), won_format(more, price));
    warn(t, a, taken, then);
    l->held_krw.krw += more.krw;
    struct allocation *edited = turn_edit(t, ENTITY_ALLOCATION, &l->allocation);
    edited->held_krw.krw += more.krw;
    return 0;
}

int booking_confirm(struct turn *t, struct lease *draft, struct err *err)
{
    struct quote quote;
    TRY(quote_lease(t, draft, &quote, err));
    t->out->answer.has_quote = true;
    t->out->answer.quote = quote;
    TRY(booking_hold(t, draft, quote.value_krw, err));
    if (id_is_none(&draft->id))
        draft->id = id_number("lease", turn_number(t));
    draft->fence = turn_number(t);
    draft->void_at = instant_add(draft->ends_at, TIMETABLE_RETURN_MARGIN_S);
    TRY(lease_next(draft->state, LEASE_EVENT_BOOK, &draft->state, err));
    lease_stop_waiting(draft);
    const struct lease *l = turn_put(t, ENTITY_LEASE, draft);
    posting_money(posting_lease(t, LEDGER_BOOK, l), PHASE_PENDING, l->held_krw.krw);
    return 0;
}

/* ---- The commands ------------------------------------------------------------------------------
 */

static void copy_uids(const struct list *from, struct list *to)
{
    LIST_EACH(const struct user_id, uid, from)
    {
        struct user_id *copy = record_list_add(to, sizeof *copy);
        *copy = *uid;
    }
}

static int place(struct turn *t, const struct booking_order *o, struct lease *draft,
                 bool *ret_waits, struct err *err)
{
    struct fitting f = {.turn = t,
                        .allocation = o->allocation,
                        .programme = o->programme,
                        .one_node = o->request->one_node};
    struct misfit misfit;
    int rc = waiting_precedes(t, draft, &misfit);
    if (rc == 0)
        rc = fitting_place(&f, draft, &misfit);
    if (rc == -ERR_NO_CAPACITY && reclaim_for(t, &f, draft, o->request->length_s > 0) == 0)
        rc = 0;
    *ret_waits = rc == -ERR_NO_CAPACITY && o->request->wait;
    if (rc == 0 || *ret_waits) {
        if (*ret_waits)
            waiting_enter(draft, &(struct waiting_order){.allocation = o->allocation,
                                                         .one_node = o->request->one_node,
                                                         .shifts = o->request->length_s > 0,
                                                         .misfit = &misfit});
        return 0;
    }
    return fitting_refuse(&f, &misfit, err);
}

static int book(struct turn *t, const struct booking_order *o, struct lease *draft, struct err *err)
{
    bool waits;
    TRY(place(t, o, draft, &waits, err));
    copy_uids(&o->request->uids, &draft->uids);
    TRY(waits ? waiting_put(t, draft, err) : booking_confirm(t, draft, err));
    turn_answer(t, ENTITY_LEASE, &draft->id, enum_name(&lease_state_names, (int)draft->state));
    return 0;
}

int decide_book_lease(struct turn *t, const void *args, struct err *err)
{
    struct booking_order order;
    struct lease draft;
    TRY(booking_open(t, args, &order, err));
    TRY(booking_draft(t, &order, &draft, err));
    int rc = book(t, &order, &draft, err);
    record_fini(&lease_type, &draft);
    return rc;
}

static int end_by_hand(struct turn *t, const struct lease *l, struct err *err)
{
    struct id id = l->id;
    TRY(ending_stop(t, &id, turn_now(t), END_RELEASED, err));
    l = turn_find(t, ENTITY_LEASE, &id);
    turn_answer(t, ENTITY_LEASE, &id, enum_name(&lease_state_names, (int)l->state));
    return 0;
}

static int need_own_lease(const struct turn *t, const struct id *id, const struct lease **ret,
                          struct err *err)
{
    const void *found;
    TRY(turn_need(t, ENTITY_LEASE, id, &found, err));
    *ret = found;
    return turn_own(t, &(*ret)->organisation, ROLE_BIT(ROLE_AGENCY_ADMIN), "a lease of", err);
}

int decide_release_lease(struct turn *t, const void *args, struct err *err)
{
    const struct release_lease_request *r = args;
    const struct lease *l = NULL;
    TRY(need_own_lease(t, &r->id, &l, err));
    bool over = !lease_holds_capacity(l) && l->state != LEASE_REQUESTED;
    if (over || l->state == LEASE_RETURNING)
        return err_set(err, ERR_STATE, "%s is %s already", l->id.text,
                       enum_name(&lease_state_names, (int)l->state));
    return end_by_hand(t, l, err);
}

int decide_cancel_lease(struct turn *t, const void *args, struct err *err)
{
    const struct cancel_lease_request *r = args;
    const struct lease *l = NULL;
    TRY(need_own_lease(t, &r->id, &l, err));
    if (l->state != LEASE_REQUESTED && l->state != LEASE_BOOKED)
        return err_set(err, ERR_STATE, "%s is %s: what has begun is released", l->id.text,
                       enum_name(&lease_state_names, (int)l->state));
    return end_by_hand(t, l, err);
}
