#ifndef PUMASI_CLI_REQUEST_H
#define PUMASI_CLI_REQUEST_H

#include "cli/invocation.h"

#include <jansson.h>

/*
 * Fills a request from what was typed. Each option and argument whose row has a `field` puts its
 * value (a text, or the number behind it by its type) at that place of the JSON request:
 *
 *     "gpus"           {"gpus": 8}
 *     "loan.notice_s"  {"loan": {"notice_s": 86400}}
 *     "roles[].name"   {"roles": [{"name": "finance"}]}     one item for each value
 *     "isolation[]"    {"isolation": ["whole"]}
 *     "?state"         {"filters": [{"field": "state", "value": "active"}]}
 *
 * Options that were not given and have no fallback put nothing. Pure.
 */

/* A new object; never NULL. */
json_t *request_build(const struct invocation *inv);

/* Puts a value (its reference is taken) at a field as above. */
void request_put(json_t *request, const char *field, json_t *value);

#endif
