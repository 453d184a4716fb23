#ifndef PUMASI_LIB_RPC_MESSAGE_INTERNAL_H
#define PUMASI_LIB_RPC_MESSAGE_INTERNAL_H

#include "lib/rpc/message.h"

#include <grpc/grpc.h>

/* Messages as gRPC carries them. */

/* Packs straight into one slice of the exact size. Never NULL. */
grpc_byte_buffer *rpc_message_pack(const ProtobufCMessage *message);

/* rpc_message_decode() of a buffer that was received, at most max_bytes (ERR_LIMIT). buffer is
 * only read: the caller destroys it. */
MUST_CHECK int rpc_message_unpack(const ProtobufCMessageDescriptor *descriptor,
                                  grpc_byte_buffer *buffer, size_t max_bytes, struct arena *arena,
                                  ProtobufCMessage **ret, struct err *err);

/* A slice as clean text: cut, control characters become blanks, bad UTF-8 becomes '?'. */
void rpc_slice_text(char *dst, size_t cap, grpc_slice slice);

#endif
