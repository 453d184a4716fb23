#ifndef PUMASI_LIB_PKI_DIGEST_H
#define PUMASI_LIB_PKI_DIGEST_H

#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * SHA-256, at once and piece by piece, and HMAC-SHA-256. These do not fail: a library that cannot
 * hash aborts. text_hex() of lib/base prints a digest. Any thread; one hasher, one thread.
 */
#define DIGEST_BYTES    32
#define DIGEST_TEXT_CAP 65 /* hexadecimal digits with NUL */

void digest_sha256(struct span bytes, uint8_t ret[DIGEST_BYTES]);
void digest_hmac_sha256(struct span key, struct span bytes, uint8_t ret[DIGEST_BYTES]);

/* Takes the same time wherever the two differ: for secrets and what is derived from them. */
bool digest_equal(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES]);

struct hasher;

struct hasher *hasher_create(void); /* never NULL */
void hasher_destroy(struct hasher *h);
void hasher_update(struct hasher *h, struct span bytes);
/* The digest of all bytes since creation or the last finish; h then starts again, at less cost than
 * a new one. */
void hasher_finish(struct hasher *h, uint8_t ret[DIGEST_BYTES]);

static inline void hasher_cleanup(struct hasher **h)
{
    hasher_destroy(*h);
}
#define CLEANUP_HASHER __attribute__((cleanup(hasher_cleanup)))

#endif
