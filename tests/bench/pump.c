/* Slots, their begins, and a condition for the end. The lock guards all; starting is done outside.
 */
#include "tests/bench/pump.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct pump {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    pump_start_fn start;
    void *ud;
    int64_t *begins; /* by slot */
    size_t in_flight, alive, failed;
    size_t left; /* calls that may still be started */
    int64_t first, last, until;
    struct samples took;
    struct err failure;
};

struct pump *pump_create(size_t in_flight, pump_start_fn start, void *ud)
{
    struct pump *p = calloc(1, sizeof *p);
    ENSURE(p && in_flight > 0);
    p->begins = calloc(in_flight, sizeof *p->begins);
    ENSURE(p->begins);
    p->in_flight = in_flight;
    p->start = start;
    p->ud = ud;
    ENSURE(pthread_mutex_init(&p->lock, NULL) == 0 && pthread_cond_init(&p->idle, NULL) == 0);
    return p;
}

void pump_destroy(struct pump *p)
{
    if (!p)
        return;
    ENSURE(p->alive == 0);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->idle);
    samples_fini(&p->took);
    free(p->begins);
    free(p);
}

static bool note_end(struct pump *p, size_t slot, const struct err *err)
{
    int64_t now = figures_now();
    bool failed = err && err->code != ERR_OK;
    pthread_mutex_lock(&p->lock);
    p->last = now;
    if (!failed)
        samples_add(&p->took, now - p->begins[slot]);
    else if (p->failed++ == 0)
        p->failure = *err;
    bool more = !failed && now < p->until && p->left > 0;
    p->left -= more;
    if (more)
        p->begins[slot] = now;
    else if (--p->alive == 0)
        pthread_cond_signal(&p->idle);
    pthread_mutex_unlock(&p->lock);
    return more;
}

void pump_ended(struct pump *p, size_t slot, const struct err *err)
{
    ENSURE(slot < p->in_flight);
    if (note_end(p, slot, err))
        p->start(p->ud, slot);
}

void pump_run(struct pump *p, const struct pump_end *end, struct pump_figures *ret)
{
    size_t first = end->calls > 0 && end->calls < p->in_flight ? end->calls : p->in_flight;
    p->first = figures_now();
    p->until = p->first + end->run_ms * 1000000;
    p->left = end->calls > 0 ? end->calls - first : SIZE_MAX;
    p->alive = first;
    for (size_t i = 0; i < first; i++) {
        p->begins[i] = figures_now();
        p->start(p->ud, i);
    }
    pthread_mutex_lock(&p->lock);
    while (p->alive > 0)
        pthread_cond_wait(&p->idle, &p->lock);
    pthread_mutex_unlock(&p->lock);
    *ret = (struct pump_figures){.in_flight = p->in_flight,
                                 .done = p->took.n,
                                 .failed = p->failed,
                                 .rate = figures_rate(p->took.n, p->last - p->first),
                                 .p50_us = samples_quantile(&p->took, 500) / 1000,
                                 .p99_us = samples_quantile(&p->took, 990) / 1000,
                                 .failure = p->failure};
}

void pump_print(const char *name, const struct pump_figures *f)
{
    printf("%s: in_flight=%zu rate=%.0f p50_us=%lld p99_us=%lld done=%zu failed=%zu\n", name,
           f->in_flight, f->rate, (long long)f->p50_us, (long long)f->p99_us, f->done, f->failed);
    if (f->failed > 0)
        printf("%s: first failure: %s: %s\n", name, err_name(f->failure.code), f->failure.text);
    fflush(stdout);
}
