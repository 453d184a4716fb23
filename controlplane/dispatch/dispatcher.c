/*
 * Per tenant: what runs, unordered, and a queue for each size of job that it has had, first come
 * first served. A job that gives way goes to the end of its queue.
 *
 * Invariant: idle + all used = all quotas. So a tenant inside its quota that finds too few idle
 * GPUs always finds enough above the quotas of others.
 */
#include "controlplane/dispatch/dispatcher.h"

#include <stdlib.h>

#define NEARLY_NOTHING_MS (INT64_C(5) * 60 * 1000)
#define BUDGET_NUMERATOR  15 /* of all GPU time, what evictions may cost before they get careful */
#define BUDGET_PARTS      10000
#define NO_JOB            SIZE_MAX

struct job {
    size_t tenant;
    int64_t gpus;
    uint64_t order; /* in its queue */
    size_t next;    /* in its queue; while it runs: its place among the tenant's running jobs */
    int64_t started_ms;
    int64_t kept_ms; /* work at the last checkpoint before it gave way */
    bool restarts;   /* it has given way before */
    bool running;
};

struct queue {
    int64_t gpus;
    size_t head, tail; /* jobs; NO_JOB: empty */
};

struct tenant {
    int64_t quota, used;
    struct queue *queues;
    size_t n_queues;
    size_t *running;
    size_t n_running, cap_running;
};

struct dispatcher {
    struct dispatch_terms terms;
    struct tenant *tenants;
    size_t n_tenants;
    struct job *jobs;
    size_t n_jobs, cap_jobs;
    uint64_t order;
    int64_t gpus, idle;
    int64_t now_ms, worked, lost; /* GPU milliseconds */
};

static void *grown(void *items, size_t n, size_t size)
{
    void *p = reallocarray(items, n, size);
    ENSURE(p != NULL);
    return p;
}

/* ---- Life cycle ------------------------------------------------------------------------------ */

struct dispatcher *dispatcher_create(const struct dispatch_terms *terms, const int64_t *quotas,
                                     size_t n_tenants)
{
    ENSURE(terms->checkpoint_ms > 0 && terms->restart_ms >= 0);
    struct dispatcher *d = calloc(1, sizeof *d);
    ENSURE(d != NULL);
    d->terms = *terms;
    d->n_tenants = n_tenants;
    d->tenants = calloc(n_tenants + 1, sizeof *d->tenants);
    ENSURE(d->tenants != NULL);
    for (size_t i = 0; i < n_tenants; i++) {
        ENSURE(quotas[i] > 0 && quotas[i] < INT32_MAX);
        d->tenants[i].quota = quotas[i];
        d->gpus += quotas[i];
    }
    d->idle = d->gpus;
    return d;
}

void dispatcher_destroy(struct dispatcher *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n_tenants; i++) {
        free(d->tenants[i].queues);
        free(d->tenants[i].running);
    }
    free(d->tenants);
    free(d->jobs);
    free(d);
}

int64_t dispatcher_gpus(const struct dispatcher *d)
{
    return d->gpus;
}

int64_t dispatcher_idle(const struct dispatcher *d)
{
    return d->idle;
}

int64_t dispatcher_lost_gpu_ms(const struct dispatcher *d)
{
    return d->lost;
}

/* ---- Queues ---------------------------------------------------------------------------------- */

static struct queue *queue_of(struct tenant *t, int64_t gpus)
{
    for (size_t i = 0; i < t->n_queues; i++) {
        if (t->queues[i].gpus == gpus)
            return &t->queues[i];
    }
    t->queues = grown(t->queues, t->n_queues + 1, sizeof *t->queues);
    t->queues[t->n_queues] = (struct queue){gpus, NO_JOB, NO_JOB};
    return &t->queues[t->n_queues++];
}

static void enqueue(struct dispatcher *d, size_t job)
{
    struct job *j = &d->jobs[job];
    struct queue *q = queue_of(&d->tenants[j->tenant], j->gpus);
    j->order = d->order++;
    j->next = NO_JOB;
    if (q->head == NO_JOB)
        q->head = job;
    else
        d->jobs[q->tail].next = job;
    q->tail = job;
}

/* The first of the tenant's waiting jobs that want no more than `most` GPUs; or NO_JOB. */
static size_t first_waiting(const struct dispatcher *d, const struct tenant *t, int64_t most)
{
    size_t first = NO_JOB;
    for (size_t i = 0; i < t->n_queues; i++) {
        size_t head = t->queues[i].head;
        if (head == NO_JOB || t->queues[i].gpus > most)
            continue;
        if (first == NO_JOB || d->jobs[head].order < d->jobs[first].order)
            first = head;
    }
    return first;
}

size_t dispatcher_submit(struct dispatcher *d, size_t tenant, int64_t gpus)
{
    ENSURE(tenant < d->n_tenants && gpus > 0 && gpus <= d->tenants[tenant].quota);
    if (d->n_jobs == d->cap_jobs) {
        d->cap_jobs = d->cap_jobs ? d->cap_jobs * 2 : 1024;
        d->jobs = grown(d->jobs, d->cap_jobs, sizeof *d->jobs);
    }
    d->jobs[d->n_jobs] = (struct job){.tenant = tenant, .gpus = gpus};
    enqueue(d, d->n_jobs);
    return d->n_jobs++;
}

/* ---- Starting and stopping ------------------------------------------------------------------- */

/* A turn, or what of it is going on. */
struct turn {
    struct dispatcher *d;
    dispatch_step_fn tell;
    void *arg;
};

static void pass_time(struct dispatcher *d, int64_t now_ms)
{
    ENSURE(now_ms >= d->now_ms);
    d->worked += (d->gpus - d->idle) * (now_ms - d->now_ms);
    d->now_ms = now_ms;
}

static void start(const struct turn *turn, size_t job)
{
    struct dispatcher *d = turn->d;
    struct job *j = &d->jobs[job];
    struct tenant *t = &d->tenants[j->tenant];
    struct queue *q = queue_of(t, j->gpus);
    ENSURE(q->head == job && d->idle >= j->gpus);
    q->head = j->next;
    if (t->n_running == t->cap_running) {
        t->cap_running = t->cap_running ? t->cap_running * 2 : 16;
        t->running = grown(t->running, t->cap_running, sizeof *t->running);
    }
    j->next = t->n_running;
    t->running[t->n_running++] = job;
    j->running = true;
    j->started_ms = d->now_ms;
    t->used += j->gpus;
    d->idle -= j->gpus;
    turn->tell(&(struct dispatch_step){job, true, j->kept_ms, j->restarts}, turn->arg);
}

static void stop(struct dispatcher *d, size_t job)
{
    struct job *j = &d->jobs[job];
    struct tenant *t = &d->tenants[j->tenant];
    ENSURE(j->running && t->running[j->next] == job);
    size_t last = t->running[--t->n_running];
    t->running[j->next] = last;
    d->jobs[last].next = j->next;
    j->running = false;
    t->used -= j->gpus;
    d->idle += j->gpus;
}

void dispatcher_finish(struct dispatcher *d, size_t job, int64_t now_ms)
{
    ENSURE(job < d->n_jobs);
    pass_time(d, now_ms);
    stop(d, job);
}

/* ---- Giving way ------------------------------------------------------------------------------ */

/* What the job has worked since it started. */
static int64_t worked_ms(const struct dispatcher *d, const struct job *j)
{
    int64_t ms = d->now_ms - j->started_ms - (j->restarts ? d->terms.restart_ms : 0);
    return ms > 0 ? ms : 0;
}

/* What of the time since it started would be for nothing. */
static int64_t lost_ms(const struct dispatcher *d, const struct job *j)
{
    int64_t worked = worked_ms(d, j);
    return d->now_ms - j->started_ms - worked / d->terms.checkpoint_ms * d->terms.checkpoint_ms;
}

static void give_way(const struct turn *turn, size_t job)
{
    struct dispatcher *d = turn->d;
    struct job *j = &d->jobs[job];
    d->lost += (lost_ms(d, j) + d->terms.restart_ms) * j->gpus;
    j->kept_ms += worked_ms(d, j) / d->terms.checkpoint_ms * d->terms.checkpoint_ms;
    stop(d, job);
    j->restarts = true;
    enqueue(d, job);
    turn->tell(&(struct dispatch_step){job, false, j->kept_ms, false}, turn->arg);
}

/* A job that may give way, and how dear that is. */
struct victim {
    size_t job;
    bool within; /* its tenant stays at or above its quota */
    int64_t lost_ms;
    int64_t worked_ms; /* in all */
};

static struct victim victim_of(const struct dispatcher *d, const struct tenant *t, size_t job,
                               bool careful)
{
    const struct job *j = &d->jobs[job];
    int64_t lost = lost_ms(d, j);
    return (struct victim){.job = job,
                           .within = t->used - j->gpus >= t->quota,
                           .lost_ms = careful ? lost : lost / NEARLY_NOTHING_MS,
                           .worked_ms = j->kept_ms + worked_ms(d, j)};
}

static bool rather(const struct victim *a, const struct victim *b)
{
    if (b->job == NO_JOB || a->within != b->within)
        return b->job == NO_JOB || a->within;
    if (a->lost_ms != b->lost_ms)
        return a->lost_ms < b->lost_ms;
    if (a->worked_ms != b->worked_ms)
        return a->worked_ms > b->worked_ms;
    return a->job > b->job;
}

static size_t next_to_give_way(const struct dispatcher *d)
{
    bool careful = (__int128)d->lost * BUDGET_PARTS >= (__int128)d->worked * BUDGET_NUMERATOR;
    struct victim best = {.job = NO_JOB};
    for (size_t i = 0; i < d->n_tenants; i++) {
        const struct tenant *t = &d->tenants[i];
        for (size_t r = 0; t->used > t->quota && r < t->n_running; r++) {
            struct victim v = victim_of(d, t, t->running[r], careful);
            if (rather(&v, &best))
                best = v;
        }
    }
    ENSURE(best.job != NO_JOB);
    return best.job;
}

/* ---- A turn ---------------------------------------------------------------------------------- */

/* Inside its own quota. Returns whether anything started. */
static bool serve_own(const struct turn *turn, struct tenant *t)
{
    struct dispatcher *d = turn->d;
    bool started = false;
    while (t->used < t->quota) {
        int64_t room = t->quota - t->used;
        bool takes_back = d->terms.rule == DISPATCH_RECLAIM;
        size_t job = first_waiting(d, t, takes_back || room < d->idle ? room : d->idle);
        if (job == NO_JOB)
            break;
        while (d->idle < d->jobs[job].gpus)
            give_way(turn, next_to_give_way(d));
        start(turn, job);
        started = true;
    }
    return started;
}

/* Until nobody starts any more: who gave way may have fallen below its quota. It ends, because what
 * is used above quotas only shrinks. */
static void serve_owners(const struct turn *turn)
{
    bool started;
    do {
        started = false;
        for (size_t i = 0; i < turn->d->n_tenants; i++)
            started |= serve_own(turn, &turn->d->tenants[i]);
    } while (started);
}

/* The first job of the tenant that uses the smallest part of its quota, of those with a job that
 * fits; or NO_JOB. */
static size_t next_to_borrow(const struct dispatcher *d)
{
    const struct tenant *least = NULL;
    size_t next = NO_JOB;
    for (size_t i = 0; i < d->n_tenants; i++) {
        const struct tenant *t = &d->tenants[i];
        size_t job = first_waiting(d, t, d->idle);
        if (job == NO_JOB || (least && t->used * least->quota >= least->used * t->quota))
            continue;
        least = t;
        next = job;
    }
    return next;
}

void dispatcher_turn(struct dispatcher *d, int64_t now_ms, dispatch_step_fn tell, void *arg)
{
    const struct turn turn = {d, tell, arg};
    pass_time(d, now_ms);
    serve_owners(&turn);
    if (d->terms.rule == DISPATCH_STATIC)
        return;
    for (size_t job; (job = next_to_borrow(d)) != NO_JOB;)
        start(&turn, job);
}
