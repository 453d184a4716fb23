#ifndef PUMASI_LIB_JSON_RECORD_STRICT_H
#define PUMASI_LIB_JSON_RECORD_STRICT_H

#include "lib/base/record.h"
#include "lib/json/strict.h"

/*
 * A record from the JSON that billing/record_json.h writes: every field is there and nothing else,
 * in that very form. *ret_record is overwritten without being freed; end it with record_fini(). A
 * failure leaves it zeroed. ERR_INVALID names the path.
 */
MUST_CHECK int record_strict_read(const struct strict *at, const struct record_type *type,
                                  void *ret_record, struct err *err);

#endif
