#include "lib/etcd/timer.h"

#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <stdatomic.h>
#include <string.h>

struct bell {
    struct etcd_timers *timers;
    struct etcd_timer timer;
    atomic_int rings;
    int again; /* times to set itself again */
    char *tune;
    char note;
};

static void ring(void *ud)
{
    struct bell *bell = ud;
    if (bell->tune != NULL)
        bell->tune[strlen(bell->tune)] = bell->note;
    if (bell->again > 0) {
        bell->again--;
        (void)etcd_timer_set(bell->timers, &bell->timer, 1);
    }
    atomic_fetch_add(&bell->rings, 1);
}

static struct etcd_timers *start(void)
{
    struct env env = env_real();
    struct etcd_timers *timers = NULL;
    ck_assert_int_eq(etcd_timers_create(&env, &timers, NULL), 0);
    return timers;
}

static void hang(struct bell *bell, struct etcd_timers *timers)
{
    *bell = (struct bell){.timers = timers, .timer = {.fn = ring, .ud = bell}};
}

START_TEST(a_timer_runs_once)
{
    struct etcd_timers *timers = start();
    struct bell bell;
    hang(&bell, timers);
    ck_assert(etcd_timer_set(timers, &bell.timer, 0));
    EVENTUALLY(atomic_load(&bell.rings) == 1);
    etcd_timers_destroy(timers);
    ck_assert_int_eq(atomic_load(&bell.rings), 1);
}
END_TEST

START_TEST(timers_run_in_the_order_of_their_time)
{
    struct etcd_timers *timers = start();
    char tune[8] = "";
    struct bell bells[3];
    static const int delays_ms[3] = {60, 1, 30};
    for (int i = 0; i < 3; i++) {
        hang(&bells[i], timers);
        bells[i].tune = tune;
        bells[i].note = (char)('a' + i);
        ck_assert(etcd_timer_set(timers, &bells[i].timer, delays_ms[i]));
    }
    EVENTUALLY(atomic_load(&bells[0].rings) == 1);
    etcd_timers_destroy(timers);
    ck_assert_str_eq(tune, "bca");
}
END_TEST

START_TEST(a_timer_that_is_set_is_moved)
{
    struct etcd_timers *timers = start();
    struct bell bell;
    hang(&bell, timers);
    ck_assert(etcd_timer_set(timers, &bell.timer, 3600000));
    ck_assert(etcd_timer_set(timers, &bell.timer, 1));
    EVENTUALLY(atomic_load(&bell.rings) == 1);
    etcd_timers_destroy(timers);
    ck_assert_int_eq(atomic_load(&bell.rings), 1);
}
END_TEST

START_TEST(a_cancelled_timer_does_not_run)
{
    struct etcd_timers *timers = start();
    struct bell bell;
    hang(&bell, timers);
    ck_assert(etcd_timer_set(timers, &bell.timer, 3600000));
    etcd_timer_cancel(timers, &bell.timer);
    etcd_timer_cancel(timers, &bell.timer); /* not set: nothing happens */
    etcd_timers_destroy(timers);
    ck_assert_int_eq(atomic_load(&bell.rings), 0);
}
END_TEST

START_TEST(cancelling_wins_over_a_timer_that_sets_itself_again)
{
    struct etcd_timers *timers = start();
    struct bell bell;
    hang(&bell, timers);
    bell.again = 1000000;
    ck_assert(etcd_timer_set(timers, &bell.timer, 0));
    EVENTUALLY(atomic_load(&bell.rings) > 2);
    etcd_timer_cancel(timers, &bell.timer);
    int rings = atomic_load(&bell.rings);
    etcd_timers_destroy(timers);
    ck_assert_int_eq(atomic_load(&bell.rings), rings);
}
END_TEST

START_TEST(closing_runs_what_is_set_and_refuses_the_rest)
{
    struct etcd_timers *timers = start();
    struct bell bell;
    hang(&bell, timers);
    ck_assert(etcd_timer_set(timers, &bell.timer, 3600000));
    etcd_timers_close(timers);
    ck_assert_int_eq(atomic_load(&bell.rings), 1);
    ck_assert(!etcd_timer_set(timers, &bell.timer, 0));
    etcd_timers_close(timers);
    etcd_timers_destroy(timers);
    etcd_timers_destroy(NULL);
    ck_assert_int_eq(atomic_load(&bell.rings), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/timer");
    TCase *t = tcase_create("timers");
    tcase_set_timeout(t, 20);
    tcase_add_test(t, a_timer_runs_once);
    tcase_add_test(t, timers_run_in_the_order_of_their_time);
    tcase_add_test(t, a_timer_that_is_set_is_moved);
    tcase_add_test(t, a_cancelled_timer_does_not_run);
    tcase_add_test(t, cancelling_wins_over_a_timer_that_sets_itself_again);
    tcase_add_test(t, closing_runs_what_is_set_and_refuses_the_rest);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
