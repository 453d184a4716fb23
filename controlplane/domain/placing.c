/* Loans and own pools as places for a lease, tried in order. */
#include "controlplane/domain/placing.h"

#include <stdlib.h>

/* ---- Devices into placements ----------------------------------------------------------------- */

void placing_clear(struct lease *l)
{
    LIST_EACH(struct placement, p, &l->placements)
    {
        free(p->devices.items);
    }
    free(l->placements.items);
    l->placements = (struct list){0};
}

static struct placement *placement_on(struct lease *l, const struct id *node)
{
    struct placement *last =
        l->placements.n > 0 ? LIST_AT(struct placement, &l->placements, l->placements.n - 1) : NULL;
    if (last && id_equal(&last->node, node))
        return last;
    struct placement *next = record_list_add(&l->placements, sizeof *next);
    next->node = *node;
    next->state = PLACEMENT_PLANNED;
    return next;
}

/* The slots come by node. */
static void place_on(const struct turn *t, struct lease *l, const struct calendar_choice *choice)
{
    placing_clear(l);
    for (size_t i = 0; i < choice->n; i++) {
        const struct calendar_slot *slot = &choice->slots[i];
        const struct node *node = turn_find(t, ENTITY_NODE, &slot->node);
        const struct device *device = node ? node_device(node, slot->uuid) : NULL;
        ENSURE(device != NULL);
        struct placement *p = placement_on(l, &slot->node);
        struct placed_device *placed = record_list_add(&p->devices, sizeof *placed);
        memcpy(placed->uuid, device->uuid, sizeof placed->uuid);
        placed->major = device->major;
        placed->minor = device->minor;
        placed->units = (struct share){slot->units};
    }
}

/* ---- One place ------------------------------------------------------------------------------- */

/* Lender and borrower do not trust each other: both need what the kernel itself enforces. */
static int check_tiers(const struct turn *t, const struct lease *draft,
                       const struct calendar_choice *choice, struct err *err)
{
    for (size_t i = 0; i < choice->n && !id_is_none(&draft->loan); i++) {
        const struct node *node = turn_find(t, ENTITY_NODE, &choice->slots[i].node);
        if (node && node->tier < LOAN_TIER)
            return err_set(err, ERR_NO_CAPACITY,
                           "node %s enforces leases by \"%s\" only, and a loan needs \"%s\"",
                           node->id.text, enum_name(&enforcement_tier_names, (int)node->tier),
                           enum_name(&enforcement_tier_names, LOAN_TIER));
    }
    return 0;
}

struct calendar_query placing_query(const struct placing *p, const struct lease *draft,
                                    const struct id *pool)
{
    return (struct calendar_query){
        .model = draft->model,
        .pools = pool,
        .n_pools = 1,
        .devices = draft->gpus,
        .units = draft->units_per_gpu.units,
        .one_node = p->one_node,
        .window = {draft->from, draft->ends_at},
        .cleaning_s = p->cleaning_s,
        .sharing = {.tenant = draft->project,
                    .isolation = (uint32_t)draft->isolation,
                    .apart = draft->isolation == ISOLATION_MIG},
        .ignore = draft->id,
    };
}

static bool permits(const struct loan *loan, enum isolation isolation)
{
    LIST_EACH(const struct id, name, &loan->isolation)
    {
        if (strcmp(name->text, enum_name(&isolation_names, (int)isolation)) == 0)
            return true;
    }
    return false;
}

int placing_open(const struct place *place, const struct lease *draft, struct err *err)
{
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP];
    const struct loan *loan = place->loan;
    if (!loan)
        return 0;
    if (loan->state < LOAN_APPROVED || loan->state > LOAN_RECALLING)
        return err_set(err, ERR_NO_CAPACITY, "loan %s is %s", loan->id.text,
                       enum_name(&loan_state_names, (int)loan->state));
    if (loan_follows(loan))
        return err_set(err, ERR_NO_CAPACITY, "loan %s waits for %s to take effect", loan->id.text,
                       loan->follows.text);
    if (!window_covers((struct window){loan->from, loan->to},
                       (struct window){draft->from, draft->ends_at}))
        return err_set(err, ERR_NO_CAPACITY, "loan %s runs from %s to %s only", loan->id.text,
                       instant_format(loan->from, from), instant_format(loan->to, to));
    if (!permits(loan, draft->isolation))
        return err_set(err, ERR_NO_CAPACITY, "loan %s does not permit isolation %s", loan->id.text,
                       enum_name(&isolation_names, (int)draft->isolation));
    return 0;
}

int placing_try(const struct placing *p, struct lease *draft, const struct place *place,
                struct err *err)
{
    TRY(placing_open(place, draft, err));
    draft->loan = place->loan ? place->loan->id : ID_NONE;
    TRY(capacity_check(p->capacity, draft, place->pool, p->cleaning_s, err));
    struct calendar_query query = placing_query(p, draft, place->pool);
    struct calendar_choice choice;
    TRY(calendar_find(turn_calendar(p->turn), &query, &choice, err));
    int rc = check_tiers(p->turn, draft, &choice, err);
    if (rc == 0)
        place_on(p->turn, draft, &choice);
    calendar_choice_fini(&choice);
    return rc;
}

/* ---- All places ------------------------------------------------------------------------------ */

struct tour {
    const struct placing *placing;
    const struct lease *draft;
    place_fn visit;
    void *arg;
    bool stopped;
};

static bool visit_loan(const void *record, void *arg)
{
    struct tour *tour = arg;
    const struct loan *loan = record;
    if (strcmp(loan->model, tour->draft->model) != 0 || id_equal(&loan->id, &tour->placing->avoid))
        return true;
    tour->stopped = !tour->visit(&(struct place){.loan = loan, .pool = &loan->pool}, tour->arg);
    return !tour->stopped;
}

static bool visit_own_pool(const void *record, void *arg)
{
    struct tour *tour = arg;
    const struct pool *pool = record;
    if (!id_equal(&pool->owner, &tour->draft->organisation) ||
        strcmp(pool->model, tour->draft->model) != 0)
        return true;
    tour->stopped = !tour->visit(&(struct place){.pool = &pool->id}, tour->arg);
    return !tour->stopped;
}

void placing_each(const struct placing *p, const struct lease *draft, place_fn visit, void *arg)
{
    struct tour tour = {.placing = p, .draft = draft, .visit = visit, .arg = arg};
    turn_each_linked(p->turn, LINK_LOAN_BORROWER, ENTITY_LOAN, &draft->project, visit_loan, &tour);
    if (!tour.stopped)
        turn_each(p->turn, ENTITY_POOL, visit_own_pool, &tour);
}

struct attempt {
    const struct placing *placing;
    struct lease *draft;
    bool placed;
    struct err first; /* why the first real place would not do */
    struct err other; /* why the first loan is no place at all */
};

static void note(struct err *slot, const struct err *err)
{
    if (slot->code == ERR_OK)
        *slot = *err;
}

static bool attempt_place(const struct place *place, void *arg)
{
    struct attempt *a = arg;
    struct err err = ERR_INIT;
    if (placing_open(place, a->draft, &err) < 0) {
        note(&a->other, &err);
        return true;
    }
    a->placed = placing_try(a->placing, a->draft, place, &err) == 0;
    note(&a->first, &err);
    return !a->placed;
}

int placing_find(const struct placing *p, struct lease *draft, struct err *err)
{
    struct attempt a = {.placing = p, .draft = draft, .first = ERR_INIT, .other = ERR_INIT};
    placing_each(p, draft, attempt_place, &a);
    if (a.placed)
        return 0;
    draft->loan = ID_NONE;
    const struct err *why = a.first.code != ERR_OK ? &a.first : &a.other;
    if (why->code == ERR_OK)
        return err_set(err, ERR_NO_CAPACITY,
                       "no loan lends %s to project %s: ask a supplier to propose one",
                       draft->model, draft->project.text);
    return err_set(err, why->code, "%s", why->text);
}

/* ---- Moving ---------------------------------------------------------------------------------- */

void placing_note(struct turn *t, const struct lease *l)
{
    struct list slots = {0};
    LIST_EACH(const struct placement, p, &l->placements)
    {
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            struct calendar_slot *slot = record_list_add(&slots, sizeof *slot);
            slot->node = p->node;
            memcpy(slot->uuid, d->uuid, sizeof slot->uuid);
            slot->units = d->units.units;
        }
    }
    struct calendar_booking booking = {.lease = l->id,
                                       .window = lease_window(l),
                                       .sharing = {.tenant = l->project,
                                                   .isolation = (uint32_t)l->isolation,
                                                   .apart = l->isolation == ISOLATION_MIG},
                                       .slots = slots.items,
                                       .n = slots.n};
    calendar_book(turn_draft(t), &booking);
    free(slots.items);
}

/* The lease with devices found anew; the state's own stays as it is. */
static int find_elsewhere(struct turn *t, struct lease *moved, const struct id *avoid,
                          const struct table *ignore, struct err *err)
{
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &moved->programme);
    CLEANUP_CAPACITY struct capacity *capacity = NULL;
    TRY(capacity_create(t, moved->model, ignore, &capacity, err));
    struct placing placing = {.turn = t,
                              .capacity = capacity,
                              .cleaning_s = programme ? programme->cleaning_s : 0,
                              .one_node = moved->placements.n == 1,
                              .avoid = avoid ? *avoid : ID_NONE};
    return placing_find(&placing, moved, err);
}

int placing_move(struct turn *t, const struct id *id, const struct id *avoid,
                 const struct table *going, struct err *err)
{
    const struct lease *l = turn_find(t, ENTITY_LEASE, id);
    ENSURE(l != NULL && l->state == LEASE_BOOKED);
    struct lease moved;
    record_copy(&lease_type, &moved, l);
    struct table ignore = {0};
    table_put(&ignore, &moved.id);
    struct sorted_place p = SORTED_BEGIN;
    for (void *other; going && (other = table_next(going, &p));)
        table_put(&ignore, other);
    int rc = find_elsewhere(t, &moved, avoid, &ignore, err);
    table_fini(&ignore);
    if (rc == 0) {
        moved.fence = turn_number(t);
        placing_note(t, turn_put(t, ENTITY_LEASE, &moved));
    }
    record_fini(&lease_type, &moved);
    return rc;
}

bool placing_in_service(const struct turn *t, const struct lease *l)
{
    LIST_EACH(const struct placement, p, &l->placements)
    {
        const struct node *node = turn_find(t, ENTITY_NODE, &p->node);
        if (!node || node->state != NODE_IN_SERVICE)
            return false;
        LIST_EACH(const struct placed_device, placed, &p->devices)
        {
            const struct device *device = node_device(node, placed->uuid);
            if (!device || device->state != DEVICE_IN_SERVICE)
                return false;
        }
    }
    return true;
}
