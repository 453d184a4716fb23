#ifndef PUMASI_TESTS_SIM_LAB_H
#define PUMASI_TESTS_SIM_LAB_H

#include "lib/base/env.h"
#include "lib/base/log.h"
#include "tests/sim/agenda.h"
#include "tests/sim/chance.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The test bed: hosts with clocks of their own, the wires between them, and virtual time. All of
 * it follows from one seed.
 *
 * There is one bed in a process. The product's code calls what the simulation puts in the place of
 * gRPC, the guard's socket and the disk without a handle to the bed, so these find it by bed(): the
 * one mutable static of the simulation.
 */
#define BED_REPLICAS 3
#define BED_NODES    8
#define BED_PEOPLE   7
#define BED_MS       INT64_C(1000000)
#define BED_S        (1000 * BED_MS)

/* Hosts by number: control planes, nodes, people, and the store, which nobody crashes. */
enum {
    BED_FIRST_NODE = BED_REPLICAS,
    BED_FIRST_PERSON = BED_FIRST_NODE + BED_NODES,
    BED_STORE = BED_FIRST_PERSON + BED_PEOPLE,
    BED_HOSTS
};

struct host {
    int number;
    char name[16];
    uint64_t life;        /* raised when what runs there dies */
    bool up;              /* its process runs (or is paused) */
    int64_t paused_until; /* SIGSTOP; 0: not */
    int64_t boot_base_ns; /* bed time at which its boot clock showed 0 */
    int64_t drift_ppm;    /* of its boot clock */
    int64_t wall_off_s;   /* by which its wall clock is wrong */
    struct env env;       /* its clocks, and chance */
};

struct bed {
    uint64_t seed;
    struct chance chance; /* of the world: the product has its own, below */
    struct chance random; /* behind env.random */
    struct agenda *agenda;
    struct log *log; /* of the product; NULL: silent */
    int trace;       /* 0: nothing is printed of what happens */
    struct host hosts[BED_HOSTS];
    bool cut[BED_HOSTS][BED_HOSTS]; /* [from][to]: nothing gets through */
    int64_t slow_ms;                /* added to every way, at most */
    uint64_t faults;                /* injected so far */
    uint64_t events;
    uint64_t violations;
    char first_violation[512];
    struct instant epoch; /* the wall clock at bed time 0 */
};

struct bed *bed(void);

/* Begins: hosts are down, wires are whole. Ends whatever bed there was. */
void bed_open(uint64_t seed, int trace);
void bed_close(void);

int64_t bed_now(void);
struct instant bed_wall(void); /* the true time, floored */
void bed_after(int64_t ns, const uint64_t *life, agenda_fn fn, void *arg);

struct host *bed_host(int number);
bool bed_runs(int host); /* up and not paused */

/* Can a message get from one to the other now? */
bool bed_reaches(int from, int to);

/* How long a message takes this time. */
int64_t bed_delay(void);

/* An invariant is broken: told, counted; the first is kept. */
void bed_violated(const char *invariant, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What happens, for whoever replays a seed. */
void bed_trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
