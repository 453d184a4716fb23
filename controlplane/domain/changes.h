#ifndef PUMASI_CONTROLPLANE_DOMAIN_CHANGES_H
#define PUMASI_CONTROLPLANE_DOMAIN_CHANGES_H

#include "billing/ledger_entry.h"
#include "controlplane/domain/answer.h"
#include "controlplane/domain/entity.h"

/*
 * What a decision changes: whole new values of objects, ledger entries, and the answer to whoever
 * asked. A decision writes here and nowhere else; state_apply() makes it so, the engine stores it.
 *
 * An object put twice in one decision keeps the last value. changes_find() lets a decision read its
 * own writes. changes_fini() frees all; a struct changes is reusable after changes_reset().
 * Not thread-safe.
 */
struct change {
    enum entity_kind kind;
    struct id id;
    void *record; /* owned; NULL = deleted */
};

struct changes {
    struct change *items;
    size_t n, cap;
    struct list entries;    /* struct ledger_entry */
    uint64_t numbers_taken; /* beyond state_next_number(); state_apply() adds them */
    struct answer answer;
};

void changes_init(struct changes *c);
void changes_fini(struct changes *c);
void changes_reset(struct changes *c);

/* Puts a copy of the record and returns it, to be edited further (not its id); borrowed until the
 * same object is put or deleted again. */
void *changes_put(struct changes *c, enum entity_kind kind, const void *record);
void changes_delete(struct changes *c, enum entity_kind kind, const struct id *id);

/* What the decision made of the object: NULL when it was deleted or not touched; changes_touches()
 * tells which. */
const void *changes_find(const struct changes *c, enum entity_kind kind, const struct id *id);
bool changes_touches(const struct changes *c, enum entity_kind kind, const struct id *id);

/* A zeroed entry at the end of the ledger entries; borrowed until the next. */
struct ledger_entry *changes_entry(struct changes *c, enum ledger_kind kind);

/* One more line of the answer's notes; cut at PLAN_LINE_CAP. */
void changes_note(struct changes *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
