/* What a decision changes. Few objects each: found by a walk from the end. */
#include "controlplane/domain/changes.h"

#include "lib/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void changes_init(struct changes *c)
{
    *c = (struct changes){0};
}

void changes_fini(struct changes *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->items[i].record)
            record_destroy(entity_type(c->items[i].kind), c->items[i].record);
    }
    free(c->items);
    free(c->entries.items);
    answer_fini(&c->answer);
    changes_init(c);
}

void changes_reset(struct changes *c)
{
    changes_fini(c);
}

static struct change *item_of(const struct changes *c, enum entity_kind kind, const struct id *id)
{
    for (size_t i = c->n; i > 0; i--) {
        struct change *item = &c->items[i - 1];
        if (item->kind == kind && id_equal(&item->id, id))
            return item;
    }
    return NULL;
}

/* The item for the object, emptied, or a new one. */
static struct change *item_for(struct changes *c, enum entity_kind kind, const struct id *id)
{
    struct change *item = item_of(c, kind, id);
    if (item)
        return item;
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 8;
        c->items = reallocarray(c->items, c->cap, sizeof *c->items);
        ENSURE(c->items != NULL);
    }
    item = &c->items[c->n++];
    *item = (struct change){.kind = kind, .id = *id, .record = NULL};
    return item;
}

void *changes_put(struct changes *c, enum entity_kind kind, const void *record)
{
    ENSURE(!id_is_none(entity_id(kind, record)));
    struct change *item = item_for(c, kind, entity_id(kind, record));
    void *copy = record_clone(entity_type(kind), record);
    if (item->record)
        record_destroy(entity_type(kind), item->record);
    item->record = copy;
    return copy;
}

void changes_delete(struct changes *c, enum entity_kind kind, const struct id *id)
{
    struct change *item = item_for(c, kind, id);
    if (item->record)
        record_destroy(entity_type(kind), item->record);
    item->record = NULL;
}

const void *changes_find(const struct changes *c, enum entity_kind kind, const struct id *id)
{
    const struct change *item = item_of(c, kind, id);
    return item ? item->record : NULL;
}

bool changes_touches(const struct changes *c, enum entity_kind kind, const struct id *id)
{
    return item_of(c, kind, id) != NULL;
}

struct ledger_entry *changes_entry(struct changes *c, enum ledger_kind kind)
{
    struct ledger_entry *entry = record_list_add(&c->entries, sizeof *entry);
    entry->kind = kind;
    entry->from = entry->to = entry->received_at = INSTANT_NEVER;
    return entry;
}

void changes_note(struct changes *c, const char *fmt, ...)
{
    struct plan_line *line = record_list_add(&c->answer.notes, sizeof *line);
    char text[2 * PLAN_LINE_CAP];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    text_cut(line->text, sizeof line->text, text);
}
