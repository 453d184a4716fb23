#ifndef PUMASI_LIB_PKI_SIGN_H
#define PUMASI_LIB_PKI_SIGN_H

#include "lib/base/err.h"
#include "lib/base/span.h"
#include "lib/pki/key.h"

#include <stdint.h>

/*
 * Signatures: ECDSA P-256 over SHA-256 of the bytes, in DER, as `openssl dgst -sha256 -verify`
 * takes them. Two signatures of the same bytes differ, and anyone can turn a good one into a second
 * good one: a signature proves, it does not identify.
 *
 * What is signed must say what it is (grant_encode() and its like begin with a magic), so that no
 * signature of one kind of bytes passes for another. Pure but for the key; any thread.
 */
#define SIGNATURE_MAX 72

struct signature {
    uint32_t len; /* 0: not signed */
    uint8_t data[SIGNATURE_MAX];
};

MUST_CHECK int sign_bytes(const struct key *key, struct span bytes, struct signature *ret,
                          struct err *err);

/* 0 only if this key signed exactly these bytes; whatever else happens is ERR_VERIFICATION. */
MUST_CHECK int sign_verify(const struct public_key *key, struct span bytes, struct span signature,
                           struct err *err);

static inline struct span signature_span(const struct signature *s)
{
    return span_of(s->data, s->len);
}

#endif
