#ifndef PUMASI_TESTS_SIM_FAULTS_H
#define PUMASI_TESTS_SIM_FAULTS_H

#include "lib/store/store.h"
#include "tests/sim/bed.h"
#include "tests/sim/node.h"
#include "tests/sim/replica.h"

/*
 * What goes wrong: processes crash and are paused, machines restart, wires are cut one way or both
 * and grow slow, connections are reset, clocks jump and drift, the store misbehaves as etcd 3.4.23
 * was seen to. Chosen by the bed's chance.
 */
struct victims {
    struct replica *replicas[BED_REPLICAS];
    struct node_host *nodes[BED_NODES];
    struct store *stores[BED_REPLICAS]; /* the faulty views */
    bool disturbed[BED_HOSTS];          /* nodes whose guard or kernel was restarted */
    bool old_etcd;                      /* the store misbehaves */
};

/* Something every few seconds from now on. v outlives the bed. */
void faults_start(struct victims *v);

/* No more of them; wires are mended, everything that is down starts again. */
void faults_end(struct victims *v);

#endif
