/* Takes the place of lib/pki/key.c, lib/pki/sign.c and controlplane/api/peer.c. */
#include "tests/sim/bed_keys.h"

#include "controlplane/api/peer.h"
#include "controlplane/effect/certifier.h"
#include "lib/base/text.h"
#include "lib/pki/sign.h"
#include "tests/support/world/world.h"

#include <stdlib.h>

struct key {
    struct public_key public;
};

void __wrap_key_destroy(struct key *key);
struct public_key __wrap_key_public(const struct key *key);
struct id __wrap_public_key_id(const struct public_key *key);
int __wrap_sign_bytes(const struct key *key, struct span bytes, struct signature *ret,
                      struct err *err);
int __wrap_sign_verify(const struct public_key *key, struct span bytes, struct span signature,
                       struct err *err);

struct public_key bed_public(const char *name)
{
    struct public_key key = {.spki = {0}};
    ENSURE(strlen(name) < sizeof key.spki);
    memcpy(key.spki, name, strlen(name));
    return key;
}

struct key *bed_key(const char *name)
{
    struct key *key = calloc(1, sizeof *key);
    ENSURE(key);
    key->public = bed_public(name);
    return key;
}

void __wrap_key_destroy(struct key *key)
{
    free(key);
}

struct public_key __wrap_key_public(const struct key *key)
{
    return key->public;
}

static struct span name_of(const struct public_key *key)
{
    return span_of(key->spki, strnlen((const char *)key->spki, sizeof key->spki));
}

struct id __wrap_public_key_id(const struct public_key *key)
{
    struct id id = ID_NONE;
    ENSURE(id_parse(name_of(key), "key", &id, NULL) == 0);
    return id;
}

int __wrap_sign_bytes(const struct key *key, struct span bytes, struct signature *ret,
                      struct err *err)
{
    uint64_t seal = world_seal(name_of(&key->public), bytes);
    (void)err;
    *ret = (struct signature){.len = sizeof seal};
    memcpy(ret->data, &seal, sizeof seal);
    return 0;
}

int __wrap_sign_verify(const struct public_key *key, struct span bytes, struct span signature,
                       struct err *err)
{
    if (world_verify(name_of(key), bytes, signature))
        return 0;
    return err_set(err, ERR_VERIFICATION, "not signed by that key");
}

/* ---- controlplane/api/peer.h ---- */

struct peers {
    int unused;
};

struct peers *peers_create(void)
{
    struct peers *p = calloc(1, sizeof *p);
    ENSURE(p);
    return p;
}

void peers_destroy(struct peers *p)
{
    free(p);
}

int peers_principal(struct peers *p, const struct rpc_peer *peer, struct principal *ret,
                    struct public_key *ret_key, struct err *err)
{
    struct bed_identity who;
    (void)p;
    if (peer->leaf_pem.len != sizeof who)
        return err_set(err, ERR_UNAUTHENTICATED, "nobody");
    memcpy(&who, peer->leaf_pem.data, sizeof who);
    *ret = who.principal;
    if (ret_key)
        *ret_key = who.key;
    return 0;
}

/* ---- controlplane/effect/certifier.h: nobody's certificate ends in a run ---- */

void __wrap_certifier_trust(struct certifier *c, char ret[2 * DIGEST_BYTES + 1]);
void __wrap_certifier_trust(struct certifier *c, char ret[2 * DIGEST_BYTES + 1])
{
    (void)c;
    ret[0] = '\0';
}
