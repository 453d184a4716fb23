#ifndef PUMASI_CONTROLPLANE_ENGINE_BATCH_H
#define PUMASI_CONTROLPLANE_ENGINE_BATCH_H

#include "controlplane/domain/state.h"
#include "controlplane/engine/codec.h"
#include "controlplane/engine/mirror.h"
#include "controlplane/engine/parcel.h"
#include "lib/store/txn.h"

/*
 * One transaction in the making: the objects that decisions changed, the outcomes of their
 * requests, their ledger entries. An object changed twice stands once, with its last value. Nothing
 * here decides, waits or talks to the store.
 *
 * A batch has room for PARCEL_OBJECTS objects and for as many bytes as one transaction of etcd
 * takes.
 */
struct batch;

struct batch *batch_create(void);
void batch_destroy(struct batch *b); /* NULL is fine */
void batch_reset(struct batch *b);

bool batch_is_empty(const struct batch *b);

/* Whether the decision fits in beside what is there. Into an empty batch every parcel fits. */
bool batch_has_room(const struct batch *b, const struct parcel *parcel);

/* Moves the parcel in, and leaves it empty. There must be room. */
void batch_add(struct batch *b, struct parcel *parcel);

/* What the commit says of itself. */
struct batch_seal {
    struct id writer;
    uint8_t write_id[16];
    struct instant at;
    uint64_t next_number;
    int64_t fence; /* mod_revision of the leader key */
};

/* Builds the transaction: the objects guarded by the revisions that the mirror knows, the log entry
 * of the mirror's next seq, guarded by its absence, and the fence. Borrowed until batch_reset(). */
const struct store_txn *batch_seal(struct batch *b, const struct mirror *m,
                                   const struct batch_seal *seal);

/* After a seal: its transaction again, its commit, and the SHA-256 of that as it is stored.
 * Borrowed. */
const struct store_txn *batch_txn(const struct batch *b);
const struct commit *batch_commit(const struct batch *b);
const uint8_t *batch_digest(const struct batch *b);

/* Visits the objects: for noting revisions and telling watchers. */
typedef void (*batch_visit_fn)(enum entity_kind kind, const struct id *id, bool deleted, void *arg);
void batch_each(const struct batch *b, batch_visit_fn visit, void *arg);

#endif
