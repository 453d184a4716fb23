/* Request ids and their outcomes: a hash map and, in order of commit, a list to forget from. */
#include "controlplane/engine/outcomes.h"

#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

struct outcome_key {
    struct id actor;
    struct id request_id;
};

struct entry {
    struct outcome_key key;
    struct outcome outcome;
    struct instant at;
    struct entry *prev, *next;
    UT_hash_handle hh;
};

struct outcomes {
    struct entry *by_key;
    struct entry *oldest; /* utlist: oldest->prev is the newest */
};

struct outcomes *outcomes_create(void)
{
    struct outcomes *o = calloc(1, sizeof *o);
    ENSURE(o);
    return o;
}

static void drop(struct outcomes *o, struct entry *e)
{
    HASH_DEL(o->by_key, e);
    DL_DELETE(o->oldest, e);
    free(e);
}

void outcomes_destroy(struct outcomes *o)
{
    if (!o)
        return;
    while (o->oldest)
        drop(o, o->oldest);
    free(o);
}

static struct entry *find(const struct outcomes *o, const struct id *actor,
                          const struct id *request_id)
{
    struct outcome_key key = {.actor = *actor, .request_id = *request_id};
    struct entry *e;
    HASH_FIND(hh, o->by_key, &key, sizeof key, e);
    return e;
}

void outcomes_add(struct outcomes *o, const struct outcome *outcome, struct instant at)
{
    ENSURE(!id_is_none(&outcome->request_id));
    if (find(o, &outcome->actor, &outcome->request_id))
        return;
    struct entry *e = calloc(1, sizeof *e);
    ENSURE(e);
    e->key = (struct outcome_key){.actor = outcome->actor, .request_id = outcome->request_id};
    e->outcome = *outcome;
    e->at = at;
    HASH_ADD(hh, o->by_key, key, sizeof e->key, e);
    DL_APPEND(o->oldest, e);
}

const struct outcome *outcomes_find(const struct outcomes *o, const struct id *actor,
                                    const struct id *request_id)
{
    const struct entry *e = find(o, actor, request_id);
    return e ? &e->outcome : NULL;
}

void outcomes_forget(struct outcomes *o, struct instant now)
{
    while (o->oldest && o->oldest->at.s < now.s - OUTCOMES_RETENTION_S)
        drop(o, o->oldest);
}

size_t outcomes_count(const struct outcomes *o)
{
    return HASH_COUNT(o->by_key);
}
