#ifndef PUMASI_CONTROLPLANE_EFFECT_ISSUER_H
#define PUMASI_CONTROLPLANE_EFFECT_ISSUER_H

#include "controlplane/domain/enforce.h"
#include "controlplane/domain/node.h"
#include "lib/grant/grant.h"
#include "lib/pki/key.h"
#include "lib/pki/sign.h"

/*
 * Makes signed grants. A draft is taken from the state on the writer's thread; signing, the slow
 * part, needs only the draft. Immutable after creation, any thread.
 */
struct issuer;

/* key: the control plane's grant key; borrowed, outlives the issuer. */
struct issuer *issuer_create(const struct key *key);
void issuer_destroy(struct issuer *i); /* NULL is fine */

/* The question that a grant answers. */
struct issue_request {
    const struct node *node;
    uint8_t nonce[GRANT_NONCE_BYTES]; /* the guard's mark of the question */
    struct instant now;
    uint64_t seq; /* above all that the node holds of this lease */
};

/* Fills the grant for one lease on the node. ERR_STATE: nothing to grant, for its end is now or the
 * node's boot id is not known. Any other error is a defect of the state and worth a log line. */
MUST_CHECK int issuer_draft(const struct issuer *i, const struct enforcement *e,
                            const struct issue_request *request, struct grant *ret,
                            struct err *err);

struct issued_grant {
    struct grant_bytes bytes;
    struct signature signature;
};
MUST_CHECK int issuer_sign(const struct issuer *i, const struct grant *draft,
                           struct issued_grant *ret, struct err *err);

/* The public half, for nodes to check with. */
struct public_key issuer_public_key(const struct issuer *i);

#endif
