/* One function a kind of field. Pure. */
#include "lib/json/record_strict.h"

#include "lib/base/text.h"
#include "lib/json/strict_value.h"

#define FIELDS_MAX 48

static int read_record(const struct strict *at, const struct record_type *type, void *dst,
                       struct err *err);

static int refuse(const struct strict *at, const struct err *why, struct err *err)
{
    return strict_error(at, why->code, err, "%s", why->text);
}

static int read_integer(const struct strict *at, const struct field *f, void *dst, struct err *err)
{
    int64_t value, least = f->kind == FIELD_U32 || f->kind == FIELD_U64 ? 0 : INT64_MIN;
    TRY(strict_int(at, least, f->kind == FIELD_U32 ? UINT32_MAX : INT64_MAX, &value, err));
    if (f->kind == FIELD_U32)
        *(uint32_t *)dst = (uint32_t)value;
    else
        memcpy(dst, &value, sizeof value); /* int64_t, uint64_t, struct won, struct share */
    return 0;
}

static int read_id(const struct strict *at, struct id *dst, struct err *err)
{
    struct span text;
    struct err why = ERR_INIT;
    TRY(strict_text(at, &text, err));
    if (text.len == 0) {
        *dst = ID_NONE;
        return 0;
    }
    return id_parse(text, "name", dst, &why) < 0 ? refuse(at, &why, err) : 0;
}

/* What parses a text, other than an id. */
static int read_text(const struct strict *at, const struct field *f, void *dst, struct err *err)
{
    struct span text;
    struct err why = ERR_INIT;
    int value, rc;
    TRY(strict_text(at, &text, err));
    switch (f->kind) {
    case FIELD_ENUM:
        rc = enum_parse(f->names, text, f->name, &value, &why);
        if (rc == 0)
            *(int *)dst = value;
        break;
    case FIELD_INSTANT:
        *(struct instant *)dst = INSTANT_NEVER;
        rc = text.len == 0 ? 0 : instant_parse(text, dst, &why);
        break;
    case FIELD_BYTES:
        rc = text.len / 2 > BLOB_CAP
                 ? err_set(&why, ERR_LIMIT, "more than %d bytes", BLOB_CAP)
                 : text_unhex(text, ((struct blob *)dst)->data, text.len / 2, &why);
        ((struct blob *)dst)->len = rc == 0 ? (uint32_t)(text.len / 2) : 0;
        break;
    default:
        rc = text_set(dst, f->size, text, f->name, &why);
    }
    return rc < 0 ? refuse(at, &why, err) : 0;
}

static int read_list(const struct strict *at, const struct field *f, struct list *ret,
                     struct err *err)
{
    size_t n;
    TRY(strict_long_list(at, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(at, i);
        if (f->kind == FIELD_ID_LIST)
            TRY(read_id(&item, record_list_add(ret, sizeof(struct id)), err));
        else
            TRY(read_record(&item, f->type, record_list_add(ret, f->type->size), err));
    }
    return 0;
}

static int read_bool(const struct strict *at, bool *dst, struct err *err)
{
    int64_t value;
    TRY(strict_int(at, 0, 1, &value, err));
    *dst = value != 0;
    return 0;
}

static int read_field(const struct strict *at, const struct field *f, void *dst, struct err *err)
{
    switch (f->kind) {
    case FIELD_BOOL:
        return read_bool(at, dst, err);
    case FIELD_ID:
        return read_id(at, dst, err);
    case FIELD_TEXT:
    case FIELD_ENUM:
    case FIELD_INSTANT:
    case FIELD_BYTES:
        return read_text(at, f, dst, err);
    case FIELD_RECORD:
        return read_record(at, f->type, dst, err);
    case FIELD_LIST:
    case FIELD_ID_LIST:
        return read_list(at, f, dst, err);
    default:
        return read_integer(at, f, dst, err);
    }
}

static int read_record(const struct strict *at, const struct record_type *type, void *dst,
                       struct err *err)
{
    const char *known[FIELDS_MAX + 1];
    size_t n = 0;
    for (const struct field *f = type->fields; f->name; f++) {
        ENSURE(n < FIELDS_MAX);
        known[n++] = f->name;
    }
    known[n] = NULL;
    TRY(strict_object(at, known, err));
    for (const struct field *f = type->fields; f->name; f++) {
        struct strict member;
        TRY(strict_member(at, f->name, &member, err));
        TRY(read_field(&member, f, (char *)dst + f->offset, err));
    }
    return 0;
}

int record_strict_read(const struct strict *at, const struct record_type *type, void *ret_record,
                       struct err *err)
{
    memset(ret_record, 0, type->size);
    int rc = read_record(at, type, ret_record, err);
    if (rc < 0)
        record_fini(type, ret_record);
    return rc;
}
