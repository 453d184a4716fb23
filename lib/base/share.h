#ifndef PUMASI_LIB_BASE_SHARE_H
#define PUMASI_LIB_BASE_SHARE_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdint.h>

/*
 * Amounts of GPU: integer units of 1/7000 GPU, so that 1/7 (1000), 1/8 (875) and 1/1000 (7) are
 * exact. 0 < part of one GPU <= SHARE_PER_GPU; an amount over several GPUs is a plain sum.
 */
struct share {
    int64_t units;
};

#define SHARE_PER_GPU  INT64_C(7000)
#define SHARE_TEXT_CAP 32

static inline struct share share_gpus(int64_t gpus)
{
    return (struct share){gpus * SHARE_PER_GPU};
}

/* "1", "8", "1/8", "0.25", "3/7"; not a multiple of 1/7000, zero or negative:
 * ERR_INVALID; more than int64 holds: ERR_OVERFLOW. */
MUST_CHECK int share_parse(struct span text, struct share *ret, struct err *err);

/* "8", "1/8"; 8 and 1/8 together as a fraction in lowest terms: "65/8". Returns dst. */
const char *share_format(struct share s, char dst[SHARE_TEXT_CAP]);

#endif
