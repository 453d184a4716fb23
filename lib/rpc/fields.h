#ifndef PUMASI_LIB_RPC_FIELDS_H
#define PUMASI_LIB_RPC_FIELDS_H

#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Protobuf's wire format, field by field, without a descriptor. Allocates nothing.
 *
 *     struct rpc_fields fields = rpc_fields_of(bytes);
 *     struct rpc_field field;
 *     while (rpc_fields_next(&fields, &field))
 *         ...
 *     if (fields.bad) ...
 */
enum rpc_wire {
    RPC_WIRE_VARINT = 0,
    RPC_WIRE_FIXED64 = 1,
    RPC_WIRE_BYTES = 2, /* text, bytes, messages, packed numbers */
    RPC_WIRE_FIXED32 = 5,
};

struct rpc_fields {
    struct span rest;
    bool bad; /* the bytes are not well-formed; nothing more comes */
};

struct rpc_field {
    uint32_t number;
    enum rpc_wire wire;
    uint64_t value; /* RPC_WIRE_VARINT */
    struct span
        bytes; /* the content: of RPC_WIRE_BYTES without its length; 4 or 8 bytes if fixed */
};

static inline struct rpc_fields rpc_fields_of(struct span bytes)
{
    return (struct rpc_fields){.rest = bytes, .bad = false};
}

/* False at the end, and on bytes that are not well-formed (then `bad` is set). Groups, which no
 * proto3 file can have, count as malformed. */
bool rpc_fields_next(struct rpc_fields *fields, struct rpc_field *ret);

#endif
