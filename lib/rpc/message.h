#ifndef PUMASI_LIB_RPC_MESSAGE_H
#define PUMASI_LIB_RPC_MESSAGE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/span.h"

#include <protobuf-c/protobuf-c.h>

/*
 * Messages at the edge. protobuf-c neither checks UTF-8 nor stops at a NUL inside a string (which
 * would let "alice\0x" pass for "alice"), recurses without limit, and lets a small message unpack
 * into a huge one. So bytes from the wire are checked against the descriptor before they are
 * unpacked, and unpacked with a capped allocator.
 */
#define RPC_MESSAGE_DEPTH_MAX 32

/* Walks the bytes along the descriptor: well-formed wire format, every string valid UTF-8 without
 * NUL, at most RPC_MESSAGE_DEPTH_MAX messages inside each other. ERR_INVALID names the field.
 * Allocates nothing. */
MUST_CHECK int rpc_message_check(const ProtobufCMessageDescriptor *descriptor, struct span bytes,
                                 struct err *err);

/* Checks and unpacks. With an arena the message lives in it (ERR_LIMIT when it is full); without
 * one (NULL) it is the caller's, to be given to rpc_message_destroy(). */
MUST_CHECK int rpc_message_decode(const ProtobufCMessageDescriptor *descriptor, struct span bytes,
                                  struct arena *arena, ProtobufCMessage **ret, struct err *err);

/* Frees a message that was decoded without an arena. NULL is fine. */
void rpc_message_destroy(ProtobufCMessage *message);

#endif
