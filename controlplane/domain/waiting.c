/* The waiting list: leases in `requested`, found by their model. */
#include "controlplane/domain/waiting.h"

#include "controlplane/domain/booking.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/reclaiming.h"
#include "controlplane/domain/staging.h"
#include "lib/base/text.h"

#include <stdlib.h>

/* Changed objects beyond which a step leaves serving to the next one: who is served may reclaim
 * from others, and all of it has to fit one transaction. */
#define BUSY_OBJECTS 16

/* ---- Entering ----------------------------------------------------------------------------------
 */

static struct lease_wait *wait_of(struct lease *l)
{
    ENSURE(l->waiting.n == 1);
    return LIST_AT(struct lease_wait, &l->waiting, 0);
}

/* The instant at which it is worth trying again, if any is known. */
static struct instant next_try(const struct misfit *m, struct instant now)
{
    return m->searched && m->earliest.s > now.s ? m->earliest : INSTANT_NEVER;
}

void waiting_enter(struct lease *draft, const struct waiting_order *order)
{
    struct lease_wait *w = record_list_add(&draft->waiting, sizeof *w);
    int64_t length = draft->to.s - draft->from.s;
    w->one_node = order->one_node;
    w->shifts = order->shifts;
    w->until = order->shifts ? instant_add(order->allocation->to, -length) : draft->to;
    w->next_try = next_try(order->misfit, draft->created_at);
    text_cut(w->reason, sizeof w->reason, order->misfit->why.text);
}

int waiting_put(struct turn *t, struct lease *draft, struct err *err)
{
    (void)err;
    draft->id = id_number("lease", turn_number(t));
    draft->void_at = INSTANT_NEVER;
    const struct lease *l = turn_put(t, ENTITY_LEASE, draft);
    (void)posting_lease(t, LEDGER_PROPOSE, l);
    changes_note(t->out, "on the waiting list: %s", lease_waits(l)->reason);
    return 0;
}

/* ---- The order ----------------------------------------------------------------------------------
 */

/* "lease-9" before "lease-10": by the number that it was given. */
static int by_number(const struct id *a, const struct id *b)
{
    size_t n = strlen(a->text), m = strlen(b->text);
    return n != m ? (n < m ? -1 : 1) : strcmp(a->text, b->text);
}

static int by_rank(const void *a, const void *b)
{
    const struct lease *x = *(const struct lease *const *)a, *y = *(const struct lease *const *)b;
    if (x->service_class != y->service_class)
        return x->service_class == CLASS_COMMITTED ? -1 : 1;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    int order = instant_compare(x->created_at, y->created_at);
    return order ? order : by_number(&x->id, &y->id);
}

/* Borrowed leases, as the decision has left them. */
struct queue {
    const struct lease **items;
    size_t n, cap;
};

static bool add_waiting(const void *record, void *arg)
{
    struct queue *q = arg;
    if (!lease_waits(record))
        return true;
    if (q->n == q->cap) {
        q->cap = q->cap ? 2 * q->cap : 16;
        q->items = reallocarray(q->items, q->cap, sizeof(*q->items));
        ENSURE(q->items != NULL);
    }
    q->items[q->n++] = record;
    return true;
}

static struct queue queue_of(const struct turn *t, const char *model)
{
    struct queue q = {0};
    struct id id = state_model(model);
    turn_each_linked(t, LINK_LEASE_WAITING, ENTITY_LEASE, &id, add_waiting, &q);
    if (q.n > 1)
        qsort(q.items, q.n, sizeof(*q.items), by_rank);
    return q;
}

int waiting_precedes(const struct turn *t, const struct lease *draft, struct misfit *ret_misfit)
{
    *ret_misfit = (struct misfit){.why = ERR_INIT, .earliest = INSTANT_NEVER};
    if (draft->service_class != CLASS_OPPORTUNISTIC)
        return 0;
    struct queue q = queue_of(t, draft->model);
    int rc = 0;
    if (q.n > 0 && q.items[0]->service_class == CLASS_COMMITTED)
        rc = err_set(&ret_misfit->why, ERR_NO_CAPACITY, "%s waits for %s and comes first",
                     q.items[0]->id.text, draft->model);
    free(q.items);
    return rc;
}

/* ---- Serving ------------------------------------------------------------------------------------
 */

/* The lease as it would begin now. */
static void draft_now(const struct turn *t, const struct lease *l, struct lease *ret)
{
    record_copy(&lease_type, ret, l);
    ret->from = instant_max(l->from, turn_now(t));
    if (lease_waits(l)->shifts)
        ret->to = instant_add(ret->from, l->to.s - l->from.s);
    ret->ends_at = ret->to;
}

static int place(struct turn *t, struct lease *draft, struct misfit *ret)
{
    const struct allocation *a = turn_find(t, ENTITY_ALLOCATION, &draft->allocation);
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &draft->programme);
    const struct project *project = turn_find(t, ENTITY_PROJECT, &draft->project);
    const struct lease_wait *w = wait_of(draft);
    *ret = (struct misfit){.why = ERR_INIT, .earliest = INSTANT_NEVER};
    if (!a || !programme || !project || a->state != REQUEST_APPROVED)
        return err_set(&ret->why, ERR_STATE, "%s is not in force", draft->allocation.text);
    TRY(staging_check_open(t, project, draft->to, &ret->why));
    TRY(waiting_precedes(t, draft, ret));
    struct fitting f = {
        .turn = t, .allocation = a, .programme = programme, .one_node = w->one_node};
    int rc = fitting_place(&f, draft, ret);
    return rc == -ERR_NO_CAPACITY ? reclaim_for(t, &f, draft, w->shifts) : rc;
}

static int serve(struct turn *t, const struct lease *l, struct misfit *ret)
{
    struct lease draft;
    draft_now(t, l, &draft);
    int rc = place(t, &draft, ret);
    if (rc == 0)
        rc = booking_confirm(t, &draft, &ret->why);
    record_fini(&lease_type, &draft);
    return rc;
}

/* Written down only where it says something new. */
static void tell(struct turn *t, const struct lease *l, const struct misfit *m)
{
    const struct lease_wait *known = lease_waits(l);
    struct lease_wait now = *known;
    now.next_try = next_try(m, turn_now(t));
    text_cut(now.reason, sizeof now.reason, m->why.text);
    if (now.next_try.s != known->next_try.s || strcmp(now.reason, known->reason) != 0)
        *wait_of(turn_edit(t, ENTITY_LEASE, &l->id)) = now;
}

static void wake(struct turn *t, const struct lease *l)
{
    if (lease_waits(l)->next_try.s > turn_now(t).s)
        wait_of(turn_edit(t, ENTITY_LEASE, &l->id))->next_try = turn_now(t);
}

static int give_up(struct turn *t, const struct id *id, struct err *err)
{
    struct lease *l = turn_edit(t, ENTITY_LEASE, id);
    TRY(lease_next(l->state, LEASE_EVENT_REFUSE, &l->state, err));
    l->ended_at = turn_now(t);
    struct ledger_entry *entry = posting_lease(t, LEDGER_RETURN_PLAN, l);
    text_cut(entry->reason, sizeof entry->reason, "it waited until it could not begin any more");
    return 0;
}

/* From the i-th on, until one is served: what it took has to be written down before the next is
 * judged. */
static void serve_from(struct turn *t, const struct queue *q, size_t i)
{
    bool served = false;
    for (size_t tries = 0; i < q->n && !served && tries < WAITING_TRIES_MAX; i++, tries++) {
        struct misfit misfit;
        served = serve(t, q->items[i], &misfit) == 0;
        if (!served)
            tell(t, q->items[i], &misfit);
    }
    if (i < q->n)
        wake(t, q->items[i]);
}

int waiting_try(struct turn *t, const struct id *id, struct err *err)
{
    const struct lease *l = turn_find(t, ENTITY_LEASE, id);
    if (lease_waits(l)->until.s <= turn_now(t).s)
        return give_up(t, id, err);
    if (t->out->n > BUSY_OBJECTS) { /* next time it is the first */
        (void)turn_edit(t, ENTITY_LEASE, id);
        return 0;
    }
    struct queue q = queue_of(t, l->model);
    size_t i = 0;
    while (i < q.n && !id_equal(&q.items[i]->id, id))
        i++;
    serve_from(t, &q, i);
    free(q.items);
    return 0;
}

/* ---- What frees something
 * ------------------------------------------------------------------------ */

/* The models for which a decision freed something; more than these wait for their next try. */
#define WAKE_MODELS 8
struct freed {
    const char *models[WAKE_MODELS];
    size_t n;
};

static void add_model(struct freed *f, const char *model)
{
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->models[i], model) == 0)
            return;
    }
    if (f->n < WAKE_MODELS)
        f->models[f->n++] = model;
}

static bool lease_frees(const struct lease *old, const struct lease *now)
{
    if (!old || !lease_holds_capacity(old))
        return false;
    return !now || !lease_holds_capacity(now) || lease_window(now).to.s < lease_window(old).to.s;
}

static bool node_frees(const struct node *old, const struct node *now)
{
    return now && (!old || node_devices_in_service(now) > node_devices_in_service(old));
}

static bool loan_frees(const struct loan *old, const struct loan *now)
{
    return now && (!old || old->state != now->state);
}

static bool pool_frees(const struct pool *old, const struct pool *now)
{
    return now && (!old || now->lend_limit_units.units > old->lend_limit_units.units);
}

static bool allocation_frees(const struct allocation *old, const struct allocation *now)
{
    return now && old &&
           (old->state != now->state || now->awarded_units.units > old->awarded_units.units);
}

static void look(struct freed *f, const struct change *c, const void *old)
{
    const void *now = c->record;
    switch (c->kind) {
    case ENTITY_LEASE:
        if (lease_frees(old, now))
            add_model(f, ((const struct lease *)old)->model);
        break;
    case ENTITY_NODE:
        if (node_frees(old, now))
            add_model(f, ((const struct node *)now)->model);
        break;
    case ENTITY_LOAN:
        if (loan_frees(old, now))
            add_model(f, ((const struct loan *)now)->model);
        break;
    case ENTITY_POOL:
        if (pool_frees(old, now))
            add_model(f, ((const struct pool *)now)->model);
        break;
    case ENTITY_ALLOCATION:
        if (allocation_frees(old, now))
            add_model(f, ((const struct allocation *)now)->model);
        break;
    default:
        break;
    }
}

void waiting_wake(struct turn *t)
{
    struct freed f = {0};
    for (size_t i = 0; i < t->out->n; i++) {
        const struct change *c = &t->out->items[i];
        look(&f, c, state_find(t->state, c->kind, &c->id));
    }
    for (size_t i = 0; i < f.n; i++) {
        struct queue q = queue_of(t, f.models[i]);
        if (q.n > 0)
            wake(t, q.items[0]);
        free(q.items);
    }
}
