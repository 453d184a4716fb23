#ifndef PUMASI_LIB_PKI_CSR_H
#define PUMASI_LIB_PKI_CSR_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/span.h"
#include "lib/pki/key.h"

/*
 * Certificate signing requests (PKCS#10): the proof that whoever asks holds the private key. A
 * request says nothing else: who the asker is follows from the join token or from the certificate
 * in force, never from a subject that the asker wrote.
 */
#define CSR_PEM_MAX 4096

/* Appends PEM to dst. ERR_LIMIT when dst is full. */
MUST_CHECK int csr_create(const struct key *key, struct buf *dst, struct err *err);

/* PEM or DER. The key that signed it; names and extensions inside are ignored. ERR_INVALID: not a
 * request, or another kind of key. ERR_VERIFICATION: not signed by the key that it holds. */
MUST_CHECK int csr_parse(struct span pem_or_der, struct public_key *ret, struct err *err);

#endif
