#ifndef PUMASI_CONTROLPLANE_PLACEMENT_MIG_H
#define PUMASI_CONTROLPLANE_PLACEMENT_MIG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How MIG instances lie on a device of seven compute and eight memory slices (A100, H100, H200,
 * B200): an instance takes a run of memory slices and may begin only at certain ones. Instances do
 * not move, so the order in which they come decides what still fits.
 *
 *   profile         begins at            memory slices   at most
 *   1g              0 1 2 3 4 5 6        1               7
 *   1g+me           0 1 2 3 4 5 6        1               1, the one with the media engines
 *   1g double       0 2 4 6              2               4
 *   2g              0 2 4                2               3
 *   3g              0 4                  4               2
 *   4g              0                    4               1
 *   7g              0                    8               1
 */
enum mig_profile {
    MIG_NONE, /* no instance: a share, or a whole device */
    MIG_1G,
    MIG_1G_MEDIA,
    MIG_1G_DOUBLE,
    MIG_2G,
    MIG_3G,
    MIG_4G,
    MIG_7G,
    MIG_PROFILE_COUNT
};

#define MIG_MEMORY_SLICES 8
#define MIG_NOWHERE       8 /* no first slice */

/* What is taken on a device: bit i for memory slice i, MIG_MEDIA for the media engines. */
#define MIG_MEDIA (1u << 8)

/* The bits that an instance takes when it begins at that slice. */
uint16_t mig_bits(enum mig_profile profile, uint8_t slice);

/* Whether an instance may begin there beside what is taken. */
bool mig_fits(enum mig_profile profile, uint8_t slice, uint16_t taken);

/* The beginning that leaves the most places for instances of any profile (the last of equal ones),
 * MIG_NOWHERE when the profile does not fit: 3g begins at 4, because at 0 it is in the way of 4g.
 */
uint8_t mig_choose(enum mig_profile profile, uint16_t taken);

uint8_t mig_memory_slices(enum mig_profile profile);

#endif
