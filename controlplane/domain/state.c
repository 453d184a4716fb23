/*
 * The state: a table of records for each kind, and the indexes that follow from them. Every index
 * is a function of the set of records alone, kept up record by record: an object that is replaced
 * is first taken out with its old value and then put in with its new one. That is why objects may
 * be loaded in any order. Thread of the owner.
 */
#include "controlplane/domain/state.h"

#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/node.h"
#include "controlplane/domain/stage.h"
#include "controlplane/domain/table.h"
#include "controlplane/domain/timetable.h"
#include "controlplane/domain/usage.h"
#include "controlplane/domain/uses.h"

#include <stdlib.h>

/* The objects that name one other object. */
struct group {
    struct id id; /* first: of the object named */
    struct table members;
};

struct due {
    struct instant at;
    enum entity_kind kind;
    const void *record;
};

struct state {
    struct table objects[ENTITY_KIND_COUNT];
    struct table links[STATE_LINK_COUNT]; /* struct group */
    struct sorted due;                    /* struct due, by instant, kind and id */
    struct calendar *calendar;
    struct uses *uses;
    uint64_t next_number;
};

struct state *state_create(void)
{
    struct state *s = calloc(1, sizeof *s);
    ENSURE(s != NULL);
    s->calendar = calendar_create();
    s->uses = uses_create();
    s->next_number = 1;
    return s;
}

void state_destroy(struct state *s)
{
    if (!s)
        return;
    for (int kind = 0; kind < ENTITY_KIND_COUNT; kind++) {
        struct sorted_place p = SORTED_BEGIN;
        for (void *record; (record = table_next(&s->objects[kind], &p));)
            record_destroy(entity_type((enum entity_kind)kind), record);
        table_fini(&s->objects[kind]);
    }
    for (int link = 0; link < STATE_LINK_COUNT; link++) {
        struct sorted_place p = SORTED_BEGIN;
        for (struct group *g; (g = table_next(&s->links[link], &p));) {
            table_fini(&g->members);
            free(g);
        }
        table_fini(&s->links[link]);
    }
    struct sorted_place p = SORTED_BEGIN;
    for (struct due *due; (due = sorted_next(&s->due, &p));)
        free(due);
    sorted_fini(&s->due);
    calendar_destroy(s->calendar);
    uses_destroy(s->uses);
    free(s);
}

/* ---- Links ---------------------------------------------------------------------------------- */

static void link_add(struct state *s, enum state_link link, const struct id *to, void *record)
{
    if (id_is_none(to))
        return;
    struct group *g = table_find(&s->links[link], to);
    if (!g) {
        g = calloc(1, sizeof *g);
        ENSURE(g != NULL);
        g->id = *to;
        table_put(&s->links[link], g);
    }
    table_put(&g->members, record);
}

static void link_remove(struct state *s, enum state_link link, const struct id *to, void *record)
{
    struct group *g = table_find(&s->links[link], to);
    if (!g)
        return;
    table_remove(&g->members, record);
    if (table_count(&g->members) > 0)
        return;
    table_remove(&s->links[link], to);
    table_fini(&g->members);
    free(g);
}

typedef void (*link_fn)(struct state *s, enum state_link link, const struct id *to, void *record);

struct id state_model(const char *model)
{
    struct id id = ID_NONE;
    ENSURE(strlen(model) < sizeof id.text);
    memcpy(id.text, model, strlen(model));
    return id;
}

static void by_model(struct state *s, struct lease *l, link_fn act)
{
    struct id model = state_model(l->model);
    if (lease_waits(l))
        act(s, LINK_LEASE_WAITING, &model, l);
    if (l->service_class == CLASS_OPPORTUNISTIC && lease_holds_capacity(l))
        act(s, LINK_LEASE_GIVES_WAY, &model, l);
}

/* What the record names: one line a link. */
static void each_link(struct state *s, enum entity_kind kind, void *record, link_fn act)
{
    struct lease *lease = record;
    const struct loan *loan = record;
    switch (kind) {
    case ENTITY_LEASE:
        act(s, LINK_LEASE_LOAN, &lease->loan, record);
        act(s, LINK_LEASE_ALLOCATION, &lease->allocation, record);
        act(s, LINK_LEASE_PROJECT, &lease->project, record);
        by_model(s, lease, act);
        if (!lease_holds_capacity(lease))
            break;
        LIST_EACH(const struct placement, p, &lease->placements)
        {
            act(s, LINK_LEASE_NODE, &p->node, record);
        }
        break;
    case ENTITY_LOAN:
        act(s, LINK_LOAN_POOL, &loan->pool, record);
        act(s, LINK_LOAN_BORROWER, &loan->borrower, record);
        act(s, LINK_LOAN_FOLLOWS, &loan->follows, record);
        break;
    case ENTITY_NODE:
        act(s, LINK_NODE_POOL, &((const struct node *)record)->pool, record);
        break;
    case ENTITY_USAGE_INTERVAL:
        act(s, LINK_USAGE_LEASE, &((const struct usage_interval *)record)->lease, record);
        break;
    case ENTITY_STAGE_DECISION:
        act(s, LINK_DECISION_PROJECT, &((const struct stage_decision *)record)->project, record);
        break;
    default:
        break;
    }
}

/* ---- What falls due ------------------------------------------------------------------------- */

static int due_compare(const void *key, const void *item)
{
    const struct due *a = key, *b = item;
    int order = instant_compare(a->at, b->at);
    if (order == 0)
        order = (int)a->kind - (int)b->kind;
    return order ? order : id_compare(a->record, b->record);
}

static struct due due_of(enum entity_kind kind, const void *record)
{
    return (struct due){.at = timetable_due(kind, record), .kind = kind, .record = record};
}

static void due_add(struct state *s, enum entity_kind kind, const void *record)
{
    struct due due = due_of(kind, record);
    if (due.at.s == INSTANT_NEVER.s)
        return;
    struct due *item = malloc(sizeof *item);
    ENSURE(item != NULL);
    *item = due;
    ENSURE(sorted_put(&s->due, due_compare, item, item) == NULL);
}

static void due_remove(struct state *s, enum entity_kind kind, const void *record)
{
    struct due due = due_of(kind, record);
    if (due.at.s == INSTANT_NEVER.s)
        return;
    struct due *item = sorted_remove(&s->due, due_compare, &due);
    ENSURE(item != NULL && item->record == record);
    free(item);
}

/* ---- The calendar --------------------------------------------------------------------------- */

static void calendar_add_node(struct state *s, const struct node *n)
{
    LIST_EACH(const struct device, d, &n->devices)
    {
        struct calendar_device info = {
            .node = n->id,
            .index = d->index,
            .pool = n->pool,
            .nvlink_domain = n->nvlink_domain,
            .in_service = n->state == NODE_IN_SERVICE && d->state == DEVICE_IN_SERVICE,
        };
        memcpy(info.uuid, d->uuid, sizeof info.uuid);
        memcpy(info.model, n->model, sizeof info.model);
        calendar_put_device(s->calendar, &info);
    }
}

static void calendar_remove_node(struct state *s, const struct node *n)
{
    LIST_EACH(const struct device, d, &n->devices)
    {
        calendar_drop_device(s->calendar, &n->id, d->uuid);
    }
}

static size_t count_devices(const struct lease *l)
{
    size_t n = 0;
    LIST_EACH(const struct placement, p, &l->placements)
    {
        n += p->devices.n;
    }
    return n;
}

static void calendar_add_lease(struct state *s, const struct lease *l)
{
    if (!lease_holds_capacity(l))
        return;
    size_t n = count_devices(l), k = 0;
    struct calendar_slot *slots = calloc(n ? n : 1, sizeof *slots);
    ENSURE(slots != NULL);
    LIST_EACH(const struct placement, p, &l->placements)
    {
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            slots[k].node = p->node;
            memcpy(slots[k].uuid, d->uuid, sizeof slots[k].uuid);
            slots[k].units = d->units.units;
            k++;
        }
    }
    struct calendar_booking booking = {
        .lease = l->id,
        .window = lease_window(l),
        .sharing = {.tenant = l->project,
                    .isolation = (uint32_t)l->isolation,
                    .apart = l->isolation == ISOLATION_MIG},
        .slots = slots,
        .n = n,
    };
    calendar_book(s->calendar, &booking);
    free(slots);
}

/* ---- What is used ---------------------------------------------------------------------------- */

/* The pool that an owner's own lease stands on: that of its first node. NULL: on a loan, or the
 * node is not known yet. */
static const struct id *own_pool(const struct state *s, const struct lease *l)
{
    if (!id_is_none(&l->loan) || l->placements.n == 0)
        return NULL;
    const struct placement *first = LIST_AT(const struct placement, &l->placements, 0);
    const struct node *node = state_find(s, ENTITY_NODE, &first->node);
    return node ? &node->pool : NULL;
}

static void use_lease(struct state *s, const struct lease *l, int sign)
{
    const struct id *pool = own_pool(s, l);
    uses_add_lease(s->uses, l, sign);
    if (pool)
        uses_add_own(s->uses, pool, l, sign);
}

static void use_intervals(struct state *s, const struct lease *l, int sign)
{
    const struct group *g = table_find(&s->links[LINK_USAGE_LEASE], &l->id);
    struct sorted_place p = SORTED_BEGIN;
    for (const struct usage_interval *i; g && (i = table_next(&g->members, &p));)
        uses_add_interval(s->uses, l, i, sign);
}

/* One lease instead of another; NULL: none. Most changes of a lease change no sum. */
static void use_lease_instead(struct state *s, const struct lease *old, const struct lease *new)
{
    bool both = old && new;
    if (old && !(both && uses_alike(old, new)))
        use_lease(s, old, -1);
    if (old && !(both && uses_meter_alike(old, new)))
        use_intervals(s, old, -1);
    if (new && !(both && uses_alike(old, new)))
        use_lease(s, new, 1);
    if (new && !(both && uses_meter_alike(old, new)))
        use_intervals(s, new, 1);
}

/* With a node come its devices, and the own leases that begin on it. */
static void use_node(struct state *s, const struct node *n, int sign)
{
    const struct group *g = table_find(&s->links[LINK_LEASE_NODE], &n->id);
    struct sorted_place p = SORTED_BEGIN;
    uses_add_node(s->uses, n, sign);
    for (const struct lease *l; g && (l = table_next(&g->members, &p));) {
        const struct placement *first = LIST_AT(const struct placement, &l->placements, 0);
        if (id_is_none(&l->loan) && id_equal(&first->node, &n->id))
            uses_add_own(s->uses, &n->pool, l, sign);
    }
}

static void use_interval(struct state *s, const struct usage_interval *i, int sign)
{
    const struct lease *l = state_find(s, ENTITY_LEASE, &i->lease);
    if (l)
        uses_add_interval(s->uses, l, i, sign);
}

/* ---- Records in and out ---------------------------------------------------------------------- */

static void index_add(struct state *s, enum entity_kind kind, void *record)
{
    each_link(s, kind, record, link_add);
    due_add(s, kind, record);
    if (kind == ENTITY_NODE) {
        calendar_add_node(s, record);
        use_node(s, record, 1);
    }
    if (kind == ENTITY_LEASE)
        calendar_add_lease(s, record);
    if (kind == ENTITY_USAGE_INTERVAL)
        use_interval(s, record, 1);
}

static void index_remove(struct state *s, enum entity_kind kind, void *record)
{
    each_link(s, kind, record, link_remove);
    due_remove(s, kind, record);
    if (kind == ENTITY_NODE) {
        calendar_remove_node(s, record);
        use_node(s, record, -1);
    }
    if (kind == ENTITY_LEASE)
        calendar_release(s->calendar, record);
    if (kind == ENTITY_USAGE_INTERVAL)
        use_interval(s, record, -1);
}

void state_load(struct state *s, enum entity_kind kind, const struct id *id, void *record)
{
    ENSURE(kind >= 0 && kind < ENTITY_KIND_COUNT);
    ENSURE(!record || id_equal(entity_id(kind, record), id));
    struct table *t = &s->objects[kind];
    void *old = table_find(t, id);
    if (kind == ENTITY_LEASE)
        use_lease_instead(s, old, record);
    if (old)
        index_remove(s, kind, old);
    if (record)
        table_put(t, record);
    else
        table_remove(t, id);
    if (record)
        index_add(s, kind, record);
    if (old)
        record_destroy(entity_type(kind), old);
}

void state_apply(struct state *s, struct changes *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct change *item = &c->items[i];
        state_load(s, item->kind, &item->id, item->record);
        item->record = NULL;
    }
    s->next_number += c->numbers_taken;
    free(c->items);
    c->items = NULL;
    c->n = c->cap = 0;
    c->numbers_taken = 0;
}

/* ---- Questions ------------------------------------------------------------------------------ */

const void *state_find(const struct state *s, enum entity_kind kind, const struct id *id)
{
    ENSURE(kind >= 0 && kind < ENTITY_KIND_COUNT);
    return table_find(&s->objects[kind], id);
}

size_t state_count(const struct state *s, enum entity_kind kind)
{
    ENSURE(kind >= 0 && kind < ENTITY_KIND_COUNT);
    return table_count(&s->objects[kind]);
}

void state_each(const struct state *s, enum entity_kind kind, const struct id *after,
                state_visit_fn visit, void *arg)
{
    ENSURE(kind >= 0 && kind < ENTITY_KIND_COUNT);
    struct sorted_place p = table_after(&s->objects[kind], after);
    for (void *record; (record = table_next(&s->objects[kind], &p));) {
        if (!visit(record, arg))
            return;
    }
}

uint64_t state_next_number(const struct state *s)
{
    return s->next_number;
}

void state_set_next_number(struct state *s, uint64_t number)
{
    s->next_number = number;
}

const struct calendar *state_calendar(const struct state *s)
{
    return s->calendar;
}

const struct uses *state_uses(const struct state *s)
{
    return s->uses;
}

void state_each_linked_after(const struct state *s, enum state_link link, const struct id *id,
                             const struct id *after, state_visit_fn visit, void *arg)
{
    ENSURE(link >= 0 && link < STATE_LINK_COUNT);
    const struct group *g = table_find(&s->links[link], id);
    struct sorted_place p = g ? table_after(&g->members, after) : SORTED_BEGIN;
    for (void *record; g && (record = table_next(&g->members, &p));) {
        if (!visit(record, arg))
            return;
    }
}

void state_each_linked(const struct state *s, enum state_link link, const struct id *id,
                       state_visit_fn visit, void *arg)
{
    state_each_linked_after(s, link, id, &ID_NONE, visit, arg);
}

void state_each_lease_on(const struct state *s, const struct id *node, state_visit_fn visit,
                         void *arg)
{
    state_each_linked(s, LINK_LEASE_NODE, node, visit, arg);
}

struct instant state_next_due(const struct state *s)
{
    struct sorted_place p = SORTED_BEGIN;
    const struct due *first = sorted_next(&s->due, &p);
    return first ? first->at : INSTANT_NEVER;
}

void state_each_due(const struct state *s, struct instant until, state_due_fn visit, void *arg)
{
    struct sorted_place p = SORTED_BEGIN;
    for (const struct due *due; (due = sorted_next(&s->due, &p)) && due->at.s <= until.s;) {
        if (!visit(due->kind, due->record, arg))
            return;
    }
}
