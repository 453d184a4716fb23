/*
 * Messages to JSON and back, by descriptor. Values sit in the message at the descriptor's offsets;
 * `size_of()` and the two switches below are all that knows their C types. No state.
 */
#include "lib/json/message.h"

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/base/base64.h"

#include <jansson.h>

#define DEPTH_MAX 32

#define U64_DIGITS_MAX 20

/* ---- places in a message ---- */

static void *value_place(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *fd)
{
    return (char *)m + fd->offset;
}

/* What protobuf-c keeps beside a value: the count of a repeated field, or the number of the oneof's
 * member that is set. */
static void *quantifier(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *fd)
{
    return (char *)m + fd->quantifier_offset;
}

static bool is_oneof(const ProtobufCFieldDescriptor *fd)
{
    return (fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

/* Fields that can be absent, which null stands for. protoc-c has no "optional" in proto3. */
static bool is_optional(const ProtobufCFieldDescriptor *fd)
{
    return is_oneof(fd) || fd->type == PROTOBUF_C_TYPE_MESSAGE;
}

static bool is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *fd)
{
    if (is_oneof(fd) && *(uint32_t *)quantifier(m, fd) != fd->id)
        return false;
    return fd->type != PROTOBUF_C_TYPE_MESSAGE || *(void **)value_place(m, fd) != NULL;
}

static size_t size_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    default:
        return sizeof(int32_t);
    }
}

/* ---- message to JSON ---- */

static json_t *checked(json_t *value)
{
    ENSURE(value);
    return value;
}

static json_t *text_to_json(const char *text)
{
    CLEANUP_BUF struct buf clean = {.data = NULL};
    const uint8_t *s = (const uint8_t *)(text ? text : "");
    size_t n = strlen((const char *)s);

    if (span_is_text(span_of(s, n)))
        return checked(json_stringn((const char *)s, n));
    buf_init(&clean, SIZE_MAX / 4);
    for (size_t at = 0, step; at < n; at += step) {
        step = utf8_character(s + at, n - at);
        if (step > 0)
            buf_append(&clean, s + at, step);
        else
            buf_append_text(&clean, "\xEF\xBF\xBD");
        step = step > 0 ? step : 1;
    }
    return checked(json_stringn(clean.data, clean.len));
}

static json_t *bytes_to_json(const ProtobufCBinaryData *bytes)
{
    CLEANUP_BUF struct buf text = {.data = NULL};

    buf_init(&text, SIZE_MAX / 4);
    base64_encode(span_of(bytes->data, bytes->len), &text);
    return checked(json_stringn(text.data, text.len));
}

static json_t *u64_to_json(uint64_t number)
{
    char text[U64_DIGITS_MAX + 1];

    if (number <= INT64_MAX)
        return checked(json_integer((json_int_t)number));
    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    return checked(json_string(text));
}

static json_t *enum_to_json(const ProtobufCEnumDescriptor *names, int number)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(names, number);

    return value ? checked(json_string(value->name)) : checked(json_integer(number));
}

static json_t *value_to_json(const ProtobufCFieldDescriptor *fd, const void *value)
{
    switch (fd->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return checked(json_integer(*(const int32_t *)value));
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return checked(json_integer(*(const uint32_t *)value));
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return checked(json_integer(*(const int64_t *)value));
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return u64_to_json(*(const uint64_t *)value);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)value);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_to_json(fd->descriptor, *(const int *)value);
    case PROTOBUF_C_TYPE_STRING:
        return text_to_json(*(char *const *)value);
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_to_json(value);
    case PROTOBUF_C_TYPE_MESSAGE:
        return message_to_json(*(ProtobufCMessage *const *)value);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    ENSURE(!"a type of field of the API");
    return NULL;
}

static json_t *list_to_json(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *fd)
{
    json_t *list = checked(json_array());
    const char *items = *(char **)value_place(m, fd);
    size_t n = *(size_t *)quantifier(m, fd);

    for (size_t i = 0; i < n; i++)
        ENSURE(json_array_append_new(list, value_to_json(fd, items + i * size_of(fd->type))) == 0);
    return list;
}

struct json_t *message_to_json(const ProtobufCMessage *message)
{
    json_t *object = checked(json_object());

    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *fd = &message->descriptor->fields[i];
        json_t *value;
        if (fd->label == PROTOBUF_C_LABEL_REPEATED)
            value = list_to_json(message, fd);
        else if (is_set(message, fd))
            value = value_to_json(fd, value_place(message, fd));
        else if (is_oneof(fd))
            continue;
        else
            value = json_null();
        ENSURE(json_object_set_new(object, fd->name, value) == 0);
    }
    return object;
}

static int dump_to_buf(const char *bytes, size_t n, void *out)
{
    buf_append(out, bytes, n);
    return 0;
}

void message_print(const ProtobufCMessage *message, bool indent, struct buf *out)
{
    CLEANUP_STRICT struct json_t *object = message_to_json(message);

    ENSURE(json_dump_callback(object, dump_to_buf, out, indent ? JSON_INDENT(2) : JSON_COMPACT) ==
           0);
}

/* ---- JSON to message ---- */

/* What does not change on the way down. */
struct reader {
    struct arena *arena;
    int depth;
};

static int out_of_memory(const struct strict *at, struct err *err)
{
    return strict_error(at, ERR_LIMIT, err, "too large to be read");
}

/* A number of the type's range, written as a number or as decimal text. */
static int read_signed(const struct strict *at, int64_t min, int64_t max, int64_t *ret,
                       struct err *err)
{
    struct span digits;

    if (!strict_is_text(at))
        return strict_int(at, min, max, ret, err);
    TRY(strict_text(at, &digits, err));
    if (text_to_i64(digits, "", min, max, ret, NULL) < 0)
        return strict_error(at, ERR_INVALID, err, "not a whole number from %lld to %lld",
                            (long long)min, (long long)max);
    return 0;
}

static bool parse_u64(struct span digits, uint64_t *ret)
{
    uint64_t value = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9' ||
            __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(digits.data[i] - '0'), &value))
            return false;
    }
    *ret = value;
    return digits.len > 0;
}

static int read_u64(const struct strict *at, uint64_t *ret, struct err *err)
{
    struct span digits;
    int64_t number;

    if (strict_is_text(at)) {
        TRY(strict_text(at, &digits, err));
        if (!parse_u64(digits, ret))
            return strict_error(at, ERR_INVALID, err, "not a whole number from 0 to %llu",
                                (unsigned long long)UINT64_MAX);
        return 0;
    }
    TRY(strict_int(at, 0, INT64_MAX, &number, err));
    *ret = (uint64_t)number;
    return 0;
}

static int read_i32(const struct strict *at, int32_t *ret, struct err *err)
{
    int64_t number;

    TRY(read_signed(at, INT32_MIN, INT32_MAX, &number, err));
    *ret = (int32_t)number;
    return 0;
}

static int read_u32(const struct strict *at, uint32_t *ret, struct err *err)
{
    int64_t number;

    TRY(read_signed(at, 0, UINT32_MAX, &number, err));
    *ret = (uint32_t)number;
    return 0;
}

static int read_bool(const struct strict *at, protobuf_c_boolean *ret, struct err *err)
{
    bool value;

    TRY(strict_bool(at, &value, err));
    *ret = value;
    return 0;
}

static int read_enum(const struct strict *at, const ProtobufCEnumDescriptor *names, int *ret,
                     struct err *err)
{
    struct span name;

    TRY(strict_text(at, &name, err));
    for (unsigned i = 0; i < names->n_values; i++) {
        if (span_equal(name, span_text(names->values[i].name))) {
            *ret = names->values[i].value;
            return 0;
        }
    }
    return strict_error(at, ERR_INVALID, err, "\"%.*s\" is no %s",
                        (int)(name.len < 64 ? name.len : 64), (const char *)name.data,
                        names->short_name);
}

static int read_string(struct reader *r, const struct strict *at, char **ret, struct err *err)
{
    struct span text;

    TRY(strict_text(at, &text, err));
    char *copy = arena_text(r->arena, text);
    if (!copy)
        return out_of_memory(at, err);
    *ret = copy;
    return 0;
}

static int read_bytes(struct reader *r, const struct strict *at, ProtobufCBinaryData *ret,
                      struct err *err)
{
    struct span text;
    size_t n;

    TRY(strict_text(at, &text, err));
    uint8_t *bytes = arena_alloc(r->arena, base64_decoded_max(text.len));
    if (!bytes)
        return out_of_memory(at, err);
    if (!base64_decode(text, bytes, &n))
        return strict_error(at, ERR_INVALID, err, "not base64");
    *ret = (ProtobufCBinaryData){.len = n, .data = bytes};
    return 0;
}

static int read_message(struct reader *r, const struct strict *at,
                        const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret,
                        struct err *err);

static int read_value(struct reader *r, const struct strict *at, const ProtobufCFieldDescriptor *fd,
                      void *dst, struct err *err)
{
    switch (fd->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return read_i32(at, dst, err);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return read_u32(at, dst, err);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_signed(at, INT64_MIN, INT64_MAX, dst, err);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_u64(at, dst, err);
    case PROTOBUF_C_TYPE_BOOL:
        return read_bool(at, dst, err);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(at, fd->descriptor, dst, err);
    case PROTOBUF_C_TYPE_STRING:
        return read_string(r, at, dst, err);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(r, at, dst, err);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(r, at, fd->descriptor, dst, err);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        break;
    }
    ENSURE(!"a type of field of the API");
    return 0;
}

static int read_list(struct reader *r, const struct strict *at, const ProtobufCFieldDescriptor *fd,
                     ProtobufCMessage *m, struct err *err)
{
    size_t n;

    TRY(strict_list(at, &n, err));
    if (n == 0)
        return 0;
    char *items = arena_array(r->arena, n, size_of(fd->type));
    if (!items)
        return out_of_memory(at, err);
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(at, i);
        TRY(read_value(r, &item, fd, items + i * size_of(fd->type), err));
    }
    *(char **)value_place(m, fd) = items;
    *(size_t *)quantifier(m, fd) = n;
    return 0;
}

static int read_field(struct reader *r, const struct strict *at, const ProtobufCFieldDescriptor *fd,
                      ProtobufCMessage *m, struct err *err)
{
    if (fd->label == PROTOBUF_C_LABEL_REPEATED)
        return read_list(r, at, fd, m, err);
    if (is_optional(fd) && json_is_null(at->value))
        return 0;
    if (is_oneof(fd)) {
        uint32_t *set = quantifier(m, fd);
        if (*set != 0)
            return strict_error(at, ERR_INVALID, err, "only one of it and %s may be given",
                                protobuf_c_message_descriptor_get_field(m->descriptor, *set)->name);
        *set = fd->id;
    }
    return read_value(r, at, fd, value_place(m, fd), err);
}

static int read_members(struct reader *r, const struct strict *at, ProtobufCMessage *m,
                        struct err *err)
{
    struct strict member = {.value = NULL};

    while (strict_next(at, &member)) {
        const ProtobufCFieldDescriptor *fd =
            protobuf_c_message_descriptor_get_field_by_name(m->descriptor, member.name);
        if (!fd)
            return strict_error(&member, ERR_INVALID, err, "%s has no such field",
                                m->descriptor->short_name);
        TRY(read_field(r, &member, fd, m, err));
    }
    return 0;
}

static int read_message(struct reader *r, const struct strict *at,
                        const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret,
                        struct err *err)
{
    if (!strict_is_object(at))
        return strict_error(at, ERR_INVALID, err, "expected an object, found %s", strict_kind(at));
    if (r->depth == DEPTH_MAX)
        return strict_error(at, ERR_LIMIT, err, "nested deeper than %d", DEPTH_MAX);
    ProtobufCMessage *m = arena_alloc(r->arena, descriptor->sizeof_message);
    if (!m)
        return out_of_memory(at, err);
    protobuf_c_message_init(descriptor, m);
    r->depth++;
    int rc = read_members(r, at, m, err);
    r->depth--;
    if (rc == 0)
        *ret = m;
    return rc;
}

int message_from_json(const struct strict *at, const ProtobufCMessageDescriptor *descriptor,
                      struct arena *arena, ProtobufCMessage **ret, struct err *err)
{
    struct reader r = {.arena = arena};

    return read_message(&r, at, descriptor, ret, err);
}
