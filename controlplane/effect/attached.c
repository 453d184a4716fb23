/* A hash map under one mutex; pokes run inside it, so that a removed stream is never touched. */
#include "controlplane/effect/attached.h"

#include "controlplane/domain/lease.h"

#include <pthread.h>
#include <stdlib.h>
#include <uthash.h>

struct entry {
    struct id node;
    attached_poke_fn poke;
    void *stream;
    UT_hash_handle hh;
};

struct attached {
    pthread_mutex_t lock;
    struct entry *entries;
};

struct attached *attached_create(void)
{
    struct attached *a = calloc(1, sizeof *a);
    ENSURE(a && pthread_mutex_init(&a->lock, NULL) == 0);
    return a;
}

void attached_destroy(struct attached *a)
{
    if (!a)
        return;
    ENSURE(!a->entries);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

static struct entry *find(const struct attached *a, const struct id *node)
{
    struct entry *e;
    HASH_FIND_STR(a->entries, node->text, e);
    return e;
}

void attached_add(struct attached *a, const struct id *node, attached_poke_fn poke, void *stream)
{
    pthread_mutex_lock(&a->lock);
    struct entry *e = find(a, node);
    if (!e) {
        e = calloc(1, sizeof *e);
        ENSURE(e);
        e->node = *node;
        HASH_ADD_STR(a->entries, node.text, e);
    }
    e->poke = poke;
    e->stream = stream;
    pthread_mutex_unlock(&a->lock);
}

void attached_remove(struct attached *a, const struct id *node, const void *stream)
{
    pthread_mutex_lock(&a->lock);
    struct entry *e = find(a, node);
    if (e && e->stream == stream) {
        HASH_DEL(a->entries, e);
        free(e);
    }
    pthread_mutex_unlock(&a->lock);
}

bool attached_has(struct attached *a, const struct id *node)
{
    pthread_mutex_lock(&a->lock);
    bool has = find(a, node) != NULL;
    pthread_mutex_unlock(&a->lock);
    return has;
}

size_t attached_count(struct attached *a)
{
    pthread_mutex_lock(&a->lock);
    size_t n = HASH_COUNT(a->entries);
    pthread_mutex_unlock(&a->lock);
    return n;
}

/* A lease that no node has been told of yet, and may never be, is no reason to ask. */
static bool concerns_nodes(const struct lease *lease)
{
    switch (lease->state) {
    case LEASE_PREPARING:
    case LEASE_ACTIVE:
    case LEASE_DRAINING:
    case LEASE_RETURNING:
    case LEASE_ENDED:
    case LEASE_FAILED:
        return true;
    default:
        return false;
    }
}

static void poke_nodes_of(struct attached *a, const struct lease *lease)
{
    LIST_EACH(const struct placement, p, &lease->placements)
    {
        struct entry *e = find(a, &p->node);
        if (e)
            e->poke(e->stream);
    }
}

/* With the lock held. */
static void poke_all(struct attached *a)
{
    for (struct entry *e = a->entries; e; e = e->hh.next)
        e->poke(e->stream);
}

void attached_poke_all(struct attached *a)
{
    pthread_mutex_lock(&a->lock);
    poke_all(a);
    pthread_mutex_unlock(&a->lock);
}

void attached_on_commit(void *attached, const struct state *state, int64_t revision,
                        const struct engine_change *changes, size_t n)
{
    struct attached *a = attached;
    (void)revision;
    pthread_mutex_lock(&a->lock);
    if (!changes)
        poke_all(a);
    for (size_t i = 0; i < n; i++) {
        if (changes[i].kind != ENTITY_LEASE || changes[i].deleted)
            continue;
        const struct lease *lease = state_find(state, ENTITY_LEASE, &changes[i].id);
        if (lease && concerns_nodes(lease))
            poke_nodes_of(a, lease);
    }
    pthread_mutex_unlock(&a->lock);
}
