/*
 * Sheets for `pumasi-sim calendar`, and a judge of its answers that shares no code with what it
 * judges:
 *
 *   bench_calendar generate DIRECTORY BOOKINGS QUESTIONS SEED
 *   bench_calendar judge DIRECTORY CANDIDATES STRIDE
 *
 * The first writes domains.csv, bookings.csv and queries.csv: about 7,400 domains with 50,000 GPUs,
 * no domain booked beyond its GPUs. The second answers every question by a plain scan of each
 * domain's steps, and takes the time; then it holds answers.csv against the scan, and each STRIDEth
 * answer against the bare rows: at its start the GPUs are free, and at no earlier one of CANDIDATES
 * ends of bookings (spread over all there are). Exit 1 when an answer is wrong.
 */
#include "controlplane/calendar/track.h"
#include "controlplane/sim/latency.h"
#include "controlplane/sim/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONTH_S  (30 * INT64_C(86400))
#define MINUTE_S 60
#define PATH_CAP 512

static const struct pool {
    const char *name, *model;
    uint32_t domains, gpus;
    int share; /* of 100 bookings */
} pools[] = {
    {"h100-east", "H100", 1500, 8, 26},   {"h200-east", "H200", 1000, 8, 18},
    {"gb200-east", "GB200", 125, 72, 16}, {"a100-east", "A100", 1000, 8, 16},
    {"a100-west", "A100", 500, 8, 8},     {"l40s-west", "L40S", 1250, 4, 9},
    {"t4-west", "T4", 2000, 2, 7},
};
enum { POOLS = sizeof pools / sizeof pools[0] };

static void *array_of(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    ENSURE(p != NULL);
    return p;
}

static void path_in(char path[PATH_CAP], const char *directory, const char *name)
{
    ENSURE((size_t)snprintf(path, PATH_CAP, "%s/%s", directory, name) < PATH_CAP);
}

static FILE *create(const char *directory, const char *name, const char *header)
{
    char path[PATH_CAP];
    path_in(path, directory, name);
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(2);
    }
    fprintf(f, "%s\n", header);
    return f;
}

/* ---- Generating --------------------------------------------------------------------------------
 */

struct chance {
    uint64_t seed;
};

static int64_t below(struct chance *c, int64_t n)
{
    uint64_t z = c->seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

static size_t some_pool(struct chance *c)
{
    int x = (int)below(c, 100);
    size_t i = 0;
    while (x >= pools[i].share)
        x -= pools[i++].share;
    return i;
}

/* As many short ones as long ones of each doubling, in whole minutes. */
static int64_t some_length(struct chance *c, int doublings)
{
    int64_t base = INT64_C(1) << below(c, doublings);
    return MINUTE_S * (base + below(c, base));
}

struct farm {
    struct chance chance;
    struct track *tracks;
    uint32_t first[POOLS + 1];
    FILE *bookings;
    int64_t placed;
};

static void make_domains(struct farm *f, const char *directory)
{
    uint32_t n = 0;
    for (size_t p = 0; p < POOLS; p++)
        n += pools[p].domains;
    f->tracks = array_of(n, sizeof *f->tracks);
    FILE *out = create(directory, "domains.csv", "domain,pool,model,kind,gpus");
    n = 0;
    for (size_t p = 0; p < POOLS; p++) {
        f->first[p] = n;
        for (uint32_t i = 0; i < pools[p].domains; i++, n++) {
            track_init(&f->tracks[n], pools[p].gpus);
            fprintf(out, "%" PRIu32 ",%s,%s,nvlink,%" PRIu32 "\n", n, pools[p].name, pools[p].model,
                    pools[p].gpus);
        }
    }
    f->first[POOLS] = n;
    fclose(out);
}

static void write_row(struct farm *f, uint32_t domain, int64_t gpus, struct window w)
{
    track_take(&f->tracks[domain], w, gpus);
    fprintf(f->bookings, "%" PRId64 ",%" PRIu32 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\n", f->placed,
            domain, gpus, w.from.s, w.to.s);
}

/* Inside one domain: the tightest of a few. */
static bool place_on_one(struct farm *f, size_t pool, int64_t gpus, struct window w)
{
    uint32_t best = UINT32_MAX;
    int64_t best_free = INT64_MAX;
    for (int i = 0; i < 12; i++) {
        uint32_t domain = f->first[pool] + (uint32_t)below(&f->chance, pools[pool].domains);
        int64_t free = track_least(&f->tracks[domain], w);
        if (free >= gpus && free < best_free) {
            best = domain;
            best_free = free;
        }
    }
    if (best != UINT32_MAX)
        write_row(f, best, gpus, w);
    return best != UINT32_MAX;
}

/* Whole domains, the next ones that are free. */
static bool place_on_several(struct farm *f, size_t pool, int64_t gpus, struct window w)
{
    uint32_t found[64], n = 0, want = (uint32_t)(gpus / pools[pool].gpus);
    uint32_t at = (uint32_t)below(&f->chance, pools[pool].domains);
    for (uint32_t i = 0; i < 200 && n < want && n < 64; i++) {
        uint32_t domain = f->first[pool] + (at + i) % pools[pool].domains;
        if (track_least(&f->tracks[domain], w) == pools[pool].gpus)
            found[n++] = domain;
    }
    for (uint32_t i = 0; i < n && n == want; i++)
        write_row(f, found[i], pools[pool].gpus, w);
    return want > 0 && n == want;
}

static void place_one(struct farm *f, int doublings)
{
    static const int64_t sizes[] = {1, 1, 1, 1, 2, 2, 4, 4, 8, 8, 16, 64};
    size_t pool = some_pool(&f->chance);
    int64_t gpus = sizes[below(&f->chance, 12)], length = some_length(&f->chance, doublings);
    int64_t from = below(&f->chance, MONTH_S) / MINUTE_S * MINUTE_S;
    if (below(&f->chance, 4) == 0) /* until the end of a day, as people book */
        from = from / 86400 * 86400;
    struct window w = {{from}, {from + length}};
    bool one = gpus <= pools[pool].gpus;
    if (one ? place_on_one(f, pool, gpus, w) : place_on_several(f, pool, gpus, w))
        f->placed++;
}

static void make_queries(struct farm *f, const char *directory, int64_t n)
{
    FILE *out = create(directory, "queries.csv", "query,model,scope,gpus,duration,not_before");
    struct chance *c = &f->chance;
    for (int64_t i = 0; i < n; i++) {
        const struct pool *p = &pools[some_pool(c)];
        bool all = below(c, 10) < 3;
        int64_t gpus = below(c, 5) < 2 ? p->gpus : 1 + below(c, p->gpus);
        if (all)
            gpus = p->gpus * (INT64_C(1) << below(c, 9));
        if (gpus > (int64_t)p->domains * p->gpus / 2)
            gpus = (int64_t)p->domains * p->gpus / 2;
        int64_t length = below(c, 4) == 0 ? 86400 * (1 + below(c, 14)) : some_length(c, 12);
        int64_t from = below(c, 1 + below(c, MONTH_S)) / MINUTE_S * MINUTE_S;
        fprintf(out, "%" PRId64 ",%s,%s,%" PRId64 ",%" PRId64 ",%" PRId64 "\n", i, p->model,
                all ? "pool" : "domain", gpus, length, from);
    }
    fclose(out);
}

/* The more bookings, the shorter they are, or they would not find room. */
static int doublings_for(int64_t bookings)
{
    return bookings > 300000 ? 10 : bookings > 30000 ? 13 : 15;
}

static int generate(const char *directory, int64_t bookings, int64_t questions, int64_t seed)
{
    struct farm f = {.chance = {(uint64_t)seed}};
    make_domains(&f, directory);
    f.bookings = create(directory, "bookings.csv", "booking,domain,gpus,start,end");
    for (int64_t tries = 0; f.placed < bookings && tries < 3 * bookings; tries++)
        place_one(&f, doublings_for(bookings));
    fclose(f.bookings);
    make_queries(&f, directory, questions);
    for (uint32_t i = 0; i < f.first[POOLS]; i++)
        track_fini(&f.tracks[i]);
    free(f.tracks);
    return 0;
}

/* ---- Judging: what was booked -------------------------------------------------------------------
 */

struct row {
    int64_t from, to, gpus;
};

struct step {
    int64_t from, free; /* until the next one */
};

struct event {
    int64_t at;
    uint32_t domain;
};

struct book {
    uint32_t first, end; /* of the pool's domains */
    struct event *events;
    size_t n_events;
};

struct judge {
    uint32_t n; /* domains */
    int64_t gpus[8192];
    struct row *rows[8192];
    size_t n_rows[8192];
    struct step *steps[8192];
    size_t n_steps[8192];
    struct book books[POOLS];
    int64_t least[8192];
    size_t candidates, stride;
};

static size_t pool_of(uint32_t domain)
{
    size_t p = 0;
    for (uint32_t end = pools[0].domains; domain >= end; end += pools[++p].domains)
        continue;
    return p;
}

static void must(int rc, const struct err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "bench_calendar: %s\n", err->text);
    exit(2);
}

static int64_t number(const struct sheet *s, size_t column)
{
    struct err err = ERR_INIT;
    int64_t n = 0;
    must(sheet_number(s, column, INT64_MIN, INT64_MAX, &n, &err), &err);
    return n;
}

static struct sheet *open_sheet(const char *directory, const char *name,
                                const struct sheet_column *columns, size_t n)
{
    static char path[PATH_CAP];
    struct err err = ERR_INIT;
    struct sheet *s = NULL;
    path_in(path, directory, name);
    must(sheet_open(path, columns, n, &s, &err), &err);
    return s;
}

static bool next_row(struct sheet *s)
{
    struct err err = ERR_INIT;
    bool more;
    must(sheet_next(s, &more, &err), &err);
    return more;
}

static void read_rows(struct judge *j, const char *directory)
{
    static const struct sheet_column columns[] = {
        {.name = "domain"}, {.name = "gpus"}, {.name = "start"}, {.name = "end"}};
    for (size_t p = 0; p < POOLS; p++) {
        j->books[p].first = j->n;
        for (uint32_t i = 0; i < pools[p].domains; i++)
            j->gpus[j->n++] = pools[p].gpus;
        j->books[p].end = j->n;
    }
    struct sheet *s = open_sheet(directory, "bookings.csv", columns, 4);
    while (next_row(s)) {
        int64_t domain = number(s, 0);
        ENSURE(domain >= 0 && domain < j->n);
        size_t n = j->n_rows[domain]++;
        if ((n & (n - 1)) == 0) { /* room for twice as many */
            j->rows[domain] = reallocarray(j->rows[domain], n ? 2 * n : 1, sizeof(struct row));
            ENSURE(j->rows[domain] != NULL);
        }
        j->rows[domain][n] = (struct row){number(s, 2), number(s, 3), number(s, 1)};
    }
    sheet_close(s);
}

static int by_begin(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static int by_instant(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* The rows as steps: sorted changes, summed up. */
static void make_steps(struct judge *j, uint32_t domain)
{
    size_t n = 0, kept = 0;
    struct step *steps = array_of(2 * j->n_rows[domain] + 1, sizeof *steps);
    steps[n++] = (struct step){INT64_MIN, j->gpus[domain]};
    for (size_t i = 0; i < j->n_rows[domain]; i++) {
        const struct row *r = &j->rows[domain][i];
        steps[n++] = (struct step){r->from, -r->gpus};
        steps[n++] = (struct step){r->to, r->gpus};
    }
    qsort(steps, n, sizeof *steps, by_begin);
    for (size_t i = 1; i < n; i++) {
        if (steps[i].from == steps[kept].from) {
            steps[kept].free += steps[i].free;
            continue;
        }
        steps[i].free += steps[kept].free;
        steps[++kept] = steps[i];
    }
    j->steps[domain] = steps;
    j->n_steps[domain] = kept + 1;
}

static void make_events(struct judge *j, struct book *b)
{
    size_t n = 0;
    for (uint32_t d = b->first; d < b->end; d++)
        n += j->n_steps[d];
    b->events = array_of(n, sizeof *b->events);
    for (uint32_t d = b->first; d < b->end; d++) {
        for (size_t i = 1; i < j->n_steps[d]; i++)
            b->events[b->n_events++] = (struct event){j->steps[d][i].from, d};
    }
    qsort(b->events, b->n_events, sizeof *b->events, by_instant);
}

/* ---- Judging: the plain scan
 * ---------------------------------------------------------------------- */

struct question {
    char model[32];
    bool all;
    int64_t gpus, length, from;
};

static size_t step_at(const struct judge *j, uint32_t domain, int64_t at)
{
    size_t low = 0, high = j->n_steps[domain] - 1;
    while (low < high) {
        size_t middle = high - (high - low) / 2;
        if (j->steps[domain][middle].from <= at)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static int64_t scan_least(const struct judge *j, uint32_t domain, int64_t from, int64_t to)
{
    size_t i = step_at(j, domain, from);
    int64_t least = j->steps[domain][i].free;
    for (i++; i < j->n_steps[domain] && j->steps[domain][i].from < to; i++)
        least = j->steps[domain][i].free < least ? j->steps[domain][i].free : least;
    return least;
}

/* The first start before `before` on the domain, or `before`. */
static int64_t scan_domain(const struct judge *j, uint32_t domain, const struct question *q,
                           int64_t before)
{
    const struct step *steps = j->steps[domain];
    size_t n = j->n_steps[domain];
    int64_t start = q->from;
    for (size_t i = step_at(j, domain, start); start < before; i++) {
        bool last = i + 1 == n;
        if (steps[i].free >= q->gpus && (last || steps[i + 1].from - start >= q->length))
            return start;
        if (last)
            return before;
        if (steps[i].free < q->gpus)
            start = steps[i + 1].from;
    }
    return before;
}

static size_t first_event(const struct book *b, int64_t at)
{
    size_t low = 0, high = b->n_events;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->events[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Steps from one event of the pool to the next, and looks again at the domains that have one at the
 * begin or at the end of the window. */
static int64_t scan_pool(struct judge *j, const struct book *b, const struct question *q,
                         int64_t before)
{
    int64_t sum = 0, start = q->from;
    for (uint32_t d = b->first; d < b->end; d++)
        sum += j->least[d] = scan_least(j, d, start, start + q->length);
    size_t low = first_event(b, start + 1), high = first_event(b, start + q->length);
    while (sum < q->gpus && low < b->n_events && b->events[low].at < before) {
        start = b->events[low].at;
        size_t from[2] = {low, high};
        while (low < b->n_events && b->events[low].at == start)
            low++;
        while (high < b->n_events && b->events[high].at < start + q->length)
            high++;
        size_t to[2] = {low, high};
        for (int k = 0; k < 2; k++) {
            for (size_t i = from[k]; i < to[k]; i++) {
                uint32_t d = b->events[i].domain;
                int64_t least = scan_least(j, d, start, start + q->length);
                sum += least - j->least[d];
                j->least[d] = least;
            }
        }
    }
    return sum >= q->gpus && start < before ? start : before;
}

/* -1: never. */
static int64_t scan(struct judge *j, const struct question *q)
{
    int64_t best = INT64_MAX;
    for (size_t p = 0; p < POOLS; p++) {
        if (strcmp(pools[p].model, q->model) != 0)
            continue;
        const struct book *b = &j->books[p];
        if (q->all)
            best = scan_pool(j, b, q, best);
        for (uint32_t d = b->first; d < b->end && !q->all && best > q->from; d++)
            best = scan_domain(j, d, q, best);
    }
    return best == INT64_MAX ? -1 : best;
}

/* ---- Judging: the bare rows
 * ----------------------------------------------------------------------- */

static int64_t bare_least(const struct judge *j, uint32_t domain, int64_t from, int64_t to)
{
    int64_t most = 0;
    for (size_t i = 0; i <= j->n_rows[domain]; i++) {
        int64_t used = 0, at = i > 0 ? j->rows[domain][i - 1].from : from;
        if (at < from || at >= to)
            continue;
        for (size_t k = 0; k < j->n_rows[domain]; k++) {
            const struct row *r = &j->rows[domain][k];
            used += r->from <= at && at < r->to ? r->gpus : 0;
        }
        most = used > most ? used : most;
    }
    return j->gpus[domain] - most;
}

static bool bare_fits(const struct judge *j, uint32_t first, uint32_t end, const struct question *q,
                      int64_t start)
{
    int64_t sum = 0;
    for (uint32_t d = first; d < end && sum < q->gpus; d++)
        sum += bare_least(j, d, start, start + q->length);
    return sum >= q->gpus;
}

/* Whether the rows bear out that the question's first start in these domains is not before `start`,
 * as far as so many candidates tell. */
static bool bare_none_before(const struct judge *j, uint32_t first, uint32_t end,
                             const struct question *q, int64_t start)
{
    size_t ends = 0, seen = 0;
    for (uint32_t d = first; d < end; d++)
        ends += j->n_rows[d];
    size_t stride = ends / j->candidates + 1;
    if (q->from < start && bare_fits(j, first, end, q, q->from))
        return false;
    for (uint32_t d = first; d < end; d++) {
        for (size_t i = 0; i < j->n_rows[d]; i++) {
            int64_t at = j->rows[d][i].to;
            if (seen++ % stride == 0 && at > q->from && at < start &&
                bare_fits(j, first, end, q, at))
                return false;
        }
    }
    return true;
}

static bool bare_none_before_anywhere(const struct judge *j, const struct question *q,
                                      int64_t start)
{
    for (size_t p = 0; p < POOLS; p++) {
        if (strcmp(pools[p].model, q->model) != 0)
            continue;
        const struct book *b = &j->books[p];
        if (q->all && !bare_none_before(j, b->first, b->end, q, start))
            return false;
        uint32_t stride = (uint32_t)((b->end - b->first) / j->candidates + 1);
        for (uint32_t d = b->first; d < b->end && !q->all; d += stride) {
            if (!bare_none_before(j, d, d + 1, q, start))
                return false;
        }
    }
    return true;
}

/* ---- Judging: the answers
 * ------------------------------------------------------------------------- */

static bool where_fits(const struct judge *j, const struct question *q, int64_t start,
                       struct span where)
{
    for (size_t p = 0; p < POOLS; p++) {
        const struct book *b = &j->books[p];
        if (strcmp(pools[p].model, q->model) != 0)
            continue;
        if (q->all && span_equal(where, span_text(pools[p].name)))
            return bare_fits(j, b->first, b->end, q, start);
        char text[16] = "";
        if (where.len < sizeof text)
            memcpy(text, where.data, where.len);
        uint32_t d = (uint32_t)strtoul(text, NULL, 10);
        if (!q->all && d >= b->first && d < b->end)
            return pool_of(d) == p && bare_fits(j, d, d + 1, q, start);
    }
    return false;
}

static struct question read_question(const struct sheet *s)
{
    struct question q = {.all = span_equal(sheet_text(s, 1), span_text("pool")),
                         .gpus = number(s, 2),
                         .length = number(s, 3),
                         .from = number(s, 4)};
    struct span model = sheet_text(s, 0);
    ENSURE(model.len < sizeof q.model);
    memcpy(q.model, model.data, model.len);
    return q;
}

static void print_figures(const char *name, struct latency *l, struct buf *out)
{
    buf_printf(out, " %s_p50_us=", name);
    latency_print_us(out, latency_percentile_ns(l, 50));
    buf_printf(out, " %s_p99_us=", name);
    latency_print_us(out, latency_percentile_ns(l, 99));
}

static int judge_answers(struct judge *j, const char *directory)
{
    static const struct sheet_column asked[] = {{.name = "model"},
                                                {.name = "scope"},
                                                {.name = "gpus"},
                                                {.name = "duration"},
                                                {.name = "not_before"}};
    static const struct sheet_column answered[] = {{.name = "start"}, {.name = "where"}};
    struct sheet *queries = open_sheet(directory, "queries.csv", asked, 5);
    struct sheet *answers = open_sheet(directory, "answers.csv", answered, 2);
    struct latency latency[2] = {{0}, {0}};
    struct env env = env_real();
    size_t n = 0, wrong = 0;
    for (; next_row(queries); n++) {
        struct question q = read_question(queries);
        bool more = next_row(answers);
        int64_t said = more ? number(answers, 0) : -2;
        latency_begin(&latency[q.all], &env);
        int64_t start = scan(j, &q);
        latency_end(&latency[q.all], &env);
        bool right = said == start;
        if (right && n % j->stride == 0)
            right = (said < 0 || where_fits(j, &q, said, sheet_text(answers, 1))) &&
                    bare_none_before_anywhere(j, &q, said < 0 ? INT64_MAX : said);
        if (!right)
            fprintf(stderr, "question %zu: said %" PRId64 ", the scan says %" PRId64 "\n", n, said,
                    start);
        wrong += !right;
    }
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1000);
    buf_printf(&out, "judged=%zu wrong=%zu", n, wrong);
    print_figures("scan_domain", &latency[0], &out);
    print_figures("scan_pool", &latency[1], &out);
    printf("%s\n", out.data);
    latency_fini(&latency[0]);
    latency_fini(&latency[1]);
    sheet_close(queries);
    sheet_close(answers);
    return wrong > 0;
}

static int judge(const char *directory, int64_t candidates, int64_t stride)
{
    struct judge *j = array_of(1, sizeof *j);
    j->candidates = (size_t)candidates;
    j->stride = (size_t)stride;
    read_rows(j, directory);
    for (uint32_t d = 0; d < j->n; d++)
        make_steps(j, d);
    for (size_t p = 0; p < POOLS; p++)
        make_events(j, &j->books[p]);
    int rc = judge_answers(j, directory);
    for (uint32_t d = 0; d < j->n; d++) {
        free(j->rows[d]);
        free(j->steps[d]);
    }
    for (size_t p = 0; p < POOLS; p++)
        free(j->books[p].events);
    free(j);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "generate") == 0)
        return generate(argv[2], strtoll(argv[3], NULL, 10), strtoll(argv[4], NULL, 10),
                        strtoll(argv[5], NULL, 10));
    bool judges = argc == 5 && strcmp(argv[1], "judge") == 0;
    int64_t candidates = judges ? strtoll(argv[3], NULL, 10) : 0;
    int64_t stride = judges ? strtoll(argv[4], NULL, 10) : 0;
    if (candidates > 0 && stride > 0)
        return judge(argv[2], candidates, stride);
    fprintf(stderr, "usage: bench_calendar generate DIRECTORY BOOKINGS QUESTIONS SEED\n"
                    "       bench_calendar judge DIRECTORY CANDIDATES STRIDE\n");
    return 2;
}
