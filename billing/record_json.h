#ifndef PUMASI_BILLING_RECORD_JSON_H
#define PUMASI_BILLING_RECORD_JSON_H

#include "billing/canonical.h"
#include "lib/base/record.h"

/*
 * A record as canonical JSON, by its table: every field, by rising name. Instants are RFC 3339 with
 * +09:00, NEVER is ""; truth is 1 or 0; enums and ids are texts, bytes hexadecimal digits. Read
 * back by billing/bundle/record_strict.h.
 */
void record_json(struct canonical *c, const char *name, const struct record_type *type,
                 const void *record);

#endif
