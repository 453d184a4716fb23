/* lib/base/env.h: the real world moves, the fake one waits. */
#include "lib/base/env.h"
#include "tests/support/suite.h"

#include <string.h>

START_TEST(the_real_world_has_plausible_clocks)
{
    struct env env = env_real();
    struct boot_time first = env_boot(&env);
    struct boot_time second = env_boot(&env);

    ck_assert_int_gt(env_now(&env).s, INT64_C(1735689600)); /* 2025 */
    ck_assert_int_lt(env_now(&env).s, INSTANT_MAX_S);
    ck_assert_int_gt(first.ns, 0);
    ck_assert_int_le(first.ns, second.ns);
}
END_TEST

START_TEST(real_chance_fills_all_bytes_and_does_not_repeat)
{
    static uint8_t a[100000];
    static uint8_t b[100000];
    struct env env = env_real();
    bool end_filled = false;

    env.random(env.world, a, sizeof(a));
    env.random(env.world, b, sizeof(b));
    ck_assert(memcmp(a, b, sizeof(a)) != 0);
    for (size_t i = sizeof(a) - 32; i < sizeof(a); i++)
        end_filled |= a[i] != 0;
    ck_assert(end_filled);
    env.random(env.world, a, 0);
}
END_TEST

START_TEST(fake_clocks_stand_until_they_are_moved)
{
    struct env_fake fake = {.wall = {1000}, .boot = {5}, .seed = 1};
    struct env env = env_of_fake(&fake);

    ck_assert_int_eq(env_now(&env).s, 1000);
    ck_assert_int_eq(env_now(&env).s, 1000);
    env_fake_advance(&fake, 60);
    ck_assert_int_eq(env_now(&env).s, 1060);
    ck_assert_int_eq(env_boot(&env).ns, INT64_C(60000000005));
    fake.wall.s = 5; /* a step of the wall clock alone */
    ck_assert_int_eq(env_boot(&env).ns, INT64_C(60000000005));
}
END_TEST

START_TEST(fake_chance_follows_from_the_seed)
{
    uint8_t bytes[3][64];
    static const uint64_t seeds[3] = {1, 1, 2};

    for (int i = 0; i < 3; i++) {
        struct env_fake fake = {.seed = seeds[i]};
        struct env env = env_of_fake(&fake);
        env.random(env.world, bytes[i], 32);
        env.random(env.world, bytes[i] + 32, 32);
    }
    ck_assert_mem_eq(bytes[0], bytes[1], 64);
    ck_assert_mem_ne(bytes[0], bytes[2], 64);
    ck_assert_mem_ne(bytes[0], bytes[0] + 32, 32);
}
END_TEST

static Suite *env_suite(void)
{
    Suite *s = suite_create("env");
    TCase *t = tcase_create("env");

    tcase_add_test(t, the_real_world_has_plausible_clocks);
    tcase_add_test(t, real_chance_fills_all_bytes_and_does_not_repeat);
    tcase_add_test(t, fake_clocks_stand_until_they_are_moved);
    tcase_add_test(t, fake_chance_follows_from_the_seed);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(env_suite)
