/* A mutex, a condition on the monotonic clock and two singly linked lists. */
#include "controlplane/engine/queue.h"

#include "lib/base/err.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct items {
    struct queue_item *first;
    struct queue_item **last;
    size_t length;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct items ordinary;
    struct items urgent;
    size_t limit;
    bool closed;
};

struct queue *queue_create(size_t limit)
{
    struct queue *q = calloc(1, sizeof *q);
    ENSURE(q);
    q->ordinary.last = &q->ordinary.first;
    q->urgent.last = &q->urgent.first;
    q->limit = limit;
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
    ENSURE(q->ordinary.length == 0 && q->urgent.length == 0);
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

bool queue_push(struct queue *q, struct queue_item *item)
{
    pthread_mutex_lock(&q->lock);
    bool room = !q->closed && q->ordinary.length < q->limit;
    if (room)
        append(q, &q->ordinary, item);
    pthread_mutex_unlock(&q->lock);
    return room;
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
    return q->urgent.first || (wanted == QUEUE_ANY && q->ordinary.first);
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
        item = remove_first(&q->ordinary);
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
    size_t length = q->ordinary.length + q->urgent.length;
    pthread_mutex_unlock(&q->lock);
    return length;
}
