#ifndef PUMASI_TESTS_UNIT_CONTROLPLANE_PLACEMENT_CHANCE_H
#define PUMASI_TESTS_UNIT_CONTROLPLANE_PLACEMENT_CHANCE_H

#include "controlplane/placement/fleet.h"

/* Fleets and requests by chance that follows from a seed: set dice first. */
static uint64_t dice;

static uint32_t roll(uint32_t n)
{
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(dice >> 33) % n;
}

#define NODES 40

static void random_fleet(struct fleet_spec specs[NODES])
{
    for (size_t i = 0; i < NODES; i++) {
        specs[i] = (struct fleet_spec){.cpu_milli = 16000 << roll(3), .memory_mib = 4000};
        specs[i].gpus = roll(5) == 0 ? 0 : 1u << roll(4);
        specs[i].model = specs[i].gpus > 0 ? (uint8_t)roll(3) : PLACEMENT_NO_MODEL;
    }
}

static struct placement_request random_request(void)
{
    static const uint32_t units[] = {700, 2240, 3290, 5670, 7000, 7000};
    struct placement_request r = {.cpu_milli = 1000 * (1 + roll(12)), .memory_mib = roll(200)};
    r.gpus = roll(6) == 0 ? 0 : 1;
    r.units = r.gpus ? units[roll(6)] : 0;
    if (r.units == 7000 && roll(4) == 0)
        r.gpus = 1u << roll(4);
    r.models = roll(4) == 0 ? 1 + roll(7) : 0;
    if (r.gpus == 1 && roll(8) == 0)
        r.mig = MIG_1G + roll(7);
    r.tenant = roll(3);
    return r;
}

#endif
