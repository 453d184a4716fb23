/* nodeagent/agent/linking.h: when a stream is opened and given up. */
#include "nodeagent/agent/linking.h"

#include "nodeagent/agent/granting.h"
#include "tests/unit/nodeagent/agent/agent_rig.h"

START_TEST(waiting_for_an_answer_does_not_spin)
{
    start();
    start_agent();
    UNTIL(questions() == 1);
    plane_poke(&plane);
    turn_on();
    ck_assert_int_eq(granting_due_ns(a), AGENT_NEVER_NS);
    ck_assert_int_eq(linking_due_ns(a), agent_in_ms(a, 30000));
    stop();
}
END_TEST

START_TEST(a_control_plane_that_never_answers_is_left_for_the_next)
{
    start();
    start_agent();
    UNTIL(questions() == 1);
    advance_ms(29000);
    turn_on();
    ck_assert_uint_eq(plane_streams(&plane), 1);
    advance_ms(1000);
    UNTIL(plane_streams(&plane) == 2);
    ck_assert_uint_eq(logged("link.silent"), 1);
    UNTIL(questions() == 2);
    stop();
}
END_TEST

START_TEST(nodes_do_not_come_back_together_and_wait_ten_seconds_at_most)
{
    int64_t wait_ms = AGENT_LINK_RETRY_MS;
    int64_t seen[8];
    start();
    start_agent();
    for (size_t i = 0; i < 8; i++) {
        UNTIL(a->linked && plane_count_of(&plane, PLANE_HELLO) == i + 1);
        wait_ms = 2 * wait_ms < 10000 ? 2 * wait_ms : 10000;
        plane_hang_up(&plane, NULL);
        UNTIL(!a->linked);
        seen[i] = (a->link_at - agent_now_ns(a)) / AGENT_NS_PER_MS;
        ck_assert_int_ge(seen[i], wait_ms * 3 / 4);
        ck_assert_int_le(seen[i], wait_ms * 5 / 4);
        advance_ms(12500);
    }
    ck_assert_int_ne(seen[6], seen[7]);
    stop();
}
END_TEST

static Suite *linking_suite(void)
{
    Suite *suite = suite_create("linking");
    TCase *tc = tcase_create("linking");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, waiting_for_an_answer_does_not_spin);
    tcase_add_test(tc, a_control_plane_that_never_answers_is_left_for_the_next);
    tcase_add_test(tc, nodes_do_not_come_back_together_and_wait_ten_seconds_at_most);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(linking_suite)
