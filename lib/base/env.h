#ifndef PUMASI_LIB_BASE_ENV_H
#define PUMASI_LIB_BASE_ENV_H

#include "lib/base/instant.h"

#include <stdint.h>

/*
 * The world as the programs see it: clocks and chance. main() builds one and hands it down; nothing
 * else calls time, random or sleep. env_real() reads the machine; a test or the simulator fills in
 * functions of its own.
 */
struct boot_time {
    int64_t ns; /* CLOCK_BOOTTIME: runs on through suspend, unmoved by wall-clock steps */
};

struct env {
    struct instant (*wall)(void *world);   /* the wall clock, floored to whole seconds */
    struct boot_time (*boot)(void *world); /* for deadlines and timeouts */
    void (*random)(void *world, uint8_t *dst,
                   size_t n); /* unpredictable bytes; aborts on failure */
    void *world;
};

struct env env_real(void);

/* An environment for tests: clocks stand still until moved, random bytes follow from the seed. */
struct env_fake {
    struct instant wall;
    struct boot_time boot;
    uint64_t seed;
};
struct env env_of_fake(struct env_fake *fake);
void env_fake_advance(struct env_fake *fake, int64_t seconds); /* both clocks */

static inline struct instant env_now(const struct env *env)
{
    return env->wall(env->world);
}
static inline struct boot_time env_boot(const struct env *env)
{
    return env->boot(env->world);
}

#endif
