/* Stored bytes that are read are written again as they were; a peer's message never does harm. */
#include "lib/base/limits.h"
#include "lib/wire/allocator.h"
#include "lib/wire/wire.h"
#include "tests/unit/lib/wire/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_stored(struct span bytes)
{
    CLEANUP_BUF struct buf again = {.data = NULL};
    struct tree tree;

    if (wire_decode(&tree_type, bytes, &pumasi__sample__tree__descriptor, &tree, NULL) < 0)
        return;
    buf_init(&again, LIMIT_VALUE_BYTES);
    wire_encode(&tree_type, &tree, &pumasi__sample__tree__descriptor, &again);
    struct tree copy;
    ENSURE(wire_decode(&tree_type, buf_span(&again), &pumasi__sample__tree__descriptor, &copy,
                       NULL) == 0);
    ENSURE(record_equal(&tree_type, &tree, &copy));
    record_fini(&tree_type, &copy);
    record_fini(&tree_type, &tree);
}

static void fuzz_message(struct span bytes)
{
    CLEANUP_ARENA struct arena *arena = arena_create((size_t)1 << 20);
    ProtobufCAllocator allocator = allocator_of_arena(arena);
    struct err err = ERR_INIT;
    struct tree tree;
    ProtobufCMessage *m = protobuf_c_message_unpack(&pumasi__sample__tree__descriptor, &allocator,
                                                    bytes.len, bytes.data);

    if (!m)
        return;
    if (wire_refuse_unknown(m, &err) < 0)
        ENSURE(err.text[0] != '\0');
    if (wire_record_from_message(&tree_type, m, &tree, &err) == 0)
        record_fini(&tree_type, &tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_stored(span_of(data, size));
    fuzz_message(span_of(data, size));
    return 0;
}
