#ifndef PUMASI_CONTROLPLANE_ENGINE_PARCEL_H
#define PUMASI_CONTROLPLANE_ENGINE_PARCEL_H

#include "controlplane/domain/changes.h"
#include "controlplane/engine/codec.h"
#include "controlplane/engine/keys.h"

/*
 * One decision as it will be stored: its objects as bytes, its ledger entries and its outcome. It
 * is packed before the decision is applied, so that what no transaction can hold is refused while
 * nothing has happened yet.
 */
#define PARCEL_OBJECTS   120          /* etcd's 128 operations less the log entry and the guards */
#define PARCEL_BYTES     (1152 << 10) /* of objects; STORE_TXN_BYTES less the log and the keys */
#define PARCEL_LOG_BYTES (128 << 10)  /* of ledger entries and outcome */

struct parcel_object {
    struct store_key key;
    enum entity_kind kind;
    struct id id;
    bool deleted;
    struct buf value;
};

struct parcel {
    struct parcel_object *objects;
    size_t n;
    size_t bytes;        /* of all values */
    struct list entries; /* struct ledger_entry */
    bool has_outcome;
    struct outcome outcome;
    size_t log_bytes; /* never less than what entries and outcome take in the log */
};

/* Packs; outcome may be NULL. ERR_LIMIT: it is more than one transaction holds, or one object is
 * larger than a stored value may be. Then *ret is untouched. */
MUST_CHECK int parcel_pack(const struct changes *changes, const struct outcome *outcome,
                           struct parcel *ret, struct err *err);

void parcel_fini(struct parcel *p); /* a zeroed parcel is fine */

#endif
