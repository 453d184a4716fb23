#ifndef PUMASI_LIB_WIRE_WIRE_H
#define PUMASI_LIB_WIRE_WIRE_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/record.h"

#include <protobuf-c/protobuf-c.h>

/*
 * Records to and from messages, by table: field by field, matched by name, kinds as
 * lib/base/record.h states them. Only the rooms where records meet the network or the store include
 * this header.
 *
 * A field of the table that the message does not have, or has with another kind, is a broken
 * promise (wire_check() finds it in a test); a field of the message that the table does not have is
 * left alone. Nothing blocks; any thread.
 */

/* The record as a message that lives in the arena (texts are copied too); NULL when the arena is
 * full. */
ProtobufCMessage *wire_message_from_record(const struct record_type *type, const void *record,
                                           const ProtobufCMessageDescriptor *descriptor,
                                           struct arena *arena);

/*
 * The message as a record, which the caller ends with record_fini(). *ret_record is overwritten
 * without being freed, and is untouched on failure.
 *
 * ERR_INVALID with the path of the field ("members[2].organisation") for a name that is none, text
 * that is too long or not UTF-8, an enum name that does not exist, bytes beyond BLOB_CAP, an
 * instant out of range; ERR_LIMIT for a list of more than LIMIT_LIST_ITEMS. Empty text is ID_NONE,
 * the zero value of an enum; a message that is absent is an empty one; 0 is INSTANT_NEVER.
 */
MUST_CHECK int wire_record_from_message(const struct record_type *type,
                                        const ProtobufCMessage *message, void *ret_record,
                                        struct err *err);

/* ERR_INVALID naming path and number of the first field, at any depth, that the message's own
 * descriptor does not know: for callers that must not overlook a newer peer's wish. */
MUST_CHECK int wire_refuse_unknown(const ProtobufCMessage *message, struct err *err);

/* Appends the record as the packed bytes of the message, for storage: the same record always gives
 * the same bytes. out->full when they do not fit. */
void wire_encode(const struct record_type *type, const void *record,
                 const ProtobufCMessageDescriptor *descriptor, struct buf *out);

/* The record in such bytes, at most LIMIT_VALUE_BYTES. Stricter than a peer's message: unknown
 * fields and bytes that wire_encode() would not have written (a NUL inside a text) are refused.
 * ERR_CORRUPT. *ret_record as in wire_record_from_message(). */
MUST_CHECK int wire_decode(const struct record_type *type, struct span bytes,
                           const ProtobufCMessageDescriptor *descriptor, void *ret_record,
                           struct err *err);

/* That table and descriptor have the same fields by name, with matching kinds, at every depth: for
 * tests. ERR_INVALID names the first field that differs. */
MUST_CHECK int wire_check(const struct record_type *type,
                          const ProtobufCMessageDescriptor *descriptor, struct err *err);

#endif
