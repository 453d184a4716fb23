/* Stored bytes are objects or ERR_CORRUPT; an object that was read is the same when written again.
 */
#include "controlplane/engine/codec.h"

#include "lib/base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_object(enum entity_kind kind, struct span bytes)
{
    CLEANUP_BUF struct buf again = {.data = NULL};
    void *object = NULL;
    void *copy = NULL;
    int rc = codec_decode_object(kind, bytes, &object, NULL);
    ENSURE(rc == 0 || rc == -ERR_CORRUPT);
    if (rc < 0)
        return;
    buf_init(&again, 2 * LIMIT_VALUE_BYTES);
    codec_encode_object(kind, object, &again);
    ENSURE(codec_decode_object(kind, buf_span(&again), &copy, NULL) == 0);
    ENSURE(record_equal(entity_type(kind), object, copy));
    record_destroy(entity_type(kind), copy);
    record_destroy(entity_type(kind), object);
}

static void fuzz_commit(struct span bytes)
{
    CLEANUP_BUF struct buf again = {.data = NULL};
    struct commit commit;
    struct commit copy;
    int rc = codec_decode_commit(bytes, &commit, NULL);
    ENSURE(rc == 0 || rc == -ERR_CORRUPT);
    if (rc < 0)
        return;
    buf_init(&again, 2 * LIMIT_VALUE_BYTES);
    codec_encode_commit(&commit, &again);
    ENSURE(codec_decode_commit(buf_span(&again), &copy, NULL) == 0);
    ENSURE(record_equal(&commit_type, &commit, &copy));
    record_fini(&commit_type, &copy);
    record_fini(&commit_type, &commit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int kind = 0; kind < ENTITY_KIND_COUNT; kind++)
        fuzz_object((enum entity_kind)kind, span_of(data, size));
    fuzz_commit(span_of(data, size));
    return 0;
}
