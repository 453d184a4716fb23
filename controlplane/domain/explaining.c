/* Questions answered by the deciding functions, with the changes thrown away by the caller. */
#include "controlplane/domain/explaining.h"

#include "controlplane/domain/authorise.h"
#include "controlplane/domain/booking.h"
#include "controlplane/domain/fitting.h"
#include "controlplane/domain/quoting.h"
#include "controlplane/domain/waiting.h"

#include <stdlib.h>

/* ---- Bookings ---------------------------------------------------------------------------------
 */

static bool count_waiting(const void *record, void *arg)
{
    (void)record;
    (*(size_t *)arg)++;
    return true;
}

static void describe(const struct turn *t, const struct lease *draft, struct explanation *e)
{
    struct id model = state_model(draft->model);
    e->from = draft->from;
    e->to = draft->to;
    e->loan = draft->loan;
    e->nodes = draft->placements.n;
    e->before = 0;
    turn_each_linked(t, LINK_LEASE_WAITING, ENTITY_LEASE, &model, count_waiting, &e->before);
}

/* The budget judges last, as in a booking. */
static int judge_price(struct turn *t, struct lease *draft, struct explanation *e, struct err *err)
{
    TRY(quote_lease(t, draft, &e->quote, err));
    e->has_quote = true;
    int rc = booking_hold(t, draft, e->quote.value_krw, &e->why);
    e->fits = rc == 0 && !e->later;
    return 0;
}

static int place_later(const struct fitting *f, struct lease *draft, const struct misfit *misfit,
                       struct misfit *unused)
{
    int64_t length = draft->to.s - draft->from.s;
    draft->from = misfit->earliest;
    draft->to = draft->ends_at = instant_add(draft->from, length);
    return fitting_place(f, draft, unused);
}

static int judge(struct turn *t, const struct booking_order *o, struct lease *draft,
                 struct explanation *e, struct err *err)
{
    struct fitting f = {.turn = t,
                        .allocation = o->allocation,
                        .programme = o->programme,
                        .one_node = o->request->one_node};
    struct misfit misfit, unused;
    int rc = waiting_precedes(t, draft, &misfit);
    if (rc == 0)
        rc = fitting_place(&f, draft, &misfit);
    if (rc < 0 && rc != -ERR_NO_CAPACITY)
        return err_set(err, misfit.why.code, "%s", misfit.why.text);
    if (rc < 0)
        ENSURE(fitting_refuse(&f, &misfit, &e->why) < 0);
    if (rc < 0 && misfit.searched && misfit.earliest.s != INSTANT_NEVER.s)
        e->later = place_later(&f, draft, &misfit, &unused) == 0;
    describe(t, draft, e);
    return rc == 0 || e->later ? judge_price(t, draft, e, err) : 0;
}

int explain_booking(struct turn *t, const struct book_lease_request *args, struct explanation *ret,
                    struct err *err)
{
    struct explanation e = {.why = ERR_INIT};
    struct booking_order order;
    struct lease draft;
    TRY(booking_open(t, args, &order, err));
    TRY(booking_draft(t, &order, &draft, err));
    int rc = judge(t, &order, &draft, &e, err);
    record_fini(&lease_type, &draft);
    if (rc == 0)
        *ret = e;
    return rc;
}

/* ---- Budget ------------------------------------------------------------------------------------
 */

void budget_fini(struct budget *b)
{
    free(b->lines.items);
    *b = (struct budget){0};
}

static void add_line(const struct turn *t, const struct project *p, const struct id *organisation,
                     struct budget *b)
{
    struct quote used, all;
    if (quote_account(t, &p->id, organisation, true, &used, NULL) < 0 ||
        quote_account(t, &p->id, organisation, false, &all, NULL) < 0)
        return;
    struct budget_line *line = record_list_add(&b->lines, sizeof *line);
    *line = (struct budget_line){.organisation = *organisation,
                                 .used_krw = used.value_krw,
                                 .to_end_krw = all.value_krw,
                                 .burden_krw = all.burden_krw};
}

static void add_lines(const struct turn *t, const struct project *p, struct budget *b)
{
    const struct actor *actor = &t->ctx->actor;
    enum statement_scope scope = authorise_statement(t->state, actor, p);
    LIST_EACH(const struct member, m, &p->members)
    {
        bool own = id_equal(&m->organisation, &actor->organisation);
        if (scope == STATEMENT_ALL || (scope == STATEMENT_OWN && own))
            add_line(t, p, &m->organisation, b);
    }
}

int explain_budget(const struct turn *t, const struct id *allocation, struct budget *ret,
                   struct err *err)
{
    const void *found;
    struct budget b = {0};
    TRY(turn_need(t, ENTITY_ALLOCATION, allocation, &found, err));
    const struct allocation *a = found;
    if (won_add(a->held_krw, a->posted_krw, &b.to_end_krw) < 0 ||
        won_sub(a->budget_krw, b.to_end_krw, &b.left_krw) < 0)
        return err_set(err, ERR_OVERFLOW, "%s: its figures are beyond int64", a->id.text);
    if (a->budget_krw.krw > 0)
        b.percent = (uint32_t)((__int128)b.to_end_krw.krw * 100 / a->budget_krw.krw);
    const struct project *p = turn_find(t, ENTITY_PROJECT, &a->project);
    if (p)
        add_lines(t, p, &b);
    *ret = b;
    return 0;
}
