#include "tests/sim/chance.h"

#include "lib/base/err.h"

uint64_t chance_next(struct chance *c)
{
    uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t chance_between(struct chance *c, int64_t low, int64_t high)
{
    ENSURE(low <= high);
    return low + (int64_t)(chance_next(c) % (uint64_t)(high - low + 1));
}

bool chance_one_in(struct chance *c, int64_t n)
{
    return chance_between(c, 1, n) == 1;
}

void chance_fill(struct chance *c, uint8_t *dst, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] = (uint8_t)chance_next(c);
}
