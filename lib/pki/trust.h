#ifndef PUMASI_LIB_PKI_TRUST_H
#define PUMASI_LIB_PKI_TRUST_H

#include "lib/base/err.h"
#include "lib/base/instant.h"
#include "lib/base/span.h"
#include "lib/pki/cert.h"

/*
 * Whom this program believes: one or more root certificates (two while a root is being replaced),
 * and the one function that decides whether to believe a certificate. Immutable after creation,
 * any thread. No clock inside. Revocation is not here: it is state of the control plane, by serial.
 */
struct trust;

#define TRUST_ROOTS_MAX         8
#define TRUST_INTERMEDIATES_MAX 4

/* From PEM: one to TRUST_ROOTS_MAX self-signed CA certificates. ERR_INVALID: none, too many, or one
 * that is no root. */
MUST_CHECK int trust_create(struct span roots_pem, struct trust **ret, struct err *err);
void trust_destroy(struct trust *t); /* NULL is fine */

struct trust_wish {
    struct instant at;
    unsigned use;     /* CERT_CLIENT or CERT_SERVER: what the peer showed it for */
    const char *host; /* with CERT_SERVER: the DNS name or IP address called; NULL: any */
};

/*
 * chain_bytes: DER of the leaf, or PEM of the leaf followed by up to TRUST_INTERMEDIATES_MAX
 * authorities, as a peer presents it. Success: every signature holds up to one of the roots, all
 * are valid at the instant, names obey the constraints, the leaf is for that use and host; *ret is
 * what it says. ERR_INVALID: the leaf can't be read. ERR_VERIFICATION: anything else; the text
 * names the reason.
 */
MUST_CHECK int trust_check(const struct trust *t, struct span chain_bytes,
                           const struct trust_wish *wish, struct cert *ret, struct err *err);

static inline void trust_cleanup(struct trust **t)
{
    trust_destroy(*t);
}
#define CLEANUP_TRUST __attribute__((cleanup(trust_cleanup)))

#endif
