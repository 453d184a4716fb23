/* Certificates seen lately, by their bytes: a fixed table of slots, hashed; a newcomer replaces. */
#include "controlplane/api/peer.h"

#include "lib/pki/digest.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
    bool used;
    uint8_t digest[DIGEST_BYTES];
    struct principal principal;
    struct public_key key;
};

struct peers {
    pthread_mutex_t lock;
    struct slot slots[PEERS_MAX];
};

struct peers *peers_create(void)
{
    struct peers *p = calloc(1, sizeof *p);
    ENSURE(p && pthread_mutex_init(&p->lock, NULL) == 0);
    return p;
}

void peers_destroy(struct peers *p)
{
    if (!p)
        return;
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static int read_certificate(struct span pem, struct slot *ret, struct err *err)
{
    struct cert cert;
    struct err why = ERR_INIT;
    if (cert_parse(pem, &cert, &why) < 0)
        return err_set(err, ERR_UNAUTHENTICATED, "the certificate shown is none of ours: %s",
                       why.text);
    if (cert.subject.kind != IDENTITY_USER && cert.subject.kind != IDENTITY_NODE)
        return err_set(err, ERR_DENIED, "the certificate of %s is for a server, not for callers",
                       cert.subject.name.text);
    bool is_user = cert.subject.kind == IDENTITY_USER;
    ret->principal = (struct principal){.kind = is_user ? ACTOR_USER : ACTOR_NODE,
                                        .organisation = cert.subject.organisation,
                                        .name = cert.subject.name,
                                        .key_id = cert.key_id};
    ret->key = cert.key;
    ret->used = true;
    return 0;
}

static size_t slot_of(const uint8_t digest[DIGEST_BYTES])
{
    return ((size_t)digest[0] << 8 | digest[1]) % PEERS_MAX;
}

int peers_principal(struct peers *p, const struct rpc_peer *peer, struct principal *ret,
                    struct public_key *ret_key, struct err *err)
{
    if (!peer->authenticated) {
        *ret = (struct principal){.kind = ACTOR_ANONYMOUS};
        return 0;
    }
    struct slot fresh = {0};
    digest_sha256(peer->leaf_pem, fresh.digest);
    pthread_mutex_lock(&p->lock);
    struct slot *slot = &p->slots[slot_of(fresh.digest)];
    int rc = 0;
    if (!slot->used || !digest_equal(slot->digest, fresh.digest)) {
        rc = read_certificate(peer->leaf_pem, &fresh, err);
        if (rc == 0)
            *slot = fresh;
    }
    if (rc == 0) {
        *ret = slot->principal;
        if (ret_key)
            *ret_key = slot->key;
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}
