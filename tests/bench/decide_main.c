/*
 * What one booking costs in the decider alone, as leases pile up: no store, no wire, no threads.
 * Usage: bench_decide [LEASES [NODES]]. Prints a line each time the number of leases doubles.
 */
#include "tests/bench/figures.h"
#include "tests/support/world/world.h"

#include <stdio.h>
#include <stdlib.h>

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

static void make_pool(struct world *w, size_t nodes)
{
    char name[32];
    struct apply_pool_request p = {.pool = {.owner = id_literal("skt")}};
    p.pool.id = id_literal("great-b200");
    p.pool.site = id_literal("skt-dc");
    memcpy(p.pool.model, "B200", 5);
    p.pool.contracted_units = share_gpus((int64_t)nodes * GPUS_PER_NODE);
    p.pool.lend_limit_units = p.pool.contracted_units;
    world_must(w, world_decide(w, "admin.nipa", COMMAND_APPLY_POOL, &p));
    for (size_t i = 0; i < nodes; i++) {
        snprintf(name, sizeof name, "g%04zu", i);
        world_make_node(w, name, "great-b200", GPUS_PER_NODE);
    }
}

/* One to eight GPUs for one to forty-eight hours, somewhere in the hundred days. */
static struct world_booking next_booking(struct id allocation, uint64_t *seed)
{
    int64_t hours = 1 + (int64_t)(next_random(seed) % 48);
    int64_t from = 1 + (int64_t)(next_random(seed) % (uint64_t)(100 * 24 - hours - 2));
    return (struct world_booking){.allocation = allocation,
                                  .gpus = 1 + (uint32_t)(next_random(seed) % GPUS_PER_NODE),
                                  .from = world_at(from * WORLD_HOUR),
                                  .to = world_at((from + hours) * WORLD_HOUR)};
}

static int64_t timed(struct world *w, const struct world_booking *b)
{
    int64_t begin = figures_thread();
    world_must(w, world_book(w, b));
    return figures_thread() - begin;
}

static void print_line(struct world *w, struct samples *booked, struct samples *dry)
{
    printf("decide: leases=%zu nodes=%zu book_p50_us=%lld book_p99_us=%lld dry_p50_us=%lld "
           "dry_p99_us=%lld\n",
           state_count(w->state, ENTITY_LEASE), state_count(w->state, ENTITY_NODE),
           (long long)samples_quantile(booked, 500) / 1000,
           (long long)samples_quantile(booked, 990) / 1000,
           (long long)samples_quantile(dry, 500) / 1000,
           (long long)samples_quantile(dry, 990) / 1000);
    fflush(stdout);
}

static void book_all(struct world *w, struct id allocation, size_t leases)
{
    struct samples booked = {0}, dry = {0};
    uint64_t seed = 20251101;
    size_t next_line = leases < 1000 ? leases : 1000;
    for (size_t i = 1; i <= leases; i++) {
        struct world_booking b = next_booking(allocation, &seed);
        samples_add(&booked, timed(w, &b));
        if (i != next_line)
            continue;
        for (int k = 0; k < DRY_RUNS; k++) {
            b = next_booking(allocation, &seed);
            b.dry_run = true;
            samples_add(&dry, timed(w, &b));
        }
        print_line(w, &booked, &dry);
        samples_reset(&booked);
        samples_reset(&dry);
        next_line = 2 * next_line < leases ? 2 * next_line : leases;
    }
    samples_fini(&booked);
    samples_fini(&dry);
}

int main(int argc, char **argv)
{
    size_t leases = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000;
    size_t nodes = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;
    struct world w;
    world_init(&w);
    make_pool(&w, nodes);
    world_make_loan(&w, &(struct world_loan_terms){.id = "great-loan",
                                                   .pool = "great-b200",
                                                   .gpus = (int64_t)nodes * GPUS_PER_NODE,
                                                   .notice_s = 3600});
    struct id allocation =
        world_make_allocation(&w, "alpha", (int64_t)nodes * GPUS_PER_NODE, BUDGET_KRW);
    book_all(&w, allocation, leases);
    world_fini(&w);
    return 0;
}
