#include "lib/etcd/timer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * Owns the timer thread and the list of set timers, soonest first. The list is short (one entry
 * for each pausing call, watch and lease), so it is a plain list. The thread sleeps in poll() on
 * wake_fd, because a condition variable can't wait on the boot clock.
 */
#define NS_PER_MS INT64_C(1000000)

struct etcd_timers {
    struct env env;
    pthread_t thread;
    bool joined;
    int wake_fd;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t idle;   /* a callback has ended */
    struct etcd_timer *first;
    struct etcd_timer *running;
    bool closing;
};

static void wake(struct etcd_timers *timers)
{
    uint64_t one = 1;
    ssize_t n = write(timers->wake_fd, &one, sizeof(one));
    ENSURE(n == sizeof(one) || errno == EAGAIN);
}

static void unlink_timer(struct etcd_timers *timers, struct etcd_timer *timer)
{
    struct etcd_timer **at = &timers->first;
    while (*at != timer)
        at = &(*at)->next;
    *at = timer->next;
    timer->next = NULL;
    timer->queued = false;
}

/* The first timer if it is due (or all are, while closing), taken off the list. */
static struct etcd_timer *take_due(struct etcd_timers *timers, int64_t now_ns)
{
    struct etcd_timer *t = timers->first;
    if (t == NULL || (t->due_ns > now_ns && !timers->closing))
        return NULL;
    unlink_timer(timers, t);
    return t;
}

/* Milliseconds to sleep, rounded up; -1: until woken. */
static int pause_ms(const struct etcd_timers *timers, int64_t now_ns)
{
    if (timers->first == NULL)
        return -1;
    int64_t ms = (timers->first->due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void sleep_until_woken(struct etcd_timers *timers, int ms)
{
    struct pollfd p = {.fd = timers->wake_fd, .events = POLLIN};
    (void)poll(&p, 1, ms);
    uint64_t count;
    ssize_t n = read(timers->wake_fd, &count, sizeof(count));
    ENSURE(n == sizeof(count) || errno == EAGAIN || errno == EINTR);
}

static void *timer_thread(void *arg)
{
    struct etcd_timers *timers = arg;
    pthread_mutex_lock(&timers->mutex);
    for (;;) {
        int64_t now_ns = env_boot(&timers->env).ns;
        struct etcd_timer *t = take_due(timers, now_ns);
        if (t != NULL) {
            timers->running = t;
            pthread_mutex_unlock(&timers->mutex);
            t->fn(t->ud); /* may free t */
            pthread_mutex_lock(&timers->mutex);
            timers->running = NULL;
            pthread_cond_broadcast(&timers->idle);
            continue;
        }
        if (timers->closing)
            break;
        int ms = pause_ms(timers, now_ns);
        pthread_mutex_unlock(&timers->mutex);
        sleep_until_woken(timers, ms);
        pthread_mutex_lock(&timers->mutex);
    }
    pthread_mutex_unlock(&timers->mutex);
    return NULL;
}

static void free_timers(struct etcd_timers *timers)
{
    if (timers->wake_fd >= 0)
        close(timers->wake_fd);
    pthread_cond_destroy(&timers->idle);
    pthread_mutex_destroy(&timers->mutex);
    free(timers);
}

int etcd_timers_create(const struct env *env, struct etcd_timers **ret, struct err *err)
{
    struct etcd_timers *timers = calloc(1, sizeof(*timers));
    ENSURE(timers != NULL);
    timers->env = *env;
    pthread_mutex_init(&timers->mutex, NULL);
    pthread_cond_init(&timers->idle, NULL);
    timers->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (timers->wake_fd < 0 || pthread_create(&timers->thread, NULL, timer_thread, timers) != 0) {
        free_timers(timers);
        return err_set(err, ERR_INTERNAL, "no descriptor or thread left for the timers of etcd");
    }
    *ret = timers;
    return 0;
}

void etcd_timers_close(struct etcd_timers *timers)
{
    pthread_mutex_lock(&timers->mutex);
    timers->closing = true;
    pthread_mutex_unlock(&timers->mutex);
    wake(timers);
    if (!timers->joined)
        pthread_join(timers->thread, NULL);
    timers->joined = true;
    ENSURE(timers->first == NULL);
}

void etcd_timers_destroy(struct etcd_timers *timers)
{
    if (timers == NULL)
        return;
    etcd_timers_close(timers);
    free_timers(timers);
}

static void insert_timer(struct etcd_timers *timers, struct etcd_timer *timer)
{
    struct etcd_timer **at = &timers->first;
    while (*at != NULL && (*at)->due_ns <= timer->due_ns)
        at = &(*at)->next;
    timer->next = *at;
    timer->queued = true;
    *at = timer;
}

bool etcd_timer_set(struct etcd_timers *timers, struct etcd_timer *timer, int64_t delay_ms)
{
    ENSURE(delay_ms >= 0 && timer->fn != NULL);
    pthread_mutex_lock(&timers->mutex);
    if (timer->queued)
        unlink_timer(timers, timer);
    bool open = !timers->closing;
    if (open) {
        timer->due_ns = env_boot(&timers->env).ns + delay_ms * NS_PER_MS;
        insert_timer(timers, timer);
    }
    bool is_first = timers->first == timer;
    pthread_mutex_unlock(&timers->mutex);
    if (open && is_first)
        wake(timers);
    return open;
}

void etcd_timer_cancel(struct etcd_timers *timers, struct etcd_timer *timer)
{
    pthread_mutex_lock(&timers->mutex);
    /* The callback may set the timer again while we wait for its end. */
    while (timer->queued || timers->running == timer) {
        if (timer->queued)
            unlink_timer(timers, timer);
        else
            pthread_cond_wait(&timers->idle, &timers->mutex);
    }
    pthread_mutex_unlock(&timers->mutex);
}
