#ifndef PUMASI_TESTS_SIM_FEDERATION_H
#define PUMASI_TESTS_SIM_FEDERATION_H

#include "lib/base/id.h"
#include "lib/store/store.h"

/*
 * What there is when a run begins: the world of tests/support/world with eight nodes of eight GPUs
 * (n0 to n3 of skt, n4 to n7 of naver), three loans with real permits, two allocations; written
 * into an empty store. Sets the bed's epoch to the world's clock.
 */
#define FEDERATION_SILENCE_S 60
#define FEDERATION_NOTICE_S  20

struct federation {
    struct id alpha; /* the projects' allocations */
    struct id beta;
};

void federation_found(struct store *store, struct federation *ret);

#endif
