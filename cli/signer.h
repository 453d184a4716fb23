#ifndef PUMASI_CLI_SIGNER_H
#define PUMASI_CLI_SIGNER_H

#include "cli/context_store.h"
#include "cli/invocation.h"
#include "lib/pki/key.h"

#include <jansson.h>

/*
 * Signing with the key of the context in use: loan permits and approvals are signed on the user's
 * own machine, and the key never leaves it. Blocks on the disk. One thread.
 */
struct signer {
    struct context context;
    struct key *key;
    struct id key_id;
};

/* ERR_UNAUTHENTICATED: no context; ERR_DENIED: a key that others can read. */
MUST_CHECK int signer_init(const struct invocation *inv, struct signer *ret, struct err *err);
void signer_fini(struct signer *signer); /* a zeroed struct is fine */

/* The signature over the bytes, as base64 for a request. A new reference. */
MUST_CHECK int signer_sign(const struct signer *signer, struct span bytes, json_t **ret,
                           struct err *err);

/* Bytes as base64 for a request. A new reference. */
json_t *signer_base64(struct span bytes);

#define CLEANUP_SIGNER __attribute__((cleanup(signer_fini)))

#endif
