#ifndef PUMASI_LIB_BASE_BASE64_H
#define PUMASI_LIB_BASE_BASE64_H

#include "lib/base/buf.h"

/* Base64 as RFC 4648 section 4 has it, with padding and without line breaks. */

void base64_encode(struct span bytes, struct buf *out);

/* How many bytes a well-formed text of that length decodes to at most. */
static inline size_t base64_decoded_max(size_t len)
{
    return len / 4 * 3;
}

/* Decodes into dst[base64_decoded_max(text.len)]. False for anything that base64_encode() would not
 * have written; dst then holds what came before. */
bool base64_decode(struct span text, uint8_t *dst, size_t *ret_n);

#endif
