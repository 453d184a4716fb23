/* One function a kind of field, and the list of members that a record may have. Pure. */
#include "controlplane/sim/record_reader.h"

#include "lib/base/text.h"
#include "lib/json/strict_value.h"

#include <stdio.h>

#define FIELDS_MAX    40
#define NAME_MAX_SIZE 48

/* One record being read. */
struct reader {
    const struct record_reading *how;
    const struct strict *at; /* its object */
    struct err *err;
};

/* ---- Names ----------------------------------------------------------------------------------- */

/* "lend_limit_units" -> "lend_limit_gpus"; false when the name does not end so. */
static bool name_in_gpus(const struct field *f, char dst[NAME_MAX_SIZE])
{
    static const char units[] = "units";
    size_t len = strlen(f->name), tail = sizeof units - 1;
    if (f->kind != FIELD_SHARE || len < tail || strcmp(f->name + len - tail, units) != 0)
        return false;
    int n = snprintf(dst, NAME_MAX_SIZE, "%.*sgpus", (int)(len - tail), f->name);
    ENSURE(n > 0 && n < NAME_MAX_SIZE);
    return true;
}

static bool is_omitted(const struct reader *r, const struct field *f)
{
    return r->how->omit && strcmp(r->how->omit, f->name) == 0;
}

static int check_members(const struct reader *r, const struct record_type *type)
{
    const char *known[2 * FIELDS_MAX + 2];
    char in_gpus[FIELDS_MAX][NAME_MAX_SIZE];
    size_t n = 0, n_gpus = 0;
    if (r->how->other)
        known[n++] = r->how->other;
    for (const struct field *f = type->fields; f->name; f++) {
        ENSURE(f - type->fields < FIELDS_MAX);
        if (is_omitted(r, f))
            continue;
        known[n++] = f->name;
        if (name_in_gpus(f, in_gpus[n_gpus]))
            known[n++] = in_gpus[n_gpus++];
    }
    known[n] = NULL;
    return strict_object(r->at, known, r->err);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static int refuse(const struct reader *r, const struct strict *at, const struct err *why)
{
    return strict_error(at, why->code, r->err, "%s", why->text);
}

static int read_id(const struct reader *r, const struct strict *at, struct id *ret)
{
    struct span text;
    struct err why = ERR_INIT;
    TRY(strict_text(at, &text, r->err));
    bool reference = text.len > 0 && text.data[0] == '$';
    int rc;
    if (reference && r->how->resolve)
        rc = r->how->resolve(span_of(text.data + 1, text.len - 1), r->how->arg, ret, &why);
    else
        rc = id_parse(text, "name", ret, &why);
    return rc < 0 ? refuse(r, at, &why) : 0;
}

static int read_integer(const struct reader *r, const struct strict *at, const struct field *f,
                        void *dst)
{
    int64_t value, least = f->kind == FIELD_U32 || f->kind == FIELD_U64 ? 0 : INT64_MIN;
    TRY(strict_int(at, least, f->kind == FIELD_U32 ? UINT32_MAX : INT64_MAX, &value, r->err));
    if (f->kind == FIELD_U32)
        *(uint32_t *)dst = (uint32_t)value;
    else
        memcpy(dst, &value, sizeof value); /* int64_t, uint64_t, struct won */
    return 0;
}

/* unit: what one of a bare number is worth. */
static int read_share(const struct reader *r, const struct strict *at, int64_t unit,
                      struct share *ret)
{
    struct span text;
    struct err why = ERR_INIT;
    int64_t number;
    if (!strict_is_text(at)) {
        TRY(strict_int(at, 0, INT64_MAX / SHARE_PER_GPU, &number, r->err));
        *ret = (struct share){number * unit};
        return 0;
    }
    TRY(strict_text(at, &text, r->err));
    return share_parse(text, ret, &why) < 0 ? refuse(r, at, &why) : 0;
}

static int read_text(const struct reader *r, const struct strict *at, const struct field *f,
                     void *dst)
{
    struct span text;
    struct err why = ERR_INIT;
    TRY(strict_text(at, &text, r->err));
    return text_set(dst, f->size, text, f->name, &why) < 0 ? refuse(r, at, &why) : 0;
}

static int read_instant(const struct reader *r, const struct field *f, struct instant *ret)
{
    if (strcmp(f->name, "to") == 0)
        return strict_get_until(r->at, f->name, ret, r->err);
    return strict_get_moment(r->at, f->name, ret, r->err);
}

static int read_object(const struct reader *r, const struct strict *at,
                       const struct record_type *type, void *dst);

static int read_list(const struct reader *r, const struct strict *at, const struct field *f,
                     struct list *ret)
{
    size_t n;
    TRY(strict_list(at, &n, r->err));
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(at, i);
        if (f->kind == FIELD_ID_LIST)
            TRY(read_id(r, &item, record_list_add(ret, sizeof(struct id))));
        else
            TRY(read_object(r, &item, f->type, record_list_add(ret, f->type->size)));
    }
    return 0;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static int read_value(const struct reader *r, const struct strict *at, const struct field *f,
                      void *dst)
{
    switch (f->kind) {
    case FIELD_BOOL:
        return strict_bool(at, dst, r->err);
    case FIELD_ENUM:
        return strict_get_enum(r->at, f->name, f->names, 0, dst, r->err);
    case FIELD_ID:
        return read_id(r, at, dst);
    case FIELD_TEXT:
        return read_text(r, at, f, dst);
    case FIELD_INSTANT:
        return read_instant(r, f, dst);
    case FIELD_SHARE:
        return read_share(r, at, 1, dst);
    case FIELD_RECORD:
        return read_object(r, at, f->type, dst);
    case FIELD_LIST:
    case FIELD_ID_LIST:
        return read_list(r, at, f, dst);
    case FIELD_BYTES:
        return strict_error(at, ERR_INVALID, r->err, "bytes are not written by hand");
    default:
        return read_integer(r, at, f, dst);
    }
}

static int read_field(const struct reader *r, const struct field *f, void *dst)
{
    struct strict member, in_gpus;
    char name[NAME_MAX_SIZE];
    if (f->kind == FIELD_INSTANT)
        *(struct instant *)dst = INSTANT_NEVER;
    bool found = strict_find(r->at, f->name, &member);
    if (name_in_gpus(f, name) && strict_find(r->at, name, &in_gpus)) {
        if (found)
            return strict_error(&in_gpus, ERR_INVALID, r->err, "stands beside %s: write one",
                                f->name);
        return read_share(r, &in_gpus, SHARE_PER_GPU, dst);
    }
    return found ? read_value(r, &member, f, dst) : 0;
}

static int read_object(const struct reader *outer, const struct strict *at,
                       const struct record_type *type, void *dst)
{
    static const struct record_reading plain;
    struct record_reading inner = plain;
    inner.resolve = outer->how->resolve;
    inner.arg = outer->how->arg;
    const struct reader r = {
        .how = at == outer->at ? outer->how : &inner, .at = at, .err = outer->err};
    TRY(check_members(&r, type));
    for (const struct field *f = type->fields; f->name; f++) {
        if (!is_omitted(&r, f))
            TRY(read_field(&r, f, (char *)dst + f->offset));
    }
    return 0;
}

int record_read(const struct strict *at, const struct record_type *type,
                const struct record_reading *how, void *ret_record, struct err *err)
{
    const struct reader r = {.how = how, .at = at, .err = err};
    memset(ret_record, 0, type->size);
    int rc = read_object(&r, at, type, ret_record);
    if (rc < 0)
        record_fini(type, ret_record);
    return rc;
}
