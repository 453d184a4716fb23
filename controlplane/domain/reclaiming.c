/* Choosing which opportunistic leases give way. */
#include "controlplane/domain/reclaiming.h"

#include "controlplane/domain/ending.h"
#include "controlplane/domain/placing.h"

#include <stdlib.h>

struct giver {
    struct id id;
    uint32_t priority;
    struct instant from;
};

struct reclaim {
    struct turn *turn;
    const struct fitting *fitting;
    struct lease *draft;
    struct window taken; /* by the draft, cleaning included */
    struct list givers;  /* struct giver */
    struct table going;  /* of their ids */
};

static bool add_giver(const void *record, void *arg)
{
    struct reclaim *r = arg;
    const struct lease *l = record;
    bool counts = lease_holds_capacity(l) && l->state != LEASE_RETURNING &&
                  window_overlaps(lease_window(l), r->taken);
    if (counts) {
        struct giver *g = record_list_add(&r->givers, sizeof *g);
        *g = (struct giver){.id = l->id, .priority = l->priority, .from = l->from};
    }
    return true;
}

/* First to go first. */
static int by_order(const void *a, const void *b)
{
    const struct giver *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    if (x->from.s != y->from.s)
        return x->from.s > y->from.s ? -1 : 1;
    return id_compare(&x->id, &y->id);
}

static int place(struct reclaim *r)
{
    CLEANUP_CAPACITY struct capacity *capacity = NULL;
    TRY(capacity_create(r->turn, r->draft->model, &r->going, &capacity, NULL));
    return fitting_place_within(r->fitting, capacity, r->draft, NULL);
}

static void take_out(struct reclaim *r, struct giver *g)
{
    table_put(&r->going, &g->id);
    calendar_shorten(turn_draft(r->turn), &g->id, r->taken.from);
}

static void put_back(struct reclaim *r, const struct giver *g)
{
    table_remove(&r->going, &g->id);
    placing_note(r->turn, turn_find(r->turn, ENTITY_LEASE, &g->id));
}

/* Takes out in order until the draft fits, then puts back in reverse who is not needed. */
static int choose(struct reclaim *r)
{
    size_t n = r->givers.n < RECLAIM_LEASES_MAX ? r->givers.n : RECLAIM_LEASES_MAX, taken = 0;
    int rc = -ERR_NO_CAPACITY;
    while (rc < 0 && taken < n) {
        take_out(r, LIST_AT(struct giver, &r->givers, taken++));
        rc = place(r);
    }
    for (size_t i = taken; i-- > 0;) {
        struct giver *g = LIST_AT(struct giver, &r->givers, i);
        put_back(r, g);
        if (rc == 0 && place(r) < 0)
            take_out(r, g);
    }
    return rc < 0 ? rc : place(r);
}

static int stop_givers(struct reclaim *r)
{
    char when[INSTANT_TEXT_CAP];
    LIST_EACH(const struct giver, g, &r->givers)
    {
        if (!table_find(&r->going, &g->id))
            continue;
        TRY(ending_stop(r->turn, &g->id, r->taken.from, END_RECLAIMED, NULL));
        changes_note(r->turn->out, "%s gives way at %s", g->id.text,
                     instant_format(r->taken.from, when));
    }
    return 0;
}

/* Not before the reclaim time is over; false: it is to begin sooner, at an instant of its own. */
static bool draft_begins_in_time(const struct turn *t, const struct fitting *f, struct lease *draft,
                                 bool shifts)
{
    int64_t needed = f->programme->reclaim_s + f->programme->cleaning_s;
    struct instant first = instant_add(turn_now(t), needed);
    if (draft->from.s >= first.s)
        return true;
    int64_t later = first.s - draft->from.s;
    bool at_once = draft->from.s <= turn_now(t).s;
    draft->to = shifts ? instant_add(draft->to, later) : draft->to;
    draft->ends_at = draft->to;
    draft->from = first;
    return at_once && draft->from.s < draft->to.s && draft->to.s <= f->allocation->to.s;
}

int reclaim_for(struct turn *t, const struct fitting *f, struct lease *draft, bool shifts)
{
    struct id model = state_model(draft->model);
    struct instant from = draft->from, to = draft->to;
    struct reclaim r = {.turn = t, .fitting = f, .draft = draft};
    int rc = -ERR_NO_CAPACITY;
    if (draft->service_class == CLASS_COMMITTED && draft_begins_in_time(t, f, draft, shifts)) {
        int64_t cleaning = f->programme->cleaning_s;
        r.taken =
            (struct window){instant_add(draft->from, -cleaning), instant_add(draft->to, cleaning)};
        turn_each_linked(t, LINK_LEASE_GIVES_WAY, ENTITY_LEASE, &model, add_giver, &r);
        if (r.givers.n > 1)
            qsort(r.givers.items, r.givers.n, sizeof(struct giver), by_order);
        rc = choose(&r);
    }
    if (rc == 0)
        rc = stop_givers(&r);
    if (rc < 0) {
        draft->from = from;
        draft->to = draft->ends_at = to;
    }
    table_fini(&r.going);
    free(r.givers.items);
    return rc < 0 ? -ERR_NO_CAPACITY : 0;
}
