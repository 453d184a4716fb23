/*
 * Records to and from messages. Outward nothing can fail but the arena; inward everything is
 * checked, and the way to a refused field is kept as a chain of stack frames that becomes text only
 * when there is something to refuse. No state.
 */
#include "lib/wire/wire.h"

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/wire/allocator.h"
#include "lib/wire/shape.h"

#include <stdarg.h>
#include <stdlib.h>

#define PATH_MAX_BYTES 160

/* Unpacked messages are larger than their bytes: pointers, counts, structs of empty messages. */
#define UNPACKED_MAX ((size_t)32 * LIMIT_VALUE_BYTES)

/* ---- record to message ---- */

static bool fill_message(const struct record_type *type, const void *record, ProtobufCMessage *m,
                         struct arena *arena);

static ProtobufCMessage *new_message(const ProtobufCMessageDescriptor *descriptor,
                                     struct arena *arena)
{
    ProtobufCMessage *m = arena_alloc(arena, descriptor->sizeof_message);

    if (m)
        protobuf_c_message_init(descriptor, m);
    return m;
}

/* Empty texts stay protobuf-c's own empty string. */
static bool put_text(struct span text, char **dst, struct arena *arena)
{
    if (text.len > 0)
        *dst = arena_text(arena, text);
    return *dst != NULL;
}

static bool put_enum(const struct enum_names *names, int value, char **dst, struct arena *arena)
{
    ENSURE(value >= 0 && value < names->count);
    return put_text(span_text(enum_name(names, value)), dst, arena);
}

static bool put_bytes(const struct blob *blob, ProtobufCBinaryData *dst, struct arena *arena)
{
    ENSURE(blob->len <= BLOB_CAP);
    if (blob->len == 0)
        return true;
    dst->len = blob->len;
    dst->data = arena_alloc(arena, blob->len);
    if (dst->data)
        memcpy(dst->data, blob->data, blob->len);
    return dst->data != NULL;
}

static bool put_list(const struct field *f, const struct list *list,
                     const ProtobufCFieldDescriptor *fd, ProtobufCMessage *m, struct arena *arena)
{
    if (list->n == 0)
        return true;
    void **items = arena_array(arena, list->n, sizeof(*items));
    if (!items)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        if (f->kind == FIELD_ID_LIST) {
            char *text = arena_text(arena, span_text(LIST_AT(struct id, list, i)->text));
            items[i] = text;
        } else {
            items[i] = wire_message_from_record(
                f->type, (const char *)list->items + i * f->type->size, shape_inner(fd), arena);
        }
        if (!items[i])
            return false;
    }
    *(void ***)shape_value(m, fd) = items;
    *shape_count(m, fd) = list->n;
    return true;
}

static bool put_record(const struct field *f, const void *record,
                       const ProtobufCFieldDescriptor *fd, ProtobufCMessage *m, struct arena *arena)
{
    ProtobufCMessage *inner = wire_message_from_record(f->type, record, shape_inner(fd), arena);

    *(ProtobufCMessage **)shape_value(m, fd) = inner;
    return inner != NULL;
}

static int64_t instant_to_wire(struct instant t)
{
    return t.s == INSTANT_NEVER.s ? 0 : t.s;
}

static bool put_field(const struct field *f, const void *value, const ProtobufCFieldDescriptor *fd,
                      ProtobufCMessage *m, struct arena *arena)
{
    void *dst = shape_value(m, fd);

    switch (f->kind) {
    case FIELD_BOOL:
        *(protobuf_c_boolean *)dst = *(const bool *)value;
        return true;
    case FIELD_U32:
        *(uint32_t *)dst = *(const uint32_t *)value;
        return true;
    case FIELD_U64:
        *(uint64_t *)dst = *(const uint64_t *)value;
        return true;
    case FIELD_I64:
        *(int64_t *)dst = *(const int64_t *)value;
        return true;
    case FIELD_INSTANT:
        *(int64_t *)dst = instant_to_wire(*(const struct instant *)value);
        return true;
    case FIELD_WON:
        *(int64_t *)dst = ((const struct won *)value)->krw;
        return true;
    case FIELD_SHARE:
        *(int64_t *)dst = ((const struct share *)value)->units;
        return true;
    case FIELD_ENUM:
        return put_enum(f->names, *(const int *)value, dst, arena);
    case FIELD_ID:
    case FIELD_TEXT:
        return put_text(span_of(value, strnlen(value, f->size)), dst, arena);
    case FIELD_BYTES:
        return put_bytes(value, dst, arena);
    case FIELD_RECORD:
        return put_record(f, value, fd, m, arena);
    case FIELD_LIST:
    case FIELD_ID_LIST:
        return put_list(f, value, fd, m, arena);
    case FIELD_KIND_COUNT:
        break;
    }
    ENSURE(!"a kind of field");
    return false;
}

static bool fill_message(const struct record_type *type, const void *record, ProtobufCMessage *m,
                         struct arena *arena)
{
    for (const struct field *f = type->fields; f->name; f++)
        if (!put_field(f, (const char *)record + f->offset, shape_counterpart(f, m->descriptor), m,
                       arena))
            return false;
    return true;
}

ProtobufCMessage *wire_message_from_record(const struct record_type *type, const void *record,
                                           const ProtobufCMessageDescriptor *descriptor,
                                           struct arena *arena)
{
    ProtobufCMessage *m = new_message(descriptor, arena);

    return m && fill_message(type, record, m, arena) ? m : NULL;
}

/* ---- message to record ---- */

/* The way to a field. */
struct path {
    const struct path *parent;
    const char *name;
    size_t index;
    bool is_item; /* item `index` of the list that the parent names */
};

/* Appends "members[2].organisation"; what does not fit is left out. */
static void append_path(const struct path *p, struct buf *out)
{
    if (p->parent)
        append_path(p->parent, out);
    if (p->is_item)
        buf_printf(out, "[%zu]", p->index);
    else
        buf_printf(out, "%s%s", out->len > 0 ? "." : "", p->name);
}

static const char *path_text(const struct path *p, char dst[PATH_MAX_BYTES])
{
    CLEANUP_BUF struct buf b = {.data = NULL};

    buf_init(&b, PATH_MAX_BYTES - 1);
    append_path(p, &b);
    memcpy(dst, b.data, b.len + 1);
    return dst;
}

static int fill_record(const struct path *at, const struct record_type *type,
                       const ProtobufCMessage *m, void *record, struct err *err);

/* What an absent message stands for: zeros, and instants that are never. */
static void set_empty(const struct record_type *type, void *record)
{
    memset(record, 0, type->size);
    for (const struct field *f = type->fields; f->name; f++) {
        void *value = (char *)record + f->offset;
        if (f->kind == FIELD_INSTANT)
            *(struct instant *)value = INSTANT_NEVER;
        if (f->kind == FIELD_RECORD)
            set_empty(f->type, value);
    }
}

static int take_id(const struct path *at, const char *text, struct id *ret, struct err *err)
{
    char where[PATH_MAX_BYTES];

    if (text[0] == '\0' || id_parse(span_text(text), "", ret, NULL) == 0)
        return 0;
    return id_parse(span_text(text), path_text(at, where), ret, err);
}

static int take_text(const struct path *at, const struct field *f, const char *text, char *dst,
                     struct err *err)
{
    char where[PATH_MAX_BYTES];

    if (text_set(dst, f->size, span_text(text), "", NULL) == 0)
        return 0;
    return text_set(dst, f->size, span_text(text), path_text(at, where), err);
}

static int take_enum(const struct path *at, const struct field *f, const char *text, int *ret,
                     struct err *err)
{
    char where[PATH_MAX_BYTES];

    if (text[0] == '\0' || enum_parse(f->names, span_text(text), "", ret, NULL) == 0)
        return 0;
    return enum_parse(f->names, span_text(text), path_text(at, where), ret, err);
}

static int take_bytes(const struct path *at, const ProtobufCBinaryData *bytes, struct blob *ret,
                      struct err *err)
{
    char where[PATH_MAX_BYTES];

    if (bytes->len > BLOB_CAP)
        return err_set(err, ERR_INVALID, "%s is %zu bytes long, at most %d are allowed",
                       path_text(at, where), bytes->len, BLOB_CAP);
    ret->len = (uint32_t)bytes->len;
    if (bytes->len > 0)
        memcpy(ret->data, bytes->data, bytes->len);
    return 0;
}

static int take_instant(const struct path *at, int64_t s, struct instant *ret, struct err *err)
{
    char where[PATH_MAX_BYTES];

    if (s < INSTANT_MIN_S || s > INSTANT_MAX_S)
        return err_set(err, ERR_INVALID, "%s is %lld, no instant of the years 1970 to 9999",
                       path_text(at, where), (long long)s);
    *ret = s == 0 ? INSTANT_NEVER : (struct instant){s};
    return 0;
}

static int take_list(const struct path *at, const struct field *f, void *const *items, size_t n,
                     struct list *ret, struct err *err)
{
    char where[PATH_MAX_BYTES];

    if (n > LIMIT_LIST_ITEMS)
        return err_set(err, ERR_LIMIT, "%s has %zu entries, at most %d are allowed",
                       path_text(at, where), n, LIMIT_LIST_ITEMS);
    for (size_t i = 0; i < n; i++) {
        struct path item = {.parent = at, .index = i, .is_item = true};
        if (f->kind == FIELD_ID_LIST) {
            TRY(take_id(&item, items[i], record_list_add(ret, sizeof(struct id)), err));
            continue;
        }
        void *record = record_list_add(ret, f->type->size);
        TRY(fill_record(&item, f->type, items[i], record, err));
    }
    return 0;
}

static int take_field(const struct path *at, const struct field *f, const ProtobufCMessage *m,
                      void *dst, struct err *err)
{
    const ProtobufCFieldDescriptor *fd = shape_counterpart(f, m->descriptor);
    const void *value = shape_value(m, fd);

    switch (f->kind) {
    case FIELD_BOOL:
        *(bool *)dst = *(const protobuf_c_boolean *)value != 0;
        return 0;
    case FIELD_U32:
        *(uint32_t *)dst = *(const uint32_t *)value;
        return 0;
    case FIELD_U64:
        *(uint64_t *)dst = *(const uint64_t *)value;
        return 0;
    case FIELD_I64:
        *(int64_t *)dst = *(const int64_t *)value;
        return 0;
    case FIELD_WON:
        ((struct won *)dst)->krw = *(const int64_t *)value;
        return 0;
    case FIELD_SHARE:
        ((struct share *)dst)->units = *(const int64_t *)value;
        return 0;
    case FIELD_INSTANT:
        return take_instant(at, *(const int64_t *)value, dst, err);
    case FIELD_ENUM:
        return take_enum(at, f, *(char *const *)value, dst, err);
    case FIELD_ID:
        return take_id(at, *(char *const *)value, dst, err);
    case FIELD_TEXT:
        return take_text(at, f, *(char *const *)value, dst, err);
    case FIELD_BYTES:
        return take_bytes(at, value, dst, err);
    case FIELD_RECORD:
        return fill_record(at, f->type, *(ProtobufCMessage *const *)value, dst, err);
    case FIELD_LIST:
    case FIELD_ID_LIST:
        return take_list(at, f, *(void *const *const *)value, *shape_count(m, fd), dst, err);
    case FIELD_KIND_COUNT:
        break;
    }
    ENSURE(!"a kind of field");
    return 0;
}

/* Overwrites the record with the message, or with an empty one for NULL. What a failure leaves in
 * it is fit for record_fini(). */
static int fill_record(const struct path *at, const struct record_type *type,
                       const ProtobufCMessage *m, void *record, struct err *err)
{
    set_empty(type, record);
    if (!m)
        return 0;
    for (const struct field *f = type->fields; f->name; f++) {
        struct path here = {.parent = at, .name = f->name};
        TRY(take_field(&here, f, m, (char *)record + f->offset, err));
    }
    return 0;
}

int wire_record_from_message(const struct record_type *type, const ProtobufCMessage *message,
                             void *ret_record, struct err *err)
{
    void *record = malloc(type->size);

    ENSURE(record);
    int rc = fill_record(NULL, type, message, record, err);
    if (rc < 0)
        record_fini(type, record);
    else
        memcpy(ret_record, record, type->size);
    free(record);
    return rc;
}

/* ---- unknown fields ---- */

static int refuse_unknown(const struct path *at, const ProtobufCMessage *m, struct err *err);

static int refuse_in_field(const struct path *at, const ProtobufCMessage *m,
                           const ProtobufCFieldDescriptor *fd, struct err *err)
{
    struct path here = {.parent = at, .name = fd->name};
    bool unset = (fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
                 *(const uint32_t *)shape_count(m, fd) != fd->id;

    if (fd->type != PROTOBUF_C_TYPE_MESSAGE || unset)
        return 0;
    if (fd->label != PROTOBUF_C_LABEL_REPEATED)
        return refuse_unknown(&here, *(ProtobufCMessage *const *)shape_value(m, fd), err);
    ProtobufCMessage *const *items = *(ProtobufCMessage *const *const *)shape_value(m, fd);
    for (size_t i = 0; i < *shape_count(m, fd); i++) {
        struct path item = {.parent = &here, .index = i, .is_item = true};
        TRY(refuse_unknown(&item, items[i], err));
    }
    return 0;
}

static int refuse_unknown(const struct path *at, const ProtobufCMessage *m, struct err *err)
{
    char where[PATH_MAX_BYTES] = "the message";

    if (!m)
        return 0;
    if (m->n_unknown_fields > 0)
        return err_set(err, ERR_INVALID, "%s has a field number %u that %s does not know",
                       at ? path_text(at, where) : where, m->unknown_fields[0].tag,
                       m->descriptor->short_name);
    for (unsigned i = 0; i < m->descriptor->n_fields; i++)
        TRY(refuse_in_field(at, m, &m->descriptor->fields[i], err));
    return 0;
}

int wire_refuse_unknown(const ProtobufCMessage *message, struct err *err)
{
    return refuse_unknown(NULL, message, err);
}

/* ---- storage ---- */

/* protobuf-c's way to write bytes, into a buf. */
struct buf_writer {
    ProtobufCBuffer base; /* first: protobuf-c hands back this address */
    struct buf *out;
};

static void append_to_buf(ProtobufCBuffer *base, size_t len, const uint8_t *data)
{
    buf_append(((struct buf_writer *)base)->out, data, len);
}

void wire_encode(const struct record_type *type, const void *record,
                 const ProtobufCMessageDescriptor *descriptor, struct buf *out)
{
    CLEANUP_ARENA struct arena *arena = arena_create(UNPACKED_MAX);
    struct buf_writer writer = {.base = {.append = append_to_buf}, .out = out};
    ProtobufCMessage *m = wire_message_from_record(type, record, descriptor, arena);

    if (!m || protobuf_c_message_get_packed_size(m) > out->max - out->len)
        out->full = true;
    else
        protobuf_c_message_pack_to_buffer(m, &writer.base);
}

/* The bytes unpacked, if packing them again gives the same bytes; otherwise NULL. */
static ProtobufCMessage *
unpack_exactly(struct span bytes, const ProtobufCMessageDescriptor *descriptor, struct arena *arena)
{
    ProtobufCAllocator allocator = allocator_of_arena(arena);
    ProtobufCMessage *m = protobuf_c_message_unpack(descriptor, &allocator, bytes.len, bytes.data);

    if (!m || protobuf_c_message_get_packed_size(m) != bytes.len)
        return NULL;
    uint8_t *again = arena_alloc(arena, bytes.len);
    if (!again)
        return NULL;
    protobuf_c_message_pack(m, again);
    return span_equal(bytes, span_of(again, bytes.len)) ? m : NULL;
}

int wire_decode(const struct record_type *type, struct span bytes,
                const ProtobufCMessageDescriptor *descriptor, void *ret_record, struct err *err)
{
    struct err why = ERR_INIT;

    if (bytes.len > LIMIT_VALUE_BYTES)
        return err_set(err, ERR_CORRUPT, "a stored %s of %zu bytes", type->name, bytes.len);
    CLEANUP_ARENA struct arena *arena = arena_create(UNPACKED_MAX);
    ProtobufCMessage *m = unpack_exactly(bytes, descriptor, arena);
    if (!m)
        return err_set(err, ERR_CORRUPT, "%zu stored bytes are not a %s as it is written",
                       bytes.len, type->name);
    if (wire_refuse_unknown(m, &why) < 0 || wire_record_from_message(type, m, ret_record, &why) < 0)
        return err_set(err, ERR_CORRUPT, "stored %s: %s", type->name, why.text);
    return 0;
}

int wire_check(const struct record_type *type, const ProtobufCMessageDescriptor *descriptor,
               struct err *err)
{
    return shape_check(type, descriptor, err);
}
