/*
 * Two threads meet here, under one mutex: the writer's puts, ours takes. The webhook belongs to
 * ours.
 */
#include "controlplane/notice/notifier.h"

#include "controlplane/notice/webhook.h"
#include "lib/pki/digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS  1000
#define NS_PER_MS 1000000L
#define NS_PER_S  1000000000L

struct notifier {
    struct notifier_options options;
    struct webhook *webhook; /* NULL: none */
    pthread_t thread;
    pthread_mutex_t lock; /* over the rest */
    pthread_cond_t news;
    bool stopping;
    struct notice queue[NOTIFIER_QUEUE];
    size_t first, waiting;
    uint64_t
        seen[NOTIFIER_SEEN]; /* marks of ids; a slot each, taken by the last that hashes to it */
    struct notifier_counts counts;
    struct instant said; /* that some were dropped */
};

/* ---- putting, on the writer's thread ---- */

static uint64_t mark_of(const char *id)
{
    uint8_t digest[DIGEST_BYTES];
    uint64_t mark;
    digest_sha256(span_text(id), digest);
    memcpy(&mark, digest, sizeof mark);
    return mark ? mark : 1;
}

/* With the lock held: true the first time, as far as is remembered. */
static bool is_new(struct notifier *n, const char *id)
{
    uint64_t mark = mark_of(id);
    uint64_t *slot = &n->seen[mark % NOTIFIER_SEEN];
    if (*slot == mark)
        return false;
    *slot = mark;
    return true;
}

/* With the lock held. */
static void drop(struct notifier *n)
{
    struct instant now = env_now(n->options.env);
    n->counts.lost++;
    if (n->said.s == now.s)
        return;
    n->said = now;
    log_event(n->options.log, LOG_LEVEL_ERROR, "notice.dropped",
              LOG_INT("waiting", (int64_t)n->waiting));
}

static void put(struct notifier *n, const struct notice *notice)
{
    pthread_mutex_lock(&n->lock);
    if (is_new(n, notice->id)) {
        if (n->waiting == NOTIFIER_QUEUE) {
            drop(n);
        } else {
            n->queue[(n->first + n->waiting++) % NOTIFIER_QUEUE] = *notice;
            pthread_cond_signal(&n->news);
        }
    }
    pthread_mutex_unlock(&n->lock);
}

void notifier_on_commit(void *notifier, const struct state *state, int64_t revision,
                        const struct engine_change *changes, size_t count)
{
    struct notice notice;
    (void)revision;
    for (size_t i = 0; changes && i < count; i++) {
        if (!changes[i].deleted &&
            notice_of_change(state, changes[i].kind, &changes[i].id, &notice))
            put(notifier, &notice);
    }
}

struct look {
    struct notifier *notifier;
    size_t left;
};

static bool visit_soon(enum entity_kind kind, const void *record, void *arg)
{
    struct look *l = arg;
    struct notice notice;
    if (notice_of_time(kind, record, &notice))
        put(l->notifier, &notice);
    return --l->left > 0;
}

void notifier_look_ahead(struct notifier *n, const struct state *state, struct instant now)
{
    struct look look = {.notifier = n, .left = NOTIFIER_SOON};
    state_each_due(state, instant_add(now, n->options.ahead_s), visit_soon, &look);
}

/* ---- taking, on our own thread ---- */

/* Waits for the next one; false: the end. */
static bool take(struct notifier *n, struct notice *ret)
{
    pthread_mutex_lock(&n->lock);
    while (n->waiting == 0 && !n->stopping)
        pthread_cond_wait(&n->news, &n->lock);
    bool more = !n->stopping;
    if (more) {
        *ret = n->queue[n->first];
        n->first = (n->first + 1) % NOTIFIER_QUEUE;
        n->waiting--;
        n->counts.told++;
    }
    pthread_mutex_unlock(&n->lock);
    return more;
}

/* False: told to stop meanwhile. */
static bool pause_for(struct notifier *n, unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * NS_PER_MS;
    until.tv_sec += until.tv_nsec / NS_PER_S;
    until.tv_nsec %= NS_PER_S;
    pthread_mutex_lock(&n->lock);
    n->counts.retries++;
    while (!n->stopping && pthread_cond_clockwait(&n->news, &n->lock, CLOCK_MONOTONIC, &until) == 0)
        ;
    bool go_on = !n->stopping;
    pthread_mutex_unlock(&n->lock);
    return go_on;
}

/* What is refused is not asked for again. */
static int post(struct notifier *n, struct span body, struct err *err)
{
    unsigned pause_ms = n->options.pause_ms;
    for (int attempt = 1;; attempt++) {
        int rc = webhook_post(n->webhook, env_now(n->options.env), body, err);
        if (rc == 0 || rc == -ERR_DENIED || attempt == NOTIFIER_ATTEMPTS || !pause_for(n, pause_ms))
            return rc;
        pause_ms *= 2;
    }
}

static void deliver(struct notifier *n, const struct notice *notice)
{
    CLEANUP_BUF struct buf body;
    struct err err = ERR_INIT;
    buf_init(&body, NOTICE_JSON_MAX);
    notice_format(notice, &body);
    ENSURE(!body.full);
    log_event(n->options.log, LOG_LEVEL_INFO, "notice", LOG_STR("id", notice->id),
              LOG_STR("organisation", notice->organisation.text), LOG_STR("text", notice->text));
    if (!n->webhook)
        return;
    int rc = post(n, buf_span(&body), &err);
    if (rc < 0)
        log_event(n->options.log, LOG_LEVEL_ERROR, "notice.lost", LOG_STR("id", notice->id),
                  LOG_STR("error", err.text));
    pthread_mutex_lock(&n->lock);
    n->counts.posted += rc == 0;
    n->counts.lost += rc < 0;
    pthread_mutex_unlock(&n->lock);
}

static void *run(void *arg)
{
    struct notifier *n = arg;
    struct notice notice;
    while (take(n, &notice))
        deliver(n, &notice);
    return NULL;
}

/* ---- life ---- */

int notifier_create(const struct notifier_options *options, struct notifier **ret, struct err *err)
{
    struct notifier *n = calloc(1, sizeof *n);
    ENSURE(n && pthread_mutex_init(&n->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&n->news, NULL) == 0);
    n->options = *options;
    n->options.secret = (struct span){0}; /* the webhook has its own */
    if (n->options.pause_ms == 0)
        n->options.pause_ms = PAUSE_MS;
    int rc = 0;
    if (options->url[0])
        rc = webhook_create(options->url, options->secret, &n->webhook, err);
    if (rc == 0 && pthread_create(&n->thread, NULL, run, n) != 0)
        rc = err_set(err, ERR_INTERNAL, "no thread for notices");
    if (rc < 0) {
        webhook_destroy(n->webhook);
        free(n);
        return rc;
    }
    *ret = n;
    return 0;
}

void notifier_destroy(struct notifier *n)
{
    if (!n)
        return;
    pthread_mutex_lock(&n->lock);
    n->stopping = true;
    pthread_cond_broadcast(&n->news);
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->thread, NULL);
    webhook_destroy(n->webhook);
    pthread_cond_destroy(&n->news);
    pthread_mutex_destroy(&n->lock);
    free(n);
}

struct notifier_counts notifier_counts(struct notifier *n)
{
    pthread_mutex_lock(&n->lock);
    struct notifier_counts counts = n->counts;
    pthread_mutex_unlock(&n->lock);
    return counts;
}
