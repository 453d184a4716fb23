/*
 * Owns: nothing; the way from typed values to a JSON request. Pure.
 */
#include "cli/request.h"

#include <string.h>

#define KEY_CAP 64

static json_t *child_object(json_t *parent, const char *key)
{
    json_t *child = json_object_get(parent, key);
    if (child)
        return child;
    child = json_object();
    json_object_set_new(parent, key, child);
    return child;
}

static json_t *child_list(json_t *parent, const char *key)
{
    json_t *child = json_object_get(parent, key);
    if (child)
        return child;
    child = json_array();
    json_object_set_new(parent, key, child);
    return child;
}

static void put_filter(json_t *request, const char *field, json_t *value)
{
    json_t *filter = json_object();
    json_object_set_new(filter, "field", json_string(field));
    json_object_set_new(filter, "value", value);
    json_array_append_new(child_list(request, "filters"), filter);
}

/* Takes the key off the front of a field: "roles[].name" -> "roles", leaving "[].name". */
static const char *take_key(const char *field, char key[KEY_CAP])
{
    size_t len = strcspn(field, ".[");
    ENSURE(len > 0 && len < KEY_CAP);
    memcpy(key, field, len);
    key[len] = '\0';
    return field + len;
}

static void put_at(json_t *at, const char *field, json_t *value)
{
    char key[KEY_CAP];
    field = take_key(field, key);
    if (*field == '\0')
        json_object_set_new(at, key, value);
    else if (*field == '.')
        put_at(child_object(at, key), field + 1, value);
    else if (strcmp(field, "[]") == 0)
        json_array_append_new(child_list(at, key), value);
    else {
        ENSURE(strncmp(field, "[].", 3) == 0);
        json_t *item = json_object();
        json_array_append_new(child_list(at, key), item);
        put_at(item, field + 3, value);
    }
}

void request_put(json_t *request, const char *field, json_t *value)
{
    ENSURE(json_is_object(request) && field && value);
    if (field[0] == '?')
        put_filter(request, field + 1, value);
    else
        put_at(request, field, value);
}

static bool is_number(const struct command_option *o)
{
    switch (o->type) {
    case OPTION_INT:
    case OPTION_MOMENT:
    case OPTION_UNTIL:
    case OPTION_DURATION:
    case OPTION_GPUS:
    case OPTION_WON:
        return true;
    default:
        return false;
    }
}

static json_t *value_of(const struct command_option *o, const char *text, int64_t number)
{
    if (o->type == OPTION_FLAG)
        return json_true();
    return is_number(o) && o->field[0] != '?' ? json_integer(number) : json_string(text);
}

static void put_option(const struct invocation *inv, json_t *request,
                       const struct command_option *o)
{
    size_t n = invocation_count(inv, o->name);
    for (size_t i = 0; i < n; i++)
        request_put(
            request, o->field,
            value_of(o, invocation_item(inv, o->name, i), invocation_item_number(inv, o->name, i)));
    if (n == 0 && o->fallback)
        request_put(request, o->field, value_of(o, o->fallback, invocation_number(inv, o->name)));
}

static void put_all(const struct invocation *inv, json_t *request,
                    const struct command_option *list)
{
    for (; list && list->name; list++) {
        if (list->field)
            put_option(inv, request, list);
    }
}

json_t *request_build(const struct invocation *inv)
{
    json_t *request = json_object();
    ENSURE(request);
    put_all(inv, request, invocation_command(inv)->arguments);
    put_all(inv, request, invocation_command(inv)->options);
    return request;
}
