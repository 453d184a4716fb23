#ifndef PUMASI_TESTS_SIM_LAB_STORE_H
#define PUMASI_TESTS_SIM_LAB_STORE_H

#include "lib/store/store.h"

#include <stdbool.h>

/*
 * One process's way to the store over the bed's wires: commits take time and may time out without
 * an answer, before or after they were applied; a process that is cut off, paused or dead lets its
 * leases run out. Reads are answered at once, or not at all.
 *
 * inner belongs to all of them and outlives them. What dies with its process is abandoned: nothing
 * of it is called any more.
 */
struct store *bed_store_create(int host, struct store *inner);

#endif
