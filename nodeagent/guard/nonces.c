/* A ring of nonces: making one forgets the oldest. */
#include "nodeagent/guard/nonces.h"

#include "lib/base/err.h"

#include <string.h>

const struct nonce *nonces_make(struct nonces *n, const struct env *env)
{
    ENSURE(n->next < NONCES_MAX);
    struct nonce *nonce = &n->items[n->next];
    n->next = (n->next + 1) % NONCES_MAX;
    env->random(env->world, nonce->bytes, sizeof nonce->bytes);
    nonce->made_ns = (uint64_t)env_boot(env).ns;
    nonce->used = true;
    return nonce;
}

bool nonces_find(const struct nonces *n, const uint8_t bytes[GRANT_NONCE_BYTES], uint64_t now_ns,
                 uint64_t *ret_made_ns)
{
    for (size_t i = 0; i < NONCES_MAX; i++) {
        const struct nonce *nonce = &n->items[i];
        if (nonce->used && memcmp(nonce->bytes, bytes, GRANT_NONCE_BYTES) == 0) {
            *ret_made_ns = nonce->made_ns;
            return now_ns - nonce->made_ns < NONCE_LIFE_NS;
        }
    }
    return false;
}
