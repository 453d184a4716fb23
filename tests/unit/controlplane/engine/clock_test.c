/* The control plane's own time. */
#include "controlplane/engine/clock.h"

#include "tests/support/suite.h"

#define NS INT64_C(1000000000)

static struct env_fake fake;
static struct env env;
static struct clock control; /* the clock under test */

static void setup(void)
{
    fake = (struct env_fake){.wall = {1000000}, .boot = {50 * NS}};
    env = env_of_fake(&fake);
    clock_init(&control, &env);
}

static void run(int64_t boot_s, int64_t wall_s)
{
    fake.boot.ns += boot_s * NS;
    fake.wall.s += wall_s;
}

START_TEST(it_follows_a_wall_clock_that_is_right)
{
    run(100, 100);
    ck_assert_int_eq(clock_now(&control).s, 1000100);
    run(1000, 1003); /* corrected by a few seconds */
    ck_assert_int_eq(clock_now(&control).s, 1001103);
    ck_assert(!control.diverged);
}
END_TEST

START_TEST(a_step_of_the_wall_clock_does_not_move_it)
{
    run(10, 10 + 86400);
    ck_assert_int_eq(clock_now(&control).s, 1000010);
    ck_assert(control.diverged);
    ck_assert_int_eq(clock_divergence_s(&control), 86400);
    run(10, 10);
    ck_assert_int_eq(clock_now(&control).s, 1000020);
    run(10, 10 - 2 * 86400);
    ck_assert_int_eq(clock_now(&control).s, 1000030);
    run(1, 1 + 86400); /* set right again */
    ck_assert_int_eq(clock_now(&control).s, 1000031);
    ck_assert(!control.diverged);
}
END_TEST

START_TEST(it_never_goes_back)
{
    run(10, 10);
    ck_assert_int_eq(clock_now(&control).s, 1000010);
    run(1, -2); /* believable, but backwards */
    ck_assert_int_eq(clock_now(&control).s, 1000010);
    run(2, 2);
    ck_assert_int_eq(clock_now(&control).s, 1000010);
    run(1, 1);
    ck_assert_int_eq(clock_now(&control).s, 1000011);
}
END_TEST

START_TEST(it_does_not_begin_before_the_last_commit)
{
    clock_not_before(&control, (struct instant){1000500});
    ck_assert_int_eq(clock_now(&control).s, 1000500);
    run(600, 600);
    ck_assert_int_eq(clock_now(&control).s, 1000600);
}
END_TEST

static Suite *clock_suite(void)
{
    Suite *s = suite_create("engine/clock");
    TCase *t = tcase_create("clock");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, it_follows_a_wall_clock_that_is_right);
    tcase_add_test(t, a_step_of_the_wall_clock_does_not_move_it);
    tcase_add_test(t, it_never_goes_back);
    tcase_add_test(t, it_does_not_begin_before_the_last_commit);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(clock_suite)
