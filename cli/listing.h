#ifndef PUMASI_CLI_LISTING_H
#define PUMASI_CLI_LISTING_H

#include "cli/client.h"

/*
 * Runs the listing of the invocation's command (its call's kind is CALL_LIST) and prints it:
 * {"apiVersion": "pumasi/v1", "items": […]}.
 *
 * With --watch it goes on until interrupted: a terminal is redrawn after every change; otherwise
 * what changed is printed, one JSON object a line for -o json and jsonl, rows for the others. An
 * object that is gone is told on the talk stream.
 */
MUST_CHECK int listing_run(struct invocation *inv, struct client *client, const json_t *request,
                           struct err *err);

/* The items of `now` that `before` doesn't have, or has otherwise; items are told apart by the
 * member `key`. A new list; both are borrowed, before may be NULL. Pure. */
json_t *listing_changes(const json_t *before, const json_t *now, const char *key);

#endif
