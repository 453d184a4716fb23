#ifndef PUMASI_TESTS_SIM_REPLICA_H
#define PUMASI_TESTS_SIM_REPLICA_H

#include "controlplane/engine/engine.h"
#include "lib/store/store.h"

#include <stdint.h>

/*
 * A control plane's process: the real services, effects and writer over the bed's wires. A crash
 * forgets it where it stands; its memory is never used again, nor freed.
 */
struct replica;

/* faulty: the process's own view of the one store. It is started at once. */
struct replica *replica_create(int host, struct store *faulty);

void replica_start(struct replica *r);
void replica_crash(struct replica *r);
void replica_pause(struct replica *r, int64_t until); /* bed time */

#endif
