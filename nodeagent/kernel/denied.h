#ifndef PUMASI_NODEAGENT_KERNEL_DENIED_H
#define PUMASI_NODEAGENT_KERNEL_DENIED_H

#include "lib/base/err.h"
#include "nodeagent/kernel/program.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The reader of the ring buffer into which the kernel puts denied opens (program.h). The kernel
 * never waits for the reader. One thread.
 */
struct denied_ring {
    uint64_t *consumed;     /* page that we write */
    const uint8_t *written; /* page that the kernel writes, the data twice behind it */
};

/* Maps the ring of that descriptor, which stays the caller's. ERR_UNSUPPORTED. */
MUST_CHECK int denied_ring_init(struct denied_ring *r, int map_fd, struct err *err);
void denied_ring_fini(struct denied_ring *r); /* one of zeros is fine */

/* Takes the oldest; false when there is none (or no ring). */
bool denied_ring_take(struct denied_ring *r, struct denied_open *ret);

#endif
