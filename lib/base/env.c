/*
 * The real world and the one for tests. The only file, main()s aside, that asks the machine for
 * time or chance. Any thread may use the real one.
 */
#include "lib/base/env.h"

#include "lib/base/err.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

static struct instant real_wall(void *world)
{
    struct timespec now;

    (void)world;
    ENSURE(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (struct instant){now.tv_sec};
}

static struct boot_time real_boot(void *world)
{
    struct timespec now;

    (void)world;
    ENSURE(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
    return (struct boot_time){now.tv_sec * NS_PER_S + now.tv_nsec};
}

static void real_random(void *world, uint8_t *dst, size_t n)
{
    (void)world;
    while (n > 0) {
        ssize_t got = getrandom(dst, n, 0);
        ENSURE(got > 0 || (got < 0 && errno == EINTR));
        if (got < 0)
            continue;
        dst += got;
        n -= (size_t)got;
    }
}

struct env env_real(void)
{
    return (struct env){.wall = real_wall, .boot = real_boot, .random = real_random};
}

static struct instant fake_wall(void *world)
{
    return ((struct env_fake *)world)->wall;
}

static struct boot_time fake_boot(void *world)
{
    return ((struct env_fake *)world)->boot;
}

/* splitmix64: every seed gives a different, well mixed sequence. */
static uint64_t next_number(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void fake_random(void *world, uint8_t *dst, size_t n)
{
    struct env_fake *fake = world;

    for (size_t i = 0; i < n; i++)
        dst[i] = (uint8_t)(next_number(&fake->seed) >> 56);
}

struct env env_of_fake(struct env_fake *fake)
{
    return (struct env){.wall = fake_wall, .boot = fake_boot, .random = fake_random, .world = fake};
}

void env_fake_advance(struct env_fake *fake, int64_t seconds)
{
    fake->wall = instant_add(fake->wall, seconds);
    fake->boot.ns += seconds * NS_PER_S;
}
