#ifndef PUMASI_LIB_MERKLE_BASE64_H
#define PUMASI_LIB_MERKLE_BASE64_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Standard base 64 of RFC 4648 section 4, with padding. Strict: other characters, blanks, missing
 * padding and bits beyond the last byte are ERR_INVALID, so that one text stands for one value. */
void base64_encode(struct span bytes, struct buf *out);

/* Into dst, of at most cap bytes; more is ERR_LIMIT. */
MUST_CHECK int base64_decode(struct span text, uint8_t *dst, size_t cap, size_t *ret_len,
                             struct err *err);

#endif
