/* Filters compare text forms: ids and texts as they are, enums by name, numbers in decimal. */
#include "controlplane/api/filter.h"

#include <inttypes.h>
#include <stdio.h>

#define NUMBER_CAP 24

static const void *at(const struct field *f, const void *record)
{
    return (const char *)record + f->offset;
}

static bool number_equals(int64_t number, const char *value)
{
    char text[NUMBER_CAP];
    (void)snprintf(text, sizeof text, "%" PRId64, number);
    return strcmp(text, value) == 0;
}

static bool field_equals(const struct field *f, const void *record, const char *value)
{
    const void *p = at(f, record);
    switch (f->kind) {
    case FIELD_ID:
        return strcmp(((const struct id *)p)->text, value) == 0;
    case FIELD_TEXT:
        return strcmp(p, value) == 0;
    case FIELD_ENUM:
        return strcmp(enum_name(f->names, *(const int *)p), value) == 0;
    case FIELD_BOOL:
        return strcmp(*(const bool *)p ? "true" : "false", value) == 0;
    case FIELD_U32:
        return number_equals(*(const uint32_t *)p, value);
    case FIELD_INSTANT: /* as in the messages: 0 is never */
        return number_equals(*(const int64_t *)p == INSTANT_NEVER.s ? 0 : *(const int64_t *)p,
                             value);
    case FIELD_I64:
    case FIELD_WON:
    case FIELD_SHARE:
        return number_equals(*(const int64_t *)p, value);
    default:
        return false;
    }
}

static bool has_text_form(const struct field *f)
{
    return f->kind != FIELD_U64 && f->kind != FIELD_BYTES && f->kind != FIELD_RECORD &&
           f->kind != FIELD_LIST && f->kind != FIELD_ID_LIST;
}

int filter_add(struct filter_set *set, const struct record_type *type, const char *field,
               const char *value, struct err *err)
{
    const struct field *f = record_field(type, field);
    if (!f || !has_text_form(f))
        return err_set(err, ERR_INVALID, "filters: a %s can't be listed by \"%s\"", type->name,
                       field);
    if (set->n == FILTERS_MAX)
        return err_set(err, ERR_LIMIT, "filters: at most %d", FILTERS_MAX);
    set->items[set->n++] = (struct filter){.field = f, .value = value};
    return 0;
}

bool filter_matches(const struct filter_set *set, const void *record)
{
    for (size_t i = 0; i < set->n; i++) {
        if (!field_equals(set->items[i].field, record, set->items[i].value))
            return false;
    }
    return true;
}
