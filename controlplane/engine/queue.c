/*
 * A mutex, a condition on the monotonic clock, and singly linked lists. The lanes that are not
 * empty stand in a map, to be found, and in a ring, to be served: the first one gives an item and
 * goes to the end.
 */
#include "controlplane/engine/queue.h"

#include "lib/base/err.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <uthash.h>
#include <utlist.h>

struct items {
    struct queue_item *first;
    struct queue_item **last;
    size_t length;
};

/* Never empty. */
struct lane {
    struct queue_lane key;
    struct items items;
    struct lane *prev, *next;
    UT_hash_handle hh;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct lane *by_key;
    struct lane *turn; /* whose it is; then its next */
    size_t length;     /* of all lanes */
    struct items urgent;
    struct queue_limits limits;
    bool closed;
};

struct queue *queue_create(const struct queue_limits *limits)
{
    struct queue *q = calloc(1, sizeof *q);
    ENSURE(q);
    q->urgent.last = &q->urgent.first;
    q->limits = *limits;
    ENSURE(pthread_mutex_init(&q->lock, NULL) == 0);
    pthread_condattr_t attr;
    ENSURE(pthread_condattr_init(&attr) == 0);
    ENSURE(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    ENSURE(pthread_cond_init(&q->filled, &attr) == 0);
    pthread_condattr_destroy(&attr);
    return q;
}

void queue_destroy(struct queue *q)
{
    if (!q)
        return;
    ENSURE(q->length == 0 && !q->turn && q->urgent.length == 0);
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

static void append(struct queue *q, struct items *list, struct queue_item *item)
{
    item->next = NULL;
    *list->last = item;
    list->last = &item->next;
    list->length++;
    pthread_cond_signal(&q->filled);
}

static struct queue_item *remove_first(struct items *list)
{
    struct queue_item *item = list->first;
    if (!item)
        return NULL;
    list->first = item->next;
    if (!list->first)
        list->last = &list->first;
    list->length--;
    return item;
}

/* A key without chance bytes between its members. */
static struct queue_lane key_of(const struct queue_lane *lane)
{
    struct queue_lane key;
    ENSURE(lane->crowd >= 0 && lane->crowd < QUEUE_CROWD_COUNT);
    memset(&key, 0, sizeof key);
    key.organisation = lane->organisation;
    key.crowd = lane->crowd;
    return key;
}

static struct lane *find_lane(const struct queue *q, const struct queue_lane *key)
{
    struct lane *lane;
    HASH_FIND(hh, q->by_key, key, sizeof *key, lane);
    return lane;
}

static struct lane *open_lane(struct queue *q, const struct queue_lane *key)
{
    struct lane *lane = calloc(1, sizeof *lane);
    ENSURE(lane);
    lane->key = *key;
    lane->items.last = &lane->items.first;
    HASH_ADD(hh, q->by_key, key, sizeof lane->key, lane);
    DL_APPEND(q->turn, lane);
    return lane;
}

bool queue_push(struct queue *q, const struct queue_lane *wanted, struct queue_item *item)
{
    struct queue_lane key = key_of(wanted);
    pthread_mutex_lock(&q->lock);
    struct lane *lane = find_lane(q, &key);
    size_t waiting = lane ? lane->items.length : 0;
    bool room = !q->closed && q->length < q->limits.all && waiting < q->limits.lane[key.crowd];
    if (room) {
        append(q, lane ? &lane->items : &open_lane(q, &key)->items, item);
        q->length++;
    }
    pthread_mutex_unlock(&q->lock);
    return room;
}

/* From the lane whose turn it is, which then is the last to come; NULL when all are empty. */
static struct queue_item *remove_in_turn(struct queue *q)
{
    struct lane *lane = q->turn;
    if (!lane)
        return NULL;
    struct queue_item *item = remove_first(&lane->items);
    q->length--;
    DL_DELETE(q->turn, lane);
    if (lane->items.length > 0) {
        DL_APPEND(q->turn, lane);
        return item;
    }
    HASH_DEL(q->by_key, lane);
    free(lane);
    return item;
}

void queue_push_urgent(struct queue *q, struct queue_item *item)
{
    pthread_mutex_lock(&q->lock);
    append(q, &q->urgent, item);
    pthread_mutex_unlock(&q->lock);
}

static struct timespec deadline_in(unsigned timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

static bool has_wanted(const struct queue *q, enum queue_wanted wanted)
{
    return q->urgent.first || (wanted == QUEUE_ANY && q->turn);
}

struct queue_item *queue_take(struct queue *q, enum queue_wanted wanted, unsigned timeout_ms)
{
    pthread_mutex_lock(&q->lock);
    if (!has_wanted(q, wanted) && timeout_ms > 0) {
        struct timespec at = deadline_in(timeout_ms);
        while (!has_wanted(q, wanted) && pthread_cond_timedwait(&q->filled, &q->lock, &at) == 0)
            ;
    }
    struct queue_item *item = remove_first(&q->urgent);
    if (!item && wanted == QUEUE_ANY)
        item = remove_in_turn(q);
    pthread_mutex_unlock(&q->lock);
    return item;
}

void queue_close(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
}

size_t queue_length(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    size_t length = q->length + q->urgent.length;
    pthread_mutex_unlock(&q->lock);
    return length;
}
