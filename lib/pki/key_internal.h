#ifndef PUMASI_LIB_PKI_KEY_INTERNAL_H
#define PUMASI_LIB_PKI_KEY_INTERNAL_H

#include "lib/pki/key.h"
#include "lib/pki/openssl_internal.h"

#include <openssl/evp.h>

/* Keys as OpenSSL holds them, for the other files of this folder. */

struct key {
    EVP_PKEY *pkey; /* P-256, both halves */
    struct public_key public_half;
};

/* The plain value. ERR_INVALID: another kind or curve, explicit parameters, no point. */
MUST_CHECK int public_key_from(EVP_PKEY *pkey, struct public_key *ret, struct err *err);

/* For OpenSSL's calls; EVP_PKEY_free() it. NULL when the bytes are no key on the curve. */
EVP_PKEY *public_key_open(const struct public_key *key);

#endif
