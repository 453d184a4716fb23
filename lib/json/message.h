#ifndef PUMASI_LIB_JSON_MESSAGE_H
#define PUMASI_LIB_JSON_MESSAGE_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/json/strict.h"

#include <protobuf-c/protobuf-c.h>

/*
 * Messages as JSON, by descriptor: one codec for the CLI, the web API and manifests.
 *
 * Members have the names of the .proto file. Every field is there, with its default where nothing
 * is set, so that the keys are stable; an absent message is null; of a oneof only the member that
 * is set is there. Integers are printed as numbers, exactly, and read as numbers or as decimal text
 * (uint64 above 2^63-1 is printed as text, which jansson's integers can't hold). Bytes are base64,
 * enumerations their names. The API has no floating point, maps or groups: a descriptor with one
 * is a broken promise.
 */

/* A new JSON object; strict_free() or json_decref() ends it. Bytes of a string that are not UTF-8
 * come out as U+FFFD. Never NULL. */
struct json_t *message_to_json(const ProtobufCMessage *message);

/* The same as text with two blanks of indent, or in one line; for output. */
void message_print(const ProtobufCMessage *message, bool indent, struct buf *out);

/*
 * The message in a JSON object, allocated from the arena. Unknown members, members of the wrong
 * kind or out of range, two members of one oneof, bad base64 and unknown enum names are ERR_INVALID
 * with the path; lists beyond LIMIT_LIST_ITEMS, nesting beyond 32 and a full arena are ERR_LIMIT.
 * What is missing or null (messages and fields of a oneof only) keeps its default.
 */
MUST_CHECK int message_from_json(const struct strict *at,
                                 const ProtobufCMessageDescriptor *descriptor, struct arena *arena,
                                 ProtobufCMessage **ret, struct err *err);

#endif
