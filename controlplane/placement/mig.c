/* The table of the header, and counting over it. No state. */
#include "controlplane/placement/mig.h"

#include "lib/base/err.h"

static const struct {
    uint8_t starts; /* bit i: may begin at slice i */
    uint8_t slices;
    bool media;
} profiles[MIG_PROFILE_COUNT] = {
    [MIG_1G] = {0x7f, 1, false},        [MIG_1G_MEDIA] = {0x7f, 1, true},
    [MIG_1G_DOUBLE] = {0x55, 2, false}, [MIG_2G] = {0x15, 2, false},
    [MIG_3G] = {0x11, 4, false},        [MIG_4G] = {0x01, 4, false},
    [MIG_7G] = {0x01, 8, false},
};

uint8_t mig_memory_slices(enum mig_profile profile)
{
    ENSURE(profile > MIG_NONE && profile < MIG_PROFILE_COUNT);
    return profiles[profile].slices;
}

uint16_t mig_bits(enum mig_profile profile, uint8_t slice)
{
    ENSURE(slice < MIG_MEMORY_SLICES);
    unsigned run = ((1u << mig_memory_slices(profile)) - 1) << slice;
    return (uint16_t)(run | (profiles[profile].media ? MIG_MEDIA : 0));
}

bool mig_fits(enum mig_profile profile, uint8_t slice, uint16_t taken)
{
    return profiles[profile].starts >> slice & 1 && !(mig_bits(profile, slice) & taken);
}

/* Places at which one more instance could begin, over all profiles. */
static unsigned places_left(uint16_t taken)
{
    unsigned places = 0;
    for (enum mig_profile p = MIG_1G; p < MIG_PROFILE_COUNT; p++) {
        for (uint8_t slice = 0; slice < MIG_MEMORY_SLICES; slice++)
            places += mig_fits(p, slice, taken);
    }
    return places;
}

uint8_t mig_choose(enum mig_profile profile, uint16_t taken)
{
    uint8_t best = MIG_NOWHERE;
    unsigned most = 0;
    for (uint8_t slice = 0; slice < MIG_MEMORY_SLICES; slice++) {
        if (!mig_fits(profile, slice, taken))
            continue;
        unsigned places = places_left((uint16_t)(taken | mig_bits(profile, slice)));
        if (best == MIG_NOWHERE || places >= most) {
            best = slice;
            most = places;
        }
    }
    return best;
}
