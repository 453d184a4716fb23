#ifndef PUMASI_LIB_PKI_ALTNAME_INTERNAL_H
#define PUMASI_LIB_PKI_ALTNAME_INTERNAL_H

#include "lib/pki/identity.h"
#include "lib/pki/openssl_internal.h"

#include <openssl/x509v3.h>

/* Names in certificates, for authority.c. */

/* Appends the URI of a good identity. */
void altname_add_identity(GENERAL_NAMES *names, const struct identity *who);

/* Appends an IPv4 or IPv6 address, or a DNS name: labels of letters, digits and inner hyphens, at
 * most 63 characters each, the last not a number; no wildcard, no final dot. ERR_INVALID names the
 * host. */
MUST_CHECK int altname_add_host(GENERAL_NAMES *names, const char *host, struct err *err);

/* Binds an authority to the URIs of one organisation, and to no host at all. False: OpenSSL
 * refused.
 */
bool altname_constrain(X509 *authority, const struct id *organisation);

#endif
