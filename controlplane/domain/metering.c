/* Usage intervals: once each, into the ledger, out of what was held for the lease. */
#include "controlplane/domain/metering.h"

#include "controlplane/domain/close.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/quoting.h"
#include "lib/base/text.h"
#include "lib/grant/interval.h"

#include <stdio.h>

static struct id id_of(const struct id *node, const char *boot_id, uint64_t seq)
{
    struct interval i = {.node = *node, .boot_id = boot_id, .seq = seq};
    return interval_id(&i);
}

/* ---- Does it fit? ---------------------------------------------------------------------------- */

static int64_t units_on(const struct lease *l, const struct id *node)
{
    const struct placement *p = lease_placement(l, node);
    int64_t units = 0;
    for (size_t i = 0; p && i < p->devices.n; i++)
        units += LIST_AT(const struct placed_device, &p->devices, i)->units.units;
    return units;
}

/* A search for an interval of the same lease on the same node that shares time with this one. */
struct search {
    const struct usage_interval *interval;
    const struct usage_interval *found;
};

/* The node's own stand together: the walk ends with the first of another. */
static bool visit_accepted(const void *record, void *arg)
{
    const struct usage_interval *accepted = record;
    struct search *s = arg;
    const struct usage_interval *u = s->interval;
    if (!id_equal(&accepted->node, &u->node))
        return false;
    if (accepted->from.s < u->to.s && u->from.s < accepted->to.s)
        s->found = accepted;
    return !s->found;
}

/* Before all intervals of the node by its id, and after those of every node before it. */
static struct id before_intervals_of(const struct id *node)
{
    struct id id = ID_NONE;
    int n = snprintf(id.text, sizeof id.text, "%s.", node->text);
    ENSURE(n > 0 && (size_t)n < sizeof id.text);
    return id;
}

/* Among those accepted before, and those of this report, which are all of one node. */
static const struct usage_interval *find_overlap(const struct turn *t,
                                                 const struct usage_interval *u)
{
    struct search s = {.interval = u};
    struct id before = before_intervals_of(&u->node);
    state_each_linked_after(t->state, LINK_USAGE_LEASE, &u->lease, &before, visit_accepted, &s);
    for (size_t i = 0; !s.found && i < t->out->n; i++) {
        const struct change *change = &t->out->items[i];
        const struct usage_interval *taken = change->record;
        if (change->kind == ENTITY_USAGE_INTERVAL && id_equal(&taken->lease, &u->lease))
            visit_accepted(taken, &s);
    }
    return s.found;
}

static int check_interval(const struct turn *t, const struct id *node,
                          const struct usage_interval *u, struct err *err)
{
    const struct lease *l = turn_find(t, ENTITY_LEASE, &u->lease);
    int64_t units = l ? units_on(l, node) : 0;
    if (!id_equal(&u->node, node))
        return err_set(err, ERR_DENIED, "it is of node %s", u->node.text);
    if (units == 0)
        return err_set(err, ERR_NOT_FOUND, "%s has no lease %s", node->text, u->lease.text);
    if (u->units.units < 1 || u->units.units > units)
        return err_set(err, ERR_INVALID, "%s takes %lld units there, not %lld", l->id.text,
                       (long long)units, (long long)u->units.units);
    if (u->seq > INT64_MAX || u->opens > INT64_MAX || u->denials > INT64_MAX)
        return err_set(err, ERR_INVALID, "its numbers are beyond the ledger's");
    if (u->from.s >= u->to.s)
        return err_set(err, ERR_INVALID, "from must come before to");
    if (u->from.s < l->from.s || u->to.s > l->void_at.s)
        return err_set(err, ERR_INVALID, "it lies outside the window of %s", l->id.text);
    const struct usage_interval *other = find_overlap(t, u);
    if (other)
        return err_set(err, ERR_CONFLICT, "%s has been told of a part of that time: %s", l->id.text,
                       other->id.text);
    return 0;
}

/* ---- Taking it in ---------------------------------------------------------------------------- */

/* An entry about the interval; l: NULL when it fits no lease, and only its node knows of it. */
static struct ledger_entry *enter(struct turn *t, const struct id *id, const struct lease *l)
{
    if (!l)
        return turn_entry(t, LEDGER_INTERVAL, ENTITY_USAGE_INTERVAL, id);
    struct ledger_entry *entry = posting_lease(t, LEDGER_INTERVAL, l);
    entry->subject_kind = id_literal(entity_name(ENTITY_USAGE_INTERVAL));
    entry->subject = *id;
    entry->units = (struct share){0};
    return entry;
}

/* What the node signed goes into the entry, so that the ledger proves it without the state. */
static void copy_interval(struct ledger_entry *entry, const struct usage_interval *u,
                          const struct id *loan)
{
    entry->lease = u->lease;
    entry->loan = *loan;
    entry->node = u->node;
    memcpy(entry->boot_id, u->boot_id, sizeof entry->boot_id);
    entry->seq = u->seq;
    memcpy(entry->model, u->model, sizeof entry->model);
    entry->units = u->units;
    entry->isolation = id_literal(enum_name(&isolation_names, (int)u->isolation));
    entry->from = u->from;
    entry->to = u->to;
    entry->cause = id_literal(enum_name(&usage_cause_names, (int)u->cause));
    entry->opens = u->opens;
    entry->denials = u->denials;
    entry->received_at = u->received_at;
    entry->signature = u->signature;
    entry->key_id = u->key_id;
}

/* id: none when the interval can't have one; then the ledger tells it of the node. */
static void refuse(struct turn *t, const struct id *node, const struct id *id, const char *why)
{
    bool named = !id_is_none(id);
    changes_note(t->out, "interval %s is refused: %s", named ? id->text : "without an id", why);
    struct ledger_entry *entry =
        named ? enter(t, id, NULL) : turn_entry(t, LEDGER_INTERVAL, ENTITY_NODE, node);
    snprintf(entry->reason, sizeof entry->reason, "refused: %s", why);
}

static void note_gap(struct turn *t, const struct usage_interval *u, const struct lease *l)
{
    struct id before = u->seq > 1 ? id_of(&u->node, u->boot_id, u->seq - 1) : ID_NONE;
    if (id_is_none(&before) || turn_find(t, ENTITY_USAGE_INTERVAL, &before))
        return;
    changes_note(t->out, "interval %s is missing: the gap is paid by nobody", before.text);
    text_cut(enter(t, &before, l)->reason, LIMIT_TEXT_BYTES, "gap: not received before the next");
}

/* What was held for the lease becomes posted, as far as it was held. */
struct posted {
    struct won value;
    int64_t freed_krw;
};

static int post(struct turn *t, const struct usage_interval *u, const struct id *lease,
                struct posted *ret, struct err *err)
{
    struct won value;
    TRY(quote_interval(t, u, &value, err));
    struct lease *l = turn_edit(t, ENTITY_LEASE, lease);
    struct allocation *a = turn_edit(t, ENTITY_ALLOCATION, &l->allocation);
    TRY(won_add(a->posted_krw, value, &a->posted_krw));
    int64_t freed = value.krw < l->held_krw.krw ? value.krw : l->held_krw.krw;
    freed = freed < a->held_krw.krw ? freed : a->held_krw.krw;
    freed = freed > 0 ? freed : 0;
    l->held_krw.krw -= freed;
    a->held_krw.krw -= freed;
    *ret = (struct posted){.value = value, .freed_krw = freed};
    return 0;
}

/* What the control plane knows about the lease is not taken from the node. */
static void complete(const struct turn *t, struct usage_interval *u, const struct lease *l)
{
    u->organisation = l->organisation;
    u->project = l->project;
    memcpy(u->model, l->model, sizeof u->model);
    u->isolation = l->isolation;
    u->received_at = turn_now(t);
}

static int take(struct turn *t, const struct usage_interval *given, const struct id *id,
                struct err *err)
{
    const struct lease *l = turn_find(t, ENTITY_LEASE, &given->lease);
    struct usage_interval u = *given;
    struct instant horizon = close_horizon(t);
    struct posted posted;
    u.id = *id;
    complete(t, &u, l);
    TRY(post(t, &u, &l->id, &posted, err));
    note_gap(t, &u, l);
    turn_put(t, ENTITY_USAGE_INTERVAL, &u);
    struct ledger_entry *entry = enter(t, id, l);
    posting_money(entry, PHASE_POST, posted.value.krw);
    entry->freed_krw.krw = posted.freed_krw;
    copy_interval(entry, &u, &l->loan);
    if (u.from.s < horizon.s) {
        entry->kind = LEDGER_CORRECTION;
        text_cut(entry->reason, sizeof entry->reason, "told after its month was closed");
    }
    return 0;
}

static int hear(struct turn *t, const struct id *node, const struct usage_interval *u,
                const struct id *id, struct err *err)
{
    if (id_is_none(id))
        return err_set(err, ERR_INVALID, "the names of node and boot are too long for its id");
    TRY(check_interval(t, node, u, err));
    return take(t, u, id, err);
}

int decide_report_usage(struct turn *t, const void *args, struct err *err)
{
    const struct report_usage_command *r = args;
    if (!id_equal(&r->node, &t->ctx->actor.name))
        return err_set(err, ERR_DENIED, "%s can't report for node %s", t->ctx->actor.name.text,
                       r->node.text);
    struct instant archived = close_archived(t->state);
    LIST_EACH(const struct usage_interval, u, &r->intervals)
    {
        struct err why = ERR_INIT;
        struct id id = id_of(&u->node, u->boot_id, u->seq);
        if (!id_is_none(&id) && turn_find(t, ENTITY_USAGE_INTERVAL, &id))
            continue; /* told before: the acknowledgement was lost */
        if (!id_is_none(&id) && archived.s > INSTANT_MIN_S && u->to.s <= archived.s) {
            changes_note(t->out, "%s is of an archived month: it counts for nothing", id.text);
            continue; /* it may have been told, and forgotten since */
        }
        if (hear(t, &r->node, u, &id, &why) < 0)
            refuse(t, &r->node, &id, why.text);
    }
    LIST_EACH(const struct refused_interval, u, &r->refused)
    {
        struct id id = id_of(&r->node, u->boot_id, u->seq);
        if (id_is_none(&id) || !turn_find(t, ENTITY_USAGE_INTERVAL, &id))
            refuse(t, &r->node, &id, u->reason);
    }
    turn_answer(t, ENTITY_NODE, &r->node, NULL);
    return 0;
}
