#ifndef PUMASI_CONTROLPLANE_SIM_RECORD_READER_H
#define PUMASI_CONTROLPLANE_SIM_RECORD_READER_H

#include "lib/base/record.h"
#include "lib/json/strict.h"

/*
 * A record in hand-written JSON, by its table: members have the names of its fields. Written as the
 * manifests of `pumasi apply` are: instants as Korean dates ("to" counts to the end of its day) or
 * RFC 3339; amounts of GPU as a whole number of units or text ("1/8"), or as a whole number of GPUs
 * (or text) under the name with "gpus" for "units" ("lend_limit_gpus", "gpus"). What is missing is
 * zero, empty, or INSTANT_NEVER.
 *
 * An id "$NAME" is a reference: the caller says what it stands for. Bytes can't be written.
 */
typedef int (*reference_fn)(struct span name, void *arg, struct id *ret, struct err *err);

struct record_reading {
    const char *other;    /* one more member that the object may have, for the caller; or NULL */
    const char *omit;     /* a field that may not be written; or NULL */
    reference_fn resolve; /* NULL: references are refused */
    void *arg;
};

/* *ret_record is overwritten without being freed; end it with record_fini(). A failure leaves it
 * zeroed. ERR_INVALID with the path in the file; what resolve() says gets the path, too. */
MUST_CHECK int record_read(const struct strict *at, const struct record_type *type,
                           const struct record_reading *how, void *ret_record, struct err *err);

#endif
