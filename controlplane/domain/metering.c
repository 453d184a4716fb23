/* Usage intervals: once each, into the ledger, out of what was held for the lease. */
#include "controlplane/domain/metering.h"

#include "controlplane/domain/quoting.h"
#include "lib/base/text.h"

#include <inttypes.h>
#include <stdio.h>

#define BOOT_DIGITS 16

struct id metering_interval_id(const struct id *node, const char *boot_id, uint64_t seq)
{
    char boot[BOOT_DIGITS + 1] = "";
    size_t digits = 0;
    for (const char *c = boot_id; *c && digits < BOOT_DIGITS; c++) {
        if (*c != '-')
            boot[digits++] = *c;
    }
    struct id id = ID_NONE;
    int n = snprintf(id.text, sizeof id.text, "%s.%s.%" PRIu64, node->text, boot, seq);
    return n > 0 && (size_t)n < sizeof id.text ? id : ID_NONE;
}

/* ---- Does it fit?
 * -------------------------------------------------------------------------------- */

static int64_t units_on(const struct lease *l, const struct id *node)
{
    LIST_EACH(const struct placement, p, &l->placements)
    {
        int64_t units = 0;
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            units += d->units.units;
        }
        if (id_equal(&p->node, node))
            return units;
    }
    return 0;
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
    if (u->from.s >= u->to.s)
        return err_set(err, ERR_INVALID, "from must come before to");
    if (u->from.s < l->from.s || u->to.s > l->void_at.s)
        return err_set(err, ERR_INVALID, "it lies outside the window of %s", l->id.text);
    return 0;
}

/* ---- Taking it in
 * -------------------------------------------------------------------------------- */

static struct ledger_entry *enter(struct turn *t, const struct id *id, const struct lease *l)
{
    struct ledger_entry *entry = turn_entry(t, LEDGER_INTERVAL, ENTITY_USAGE_INTERVAL, id);
    if (l) {
        entry->organisation = l->organisation;
        entry->project = l->project;
    }
    return entry;
}

static void refuse(struct turn *t, const struct id *id, const struct err *why)
{
    changes_note(t->out, "interval %s is refused: %s", id->text, why->text);
    struct ledger_entry *entry = enter(t, id, NULL);
    snprintf(entry->reason, sizeof entry->reason, "refused: %s", why->text);
}

static void note_gap(struct turn *t, const struct usage_interval *u, const struct lease *l)
{
    struct id before = metering_interval_id(&u->node, u->boot_id, u->seq - 1);
    if (u->seq <= 1 || turn_find(t, ENTITY_USAGE_INTERVAL, &before))
        return;
    changes_note(t->out, "interval %s is missing: the gap is paid by nobody", before.text);
    text_cut(enter(t, &before, l)->reason, LIMIT_TEXT_BYTES, "gap: not received before the next");
}

/* What was held for the lease becomes posted, as far as it was held. */
static int post(struct turn *t, const struct usage_interval *u, const struct id *lease,
                struct won *ret, struct err *err)
{
    struct won value;
    TRY(quote_interval(t, u, &value, err));
    struct lease *l = turn_edit(t, ENTITY_LEASE, lease);
    struct allocation *a = turn_edit(t, ENTITY_ALLOCATION, &l->allocation);
    TRY(won_add(a->posted_krw, value, &a->posted_krw));
    int64_t freed = value.krw < l->held_krw.krw ? value.krw : l->held_krw.krw;
    freed = freed < a->held_krw.krw ? freed : a->held_krw.krw;
    if (freed > 0) {
        l->held_krw.krw -= freed;
        a->held_krw.krw -= freed;
    }
    *ret = value;
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
    struct won value;
    u.id = *id;
    complete(t, &u, l);
    TRY(post(t, &u, &l->id, &value, err));
    note_gap(t, &u, l);
    turn_put(t, ENTITY_USAGE_INTERVAL, &u);
    struct ledger_entry *entry = enter(t, id, l);
    entry->units = u.units;
    entry->amount_krw = value;
    return 0;
}

int decide_report_usage(struct turn *t, const void *args, struct err *err)
{
    const struct report_usage_command *r = args;
    if (!id_equal(&r->node, &t->ctx->actor.name))
        return err_set(err, ERR_DENIED, "%s can't report for node %s", t->ctx->actor.name.text,
                       r->node.text);
    LIST_EACH(const struct usage_interval, u, &r->intervals)
    {
        struct err why = ERR_INIT;
        struct id id = metering_interval_id(&u->node, u->boot_id, u->seq);
        if (id_is_none(&id))
            return err_set(err, ERR_INVALID, "interval: node and boot id are too long");
        if (turn_find(t, ENTITY_USAGE_INTERVAL, &id))
            continue; /* told before: the acknowledgement was lost */
        if (check_interval(t, &r->node, u, &why) < 0 || take(t, u, &id, &why) < 0)
            refuse(t, &id, &why);
    }
    turn_answer(t, ENTITY_NODE, &r->node, NULL);
    return 0;
}
