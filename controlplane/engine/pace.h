#ifndef PUMASI_CONTROLPLANE_ENGINE_PACE_H
#define PUMASI_CONTROLPLANE_ENGINE_PACE_H

#include "lib/base/env.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * When the next batch goes. A transaction costs the store as much for ten objects as for one, and
 * those who are answered now are likely to ask again at once: so where many ask, the next batch
 * waits until as many requests are in it as are wanted, but no longer than the last commit took,
 * nor than PACE_MS. How many there are to be had is found out by wanting half as much again each
 * time that the wish came true. Where few ask nobody waits. A plain value; pure.
 */
#define PACE_FROM 8 /* answers at once that make waiting worth while */
#define PACE_MS   5

struct pace {
    size_t wanted;
    struct boot_time until;
};

/* A commit that was sent at `sent` is through, and so many requests are answered. */
void pace_committed(struct pace *p, struct boot_time sent, struct boot_time now, size_t answered);

/* Whether a batch with so many requests in it waits for more. */
bool pace_waits(const struct pace *p, struct boot_time now, size_t requests);

/* A batch with so many requests in it was sent. */
void pace_sent(struct pace *p, size_t requests);

#endif
