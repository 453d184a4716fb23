#ifndef PUMASI_NODEAGENT_GUARD_NONCES_H
#define PUMASI_NODEAGENT_GUARD_NONCES_H

#include "lib/base/env.h"
#include "lib/grant/grant.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The guard's own request marks. A grant counts only with a nonce that this guard made not long
 * ago, and its time to live counts from the making: so no grant can be kept back and used later,
 * and delay on the way only shortens it. One nonce serves any number of leases; seq keeps a grant
 * from being used twice. Plain data; one thread.
 */
#define NONCES_MAX    64
#define NONCE_LIFE_NS (UINT64_C(600) * 1000000000)

struct nonce {
    uint8_t bytes[GRANT_NONCE_BYTES];
    uint64_t made_ns;
    bool used;
};

struct nonces {
    struct nonce items[NONCES_MAX];
    size_t next; /* the oldest, overwritten next */
};

/* Makes one; ret points into the table until NONCES_MAX more are made. */
const struct nonce *nonces_make(struct nonces *n, const struct env *env);

/* When that nonce was made, if it is known and not too old. */
bool nonces_find(const struct nonces *n, const uint8_t bytes[GRANT_NONCE_BYTES], uint64_t now_ns,
                 uint64_t *ret_made_ns);

#endif
