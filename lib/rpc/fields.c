/* Owns nothing: a cursor over borrowed bytes. Never reads outside them. */
#include "lib/rpc/fields.h"

#define FIELD_NUMBER_MAX ((UINT32_C(1) << 29) - 1)

static bool take_varint(struct span *rest, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 10 && i < rest->len; i++) {
        uint8_t byte = rest->data[i];
        if (i == 9 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        *rest = span_of(rest->data + i + 1, rest->len - i - 1);
        *ret = value;
        return true;
    }
    return false;
}

static bool take_bytes(struct span *rest, uint64_t len, struct span *ret)
{
    if (len > rest->len)
        return false;
    *ret = span_of(rest->data, (size_t)len);
    *rest = span_of(rest->data + len, rest->len - (size_t)len);
    return true;
}

static bool take_content(struct span *rest, struct rpc_field *field)
{
    uint64_t len;
    switch (field->wire) {
    case RPC_WIRE_VARINT:
        return take_varint(rest, &field->value);
    case RPC_WIRE_FIXED64:
        return take_bytes(rest, 8, &field->bytes);
    case RPC_WIRE_FIXED32:
        return take_bytes(rest, 4, &field->bytes);
    case RPC_WIRE_BYTES:
        return take_varint(rest, &len) && take_bytes(rest, len, &field->bytes);
    }
    return false;
}

bool rpc_fields_next(struct rpc_fields *fields, struct rpc_field *ret)
{
    if (fields->bad || fields->rest.len == 0)
        return false;
    uint64_t key;
    struct rpc_field field = {0};
    fields->bad = true;
    if (!take_varint(&fields->rest, &key) || (key >> 3) == 0 || (key >> 3) > FIELD_NUMBER_MAX)
        return false;
    field.number = (uint32_t)(key >> 3);
    field.wire = (enum rpc_wire)(key & 7);
    if (!take_content(&fields->rest, &field))
        return false;
    fields->bad = false;
    *ret = field;
    return true;
}
