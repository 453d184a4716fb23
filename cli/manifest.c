/*
 * Owns: nothing; what manifests allow beyond the API's JSON. Pure.
 */
#include "cli/manifest.h"

#include "cli/i18n.h"
#include "lib/base/korea.h"
#include "lib/base/share.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 16
#define KEY_CAP   64

const struct manifest_kind manifest_kinds[] = {
    {"organisation", "OrganisationService", "ApplyOrganisation"},
    {"programme", "ProgrammeService", "ApplyProgramme"},
    {"project", "ProgrammeService", "ApplyProject"},
    {"site", "PoolService", "ApplySite"},
    {"pool", "PoolService", "ApplyPool"},
    {NULL, NULL, NULL},
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void collect(json_t *all, json_t *document)
{
    if (!json_is_array(document)) {
        json_array_append_new(all, document);
        return;
    }
    json_array_extend(all, document);
    json_decref(document);
}

static int read_documents(struct span text, json_t *all, struct err *err)
{
    size_t at = 0;
    for (;;) {
        while (at < text.len && is_blank(text.data[at]))
            at++;
        if (at == text.len)
            return 0;
        json_error_t error;
        json_t *document = json_loadb((const char *)text.data + at, text.len - at,
                                      JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
        if (!document)
            return err_set(err, ERR_INVALID, _("document %zu, line %d, column %d: %s"),
                           json_array_size(all) + 1, error.line, error.column, error.text);
        ENSURE(error.position > 0);
        at += (size_t)error.position;
        collect(all, document);
    }
}

int manifest_read(struct span text, json_t **ret, struct err *err)
{
    json_t *all = json_array();
    int rc = read_documents(text, all, err);
    if (rc == 0 && json_array_size(all) == 0)
        rc = err_set(err, ERR_INVALID, "%s", _("no document in it"));
    if (rc < 0) {
        json_decref(all);
        return rc;
    }
    *ret = all;
    return 0;
}

static bool is_digits(const char *text)
{
    return text[0] && text[strspn(text, "0123456789")] == '\0';
}

/* "2025-11-01" -> seconds; as an end the day counts whole. */
static int convert_instant(json_t *object, const char *key, const char *text, struct err *err)
{
    struct instant t;
    struct date day;
    if (strcmp(key, "to") == 0 && date_parse(span_text(text), &day, NULL) == 0)
        t = date_range(day, day).to;
    else
        TRY(moment_parse(span_text(text), &t, err));
    json_object_set_new(object, key, json_integer(t.s));
    return 0;
}

static int convert_gpus(json_t *object, const char *key, const json_t *value, struct err *err)
{
    char units_key[KEY_CAP], number[32];
    struct share share;
    const char *text = json_string_value(value);
    if (json_is_integer(value) && json_integer_value(value) == 0) {
        share = (struct share){0};
    } else {
        snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        TRY(share_parse(span_text(text ? text : number), &share, err));
    }
    snprintf(units_key, sizeof(units_key), "%.*s_units", (int)(strlen(key) - strlen("_gpus")), key);
    if (json_object_get(object, units_key))
        return err_set(err, ERR_INVALID, _("stands beside %s, which says the same"), units_key);
    json_object_set_new(object, units_key, json_integer(share.units));
    json_object_del(object, key);
    return 0;
}

static bool ends_with_gpus(const char *key)
{
    size_t len = strlen(key);
    return len > strlen("_gpus") && len < KEY_CAP - 2 && strcmp(key + len - 5, "_gpus") == 0;
}

static bool is_instant_key(const char *key)
{
    return strcmp(key, "from") == 0 || strcmp(key, "to") == 0 || strcmp(key, "at") == 0;
}

static int convert(json_t *value, int depth, struct err *err);

static int convert_member(json_t *object, const char *key, json_t *value, int depth,
                          struct err *err)
{
    const char *text = json_string_value(value);
    if (text && is_instant_key(key) && !is_digits(text))
        return convert_instant(object, key, text, err);
    if (ends_with_gpus(key))
        return convert_gpus(object, key, value, err);
    return convert(value, depth + 1, err);
}

static int convert_object(json_t *object, int depth, struct err *err)
{
    void *next;
    const char *key;
    json_t *value;
    json_object_foreach_safe(object, next, key, value)
    {
        char name[KEY_CAP];
        snprintf(name, sizeof(name), "%s", key);
        int rc = convert_member(object, key, value, depth, err);
        if (rc < 0)
            return err_prefix(err, rc, "%s", name);
    }
    return 0;
}

static int convert(json_t *value, int depth, struct err *err)
{
    if (depth > DEPTH_MAX)
        return err_set(err, ERR_LIMIT, _("more than %d levels"), DEPTH_MAX);
    if (json_is_object(value))
        return convert_object(value, depth, err);
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        int rc = convert(item, depth + 1, err);
        if (rc < 0)
            return err_prefix(err, rc, "[%zu]", i);
    }
    return 0;
}

static const struct manifest_kind *find_kind(const char *kind)
{
    for (const struct manifest_kind *k = manifest_kinds; k->kind; k++) {
        if (kind && strcmp(k->kind, kind) == 0)
            return k;
    }
    return NULL;
}

int manifest_request(const json_t *document, const struct manifest_kind **ret_kind, json_t **ret,
                     struct err *err)
{
    if (!json_is_object(document))
        return err_set(err, ERR_INVALID, "%s", _("a document is an object"));
    const char *kind = json_string_value(json_object_get(document, "kind"));
    const struct manifest_kind *found = find_kind(kind);
    if (!found)
        return err_set(err, ERR_INVALID,
                       _("kind: one of organisation, programme, project, site, pool is expected, "
                         "not '%s'"),
                       kind ? kind : "");
    json_t *body = json_deep_copy(document);
    json_object_del(body, "kind");
    json_object_del(body, "apiVersion");
    int rc = convert(body, 0, err);
    if (rc < 0) {
        json_decref(body);
        return rc;
    }
    *ret_kind = found;
    *ret = json_object();
    json_object_set_new(*ret, found->kind, body);
    return 0;
}
