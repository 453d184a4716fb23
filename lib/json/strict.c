/*
 * The strict reader. A path exists only as the chain of `struct strict` on the caller's stack and
 * becomes text when there is an error to write. No state.
 */
#include "lib/json/strict.h"

#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/json/position.h"

#include <jansson.h>
#include <stdarg.h>

#define PATH_MAX_BYTES 256

int strict_load(struct span text, struct json_t **ret, struct err *err)
{
    return strict_load_long(text, LIMIT_FILE_BYTES, ret, err);
}

int strict_load_long(struct span text, size_t max, struct json_t **ret, struct err *err)
{
    CLEANUP_BUF struct buf path = {.data = NULL};
    json_error_t why;

    if (text.len > max)
        return err_set(err, ERR_LIMIT, "%zu bytes of JSON, at most %zu are allowed", text.len, max);
    const char *bytes = text.len > 0 ? (const char *)text.data : "";
    json_t *document = json_loadb(bytes, text.len, JSON_REJECT_DUPLICATES, &why);
    if (document) {
        *ret = document;
        return 0;
    }
    buf_init(&path, PATH_MAX_BYTES);
    position_path(text, why.position > 0 ? (size_t)why.position : 0, &path);
    return err_set(err, ERR_INVALID, "%s%s%s (line %d, column %d)", path.data,
                   path.len > 0 ? ": " : "", why.text, why.line, why.column);
}

int strict_load_file(const char *path, struct json_t **ret, struct err *err)
{
    CLEANUP_BUF struct buf text = {.data = NULL};

    buf_init(&text, LIMIT_FILE_BYTES);
    TRY(file_read(path, &text, err));
    int rc = strict_load(buf_span(&text), ret, err);
    return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

void strict_free(struct json_t *document)
{
    json_decref(document);
}

struct strict strict_root(struct json_t *document)
{
    ENSURE(document);
    return (struct strict){.value = document};
}

/* Appends the path of the value; what does not fit is left out. */
static void append_path(const struct strict *at, struct buf *out)
{
    if (!at->parent)
        return;
    append_path(at->parent, out);
    if (at->name)
        buf_printf(out, "%s%s", out->len > 0 ? "." : "", at->name);
    else
        buf_printf(out, "[%zu]", at->index);
}

int strict_error(const struct strict *at, enum err_code code, struct err *err, const char *fmt, ...)
{
    CLEANUP_BUF struct buf path = {.data = NULL};
    CLEANUP_BUF struct buf text = {.data = NULL};
    va_list ap;

    buf_init(&path, PATH_MAX_BYTES);
    buf_init(&text, (size_t)LIMIT_FILE_BYTES);
    append_path(at, &path);
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    return err_set(err, code, "%s%s%s", path.data, path.len > 0 ? ": " : "", text.data);
}

const char *strict_kind(const struct strict *at)
{
    switch (json_typeof(at->value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "text";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a point or an exponent";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static int wrong_kind(const struct strict *at, const char *expected, struct err *err)
{
    return strict_error(at, ERR_INVALID, err, "expected %s, found %s", expected, strict_kind(at));
}

bool strict_is_object(const struct strict *at)
{
    return json_is_object(at->value);
}

bool strict_is_list(const struct strict *at)
{
    return json_is_array(at->value);
}

bool strict_is_text(const struct strict *at)
{
    return json_is_string(at->value);
}

bool strict_is_int(const struct strict *at)
{
    return json_is_integer(at->value);
}

static bool is_among(const char *name, const char *const *known)
{
    for (; *known; known++)
        if (strcmp(name, *known) == 0)
            return true;
    return false;
}

static int unknown_member(const struct strict *member, const char *const *known, struct err *err)
{
    CLEANUP_BUF struct buf names = {.data = NULL};

    buf_init(&names, ERR_TEXT_MAX / 2);
    for (; *known; known++)
        buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", *known);
    return strict_error(member, ERR_INVALID, err, "unknown; the members here are: %s", names.data);
}

int strict_object(const struct strict *at, const char *const *known, struct err *err)
{
    struct strict member = {.value = NULL};

    if (!json_is_object(at->value))
        return wrong_kind(at, "an object", err);
    while (strict_next(at, &member))
        if (!is_among(member.name, known))
            return unknown_member(&member, known, err);
    return 0;
}

int strict_text(const struct strict *at, struct span *ret, struct err *err)
{
    if (!json_is_string(at->value))
        return wrong_kind(at, "text", err);
    *ret = span_of(json_string_value(at->value), json_string_length(at->value));
    return 0;
}

int strict_int(const struct strict *at, int64_t min, int64_t max, int64_t *ret, struct err *err)
{
    if (!json_is_integer(at->value))
        return wrong_kind(at, "a whole number", err);
    int64_t value = json_integer_value(at->value);
    if (value < min || value > max)
        return strict_error(at, ERR_INVALID, err, "%lld is not from %lld to %lld", (long long)value,
                            (long long)min, (long long)max);
    *ret = value;
    return 0;
}

int strict_bool(const struct strict *at, bool *ret, struct err *err)
{
    if (!json_is_boolean(at->value))
        return wrong_kind(at, "true or false", err);
    *ret = json_is_true(at->value);
    return 0;
}

int strict_long_list(const struct strict *at, size_t *ret_n, struct err *err)
{
    if (!json_is_array(at->value))
        return wrong_kind(at, "a list", err);
    *ret_n = json_array_size(at->value);
    return 0;
}

int strict_list(const struct strict *at, size_t *ret_n, struct err *err)
{
    size_t n;
    TRY(strict_long_list(at, &n, err));
    if (n > LIMIT_LIST_ITEMS)
        return strict_error(at, ERR_LIMIT, err, "%zu entries, at most %d are allowed", n,
                            LIMIT_LIST_ITEMS);
    *ret_n = n;
    return 0;
}

struct strict strict_item(const struct strict *list, size_t i)
{
    ENSURE(i < json_array_size(list->value));
    return (struct strict){.value = json_array_get(list->value, i), .parent = list, .index = i};
}

bool strict_find(const struct strict *at, const char *name, struct strict *ret)
{
    json_t *value = json_object_get(at->value, name);

    if (!value)
        return false;
    *ret = (struct strict){.value = value, .parent = at, .name = name};
    return true;
}

int strict_member(const struct strict *at, const char *name, struct strict *ret, struct err *err)
{
    struct strict missing = {.value = NULL, .parent = at, .name = name};

    if (!json_is_object(at->value))
        return wrong_kind(at, "an object", err);
    if (!strict_find(at, name, ret))
        return strict_error(&missing, ERR_INVALID, err, "missing");
    return 0;
}

bool strict_next(const struct strict *object, struct strict *it)
{
    void *place = it->value
                      ? json_object_iter_next(object->value, json_object_key_to_iter(it->name))
                      : json_object_iter(object->value);

    if (!place)
        return false;
    *it = (struct strict){.value = json_object_iter_value(place),
                          .parent = object,
                          .name = json_object_iter_key(place)};
    return true;
}

int strict_get_text(const struct strict *at, const char *name, struct span *ret, struct err *err)
{
    struct strict member;

    TRY(strict_member(at, name, &member, err));
    return strict_text(&member, ret, err);
}

int strict_get_int(const struct strict *at, const char *name, int64_t min, int64_t max,
                   int64_t *ret, struct err *err)
{
    struct strict member;

    TRY(strict_member(at, name, &member, err));
    return strict_int(&member, min, max, ret, err);
}

int strict_get_bool(const struct strict *at, const char *name, bool *ret, struct err *err)
{
    struct strict member;

    TRY(strict_member(at, name, &member, err));
    return strict_bool(&member, ret, err);
}

int strict_get_list(const struct strict *at, const char *name, struct strict *ret, size_t *ret_n,
                    struct err *err)
{
    TRY(strict_member(at, name, ret, err));
    return strict_list(ret, ret_n, err);
}
