/*
 * random_sim: seed after seed, each in a process of its own. What a seed found is printed with the
 * command that shows it again.
 */
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "tests/sim/mutants.h"
#include "tests/sim/run.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_VIOLATED = 1, EXIT_USAGE = 2, EXIT_ALIVE = 3 };

#define VIRTUAL_S    600
#define WORKERS_MAX  16
#define MUTANT_SEEDS 12

struct settings {
    uint64_t seed;
    int64_t real_s;    /* go on for so long; 0: one seed */
    int64_t virtual_s; /* of each seed */
    int trace;
    bool all_mutants;
    const char *mutant;
    const char *program;
};

/* What crashes in the simulation frees nothing. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static void show_help(void)
{
    printf("Usage: random_sim [--seed N] [--seconds S] [--virtual S] [--trace] [--mutant NAME]\n"
           "       random_sim --mutants | --list\n\n"
           "Three control planes, eight nodes and six people among faults, in virtual time.\n\n"
           "  --seed N       the first seed (1); everything follows from it\n"
           "  --seconds S    go on with further seeds for S seconds; otherwise one seed\n"
           "  --virtual S    seconds of virtual time among faults for each seed (%d)\n"
           "  --trace        print what happens\n"
           "  --log          and what the product logs\n"
           "  --mutant NAME  with that planted bug\n"
           "  --mutants      every planted bug, each until a seed finds it (%d at most)\n"
           "  --list         the planted bugs\n\n"
           "Exit status: 0, 1 an invariant was violated, 2 bad usage, 3 a mutant lives.\n",
           VIRTUAL_S, MUTANT_SEEDS);
}

/* ---- one seed, one process ---- */

static void child(const struct settings *s, uint64_t seed, int out)
{
    struct run_options options = {.seed = seed, .seconds = s->virtual_s, .trace = s->trace};
    struct run_result result = {0};
    run_seed(&options, &result);
    (void)fflush(stdout);
    _exit(write(out, &result, sizeof result) == (ssize_t)sizeof result ? 0 : 1);
}

/* A process that ends in any other way than by telling its result has found something, too. */
static void run(const struct settings *s, uint64_t seed, struct run_result *ret)
{
    int ends[2], status = 0;
    ENSURE(pipe(ends) == 0);
    (void)fflush(stdout);
    pid_t pid = fork();
    ENSURE(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        if (s->mutant && mutant_choose(s->mutant) < 0)
            _exit(EXIT_USAGE);
        child(s, seed, ends[1]);
    }
    close(ends[1]);
    *ret = (struct run_result){0};
    ssize_t n = read(ends[0], ret, sizeof *ret);
    close(ends[0]);
    ENSURE(waitpid(pid, &status, 0) == pid);
    if (n == (ssize_t)sizeof *ret)
        return;
    *ret = (struct run_result){.violations = 1};
    if (WIFSIGNALED(status))
        (void)snprintf(ret->first, sizeof ret->first, "the process ended by signal %d",
                       WTERMSIG(status));
    else
        (void)snprintf(ret->first, sizeof ret->first, "the process ended with status %d",
                       WEXITSTATUS(status));
}

static void print_finding(const struct settings *s, uint64_t seed, const struct run_result *r)
{
    printf("seed %" PRIu64 ": %" PRIu64 " violations, first %s\n", seed, r->violations, r->first);
    printf("  again: %s --seed %" PRIu64 " --virtual %" PRId64 "%s%s --trace\n", s->program, seed,
           s->virtual_s, s->mutant ? " --mutant " : "", s->mutant ? s->mutant : "");
}

/* ---- many, side by side ---- */

struct totals {
    uint64_t seeds, faults, acknowledged, violations;
    uint64_t caught, alive;
};

/* The part of the work that worker `which` of `workers` does. */
typedef void (*work_fn)(const struct settings *s, unsigned which, unsigned workers,
                        struct totals *ret);

static unsigned worker_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1)
        return 1;
    return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static pid_t start_worker(const struct settings *s, work_fn work, unsigned which, unsigned workers,
                          int out)
{
    (void)fflush(stdout);
    pid_t pid = fork();
    ENSURE(pid >= 0);
    if (pid > 0)
        return pid;
    struct totals totals = {.seeds = 0};
    work(s, which, workers, &totals);
    (void)fflush(stdout);
    _exit(write(out, &totals, sizeof totals) == (ssize_t)sizeof totals ? 0 : 1);
}

static void add(struct totals *sum, const struct totals *part)
{
    sum->seeds += part->seeds;
    sum->faults += part->faults;
    sum->acknowledged += part->acknowledged;
    sum->violations += part->violations;
    sum->caught += part->caught;
    sum->alive += part->alive;
}

static struct totals work_together(const struct settings *s, work_fn work, unsigned workers)
{
    struct totals sum = {.seeds = 0}, part;
    pid_t pids[WORKERS_MAX];
    int ends[2], status;
    ENSURE(pipe(ends) == 0);
    for (unsigned i = 0; i < workers; i++)
        pids[i] = start_worker(s, work, i, workers, ends[1]);
    close(ends[1]);
    while (read(ends[0], &part, sizeof part) == (ssize_t)sizeof part)
        add(&sum, &part);
    close(ends[0]);
    for (unsigned i = 0; i < workers; i++)
        ENSURE(waitpid(pids[i], &status, 0) == pids[i] && status == 0);
    return sum;
}

static int64_t now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static void seed_after_seed(const struct settings *s, unsigned which, unsigned workers,
                            struct totals *ret)
{
    int64_t end = now_s() + s->real_s;
    for (uint64_t seed = s->seed + which; ret->seeds == 0 || now_s() < end; seed += workers) {
        struct run_result r;
        run(s, seed, &r);
        add(ret, &(struct totals){.seeds = 1,
                                  .faults = r.faults,
                                  .acknowledged = r.acknowledged,
                                  .violations = r.violations});
        if (r.violations > 0)
            print_finding(s, seed, &r);
        if (s->real_s == 0)
            printf("seed %" PRIu64 ": leases=%" PRIu64 " intervals=%" PRIu64 " refused=%" PRIu64
                   " digest=%016" PRIx64 "\n",
                   seed, r.leases, r.intervals, r.refused, r.digest);
    }
}

static int run_seeds(const struct settings *s)
{
    struct totals t = work_together(s, seed_after_seed, s->real_s == 0 ? 1 : worker_count());
    printf("sim: seeds=%" PRIu64 " simulated_hours=%.1f faults=%" PRIu64 " acknowledged=%" PRIu64
           " violations=%" PRIu64 "\n",
           t.seeds, (double)(t.seeds * (uint64_t)s->virtual_s) / 3600, t.faults, t.acknowledged,
           t.violations);
    return t.violations > 0 ? EXIT_VIOLATED : 0;
}

static bool kill_mutant(const struct settings *s, const struct mutant *m)
{
    struct settings with = *s;
    with.mutant = m->name;
    for (uint64_t i = 0; i < MUTANT_SEEDS; i++) {
        struct run_result r;
        run(&with, s->seed + i, &r);
        if (r.violations > 0) {
            printf("caught %s by seed %" PRIu64 ": %s\n", m->name, s->seed + i, r.first);
            return true;
        }
    }
    printf("ALIVE  %s: %s\n", m->name, m->what);
    return false;
}

static void mutant_after_mutant(const struct settings *s, unsigned which, unsigned workers,
                                struct totals *ret)
{
    unsigned n = 0;
    for (const struct mutant *m = mutants; m->name; m++) {
        if (n++ % workers != which)
            continue;
        bool caught = kill_mutant(s, m);
        ret->caught += caught;
        ret->alive += !caught;
    }
}

static int run_mutants(const struct settings *s)
{
    struct totals t = work_together(s, mutant_after_mutant, worker_count());
    printf("mutants: %" PRIu64 " of %" PRIu64 " caught\n", t.caught, t.caught + t.alive);
    return t.alive == 0 ? 0 : EXIT_ALIVE;
}

static int list_mutants(void)
{
    for (const struct mutant *m = mutants; m->name; m++)
        printf("%-24s %s\n", m->name, m->what);
    return 0;
}

/* ---- the command line ---- */

static bool read_number(const char *text, int64_t low, int64_t *ret)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    *ret = value;
    return *text && !*end && value >= low;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},    {"seconds", required_argument, NULL, 't'},
        {"virtual", required_argument, NULL, 'v'}, {"trace", no_argument, NULL, 'T'},
        {"mutant", required_argument, NULL, 'm'},  {"mutants", no_argument, NULL, 'M'},
        {"log", no_argument, NULL, 'L'},           {"list", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    struct settings s = {.seed = 1, .virtual_s = VIRTUAL_S, .program = argv[0]};
    int64_t seed = 1;
    int option;
    bool good = true;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            good &= read_number(optarg, 1, &seed);
            break;
        case 't':
            good &= read_number(optarg, 1, &s.real_s);
            break;
        case 'v':
            good &= read_number(optarg, 60, &s.virtual_s);
            break;
        case 'T':
            s.trace = 1;
            break;
        case 'L':
            s.trace = 2;
            break;
        case 'm':
            s.mutant = optarg;
            good &= mutant_choose(optarg) == 0 && mutant_choose(NULL) == 0;
            break;
        case 'M':
            s.all_mutants = true;
            break;
        case 'l':
            return list_mutants();
        case 'h':
            show_help();
            return 0;
        default:
            good = false;
        }
    }
    if (!good || optind < argc) {
        show_help();
        return EXIT_USAGE;
    }
    s.seed = (uint64_t)seed;
    return s.all_mutants ? run_mutants(&s) : run_seeds(&s);
}
