/* Certificates seen lately, by all of their bytes: a fixed table of slots, hashed; a newcomer
 * replaces. */
#include "controlplane/api/peer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HASHED_BYTES 64 /* where the signature stands: no two certificates are alike there */

struct slot {
    uint8_t *pem; /* NULL: free */
    size_t len;
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
    for (size_t i = 0; i < PEERS_MAX; i++)
        free(p->slots[i].pem);
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
    ret->len = pem.len;
    ret->pem = malloc(pem.len);
    ENSURE(ret->pem);
    memcpy(ret->pem, pem.data, pem.len);
    return 0;
}

/* FNV-1a. */
static size_t slot_of(struct span pem)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t first = pem.len > 2 * HASHED_BYTES ? pem.len - 2 * HASHED_BYTES : 0;
    for (size_t i = first; i < pem.len && i < first + HASHED_BYTES; i++)
        hash = (hash ^ pem.data[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32) % PEERS_MAX;
}

int peers_principal(struct peers *p, const struct rpc_peer *peer, struct principal *ret,
                    struct public_key *ret_key, struct err *err)
{
    if (!peer->authenticated) {
        *ret = (struct principal){.kind = ACTOR_ANONYMOUS};
        return 0;
    }
    pthread_mutex_lock(&p->lock);
    struct slot *slot = &p->slots[slot_of(peer->leaf_pem)];
    int rc = 0;
    if (!slot->pem || !span_equal(span_of(slot->pem, slot->len), peer->leaf_pem)) {
        struct slot fresh = {0};
        rc = read_certificate(peer->leaf_pem, &fresh, err);
        if (rc == 0) {
            free(slot->pem);
            *slot = fresh;
        }
    }
    if (rc == 0) {
        *ret = slot->principal;
        if (ret_key)
            *ret_key = slot->key;
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}
