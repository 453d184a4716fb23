#ifndef PUMASI_CONTROLPLANE_ENGINE_CODEC_H
#define PUMASI_CONTROLPLANE_ENGINE_CODEC_H

#include "billing/ledger_entry.h"
#include "controlplane/domain/entity.h"
#include "lib/base/buf.h"
#include "lib/base/instant.h"

/*
 * Objects and commits as stored bytes: the published protobuf messages, so that any protobuf tool
 * reads them (docs/spec/keys.md).
 */

/* What became of one request: stored with the commit that it caused. */
struct outcome {
    struct id request_id;
    struct id actor; /* NAME.ORGANISATION of whoever asked: request ids are theirs alone */
    struct id kind;
    struct id id;
    struct id state;
    struct id approval;
    char command[40]; /* of the request: an id is not used for another */
};
extern const struct record_type outcome_type;

/* The log entry of one transaction. */
struct commit {
    uint64_t seq;
    struct id writer;
    struct blob previous; /* SHA-256 of the stored bytes of the commit before; none in the first */
    struct blob write_id; /* 16 bytes of chance: tells an own commit from a stranger's */
    struct instant at;
    uint64_t next_number;
    struct list outcomes; /* struct outcome */
    struct list entries;  /* struct ledger_entry */
};
extern const struct record_type commit_type;

/* Appends the bytes. The records are in memory and in order: this can't fail but by size, which
 * shows as out->full. */
void codec_encode_object(enum entity_kind kind, const void *record, struct buf *out);
void codec_encode_commit(const struct commit *commit, struct buf *out);

/* ERR_CORRUPT says what is wrong with the bytes. *ret is a record on the heap (record_destroy());
 * a commit is freed with record_fini(&commit_type, ...). */
MUST_CHECK int codec_decode_object(enum entity_kind kind, struct span bytes, void **ret,
                                   struct err *err);
MUST_CHECK int codec_decode_commit(struct span bytes, struct commit *ret, struct err *err);

#endif
