/*
 * Owns the domains by number, a field (field.h) for each pool, and the bookings as rows. Times are
 * whole seconds; GPUs are booked in units, as everywhere.
 */
#include "controlplane/sim/calendar_run.h"

#include "controlplane/calendar/field.h"
#include "controlplane/sim/latency.h"
#include "controlplane/sim/sheet.h"
#include "lib/base/file.h"
#include "lib/base/id.h"
#include "lib/base/share.h"
#include "lib/base/text.h"

#include <inttypes.h>
#include <stdlib.h>

#define GPUS_MAX    100000
#define UPDATES_MAX 100000 /* bookings that are cancelled and booked again, for the figures */
#define ANSWERS_MAX (1u << 30)
#define SECONDS_MAX INSTANT_MAX_S
#define FILE_MODE   0644

struct pool {
    char name[ID_CAP];
    char model[ID_CAP];
    struct field *field;
    uint32_t *domains; /* by track */
    uint32_t n, cap;
};

struct domain {
    uint32_t pool, track;
};

struct booking {
    uint32_t domain, gpus;
    int64_t from_s, to_s;
};

struct run {
    struct pool *pools;
    size_t n_pools;
    struct domain *domains;
    size_t n_domains, domains_cap;
    struct booking *bookings;
    size_t n_bookings, bookings_cap;
    const struct env *env;
    struct latency index, on_one, on_all, update;
    struct buf answers;
};

static void run_fini(struct run *r)
{
    for (size_t i = 0; i < r->n_pools; i++) {
        field_destroy(r->pools[i].field);
        free(r->pools[i].domains);
    }
    free(r->pools);
    free(r->domains);
    free(r->bookings);
    latency_fini(&r->index);
    latency_fini(&r->on_one);
    latency_fini(&r->on_all);
    latency_fini(&r->update);
    buf_fini(&r->answers);
}

/* ---- Domains ----------------------------------------------------------------------------------
 */

enum { DOMAIN_ID, DOMAIN_POOL, DOMAIN_MODEL, DOMAIN_GPUS, DOMAIN_COLUMNS };
static const struct sheet_column domain_columns[DOMAIN_COLUMNS] = {
    {.name = "domain"}, {.name = "pool"}, {.name = "model"}, {.name = "gpus"}};

static int add_pool(struct run *r, const struct sheet *s, size_t *ret, struct err *err)
{
    struct pool pool = {.field = NULL};
    TRY(text_set(pool.name, sizeof pool.name, sheet_text(s, DOMAIN_POOL), "pool", err));
    TRY(text_set(pool.model, sizeof pool.model, sheet_text(s, DOMAIN_MODEL), "model", err));
    r->pools = reallocarray(r->pools, r->n_pools + 1, sizeof *r->pools);
    ENSURE(r->pools != NULL);
    pool.field = field_create();
    *ret = r->n_pools;
    r->pools[r->n_pools++] = pool;
    return 0;
}

static int need_pool(struct run *r, const struct sheet *s, size_t *ret, struct err *err)
{
    for (size_t i = r->n_pools; i-- > 0;) { /* the last one, nearly always */
        if (!span_equal(span_text(r->pools[i].name), sheet_text(s, DOMAIN_POOL)))
            continue;
        *ret = i;
        if (span_equal(span_text(r->pools[i].model), sheet_text(s, DOMAIN_MODEL)))
            return 0;
        return sheet_refuse(s, DOMAIN_MODEL, "the pool has another model already", err);
    }
    return add_pool(r, s, ret, err);
}

static int add_domain(struct run *r, const struct sheet *s, struct err *err)
{
    int64_t id, gpus;
    size_t pool;
    TRY(sheet_number(s, DOMAIN_ID, 0, UINT32_MAX, &id, err));
    TRY(sheet_number(s, DOMAIN_GPUS, 0, GPUS_MAX, &gpus, err));
    if ((size_t)id != r->n_domains)
        return sheet_refuse(s, DOMAIN_ID, "domains are numbered 0, 1, 2 and so on", err);
    TRY(need_pool(r, s, &pool, err));
    struct pool *p = &r->pools[pool];
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 64;
        p->domains = reallocarray(p->domains, p->cap, sizeof *p->domains);
        ENSURE(p->domains != NULL);
    }
    p->domains[p->n++] = (uint32_t)id;
    if (r->n_domains == r->domains_cap) {
        r->domains_cap = r->domains_cap ? r->domains_cap * 2 : 1024;
        r->domains = reallocarray(r->domains, r->domains_cap, sizeof *r->domains);
        ENSURE(r->domains != NULL);
    }
    uint32_t track = field_add(p->field, share_gpus(gpus).units);
    r->domains[r->n_domains++] = (struct domain){(uint32_t)pool, track};
    return 0;
}

/* ---- Bookings ---------------------------------------------------------------------------------
 */

enum { BOOKING_DOMAIN, BOOKING_GPUS, BOOKING_START, BOOKING_END, BOOKING_COLUMNS };
static const struct sheet_column booking_columns[BOOKING_COLUMNS] = {
    {.name = "domain"}, {.name = "gpus"}, {.name = "start"}, {.name = "end"}};

static int add_booking(struct run *r, const struct sheet *s, struct err *err)
{
    int64_t domain, gpus;
    struct booking b;
    TRY(sheet_number(s, BOOKING_DOMAIN, 0, (int64_t)r->n_domains - 1, &domain, err));
    TRY(sheet_number(s, BOOKING_GPUS, 1, GPUS_MAX, &gpus, err));
    TRY(sheet_number(s, BOOKING_START, 0, SECONDS_MAX, &b.from_s, err));
    TRY(sheet_number(s, BOOKING_END, b.from_s + 1, SECONDS_MAX, &b.to_s, err));
    b.domain = (uint32_t)domain;
    b.gpus = (uint32_t)gpus;
    if (r->n_bookings == r->bookings_cap) {
        r->bookings_cap = r->bookings_cap ? r->bookings_cap * 2 : 1024;
        r->bookings = reallocarray(r->bookings, r->bookings_cap, sizeof *r->bookings);
        ENSURE(r->bookings != NULL);
    }
    r->bookings[r->n_bookings++] = b;
    return 0;
}

static void take(struct run *r, const struct booking *b, int sign)
{
    const struct domain *d = &r->domains[b->domain];
    struct window window = {.from = {b->from_s}, .to = {b->to_s}};
    field_take(r->pools[d->pool].field, d->track, window, sign * share_gpus(b->gpus).units);
}

/* Domain by domain, so that a track is written while it is near. */
static void index_bookings(struct run *r)
{
    const size_t none = r->n_bookings;
    latency_begin(&r->index, r->env);
    size_t *first = reallocarray(NULL, r->n_domains + 1, sizeof *first);
    size_t *next = reallocarray(NULL, r->n_bookings + 1, sizeof *next);
    ENSURE(first != NULL && next != NULL);
    for (size_t d = 0; d < r->n_domains; d++)
        first[d] = none;
    for (size_t i = r->n_bookings; i-- > 0;) {
        size_t *head = &first[r->bookings[i].domain];
        next[i] = *head;
        *head = i;
    }
    for (size_t i = 0; i < r->n_pools; i++)
        field_load_begin(r->pools[i].field);
    for (size_t d = 0; d < r->n_domains; d++) {
        for (size_t i = first[d]; i != none; i = next[i])
            take(r, &r->bookings[i], 1);
    }
    for (size_t i = 0; i < r->n_pools; i++)
        field_load_end(r->pools[i].field);
    free(first);
    free(next);
    latency_end(&r->index, r->env);
}

static int check_bookings(const struct run *r, const char *path, struct err *err)
{
    struct window ever = {.from = {0}, .to = INSTANT_NEVER};
    for (size_t i = 0; i < r->n_domains; i++) {
        const struct domain *d = &r->domains[i];
        if (field_least(r->pools[d->pool].field, d->track, ever) < 0)
            return err_set(err, ERR_INVALID, "%s: domain %zu is booked beyond its GPUs", path, i);
    }
    return 0;
}

/* ---- Questions --------------------------------------------------------------------------------
 */

enum { QUERY_ID, QUERY_MODEL, QUERY_SCOPE, QUERY_GPUS, QUERY_LENGTH, QUERY_FROM, QUERY_COLUMNS };
static const struct sheet_column query_columns[QUERY_COLUMNS] = {
    {.name = "query"}, {.name = "model"},    {.name = "scope"},
    {.name = "gpus"},  {.name = "duration"}, {.name = "not_before"}};

struct question {
    struct span id, model;
    bool on_all; /* within one pool; else within one domain */
    struct field_query query;
};

static int read_question(const struct sheet *s, struct question *ret, struct err *err)
{
    int64_t gpus, length_s, from_s;
    struct span scope = sheet_text(s, QUERY_SCOPE);
    *ret = (struct question){.id = sheet_text(s, QUERY_ID),
                             .model = sheet_text(s, QUERY_MODEL),
                             .on_all = span_equal(scope, span_text("pool"))};
    if (!ret->on_all && !span_equal(scope, span_text("domain")))
        return sheet_refuse(s, QUERY_SCOPE, "neither domain nor pool", err);
    TRY(sheet_number(s, QUERY_GPUS, 1, INT32_MAX, &gpus, err));
    TRY(sheet_number(s, QUERY_LENGTH, 1, SECONDS_MAX, &length_s, err));
    TRY(sheet_number(s, QUERY_FROM, 0, SECONDS_MAX, &from_s, err));
    ret->query = (struct field_query){.need = share_gpus(gpus).units,
                                      .starts = {.from = {from_s}, .to = INSTANT_NEVER},
                                      .length_s = length_s};
    return 0;
}

/* The earliest over the pools of the model; NULL when it is never. */
static const struct pool *ask(const struct run *r, const struct question *q, struct field_fit *ret)
{
    const struct pool *where = NULL;
    struct field_query query = q->query;
    for (size_t i = 0; i < r->n_pools; i++) {
        const struct pool *p = &r->pools[i];
        if (!span_equal(span_text(p->model), q->model) || window_empty(query.starts))
            continue;
        bool found =
            q->on_all ? field_on_all(p->field, &query, ret) : field_on_one(p->field, &query, ret);
        if (!found)
            continue;
        where = p;
        query.starts.to = ret->start; /* only an earlier one is of interest now */
    }
    return where;
}

static int answer(struct run *r, const struct sheet *s, struct err *err)
{
    struct question q;
    struct field_fit fit = {.start = INSTANT_NEVER};
    TRY(read_question(s, &q, err));
    struct latency *latency = q.on_all ? &r->on_all : &r->on_one;
    latency_begin(latency, r->env);
    const struct pool *pool = ask(r, &q, &fit);
    latency_end(latency, r->env);
    buf_append(&r->answers, q.id.data, q.id.len);
    if (!pool)
        buf_append_text(&r->answers, ",-1,\n");
    else if (q.on_all)
        buf_printf(&r->answers, ",%" PRId64 ",%s\n", fit.start.s, pool->name);
    else
        buf_printf(&r->answers, ",%" PRId64 ",%" PRIu32 "\n", fit.start.s,
                   pool->domains[fit.track]);
    return 0;
}

/* ---- The run ----------------------------------------------------------------------------------
 */

typedef int (*row_fn)(struct run *r, const struct sheet *s, struct err *err);

static int each_row(struct run *r, const char *path, const struct sheet_column *columns, size_t n,
                    row_fn act, struct err *err)
{
    CLEANUP_SHEET struct sheet *s = NULL;
    bool more;
    TRY(sheet_open(path, columns, n, &s, err));
    for (;;) {
        TRY(sheet_next(s, &more, err));
        if (!more)
            return 0;
        TRY(act(r, s, err));
    }
}

/* Cancels bookings from all over the file and books them again. */
static void measure_updates(struct run *r)
{
    size_t step = r->n_bookings / UPDATES_MAX + 1;
    for (size_t i = 0; i < r->n_bookings; i += step) {
        for (int sign = -1; sign <= 1; sign += 2) {
            latency_begin(&r->update, r->env);
            take(r, &r->bookings[i], sign);
            latency_end(&r->update, r->env);
        }
    }
}

static void print_scope(struct buf *dst, const char *name, struct latency *l)
{
    buf_printf(dst, ",\"%s\":{\"n\":%zu,\"p50_us\":", name, l->n);
    latency_print_us(dst, latency_percentile_ns(l, 50));
    buf_append_text(dst, ",\"p99_us\":");
    latency_print_us(dst, latency_percentile_ns(l, 99));
    buf_append_text(dst, ",\"max_us\":");
    latency_print_us(dst, latency_percentile_ns(l, 100));
    buf_append_char(dst, '}');
}

static void print_figures(struct run *r, struct buf *dst)
{
    struct latency *u = &r->update;
    buf_printf(dst, "{\"domains\":%zu,\"bookings\":%zu,\"index_s\":", r->n_domains, r->n_bookings);
    latency_print_s(dst, latency_sum_ns(&r->index));
    print_scope(dst, "domain", &r->on_one);
    print_scope(dst, "pool", &r->on_all);
    buf_append_text(dst, ",\"update_us\":");
    latency_print_us(dst, u->n > 0 ? latency_sum_ns(u) / (int64_t)u->n : 0);
    buf_append_text(dst, ",\"update_p99_us\":");
    latency_print_us(dst, latency_percentile_ns(u, 99));
    buf_append_text(dst, "}\n");
}

static int play(struct run *r, const struct calendar_run_files *files, struct err *err)
{
    TRY(each_row(r, files->domains, domain_columns, DOMAIN_COLUMNS, add_domain, err));
    TRY(each_row(r, files->bookings, booking_columns, BOOKING_COLUMNS, add_booking, err));
    index_bookings(r);
    TRY(check_bookings(r, files->bookings, err));
    buf_append_text(&r->answers, "query,start,where\n");
    TRY(each_row(r, files->queries, query_columns, QUERY_COLUMNS, answer, err));
    if (r->answers.full)
        return err_set(err, ERR_LIMIT, "%s: too many questions", files->queries);
    TRY(file_write(files->answers, buf_span(&r->answers), FILE_MODE, err));
    measure_updates(r);
    return 0;
}

int calendar_run(const struct calendar_run_files *files, const struct env *env, struct buf *figures,
                 struct err *err)
{
    struct run r = {.env = env};
    buf_init(&r.answers, ANSWERS_MAX);
    int rc = play(&r, files, err);
    if (rc == 0)
        print_figures(&r, figures);
    run_fini(&r);
    return rc;
}
