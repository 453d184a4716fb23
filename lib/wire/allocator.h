#ifndef PUMASI_LIB_WIRE_ALLOCATOR_H
#define PUMASI_LIB_WIRE_ALLOCATOR_H

#include "lib/base/arena.h"

#include <protobuf-c/protobuf-c.h>

/* protobuf-c's memory from an arena: what a stranger's bytes unpack to is capped by its limit (the
 * unpacking then fails), and goes with the arena; freeing does nothing. Lives as long as `arena`.
 */
ProtobufCAllocator allocator_of_arena(struct arena *arena);

#endif
