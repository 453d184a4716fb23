#ifndef PUMASI_LIB_PKI_POOL_H
#define PUMASI_LIB_PKI_POOL_H

#include "lib/base/err.h"

#include <stddef.h>

/*
 * OpenSSL on a fixed pool of memory, for a process that has to go on when the machine has none
 * left: every allocation of libcrypto comes out of one region that is there from the start. When it
 * is exhausted the allocation fails, and what was to be verified is refused.
 *
 * One per process, for its whole life, since libcrypto takes its allocator once. For a process with
 * one thread only.
 */

/* Before any other call of lib/pki. ERR_CONFLICT: libcrypto has allocated already; ERR_IO: no
 * memory.
 */
MUST_CHECK int pki_pool_begin(size_t bytes, struct err *err);

struct pki_pool_use {
    size_t bytes;   /* of the pool */
    size_t used;    /* now, with what the pool itself needs */
    size_t most;    /* used at any time */
    size_t refused; /* allocations that found no room */
};

/* All zeros without a pool. */
struct pki_pool_use pki_pool_use(void);

#endif
