/* Owns the way between bytes and protobuf-c messages. No state, any thread. */
#include "lib/rpc/message.h"

#include "lib/rpc/fields.h"
#include "lib/rpc/message_internal.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/slice.h>

static int check_message(const ProtobufCMessageDescriptor *descriptor, struct span bytes, int depth,
                         struct err *err);

static int check_field(const ProtobufCFieldDescriptor *known, const struct rpc_field *field,
                       int depth, struct err *err)
{
    if (field->wire != RPC_WIRE_BYTES)
        return 0;
    if (known->type == PROTOBUF_C_TYPE_STRING && !span_is_text(field->bytes))
        return err_set(err, ERR_INVALID, "field %s is not UTF-8 text or holds a NUL", known->name);
    if (known->type == PROTOBUF_C_TYPE_MESSAGE)
        return check_message(known->descriptor, field->bytes, depth + 1, err);
    return 0;
}

static int check_message(const ProtobufCMessageDescriptor *descriptor, struct span bytes, int depth,
                         struct err *err)
{
    if (depth > RPC_MESSAGE_DEPTH_MAX)
        return err_set(err, ERR_INVALID, "%s is nested deeper than %d messages", descriptor->name,
                       RPC_MESSAGE_DEPTH_MAX);
    struct rpc_fields fields = rpc_fields_of(bytes);
    struct rpc_field field;
    while (rpc_fields_next(&fields, &field)) {
        const ProtobufCFieldDescriptor *known =
            protobuf_c_message_descriptor_get_field(descriptor, field.number);
        if (known)
            TRY(check_field(known, &field, depth, err));
    }
    if (fields.bad)
        return err_set(err, ERR_INVALID, "%s is not a well-formed message", descriptor->name);
    return 0;
}

int rpc_message_check(const ProtobufCMessageDescriptor *descriptor, struct span bytes,
                      struct err *err)
{
    return check_message(descriptor, bytes, 1, err);
}

/* An allocator over an arena: frees nothing, and remembers that the arena came to its end, since
 * protobuf-c doesn't say why it failed. */
struct capped {
    struct arena *arena;
    bool full;
};

static void *capped_alloc(void *data, size_t size)
{
    struct capped *capped = data;
    void *memory = arena_alloc(capped->arena, size);
    if (!memory)
        capped->full = true;
    return memory;
}

static void capped_free(void *data, void *memory)
{
    (void)data;
    (void)memory;
}

int rpc_message_decode(const ProtobufCMessageDescriptor *descriptor, struct span bytes,
                       struct arena *arena, ProtobufCMessage **ret, struct err *err)
{
    TRY(rpc_message_check(descriptor, bytes, err));
    struct capped capped = {.arena = arena, .full = false};
    ProtobufCAllocator allocator = {
        .alloc = capped_alloc, .free = capped_free, .allocator_data = &capped};
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, arena ? &allocator : NULL, bytes.len, bytes.data);
    if (capped.full)
        return err_set(err, ERR_LIMIT, "%s needs more memory than one request may use",
                       descriptor->name);
    if (!message)
        return err_set(err, ERR_INVALID, "%s has a field of the wrong type", descriptor->name);
    *ret = message;
    return 0;
}

void rpc_message_destroy(ProtobufCMessage *message)
{
    if (message)
        protobuf_c_message_free_unpacked(message, NULL);
}

grpc_byte_buffer *rpc_message_pack(const ProtobufCMessage *message)
{
    grpc_slice slice = grpc_slice_malloc(protobuf_c_message_get_packed_size(message));
    size_t packed = protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(slice));
    ENSURE(packed == GRPC_SLICE_LENGTH(slice));
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return buffer;
}

int rpc_message_unpack(const ProtobufCMessageDescriptor *descriptor, grpc_byte_buffer *buffer,
                       size_t max_bytes, struct arena *arena, ProtobufCMessage **ret,
                       struct err *err)
{
    size_t len = grpc_byte_buffer_length(buffer);
    if (len > max_bytes)
        return err_set(err, ERR_LIMIT, "message of %zu bytes is larger than %zu", len, max_bytes);
    grpc_byte_buffer_reader reader;
    if (!grpc_byte_buffer_reader_init(&reader, buffer))
        return err_set(err, ERR_INVALID, "message cannot be decompressed");
    grpc_slice slice = grpc_byte_buffer_reader_readall(&reader);
    struct span bytes = span_of(GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice));
    int rc = bytes.len > max_bytes
                 ? err_set(err, ERR_LIMIT, "message of %zu bytes is larger than %zu", bytes.len,
                           max_bytes)
                 : rpc_message_decode(descriptor, bytes, arena, ret, err);
    grpc_slice_unref(slice);
    grpc_byte_buffer_reader_destroy(&reader);
    return rc;
}

void rpc_slice_text(char *dst, size_t cap, grpc_slice slice)
{
    const uint8_t *bytes = GRPC_SLICE_START_PTR(slice);
    size_t len = GRPC_SLICE_LENGTH(slice);
    if (len > cap - 1)
        len = cap - 1;
    while (len > 0 && len < GRPC_SLICE_LENGTH(slice) && (bytes[len] & 0xc0) == 0x80)
        len--;
    bool text = span_is_text(span_of(bytes, len));
    for (size_t i = 0; i < len; i++) {
        bool control = bytes[i] < 0x20 || bytes[i] == 0x7f;
        dst[i] = control ? ' ' : (!text && bytes[i] >= 0x80) ? '?' : (char)bytes[i];
    }
    dst[len] = '\0';
}
