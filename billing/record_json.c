/* Writes any record; the fields are put in order as they are written. Pure. */
#include "billing/record_json.h"

#include "lib/base/err.h"
#include "lib/base/text.h"

/* The field whose name follows `after` (NULL: the first), or NULL. */
static const struct field *next_field(const struct record_type *type, const char *after)
{
    const struct field *next = NULL;
    for (const struct field *f = type->fields; f->name; f++) {
        if (after != NULL && strcmp(f->name, after) <= 0)
            continue;
        if (next == NULL || strcmp(f->name, next->name) < 0)
            next = f;
    }
    return next;
}

static void put_instant(struct canonical *c, const char *name, struct instant t)
{
    char text[INSTANT_TEXT_CAP];
    canonical_text(c, name, t.s == INSTANT_NEVER.s ? "" : instant_format(t, text));
}

static void put_bytes(struct canonical *c, const char *name, const struct blob *blob)
{
    char text[2 * BLOB_CAP + 1];
    text_hex(text, blob->data, blob->len);
    canonical_text(c, name, text);
}

static void put_list(struct canonical *c, const struct field *f, const struct list *list)
{
    size_t size = f->kind == FIELD_ID_LIST ? sizeof(struct id) : f->type->size;
    canonical_begin(c, f->name, '[');
    for (size_t i = 0; i < list->n; i++) {
        const char *item = (const char *)list->items + i * size;
        if (f->kind == FIELD_ID_LIST)
            canonical_text(c, NULL, ((const struct id *)(const void *)item)->text);
        else
            record_json(c, NULL, f->type, item);
    }
    canonical_end(c, ']');
}

static void put_field(struct canonical *c, const struct field *f, const void *at)
{
    switch (f->kind) {
    case FIELD_BOOL:
        return canonical_int(c, f->name, *(const bool *)at);
    case FIELD_U32:
        return canonical_int(c, f->name, *(const uint32_t *)at);
    case FIELD_U64:
    case FIELD_I64:
    case FIELD_WON:
    case FIELD_SHARE:
        return canonical_int(c, f->name, *(const int64_t *)at);
    case FIELD_ENUM:
        return canonical_text(c, f->name, enum_name(f->names, *(const int *)at));
    case FIELD_ID:
        return canonical_text(c, f->name, ((const struct id *)at)->text);
    case FIELD_TEXT:
        return canonical_text(c, f->name, at);
    case FIELD_BYTES:
        return put_bytes(c, f->name, at);
    case FIELD_INSTANT:
        return put_instant(c, f->name, *(const struct instant *)at);
    case FIELD_RECORD:
        return record_json(c, f->name, f->type, at);
    case FIELD_LIST:
    case FIELD_ID_LIST:
        return put_list(c, f, at);
    case FIELD_KIND_COUNT:
        break;
    }
    ENSURE(!"a kind of field");
}

void record_json(struct canonical *c, const char *name, const struct record_type *type,
                 const void *record)
{
    canonical_begin(c, name, '{');
    for (const struct field *f = next_field(type, NULL); f != NULL; f = next_field(type, f->name))
        put_field(c, f, (const char *)record + f->offset);
    canonical_end(c, '}');
}
