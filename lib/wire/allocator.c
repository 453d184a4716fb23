/* protobuf-c's memory from an arena. No state of its own. */
#include "lib/wire/allocator.h"

static void *from_arena(void *data, size_t size)
{
    return arena_alloc(data, size);
}

static void leave_to_arena(void *data, void *pointer)
{
    (void)data;
    (void)pointer;
}

ProtobufCAllocator allocator_of_arena(struct arena *arena)
{
    return (ProtobufCAllocator){
        .alloc = from_arena, .free = leave_to_arena, .allocator_data = arena};
}
