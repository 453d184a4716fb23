/* A mutex, a condition on the monotonic clock and a singly linked list. */
#include "controlplane/engine/queue.h"

#include "lib/base/err.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct queue_item *first;
    struct queue_item **last;
    size_t length;
    size_t limit;
    bool closed;
};

struct queue *queue_create(size_t limit)
{
    struct queue *q = calloc(1, sizeof *q);
    ENSURE(q);
    q->last = &q->first;
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
    ENSURE(q->length == 0);
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

static void append(struct queue *q, struct queue_item *item)
{
    item->next = NULL;
    *q->last = item;
    q->last = &item->next;
    q->length++;
    pthread_cond_signal(&q->filled);
}

bool queue_push(struct queue *q, struct queue_item *item)
{
    pthread_mutex_lock(&q->lock);
    bool room = !q->closed && q->length < q->limit;
    if (room)
        append(q, item);
    pthread_mutex_unlock(&q->lock);
    return room;
}

void queue_push_always(struct queue *q, struct queue_item *item)
{
    pthread_mutex_lock(&q->lock);
    append(q, item);
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

struct queue_item *queue_take(struct queue *q, unsigned timeout_ms)
{
    pthread_mutex_lock(&q->lock);
    if (!q->first && timeout_ms > 0) {
        struct timespec at = deadline_in(timeout_ms);
        while (!q->first && pthread_cond_timedwait(&q->filled, &q->lock, &at) == 0)
            ;
    }
    struct queue_item *item = q->first;
    if (item) {
        q->first = item->next;
        if (!q->first)
            q->last = &q->first;
        q->length--;
    }
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
    size_t length = q->length;
    pthread_mutex_unlock(&q->lock);
    return length;
}
