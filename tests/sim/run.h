#ifndef PUMASI_TESTS_SIM_RUN_H
#define PUMASI_TESTS_SIM_RUN_H

#include <stdint.h>

/*
 * One run of a seed: a federation works for so long among faults, then in peace until it must have
 * settled. Everything follows from the seed. One run in a process.
 */
#define RUN_SETTLE_S 100 /* Y of I13: keepalive, back-off and leadership have run their course */

struct run_result {
    uint64_t violations;
    uint64_t faults;
    uint64_t acknowledged; /* requests */
    uint64_t refused;
    uint64_t leases;
    uint64_t intervals;
    uint64_t digest; /* of what happened: equal for equal seeds */
    char first[512]; /* violation */
};

struct run_options {
    uint64_t seed;
    int64_t seconds; /* of virtual time among faults */
    int trace;       /* print what happens */
};

void run_seed(const struct run_options *options, struct run_result *ret);

#endif
