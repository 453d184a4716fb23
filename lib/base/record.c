/*
 * Records by table. One row a kind says what a kind's plain values look like; what owns memory
 * (records in records, lists) is walked by the functions below. No state.
 *
 * A list has no stored capacity: it holds capacity_of(n) items, the next power of two. Only
 * record_list_add() and record_copy() allocate lists, so the rule holds everywhere.
 */
#include "lib/base/record.h"

#include <stdlib.h>

const char *enum_name(const struct enum_names *names, int value)
{
    return value >= 0 && value < names->count ? names->names[value] : "?";
}

/* The names as "a, b, c", cut where dst ends. */
static const char *join_names(const struct enum_names *names, char *dst, size_t cap)
{
    size_t at = 0;

    dst[0] = '\0';
    for (int i = 0; i < names->count; i++) {
        size_t len = strlen(names->names[i]);
        if (at + len + 3 > cap)
            break;
        if (at > 0) {
            memcpy(dst + at, ", ", 2);
            at += 2;
        }
        memcpy(dst + at, names->names[i], len + 1);
        at += len;
    }
    return dst;
}

int enum_parse(const struct enum_names *names, struct span text, const char *what, int *ret,
               struct err *err)
{
    char known[ERR_TEXT_MAX / 2];

    for (int i = 0; i < names->count; i++) {
        if (span_equal(text, span_text(names->names[i]))) {
            *ret = i;
            return 0;
        }
    }
    return err_set(
        err, ERR_INVALID, "%s \"%.*s\" is none of: %s", what, (int)(text.len < 64 ? text.len : 64),
        text.len > 0 ? (const char *)text.data : "", join_names(names, known, sizeof(known)));
}

static size_t capacity_of(size_t n)
{
    size_t capacity = 1;

    if (n == 0)
        return 0;
    while (capacity < n)
        capacity *= 2;
    return capacity;
}

void *record_list_add(struct list *list, size_t item_size)
{
    ENSURE(item_size > 0 && list->n < SIZE_MAX / item_size / 4);
    if (capacity_of(list->n + 1) != capacity_of(list->n)) {
        void *grown = realloc(list->items, capacity_of(list->n + 1) * item_size);
        ENSURE(grown);
        list->items = grown;
    }
    void *item = (char *)list->items + list->n * item_size;
    memset(item, 0, item_size);
    list->n++;
    return item;
}

static bool is_list(const struct field *f)
{
    return f->kind == FIELD_LIST || f->kind == FIELD_ID_LIST;
}

static size_t item_size_of(const struct field *f)
{
    return f->kind == FIELD_LIST ? f->type->size : sizeof(struct id);
}

/* Replaces what a shallow copy of the record shares with its original by copies. */
static void unshare(const struct record_type *t, void *record)
{
    for (const struct field *f = t->fields; f->name; f++) {
        void *value = (char *)record + f->offset;
        if (f->kind == FIELD_RECORD)
            unshare(f->type, value);
        if (!is_list(f))
            continue;
        struct list *list = value;
        size_t size = item_size_of(f);
        const void *items = list->items;
        list->items = NULL;
        if (list->n == 0)
            continue;
        list->items = malloc(capacity_of(list->n) * size);
        ENSURE(list->items);
        memcpy(list->items, items, list->n * size);
        for (size_t i = 0; f->kind == FIELD_LIST && i < list->n; i++)
            unshare(f->type, (char *)list->items + i * size);
    }
}

void record_copy(const struct record_type *t, void *dst, const void *src)
{
    memmove(dst, src, t->size);
    if (dst != src)
        unshare(t, dst);
}

void *record_clone(const struct record_type *t, const void *src)
{
    void *copy = malloc(t->size);

    ENSURE(copy);
    record_copy(t, copy, src);
    return copy;
}

void record_fini(const struct record_type *t, void *record)
{
    for (const struct field *f = t->fields; f->name; f++) {
        void *value = (char *)record + f->offset;
        if (f->kind == FIELD_RECORD)
            record_fini(f->type, value);
        if (!is_list(f))
            continue;
        struct list *list = value;
        for (size_t i = 0; f->kind == FIELD_LIST && i < list->n; i++)
            record_fini(f->type, (char *)list->items + i * f->type->size);
        free(list->items);
    }
    memset(record, 0, t->size);
}

void record_destroy(const struct record_type *t, void *record)
{
    if (!record)
        return;
    record_fini(t, record);
    free(record);
}

static bool blob_equal(const struct blob *a, const struct blob *b)
{
    ENSURE(a->len <= BLOB_CAP && b->len <= BLOB_CAP);
    return span_equal(span_of(a->data, a->len), span_of(b->data, b->len));
}

static bool list_equal(const struct field *f, const struct list *a, const struct list *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const void *x = (const char *)a->items + i * item_size_of(f);
        const void *y = (const char *)b->items + i * item_size_of(f);
        if (f->kind == FIELD_LIST ? !record_equal(f->type, x, y) : !id_equal(x, y))
            return false;
    }
    return true;
}

static bool value_equal(const struct field *f, const void *a, const void *b)
{
    switch (f->kind) {
    case FIELD_ID:
    case FIELD_TEXT:
        return strncmp(a, b, f->size) == 0;
    case FIELD_BYTES:
        return blob_equal(a, b);
    case FIELD_RECORD:
        return record_equal(f->type, a, b);
    case FIELD_LIST:
    case FIELD_ID_LIST:
        return list_equal(f, a, b);
    default:
        return memcmp(a, b, f->size) == 0;
    }
}

bool record_equal(const struct record_type *t, const void *a, const void *b)
{
    for (const struct field *f = t->fields; f->name; f++)
        if (!value_equal(f, (const char *)a + f->offset, (const char *)b + f->offset))
            return false;
    return true;
}

const struct field *record_field(const struct record_type *t, const char *name)
{
    for (const struct field *f = t->fields; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

size_t record_heap_bytes(const struct record_type *t, const void *record)
{
    size_t bytes = 0;

    for (const struct field *f = t->fields; f->name; f++) {
        const void *value = (const char *)record + f->offset;
        if (f->kind == FIELD_RECORD)
            bytes += record_heap_bytes(f->type, value);
        if (!is_list(f))
            continue;
        const struct list *list = value;
        bytes += capacity_of(list->n) * item_size_of(f);
        for (size_t i = 0; f->kind == FIELD_LIST && i < list->n; i++)
            bytes += record_heap_bytes(f->type, (const char *)list->items + i * f->type->size);
    }
    return bytes;
}
