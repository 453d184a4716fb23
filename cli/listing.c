/*
 * Owns: what a watched listing showed last. One thread.
 */
#include "cli/listing.h"

#include "cli/i18n.h"
#include "cli/output.h"
#include "cli/watch.h"

#include <string.h>

#define CLEAR_SCREEN "\033[H\033[2J"

struct listing {
    struct invocation *inv;
    struct client *client;
    const json_t *request;
    json_t *shown; /* the items printed last; NULL at first */
};

static int fetch(const struct listing *l, json_t **ret, struct err *err)
{
    const struct command_call *call = invocation_command(l->inv)->call;
    json_t *reply = NULL;
    TRY(client_list(l->client, call->service, call->method, l->request, &reply, err));
    json_t *items = json_incref(json_object_get(reply, "items"));
    if (call->arrange)
        items = call->arrange(l->inv, items);
    *ret = json_pack("{s:s, s:o}", "apiVersion", "pumasi/v1", "items", items);
    json_decref(reply);
    ENSURE(*ret);
    return 0;
}

static const json_t *find_item(const json_t *items, const char *key, const json_t *wanted)
{
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item)
    {
        if (json_equal(json_object_get(item, key), wanted))
            return item;
    }
    return NULL;
}

json_t *listing_changes(const json_t *before, const json_t *now, const char *key)
{
    json_t *changes = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(now, i, item)
    {
        const json_t *old = find_item(before, key, json_object_get(item, key));
        if (!old || !json_equal(old, item))
            json_array_append(changes, item);
    }
    return changes;
}

static void tell_gone(const struct listing *l, const json_t *items, const char *key)
{
    size_t i;
    const json_t *item;
    json_array_foreach(l->shown, i, item)
    {
        const json_t *name = json_object_get(item, key);
        if (!find_item(items, key, name))
            invocation_say(l->inv, _("%s is gone"), json_string_value(name));
    }
}

static int print_lines(const struct listing *l, const json_t *changes, struct err *err)
{
    size_t i;
    const json_t *item;
    FILE *out = invocation_host(l->inv)->out;
    json_array_foreach(changes, i, item)
    {
        if (json_dumpf(item, out, JSON_COMPACT) != 0)
            return err_set(err, ERR_IO, "%s", _("standard output cannot be written"));
        fputc('\n', out);
    }
    fflush(out);
    return 0;
}

static int print_changes(const struct listing *l, json_t *document, struct err *err)
{
    const char *key = invocation_command(l->inv)->view->columns[0].path;
    json_t *items = json_object_get(document, "items");
    json_t *changes = listing_changes(l->shown, items, key);
    int rc = 0;
    if (invocation_format(l->inv) == OUTPUT_JSON || invocation_format(l->inv) == OUTPUT_JSONL) {
        rc = print_lines(l, changes, err);
    } else if (json_array_size(changes) > 0) {
        json_object_set(document, "items", changes);
        rc = output_print(l->inv, document, err);
        json_object_set(document, "items", items);
    }
    tell_gone(l, items, key);
    json_decref(changes);
    return rc;
}

static int redraw(const struct listing *l, const json_t *document, struct err *err)
{
    fputs(CLEAR_SCREEN, invocation_host(l->inv)->out);
    return output_print(l->inv, document, err);
}

static int on_change(void *arg, struct err *err)
{
    struct listing *l = arg;
    json_t *document = NULL;
    TRY(fetch(l, &document, err));
    json_t *items = json_incref(json_object_get(document, "items"));
    int rc = invocation_host(l->inv)->out_is_terminal ? redraw(l, document, err)
                                                      : print_changes(l, document, err);
    json_decref(document);
    json_decref(l->shown);
    l->shown = items;
    return rc;
}

int listing_run(struct invocation *inv, struct client *client, const json_t *request,
                struct err *err)
{
    struct listing l = {.inv = inv, .client = client, .request = request};
    if (invocation_flag(inv, "watch")) {
        int rc = watch_follow(client, invocation_command(inv)->call->watch, on_change, &l, err);
        json_decref(l.shown);
        return rc;
    }
    json_t *document = NULL;
    TRY(fetch(&l, &document, err));
    int rc = output_print(inv, document, err);
    json_decref(document);
    return rc;
}
