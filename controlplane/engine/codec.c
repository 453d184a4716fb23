/* Objects and commits as the published messages. The only place that names generated descriptors of
 * stored objects. */
#include "controlplane/engine/codec.h"

#include "lib/wire/wire.h"

#include "pumasi/v1/allocation.pb-c.h"
#include "pumasi/v1/approval.pb-c.h"
#include "pumasi/v1/closing.pb-c.h"
#include "pumasi/v1/commit.pb-c.h"
#include "pumasi/v1/identity.pb-c.h"
#include "pumasi/v1/lease.pb-c.h"
#include "pumasi/v1/loan.pb-c.h"
#include "pumasi/v1/organisation.pb-c.h"
#include "pumasi/v1/pool.pb-c.h"
#include "pumasi/v1/programme.pb-c.h"
#include "pumasi/v1/stage.pb-c.h"
#include "pumasi/v1/statement.pb-c.h"
#include "pumasi/v1/usage.pb-c.h"

#include <stdlib.h>

static const struct field outcome_fields[] = {
    F_ID(struct outcome, request_id), F_ID(struct outcome, actor),
    F_ID(struct outcome, kind),       F_ID(struct outcome, id),
    F_ID(struct outcome, state),      F_ID(struct outcome, approval),
    F_TEXT(struct outcome, command),  F_END,
};
const struct record_type outcome_type = {"outcome", sizeof(struct outcome), outcome_fields};

static const struct field commit_fields[] = {
    F_U64(struct commit, seq),
    F_ID(struct commit, writer),
    F_BYTES(struct commit, write_id),
    F_BYTES(struct commit, previous),
    F_INSTANT(struct commit, at),
    F_U64(struct commit, next_number),
    F_LIST(struct commit, outcomes, &outcome_type),
    F_LIST(struct commit, entries, &ledger_entry_type),
    F_END,
};
const struct record_type commit_type = {"commit", sizeof(struct commit), commit_fields};

static const ProtobufCMessageDescriptor *descriptor_of(enum entity_kind kind)
{
#define X(kind, prefix, name, type) [ENTITY_##kind] = &pumasi__v1__##type##__descriptor,
    static const ProtobufCMessageDescriptor *const descriptors[ENTITY_KIND_COUNT] = {
        ENTITY_KINDS(X)};
#undef X
    ENSURE(kind >= 0 && kind < ENTITY_KIND_COUNT);
    return descriptors[kind];
}

void codec_encode_object(enum entity_kind kind, const void *record, struct buf *out)
{
    wire_encode(entity_type(kind), record, descriptor_of(kind), out);
}

void codec_encode_commit(const struct commit *commit, struct buf *out)
{
    wire_encode(&commit_type, commit, &pumasi__v1__commit__descriptor, out);
}

int codec_decode_object(enum entity_kind kind, struct span bytes, void **ret, struct err *err)
{
    const struct record_type *type = entity_type(kind);
    void *record = calloc(1, type->size);
    ENSURE(record);
    int rc = wire_decode(type, bytes, descriptor_of(kind), record, err);
    if (rc < 0) {
        free(record);
        return rc;
    }
    *ret = record;
    return 0;
}

int codec_decode_commit(struct span bytes, struct commit *ret, struct err *err)
{
    return wire_decode(&commit_type, bytes, &pumasi__v1__commit__descriptor, ret, err);
}
