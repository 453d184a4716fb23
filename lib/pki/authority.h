#ifndef PUMASI_LIB_PKI_AUTHORITY_H
#define PUMASI_LIB_PKI_AUTHORITY_H

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/span.h"
#include "lib/pki/cert.h"
#include "lib/pki/identity.h"
#include "lib/pki/key.h"

#include <stdint.h>

/*
 * A certificate authority: a CA certificate and its private key. The federation has one root; an
 * organisation may be given an authority of its own under it, which can name only members of that
 * organisation and no servers (X.509 name constraints, path length 0).
 *
 * No clock and no chance inside: validity is passed in, serial numbers too. Immutable after
 * creation, any thread.
 */
struct authority;

#define AUTHORITY_HOSTS_MAX 16
#define AUTHORITY_HOST_MAX  253

struct authority_spec {
    struct id name;         /* common name: "pumasi-root" */
    struct id organisation; /* ID_NONE: the federation */
    struct window valid;
    uint8_t serial[CERT_SERIAL_BYTES];
};

struct authority_leaf {
    struct identity subject;
    struct window valid; /* within that of the authority */
    uint8_t serial[CERT_SERIAL_BYTES];
    unsigned uses;            /* CERT_CLIENT | CERT_SERVER, at least one */
    const char *const *hosts; /* DNS names or IP addresses; wanted iff CERT_SERVER is set */
    size_t host_count;        /* <= AUTHORITY_HOSTS_MAX */
};

/* 128 random bits, never all zero. */
void authority_serial(const struct env *env, uint8_t ret[CERT_SERIAL_BYTES]);

/* Appends the PEM of a self-signed root for key. ERR_INVALID names the wrong field; a root of an
 * organisation is wrong. */
MUST_CHECK int authority_create_root(const struct key *key, const struct authority_spec *spec,
                                     struct buf *dst, struct err *err);

/* CA certificate with its key, of which a reference is kept: the caller still destroys its own.
 * Of several certificates in the PEM text (two while a root is being replaced) the one of that key
 * counts. ERR_INVALID: not a CA, none of that key. */
MUST_CHECK int authority_open(struct span certs_pem, const struct key *key, struct authority **ret,
                              struct err *err);
void authority_destroy(struct authority *a); /* NULL is fine */

/* Appends the PEM of its own certificate. ERR_LIMIT when dst is full. */
MUST_CHECK int authority_format(const struct authority *a, struct buf *dst, struct err *err);

/* How long it can issue: its own life. */
struct window authority_valid(const struct authority *a);

/*
 * Appends the PEM of a certificate for that public key (from csr_parse()). ERR_INVALID: a bad
 * subject, host, use, serial (zero) or validity (empty, outside the authority's own).
 * ERR_DENIED: an organisation's authority asked for a name of another, or for a server.
 */
MUST_CHECK int authority_issue(const struct authority *a, const struct public_key *key,
                               const struct authority_leaf *leaf, struct buf *dst, struct err *err);

/* Appends the PEM of an authority's certificate for one organisation. ERR_INVALID as above, or no
 * organisation; ERR_DENIED unless a is a root. */
MUST_CHECK int authority_delegate(const struct authority *a, const struct public_key *key,
                                  const struct authority_spec *spec, struct buf *dst,
                                  struct err *err);

/*
 * Replacing a root. The old root vouches for the new one: appends the PEM of the first certificate
 * of root_pem (name and key) signed by a, valid while both are. Sent behind a certificate that the
 * new root issued, it lets those believe it who know the old root alone. ERR_INVALID: no root, no
 * life in common, a zero serial; ERR_DENIED unless a is a root.
 */
MUST_CHECK int authority_vouch(const struct authority *a, struct span root_pem,
                               const uint8_t serial[CERT_SERIAL_BYTES], struct buf *dst,
                               struct err *err);

/* Appends the PEM of a certificate that says what the first of cert_pem says (subject, key, uses,
 * hosts), for another time. For certificates of our own: whose it is and who had issued it is not
 * looked at. ERR_INVALID: not a member's certificate; serial and validity as above. */
MUST_CHECK int authority_reissue(const struct authority *a, struct span cert_pem,
                                 struct window valid, const uint8_t serial[CERT_SERIAL_BYTES],
                                 struct buf *dst, struct err *err);

static inline void authority_cleanup(struct authority **a)
{
    authority_destroy(*a);
}
#define CLEANUP_AUTHORITY __attribute__((cleanup(authority_cleanup)))

#endif
