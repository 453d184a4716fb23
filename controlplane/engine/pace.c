/* The pace of batches. */
#include "controlplane/engine/pace.h"

#define NS_PER_MS INT64_C(1000000)

void pace_committed(struct pace *p, struct boot_time sent, struct boot_time now, size_t answered)
{
    int64_t took = now.ns - sent.ns;
    p->until = now;
    if (answered >= PACE_FROM)
        p->until.ns += took < PACE_MS * NS_PER_MS ? took : PACE_MS * NS_PER_MS;
}

bool pace_waits(const struct pace *p, struct boot_time now, size_t requests)
{
    return requests < p->wanted && now.ns < p->until.ns;
}

void pace_sent(struct pace *p, size_t requests)
{
    p->wanted = requests >= p->wanted ? requests + requests / 2 : requests;
}
