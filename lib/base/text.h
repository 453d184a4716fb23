#ifndef PUMASI_LIB_BASE_TEXT_H
#define PUMASI_LIB_BASE_TEXT_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdint.h>

/* Copies text into dst[cap], NUL-terminated and zero-filled. Too long, a NUL inside or bad UTF-8:
 * ERR_INVALID naming `what`. dst is untouched on failure. */
MUST_CHECK int text_set(char *dst, size_t cap, struct span text, const char *what, struct err *err);

/* Copies what fits, cut at a UTF-8 character border: for messages. Returns dst. */
char *text_cut(char *dst, size_t cap, const char *text);

/* Decimal integers, the whole text, no blanks, no plus sign. ERR_INVALID names `what`. */
MUST_CHECK int text_to_i64(struct span text, const char *what, int64_t min, int64_t max,
                           int64_t *ret, struct err *err);

/* Lower-case hexadecimal: dst holds 2*n+1. Decoding wants exactly 2*n digits. */
void text_hex(char *dst, const uint8_t *data, size_t n);
MUST_CHECK int text_unhex(struct span text, uint8_t *dst, size_t n, struct err *err);

#endif
