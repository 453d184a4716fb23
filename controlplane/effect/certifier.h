#ifndef PUMASI_CONTROLPLANE_EFFECT_CERTIFIER_H
#define PUMASI_CONTROLPLANE_EFFECT_CERTIFIER_H

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/pki/authority.h"
#include "lib/pki/digest.h"

/*
 * Hands out certificates to people and nodes, from the authority in force. The authority may be
 * replaced while the program runs: for a time two roots are believed, and one of them issues.
 * Thread-safe.
 */
struct certifier;

struct certifier_options {
    int64_t user_life_s, node_life_s; /* of certificates; never beyond the authority's own */
    const struct env *env;            /* thread-safe; outlives the certifier */
};

/* Without an authority yet: certifier_load() comes first. */
struct certifier *certifier_create(const struct certifier_options *options);
void certifier_destroy(struct certifier *c); /* NULL is fine */

/* From now on: believes all roots in the text, issues from the one of that key. ERR_INVALID: no
 * root of that key, or too much text; what was loaded before stays. */
MUST_CHECK int certifier_load(struct certifier *c, struct span roots_pem, const struct key *key,
                              struct err *err);

struct certificate {
    struct buf pem; /* certificate_fini() */
    char serial[CERT_SERIAL_CAP];
    struct id key_id;
    struct instant expires_at;
};
void certificate_fini(struct certificate *c); /* a zeroed struct is fine */

/* A client's certificate of that user or node for that key, valid from now for its kind's life, or
 * for as long as the authority still is. ERR_STATE: the authority is over; others as for
 * authority_issue(). ret is finished by the caller, also on failure. */
MUST_CHECK int certifier_issue(struct certifier *c, const struct identity *subject,
                               const struct public_key *key, struct certificate *ret,
                               struct err *err);

/* Appends the PEM of all roots that are believed. */
void certifier_roots(struct certifier *c, struct buf *dst);

/* SHA-256 of that PEM, hexadecimal: who has other roots should ask for these. */
void certifier_trust(struct certifier *c, char ret[2 * DIGEST_BYTES + 1]);

#endif
