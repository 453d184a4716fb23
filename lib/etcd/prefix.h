#ifndef PUMASI_LIB_ETCD_PREFIX_H
#define PUMASI_LIB_ETCD_PREFIX_H

#include "lib/base/span.h"

/*
 * Key ranges as etcd wants them: [start, end), where the end "\0" means "to the last key". Owns
 * its bytes; etcd_prefix_fini() frees them. Memory exhaustion aborts.
 */
struct etcd_prefix {
    uint8_t *start; /* the prefix, or "\0" for the empty one */
    size_t start_len;
    uint8_t *end; /* the first key behind all that begin with the prefix */
    size_t end_len;
};

void etcd_prefix_init(struct etcd_prefix *p, struct span prefix);
/* Moves the start to the first key after this one. */
void etcd_prefix_start_after(struct etcd_prefix *p, struct span key);
void etcd_prefix_fini(struct etcd_prefix *p);

#endif
