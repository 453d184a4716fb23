/*
 * Virtual time goes from event to event: jobs end, then jobs come, then the dispatcher takes a
 * turn. Ends are kept in the timeline by run, so that the end of a run that was broken off is known
 * as void.
 */
#include "controlplane/sim/lend_run.h"

#include "controlplane/dispatch/dispatcher.h"
#include "controlplane/sim/lend_input.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#include <inttypes.h>
#include <stdlib.h>

#define SHEET_BYTES (1u << 30)
#define MS_PER_S    1000
#define MS_PER_MIN  60000
#define MS_PER_HOUR 3600000
#define MS_PER_DAY  86400000
#define AT_ONCE_MS  MS_PER_MIN /* started within a minute */
#define CKPT_MAX_S  INT64_C(31536000)

struct end {
    int64_t at_ms;
    size_t job;
    size_t run;
};

struct progress {
    int64_t done_ms;
    int64_t began_ms; /* its present run */
    size_t runs;      /* begun so far */
};

struct lend {
    struct lend_trace trace;
    struct dispatch_terms terms;
    struct dispatcher *dispatcher;
    struct progress *progress; /* by job */
    struct end *ends;          /* a heap, the first to come on top */
    size_t n_ends, cap_ends;
    struct buf *runs; /* NULL: nobody wants them */
    int64_t now_ms, last_done_ms;
    __int128 busy_gpu_ms; /* inside the window of submits */
    uint64_t evictions;
};

static void *zeros(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    ENSURE(p != NULL);
    return p;
}

static void lend_fini(struct lend *l)
{
    dispatcher_destroy(l->dispatcher);
    lend_trace_fini(&l->trace);
    free(l->progress);
    free(l->ends);
}

/* ---- Options --------------------------------------------------------------------------------- */

static int read_rule(const char *text, enum dispatch_rule *ret, struct err *err)
{
    static const char *const names[] = {
        [DISPATCH_STATIC] = "static", [DISPATCH_LEND] = "lend", [DISPATCH_RECLAIM] = "reclaim"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum dispatch_rule)i;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "--rule: static, lend or reclaim, not \"%s\"", text);
}

static int read_terms(const struct lend_run_options *o, struct dispatch_terms *ret, struct err *err)
{
    int64_t ckpt_s, restart_s;
    TRY(read_rule(o->rule, &ret->rule, err));
    TRY(text_to_i64(span_text(o->ckpt ? o->ckpt : "1800"), "--ckpt", 1, CKPT_MAX_S, &ckpt_s, err));
    TRY(text_to_i64(span_text(o->restart ? o->restart : "120"), "--restart", 0, CKPT_MAX_S,
                    &restart_s, err));
    ret->checkpoint_ms = ckpt_s * MS_PER_S;
    ret->restart_ms = restart_s * MS_PER_S;
    return 0;
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static bool before(const struct end *a, const struct end *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->job < b->job;
}

static void push_end(struct lend *l, struct end end)
{
    if (l->n_ends == l->cap_ends) {
        l->cap_ends = l->cap_ends ? l->cap_ends * 2 : 1024;
        l->ends = reallocarray(l->ends, l->cap_ends, sizeof *l->ends);
        ENSURE(l->ends != NULL);
    }
    size_t i = l->n_ends++;
    for (; i > 0 && before(&end, &l->ends[(i - 1) / 2]); i = (i - 1) / 2)
        l->ends[i] = l->ends[(i - 1) / 2];
    l->ends[i] = end;
}

static struct end pop_end(struct lend *l)
{
    struct end first = l->ends[0], last = l->ends[--l->n_ends];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < l->n_ends; i = child) {
        if (child + 1 < l->n_ends && before(&l->ends[child + 1], &l->ends[child]))
            child++;
        if (!before(&l->ends[child], &last))
            break;
        l->ends[i] = l->ends[child];
    }
    l->ends[i] = last;
    return first;
}

/* Takes off ends of runs that were broken off. */
static void drop_void_ends(struct lend *l)
{
    while (l->n_ends > 0 && l->ends[0].run != l->progress[l->ends[0].job].runs)
        pop_end(l);
}

/* ---- Playing --------------------------------------------------------------------------------- */

static void print_seconds(struct buf *dst, int64_t ms)
{
    buf_printf(dst, "%" PRId64, ms / MS_PER_S);
    if (ms % MS_PER_S != 0)
        buf_printf(dst, ".%03" PRId64, ms % MS_PER_S);
}

static void write_run(struct lend *l, size_t job, bool evicted)
{
    if (!l->runs)
        return;
    buf_printf(l->runs, "%zu,", l->trace.jobs[job].row);
    print_seconds(l->runs, l->progress[job].began_ms);
    buf_append_char(l->runs, ',');
    print_seconds(l->runs, l->now_ms);
    buf_printf(l->runs, ",%" PRId64 ",%d\n", l->trace.jobs[job].gpus, evicted);
}

static void take_step(const struct dispatch_step *step, void *arg)
{
    struct lend *l = arg;
    struct progress *p = &l->progress[step->job];
    if (!step->starts) {
        write_run(l, step->job, true);
        p->runs++; /* its end is void */
        l->evictions++;
        return;
    }
    int64_t left = l->trace.jobs[step->job].work_ms - step->kept_ms;
    ENSURE(left > 0);
    p->began_ms = l->now_ms;
    p->runs++;
    push_end(l, (struct end){l->now_ms + left + (step->restarts ? l->terms.restart_ms : 0),
                             step->job, p->runs});
}

static void finish_due(struct lend *l)
{
    for (drop_void_ends(l); l->n_ends > 0 && l->ends[0].at_ms <= l->now_ms; drop_void_ends(l)) {
        size_t job = pop_end(l).job;
        dispatcher_finish(l->dispatcher, job, l->now_ms);
        write_run(l, job, false);
        l->progress[job].done_ms = l->now_ms;
        l->last_done_ms = l->now_ms;
    }
}

static void pass_time(struct lend *l, int64_t now_ms)
{
    int64_t until = now_ms < l->trace.window_ms ? now_ms : l->trace.window_ms;
    if (until > l->now_ms)
        l->busy_gpu_ms += (__int128)(until - l->now_ms) *
                          (dispatcher_gpus(l->dispatcher) - dispatcher_idle(l->dispatcher));
    l->now_ms = now_ms;
}

static void play(struct lend *l)
{
    const struct lend_trace *t = &l->trace;
    for (size_t next = 0;;) {
        drop_void_ends(l);
        if (next == t->n_jobs && l->n_ends == 0)
            return;
        bool comes =
            next < t->n_jobs && (l->n_ends == 0 || t->jobs[next].submit_ms <= l->ends[0].at_ms);
        pass_time(l, comes ? t->jobs[next].submit_ms : l->ends[0].at_ms);
        finish_due(l);
        for (; next < t->n_jobs && t->jobs[next].submit_ms <= l->now_ms; next++) {
            size_t job = dispatcher_submit(l->dispatcher, t->jobs[next].tenant, t->jobs[next].gpus);
            ENSURE(job == next);
        }
        dispatcher_turn(l->dispatcher, l->now_ms, take_step, l);
    }
}

static void prepare(struct lend *l)
{
    int64_t *quotas = zeros(l->trace.n_tenants, sizeof *quotas);
    for (size_t i = 0; i < l->trace.n_tenants; i++)
        quotas[i] = l->trace.tenants[i].quota;
    l->dispatcher = dispatcher_create(&l->terms, quotas, l->trace.n_tenants);
    l->progress = zeros(l->trace.n_jobs, sizeof *l->progress);
    free(quotas);
}

/* ---- Telling --------------------------------------------------------------------------------- */

static int64_t wait_ms(const struct lend *l, size_t job)
{
    return l->progress[job].done_ms - l->trace.jobs[job].submit_ms - l->trace.jobs[job].work_ms;
}

static int write_waits(const struct lend *l, const char *path, struct err *err)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, SHEET_BYTES);
    buf_append_text(&out, "tenant,submit_s,gpus,wait_s\n");
    for (size_t i = 0; i < l->trace.n_jobs; i++) {
        const struct lend_job *j = &l->trace.jobs[i];
        buf_printf(&out, "%s,%" PRId64 ",%" PRId64 ",%" PRId64 "\n",
                   l->trace.tenants[j->tenant].name, (j->submit_ms + 500) / MS_PER_S, j->gpus,
                   (wait_ms(l, i) + 500) / MS_PER_S);
    }
    if (out.full)
        return err_set(err, ERR_LIMIT, "%s: too many jobs for one file", path);
    return file_write(path, buf_span(&out), 0644, err);
}

/* amount / (one * n), rounded to so many digits behind the point. */
static void print_ratio(struct buf *dst, const char *key, __int128 amount, __int128 one, int digits)
{
    int64_t scale = 1;
    for (int i = 0; i < digits; i++)
        scale *= 10;
    int64_t scaled = one > 0 ? (int64_t)((2 * amount * scale + one) / (2 * one)) : 0;
    buf_printf(dst, "\"%s\":%" PRId64 ".%0*" PRId64, key, scaled / scale, digits, scaled % scale);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_waits(const struct lend *l, struct buf *out)
{
    static const struct {
        const char *key;
        size_t percent;
    } parts[] = {
        {"p50_wait_min", 50}, {"p90_wait_min", 90}, {"p95_wait_min", 95}, {"p99_wait_min", 99}};
    size_t n = l->trace.n_jobs, at_once = 0;
    int64_t *waits = zeros(n, sizeof *waits);
    __int128 sum = 0, whole = 0;
    for (size_t i = 0; i < n; i++) {
        waits[i] = wait_ms(l, i);
        sum += waits[i];
        whole += waits[i] + l->trace.jobs[i].work_ms;
        at_once += waits[i] < AT_ONCE_MS;
    }
    qsort(waits, n, sizeof *waits, by_value);
    print_ratio(out, "mean_wait_min", sum, (__int128)n * MS_PER_MIN, 1);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_append_char(out, ',');
        print_ratio(out, parts[i].key, n > 0 ? waits[n * parts[i].percent / 100] : 0, MS_PER_MIN,
                    1);
    }
    buf_append_char(out, ',');
    print_ratio(out, "started_at_once_pct", (__int128)at_once * 100, (__int128)n, 1);
    buf_append_char(out, ',');
    print_ratio(out, "mean_jct_h", whole, (__int128)n * MS_PER_HOUR, 2);
    free(waits);
}

static void print_tenants(const struct lend *l, struct buf *out)
{
    struct {
        int64_t sum_ms, n;
    } *tenants = zeros(l->trace.n_tenants, sizeof *tenants);
    for (size_t i = 0; i < l->trace.n_jobs; i++) {
        tenants[l->trace.jobs[i].tenant].sum_ms += wait_ms(l, i);
        tenants[l->trace.jobs[i].tenant].n++;
    }
    buf_append_text(out, ",\"tenant_wait_min\":{");
    for (size_t i = 0; i < l->trace.n_tenants; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        print_ratio(out, l->trace.tenants[i].name, tenants[i].sum_ms,
                    (__int128)tenants[i].n * MS_PER_MIN, 1);
    }
    buf_append_text(out, "}}\n");
    free(tenants);
}

static void print_figures(const struct lend *l, const char *rule, struct buf *out)
{
    const struct lend_trace *t = &l->trace;
    __int128 gpus = dispatcher_gpus(l->dispatcher), work = 0;
    for (size_t i = 0; i < t->n_jobs; i++)
        work += (__int128)t->jobs[i].work_ms * t->jobs[i].gpus;
    buf_printf(out, "{\"rule\":\"%s\",", rule);
    print_ratio(out, "load", t->gpu_ms, gpus * t->window_ms, 2);
    buf_printf(out, ",\"gpus\":%" PRId64 ",\"tenants\":%zu,\"jobs\":%zu,\"left_out\":%zu,",
               (int64_t)gpus, t->n_tenants, t->n_jobs, t->left_out);
    print_waits(l, out);
    buf_append_char(out, ',');
    print_ratio(out, "busy_in_window_pct", l->busy_gpu_ms * 100, gpus * t->window_ms, 2);
    buf_append_char(out, ',');
    print_ratio(out, "makespan_d", l->last_done_ms, MS_PER_DAY, 1);
    buf_printf(out, ",\"evictions\":%" PRIu64 ",", l->evictions);
    print_ratio(out, "lost_gpu_pct", (__int128)dispatcher_lost_gpu_ms(l->dispatcher) * 100, work,
                2);
    print_tenants(l, out);
}

static int write_files(const struct lend *l, const struct lend_run_options *o, struct err *err)
{
    TRY(write_waits(l, o->waits, err));
    if (!l->runs)
        return 0;
    if (l->runs->full)
        return err_set(err, ERR_LIMIT, "%s: too many runs for one file", o->runs);
    return file_write(o->runs, buf_span(l->runs), 0644, err);
}

int lend_run(const struct lend_run_options *options, struct buf *figures, struct err *err)
{
    CLEANUP_BUF struct buf runs;
    struct lend l = {.now_ms = 0};
    buf_init(&runs, SHEET_BYTES);
    buf_append_text(&runs, "job,start,end,gpus,evicted\n");
    if (options->runs)
        l.runs = &runs;
    TRY(read_terms(options, &l.terms, err));
    int rc = lend_trace_read(options->jobs, options->quotas, &l.trace, err);
    if (rc == 0) {
        prepare(&l);
        play(&l);
        rc = write_files(&l, options, err);
    }
    if (rc == 0)
        print_figures(&l, options->rule, figures);
    lend_fini(&l);
    return rc;
}
