#ifndef PUMASI_CLI_MANIFEST_H
#define PUMASI_CLI_MANIFEST_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <jansson.h>

/*
 * Manifests: what `pumasi apply -f` reads. One JSON document, several one after another, or a list
 * of them. Each is an object of the API with "kind" beside its fields:
 *
 *     {"kind": "pool", "id": "haein-b200", "owner": "skt", "site": "haein", "model": "B200",
 *      "contracted_gpus": 512, "lend_limit_gpus": 256}
 *     {"kind": "project", …, "stages": [{"id": "1", "from": "2025-11-01", "to": "2026-03-31"}]}
 *
 * For people's sake "from", "to" and "at" may be Korean dates (`to` counts to the end of its day)
 * or RFC 3339 instants, and "…_gpus" (a number, or text like "1/8") stands for "…_units". All pure.
 */
struct manifest_kind {
    const char *kind;    /* "pool" */
    const char *service; /* "PoolService" */
    const char *method;  /* "ApplyPool" */
};

/* ended by kind = NULL; in the order in which they depend on each other */
extern const struct manifest_kind manifest_kinds[];

/* A list of all documents of a text. ERR_INVALID names line and column, or the repeated member. */
MUST_CHECK int manifest_read(struct span text, json_t **ret, struct err *err);

/* The request that applies one document: {"pool": {…}}. ERR_INVALID: no object, an unknown kind, a
 * date or an amount that is none, with the path. The document is borrowed; *ret is new. */
MUST_CHECK int manifest_request(const json_t *document, const struct manifest_kind **ret_kind,
                                json_t **ret, struct err *err);

#endif
