#ifndef PUMASI_LIB_PKI_CERT_H
#define PUMASI_LIB_PKI_CERT_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/span.h"
#include "lib/pki/identity.h"
#include "lib/pki/key.h"

#include <stdbool.h>

/*
 * What a certificate says. authority.h issues certificates, trust.h decides whether to believe
 * one; here they are only read.
 */
#define CERT_SERIAL_BYTES 16
#define CERT_SERIAL_CAP   33   /* hexadecimal digits with NUL */
#define CERT_PEM_MAX      8192 /* largest PEM text of one certificate */

#define CERT_CHAIN_MAX (5 * CERT_PEM_MAX) /* largest text of a chain that is looked at */

/* What the certificate may be shown for (extended key usage). */
#define CERT_CLIENT 1u
#define CERT_SERVER 2u

struct cert {
    struct identity subject;
    struct public_key key;
    struct id key_id;
    char serial[CERT_SERIAL_CAP]; /* 32 lower-case hexadecimal digits */
    struct window valid;          /* `to` is notAfter, at which OpenSSL already refuses it */
    unsigned uses;                /* CERT_CLIENT | CERT_SERVER */
};

/*
 * Reads the certificate of a user, node or service: DER, or PEM, of which the first certificate
 * counts. ERR_INVALID: malformed, above CERT_CHAIN_MAX bytes, an authority's certificate, not
 * exactly one URI of ours, a key other than P-256, a serial above 128 bits. Nothing here is
 * verified: for that use trust_check(), which returns the same struct. Only for a peer whose chain
 * the TLS layer has already checked.
 */
MUST_CHECK int cert_parse(struct span pem_or_der, struct cert *ret, struct err *err);

/* Half of the life is over: time to ask for the next one. */
bool cert_due(const struct cert *cert, struct instant now);

#endif
