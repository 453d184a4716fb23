#ifndef PUMASI_LIB_PKI_CERT_INTERNAL_H
#define PUMASI_LIB_PKI_CERT_INTERNAL_H

#include "lib/pki/cert.h"
#include "lib/pki/openssl_internal.h"

/* Certificates as OpenSSL holds them, for authority.c and trust.c. */

/* cert_parse() of one that is already decoded. */
MUST_CHECK int cert_from(X509 *x, struct cert *ret, struct err *err);

/* ERR_INVALID: instants outside INSTANT_MIN_S..INSTANT_MAX_S. */
MUST_CHECK int cert_validity(const X509 *x, struct window *ret, struct err *err);

#endif
