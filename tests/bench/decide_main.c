/*
 * What one booking, and one explanation of a booking, cost in the decider alone, as leases pile up:
 * no store, no wire, no threads. Usage: bench_decide [LEASES [NODES [POOLS]]]. Prints a line each
 * time the number of leases doubles: microseconds of its own thread, and the peak memory so far.
 */
#include "controlplane/domain/explaining.h"
#include "tests/bench/figures.h"
#include "tests/support/world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define GPUS_PER_NODE 8
#define BUDGET_KRW    INT64_C(1000000000000000)
#define DRY_RUNS      50

/* xorshift64*: the same leases in every run. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

/* Led by lunit as beta is. */
static void make_project(struct world *w, const char *name)
{
    struct apply_project_request r = {0};
    struct id beta = id_literal("beta");
    record_copy(&project_type, &r.project, state_find(w->state, ENTITY_PROJECT, &beta));
    r.project.id = id_literal(name);
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_PROJECT, &r));
    record_fini(&apply_project_request_type, &r);
}

/* A pool, lent as a whole to a project of its own. Returns that project's allocation. */
static struct id make_pool(struct world *w, size_t i, size_t nodes)
{
    char name[64], pool[32], loan[48], project[32];
    struct apply_pool_request p = {.pool = {.owner = id_literal("skt")}};
    snprintf(pool, sizeof pool, "great-%03zu", i);
    snprintf(loan, sizeof loan, "great-loan-%03zu", i);
    snprintf(project, sizeof project, "team-%03zu", i);
    make_project(w, project);
    p.pool.id = id_literal(pool);
    p.pool.site = id_literal("skt-dc");
    memcpy(p.pool.model, "B200", 5);
    p.pool.contracted_units = share_gpus((int64_t)nodes * GPUS_PER_NODE);
    p.pool.lend_limit_units = p.pool.contracted_units;
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_POOL, &p));
    for (size_t k = 0; k < nodes; k++) {
        snprintf(name, sizeof name, "g%03zu-%04zu", i, k);
        world_make_node(w, name, pool, GPUS_PER_NODE);
    }
    world_make_loan(w, &(struct world_loan_terms){.id = loan,
                                                  .pool = pool,
                                                  .project = project,
                                                  .gpus = (int64_t)nodes * GPUS_PER_NODE,
                                                  .notice_s = 3600});
    return world_make_allocation(w, project, (int64_t)nodes * GPUS_PER_NODE, BUDGET_KRW);
}

struct teams {
    struct id *allocations;
    size_t n;
};

/* One to eight GPUs for one to forty-eight hours, somewhere in the hundred days. */
static struct world_booking next_booking(const struct teams *teams, uint64_t *seed)
{
    int64_t hours = 1 + (int64_t)(next_random(seed) % 48);
    int64_t from = 1 + (int64_t)(next_random(seed) % (uint64_t)(100 * 24 - hours - 2));
    return (struct world_booking){.actor = "han.lunit",
                                  .allocation = teams->allocations[next_random(seed) % teams->n],
                                  .gpus = 1 + (uint32_t)(next_random(seed) % GPUS_PER_NODE),
                                  .from = world_at(from * WORLD_HOUR),
                                  .to = world_at((from + hours) * WORLD_HOUR)};
}

/* As api/ asks it: a turn whose changes are dropped. */
static int64_t explained(struct world *w, const struct world_booking *b)
{
    struct book_lease_request r = {
        .allocation = b->allocation, .gpus = b->gpus, .from = b->from, .to = b->to};
    struct decide_context ctx = {.now = w->now, .actor = world_actor(w, b->actor)};
    struct explanation e;
    struct changes changes;
    int64_t begin = figures_thread();
    changes_init(&changes);
    struct turn t = turn_begin(w->state, &ctx, &changes);
    world_must(w, explain_booking(&t, &r, &e, &w->err));
    turn_end(&t);
    changes_fini(&changes);
    return figures_thread() - begin;
}

struct timings {
    struct samples booked, full, dry, explained, refused;
};

static long long us(struct samples *s, unsigned per_mille)
{
    return (long long)samples_quantile(s, per_mille) / 1000;
}

static void print_line(struct world *w, struct timings *t)
{
    struct rusage usage;
    ENSURE(getrusage(RUSAGE_SELF, &usage) == 0);
    printf("decide: leases=%zu nodes=%zu pools=%zu book_p50_us=%lld book_p99_us=%lld "
           "dry_p50_us=%lld dry_p99_us=%lld explain_p50_us=%lld explain_p99_us=%lld "
           "explain_no_p99_us=%lld peak_mib=%ld\n",
           state_count(w->state, ENTITY_LEASE), state_count(w->state, ENTITY_NODE),
           state_count(w->state, ENTITY_POOL), us(&t->booked, 500), us(&t->booked, 990),
           us(&t->dry, 500), us(&t->dry, 990), us(&t->explained, 500), us(&t->explained, 990),
           us(&t->refused, 990), usage.ru_maxrss / 1024);
    fflush(stdout);
}

/* Dry runs, explanations of bookings that fit, and of one that does not: all GPUs at once. */
static void look(struct world *w, const struct teams *teams, uint64_t *seed, struct timings *t)
{
    for (int k = 0; k < DRY_RUNS; k++) {
        struct world_booking b = next_booking(teams, seed);
        samples_add(&t->explained, explained(w, &b));
        b.dry_run = true;
        int64_t begin = figures_thread();
        if (world_book(w, &b) == 0)
            samples_add(&t->dry, figures_thread() - begin);
        b.gpus = 4096;
        samples_add(&t->refused, explained(w, &b));
    }
}

/* A pool that is full by chance refuses: then another is asked. */
static void book(struct world *w, const struct world_booking *b, struct timings *t)
{
    int64_t begin = figures_thread();
    int rc = world_book(w, b);
    samples_add(rc == 0 ? &t->booked : &t->full, figures_thread() - begin);
}

static void book_all(struct world *w, const struct teams *teams, size_t leases)
{
    struct timings t = {0};
    uint64_t seed = 20251101;
    size_t next_line = leases < 1000 ? leases : 1000;
    for (size_t i = 0; i < leases;) {
        struct world_booking b = next_booking(teams, &seed);
        book(w, &b, &t);
        i = state_count(w->state, ENTITY_LEASE);
        if (i != next_line)
            continue;
        look(w, teams, &seed, &t);
        print_line(w, &t);
        samples_reset(&t.booked);
        samples_reset(&t.full);
        samples_reset(&t.dry);
        samples_reset(&t.explained);
        samples_reset(&t.refused);
        next_line = 2 * next_line < leases ? 2 * next_line : leases;
    }
    samples_fini(&t.booked);
    samples_fini(&t.full);
    samples_fini(&t.dry);
    samples_fini(&t.explained);
    samples_fini(&t.refused);
}

int main(int argc, char **argv)
{
    size_t leases = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
    size_t nodes = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;
    size_t pools = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    struct world w;
    world_init(&w);
    struct teams teams = {.allocations = calloc(pools, sizeof(struct id)), .n = pools};
    ENSURE(pools > 0 && teams.allocations != NULL);
    for (size_t i = 0; i < pools; i++)
        teams.allocations[i] = make_pool(&w, i, nodes / pools);
    book_all(&w, &teams, leases);
    free(teams.allocations);
    world_fini(&w);
    return 0;
}
