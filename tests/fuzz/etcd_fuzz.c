/* No reply makes us abort, whatever claims to be etcd; what passes the check means the same when
 * packed again. */
#include "lib/base/buf.h"
#include "lib/rpc/message.h"

#include "etcd/rpc.pb-c.h"

#include <stdlib.h>

#define MEMORY_MAX ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pack(const ProtobufCMessage *m, struct buf *dst)
{
    size_t len = protobuf_c_message_get_packed_size(m);
    uint8_t *bytes = malloc(len + 1);
    ENSURE(bytes);
    ENSURE(protobuf_c_message_pack(m, bytes) == len);
    buf_append(dst, bytes, len);
    free(bytes);
}

/* False when it was refused, with a reason that can be logged. */
static bool pass(const ProtobufCMessageDescriptor *d, struct span bytes, struct buf *ret)
{
    CLEANUP_ARENA struct arena *arena = arena_create(MEMORY_MAX);
    ProtobufCMessage *m = NULL;
    struct err err = ERR_INIT;
    buf_init(ret, MEMORY_MAX);
    int rc = rpc_message_decode(d, bytes, arena, &m, &err);
    if (rc < 0) {
        ENSURE((rc == -ERR_INVALID || rc == -ERR_LIMIT) && err.text[0] != '\0');
        ENSURE(span_is_text(span_text(err.text)));
        return false;
    }
    pack(m, ret);
    return !ret->full;
}

static void feed(const ProtobufCMessageDescriptor *d, struct span bytes)
{
    CLEANUP_BUF struct buf first = {.data = NULL};
    CLEANUP_BUF struct buf second = {.data = NULL};
    if (!pass(d, bytes, &first))
        return;
    ENSURE(rpc_message_check(d, buf_span(&first), NULL) == 0);
    if (pass(d, buf_span(&first), &second))
        ENSURE(span_equal(buf_span(&first), buf_span(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCMessageDescriptor *const replies[] = {
        &etcdserverpb__range_response__descriptor,
        &etcdserverpb__txn_response__descriptor,
        &etcdserverpb__watch_response__descriptor,
        &etcdserverpb__lease_grant_response__descriptor,
        &etcdserverpb__lease_keep_alive_response__descriptor,
        &etcdserverpb__status_response__descriptor,
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++)
        feed(replies[i], span_of(data, size));
    return 0;
}
