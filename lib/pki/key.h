#ifndef PUMASI_LIB_PKI_KEY_H
#define PUMASI_LIB_PKI_KEY_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Keys: ECDSA on P-256, the one kind that this system makes and accepts (the Korean list of
 * verifiable algorithms has no EdDSA).
 *
 * A struct key is a private key with its public half: immutable, usable from any thread. A public
 * key is a plain value; every public key that this header hands out is a point on the curve.
 *
 * Making keys and signing draw on OpenSSL's own random source, not on struct env: the one
 * exception, because secrets must not follow from a seed.
 */
struct key;

/* SubjectPublicKeyInfo in DER with an uncompressed point: always this long. */
#define PUBLIC_KEY_BYTES 91
#define KEY_PEM_MAX      1024 /* largest PEM text of a key, private or public */

struct public_key {
    uint8_t spki[PUBLIC_KEY_BYTES];
};

MUST_CHECK int key_generate(struct key **ret, struct err *err);
void key_destroy(struct key *key); /* wipes it; NULL is fine */

/* PEM, unencrypted, PKCS#8 or SEC 1. ERR_INVALID: not a key, another kind, a passphrase. */
MUST_CHECK int key_parse(struct span pem, struct key **ret, struct err *err);
/* Appends PKCS#8 PEM. ERR_LIMIT when dst is full. The text is a secret. */
MUST_CHECK int key_format(const struct key *key, struct buf *dst, struct err *err);

/* From a file that only its owner may read (file_read_private()). */
MUST_CHECK int key_read(const char *path, struct key **ret, struct err *err);
/* To a file of mode 0600 (file_write()); the second refuses with ERR_EXISTS to replace one. */
MUST_CHECK int key_write(const struct key *key, const char *path, struct err *err);
MUST_CHECK int key_write_new(const struct key *key, const char *path, struct err *err);

struct public_key key_public(const struct key *key);

/* DER, exactly PUBLIC_KEY_BYTES. ERR_INVALID: another kind or form, or not on the curve. */
MUST_CHECK int public_key_decode(struct span der, struct public_key *ret, struct err *err);
/* PEM ("BEGIN PUBLIC KEY"); a compressed point is accepted and stored uncompressed. */
MUST_CHECK int public_key_parse(struct span pem, struct public_key *ret, struct err *err);
/* Appends PEM. ERR_LIMIT when dst is full. */
MUST_CHECK int public_key_format(const struct public_key *key, struct buf *dst, struct err *err);

/* The key id: 16 hexadecimal digits, the first 8 bytes of SHA-256 over the DER. It names a key
 * among those already trusted; it is too short to be a proof of anything. */
struct id public_key_id(const struct public_key *key);

static inline bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    return memcmp(a->spki, b->spki, PUBLIC_KEY_BYTES) == 0;
}
static inline struct span public_key_span(const struct public_key *key)
{
    return span_of(key->spki, PUBLIC_KEY_BYTES);
}

static inline void key_cleanup(struct key **key)
{
    key_destroy(*key);
}
#define CLEANUP_KEY __attribute__((cleanup(key_cleanup)))

#endif
