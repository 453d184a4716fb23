/*
 * Both sides are brought into one form, stretches by lease, node and begin that are joined where
 * they touch, and are compared one by one. What kind of time a stretch was is left out: it follows
 * from the loan and the notice, not from the interval.
 */
#include "bundle/ledger_check.h"

#include "billing/ledger/segment.h"
#include "lib/merkle/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>

struct stretch {
    struct id lease, node;
    int64_t units, from, to;
};

struct stretches {
    struct stretch *items;
    size_t n, cap;
};

static void add(struct stretches *s, struct stretch stretch)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 256;
        s->items = reallocarray(s->items, s->cap, sizeof(*s->items));
        ENSURE(s->items != NULL);
    }
    s->items[s->n++] = stretch;
}

static int compare(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;
    int by = id_compare(&x->lease, &y->lease);
    by = by ? by : id_compare(&x->node, &y->node);
    by = by ? by : (x->from > y->from) - (x->from < y->from);
    return by ? by : (x->units > y->units) - (x->units < y->units);
}

static void join(struct stretches *s)
{
    size_t n = 0;
    if (s->n == 0)
        return;
    qsort(s->items, s->n, sizeof(*s->items), compare);
    for (size_t i = 1; i < s->n; i++) {
        struct stretch *last = &s->items[n], *next = &s->items[i];
        if (id_equal(&last->lease, &next->lease) && id_equal(&last->node, &next->node) &&
            last->units == next->units && last->to == next->from)
            last->to = next->to;
        else
            s->items[++n] = *next;
    }
    s->n = n + 1;
}

/* ---- One log --------------------------------------------------------------------------------- */

struct log_reading {
    const struct ledger_check *check;
    const struct id *organisation;
    struct stretches told;
    bool issued;
};

static void take_issue(struct log_reading *r, const struct ledger_entry *e)
{
    char paper[LIMIT_NAME_BYTES];
    snprintf(paper, sizeof(paper), "sha256:%s", r->check->document_sha256);
    if (id_equal(&e->subject, &r->check->basis->id) && strcmp(e->paper, paper) == 0)
        r->issued = true;
}

static int take_entry(const struct ledger_entry *e, struct span line, void *arg)
{
    struct log_reading *r = arg;
    const struct basis *b = r->check->basis;
    (void)line;
    if (e->kind == LEDGER_ISSUE)
        take_issue(r, e);
    if ((e->kind != LEDGER_INTERVAL && e->kind != LEDGER_CORRECTION) || id_is_none(&e->lease) ||
        e->phase != PHASE_POST)
        return 0;
    int64_t from = e->from.s > b->from.s ? e->from.s : b->from.s;
    int64_t to = e->to.s < b->to.s ? e->to.s : b->to.s;
    bool known = b->issued_at.s == INSTANT_NEVER.s || e->received_at.s < b->issued_at.s;
    if (known && from < to && id_equal(&e->project, &b->project) &&
        id_equal(&e->organisation, r->organisation))
        add(&r->told, (struct stretch){e->lease, e->node, e->units.units, from, to});
    return 0;
}

static void take_basis(const struct basis *b, const struct id *organisation, struct stretches *ret)
{
    LIST_EACH(const struct basis_use, u, &b->uses)
    {
        bool metered = u->time == TIME_USED || u->time == TIME_IDLE || u->time == TIME_NOTICE;
        if (metered && id_equal(&u->organisation, organisation))
            add(ret, (struct stretch){u->lease, u->node, u->units.units, u->from.s, u->to.s});
    }
}

static int compare_with_basis(const struct log_reading *r, struct err *err)
{
    struct stretches billed = {0}, told = r->told;
    take_basis(r->check->basis, r->organisation, &billed);
    join(&billed);
    join(&told);
    size_t i = 0;
    while (i < billed.n && i < told.n && compare(&billed.items[i], &told.items[i]) == 0 &&
           billed.items[i].to == told.items[i].to)
        i++;
    const struct stretch *odd = i < billed.n ? &billed.items[i]
                                : i < told.n ? &told.items[i]
                                             : NULL;
    int rc = 0;
    if (odd)
        rc = err_set(err, ERR_VERIFICATION, "%s: use of %s on %s is %s", r->organisation->text,
                     odd->lease.text, odd->node.text,
                     i < billed.n ? "in the basis and not so in the log"
                                  : "in the log and not so in the basis");
    free(billed.items);
    return rc;
}

static int check_root(const struct ledger_check *c, const struct id *organisation,
                      const struct segment_tail *tail, struct err *err)
{
    char name[ZIP_NAME_CAP];
    struct note note;
    struct checkpoint checkpoint;
    snprintf(name, sizeof(name), "ledger/%s.note", organisation->text);
    const struct zip_member *member = zip_archive_find(c->files, name);
    if (!member || !c->key)
        return err_set(err, ERR_VERIFICATION, "%s: there is no signed checkpoint of its log",
                       organisation->text);
    TRY(checkpoint_open(buf_span(&member->bytes), c->key, &note, &checkpoint, err));
    char origin[NOTE_NAME_CAP];
    checkpoint_ledger_origin(organisation, origin);
    if (strcmp(origin, checkpoint.origin) != 0 || checkpoint.size != tail->size ||
        !merkle_hash_equal(&checkpoint.root, &tail->root))
        return err_set(err, ERR_VERIFICATION,
                       "%s: its entries do not give the root that was signed", organisation->text);
    return 0;
}

static int check_log(const struct ledger_check *c, const struct id *organisation,
                     struct span segment, struct err *err)
{
    struct log_reading r = {.check = c, .organisation = organisation};
    struct segment_head head;
    struct segment_tail tail;
    int rc = segment_read(segment, take_entry, &r, &head, &tail, err);
    if (rc == 0 && !id_equal(&head.organisation, organisation))
        rc = err_set(err, ERR_VERIFICATION, "%s: this is the log of %s", organisation->text,
                     head.organisation.text);
    if (rc == 0)
        rc = check_root(c, organisation, &tail, err);
    if (rc == 0)
        rc = compare_with_basis(&r, err);
    if (rc == 0 && !id_is_none(&c->basis->id) && !r.issued)
        rc = err_set(err, ERR_VERIFICATION, "%s: its log does not tell of %s with this hash",
                     organisation->text, c->basis->id.text);
    free(r.told.items);
    return rc;
}

int ledger_check_members(const struct ledger_check *c, size_t *ret_checked, struct err *err)
{
    size_t checked = 0;
    LIST_EACH(const struct basis_member, m, &c->basis->members)
    {
        char name[ZIP_NAME_CAP];
        snprintf(name, sizeof(name), "ledger/%s.jsonl", m->organisation.text);
        const struct zip_member *segment = zip_archive_find(c->files, name);
        if (!segment)
            continue;
        TRY(check_log(c, &m->organisation, buf_span(&segment->bytes), err));
        checked++;
    }
    *ret_checked = checked;
    return 0;
}
