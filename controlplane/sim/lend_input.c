/* Quotas first, so that every job's tenant is known; then the jobs, sorted when all are there. */
#include "controlplane/sim/lend_input.h"

#include "controlplane/sim/sheet.h"

#include <stdlib.h>

#define QUOTA_MAX   INT64_C(1000000)
#define TENANTS_MAX 65536

static void *grown(void *items, size_t n, size_t size)
{
    void *p = reallocarray(items, n, size);
    ENSURE(p != NULL);
    return p;
}

void lend_trace_fini(struct lend_trace *t)
{
    for (size_t i = 0; i < t->n_tenants; i++)
        free(t->tenants[i].name);
    free(t->tenants);
    free(t->jobs);
    *t = (struct lend_trace){.n_jobs = 0};
}

/* ---- Quotas ---------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct lend_tenant *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int read_tenant(const struct sheet *s, struct lend_trace *t, struct err *err)
{
    int64_t quota;
    TRY(sheet_number(s, 1, 1, QUOTA_MAX, &quota, err));
    if (t->n_tenants == TENANTS_MAX)
        return sheet_refuse(s, 0, "too many tenants", err);
    struct span name = sheet_text(s, 0);
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < ' ' || name.data[i] == '"' || name.data[i] == '\\')
            return sheet_refuse(s, 0, "a quote, backslash or control character", err);
    }
    t->tenants = grown(t->tenants, t->n_tenants + 1, sizeof *t->tenants);
    t->tenants[t->n_tenants].name = strndup((const char *)name.data, name.len);
    ENSURE(t->tenants[t->n_tenants].name != NULL);
    t->tenants[t->n_tenants++].quota = quota;
    return 0;
}

static int read_quotas(const char *path, struct lend_trace *t, struct err *err)
{
    static const struct sheet_column columns[] = {{"tenant", false}, {"gpus", false}};
    CLEANUP_SHEET struct sheet *s = NULL;
    bool more;
    TRY(sheet_open(path, columns, 2, &s, err));
    for (;;) {
        TRY(sheet_next(s, &more, err));
        if (!more)
            break;
        TRY(read_tenant(s, t, err));
    }
    if (t->n_tenants > 0)
        qsort(t->tenants, t->n_tenants, sizeof *t->tenants, by_name);
    for (size_t i = 1; i < t->n_tenants; i++) {
        if (by_name(&t->tenants[i - 1], &t->tenants[i]) == 0)
            return err_set(err, ERR_INVALID, "%s: two quotas for %s", path, t->tenants[i].name);
    }
    return 0;
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

enum { JOB_TENANT, JOB_SUBMIT, JOB_DURATION, JOB_GPUS, JOB_COLUMNS };

static const struct sheet_column job_columns[JOB_COLUMNS] = {
    {"tenant", false}, {"submit", false}, {"duration", false}, {"gpus", false}};

static int find_tenant(const struct sheet *s, const struct lend_trace *t, size_t *ret,
                       struct err *err)
{
    struct span name = sheet_text(s, JOB_TENANT);
    size_t low = 0, high = t->n_tenants;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = span_compare(span_text(t->tenants[middle].name), name);
        if (order == 0) {
            *ret = middle;
            return 0;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return sheet_refuse(s, JOB_TENANT, "there is no quota for this tenant", err);
}

static int read_job(const struct sheet *s, const struct lend_trace *t, struct lend_job *ret,
                    struct err *err)
{
    TRY(find_tenant(s, t, &ret->tenant, err));
    TRY(sheet_ms(s, JOB_SUBMIT, &ret->submit_ms, err));
    TRY(sheet_ms(s, JOB_DURATION, &ret->work_ms, err));
    return sheet_number(s, JOB_GPUS, INT32_MIN, INT32_MAX, &ret->gpus, err);
}

static int read_jobs(const char *path, struct lend_trace *t, struct err *err)
{
    CLEANUP_SHEET struct sheet *s = NULL;
    size_t cap = 0;
    bool more;
    TRY(sheet_open(path, job_columns, JOB_COLUMNS, &s, err));
    for (size_t row = 0;; row++) {
        struct lend_job job = {.row = row};
        TRY(sheet_next(s, &more, err));
        if (!more)
            return 0;
        TRY(read_job(s, t, &job, err));
        if (job.gpus <= 0 || job.work_ms <= 0)
            continue;
        if (t->n_jobs == cap) {
            cap = cap ? cap * 2 : 4096;
            t->jobs = grown(t->jobs, cap, sizeof *t->jobs);
        }
        t->jobs[t->n_jobs++] = job;
    }
}

static int by_submit(const void *a, const void *b)
{
    const struct lend_job *x = a, *y = b;
    if (x->submit_ms != y->submit_ms)
        return x->submit_ms < y->submit_ms ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* In order, from time 0, without those that their quota can't hold. */
static void set_in_order(struct lend_trace *t)
{
    ENSURE(t->jobs && t->tenants && t->n_jobs > 0);
    qsort(t->jobs, t->n_jobs, sizeof *t->jobs, by_submit);
    int64_t first = t->jobs[0].submit_ms;
    size_t kept = 0;
    t->window_ms = t->jobs[t->n_jobs - 1].submit_ms - first;
    for (size_t i = 0; i < t->n_jobs; i++) {
        struct lend_job job = t->jobs[i];
        job.submit_ms -= first;
        t->gpu_ms += (__int128)job.work_ms * job.gpus;
        if (job.gpus <= t->tenants[job.tenant].quota)
            t->jobs[kept++] = job;
        else
            t->left_out++;
    }
    t->n_jobs = kept;
}

int lend_trace_read(const char *jobs, const char *quotas, struct lend_trace *ret, struct err *err)
{
    struct lend_trace t = {.n_jobs = 0};
    int rc = read_quotas(quotas, &t, err);
    if (rc == 0)
        rc = read_jobs(jobs, &t, err);
    if (rc == 0 && t.n_jobs == 0)
        rc = err_set(err, ERR_INVALID, "%s: there are no jobs", jobs);
    if (rc < 0) {
        lend_trace_fini(&t);
        return rc;
    }
    set_in_order(&t);
    *ret = t;
    return 0;
}
