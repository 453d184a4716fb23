/* nodeagent/agent/granting.h: questions, and answers carried out. */
#include "nodeagent/agent/granting.h"

#include "tests/unit/nodeagent/agent/agent_rig.h"

START_TEST(there_is_one_question_at_a_time)
{
    start();
    start_agent();
    UNTIL(questions() == 1);
    for (int i = 0; i < 5; i++) {
        plane_poke(&plane);
        advance_ms(4000);
        turn_on();
    }
    ck_assert_uint_eq(questions(), 1);
    answer(0, NULL, 0);
    UNTIL(questions() == 2); /* one more for all the pokes */
    turn_on();
    ck_assert_uint_eq(questions(), 2);
    answer(1, NULL, 0);
    turn_on();
    ck_assert_uint_eq(questions(), 2);
    advance_ms(SYNC_MS);
    UNTIL(questions() == 3);
    stop();
}
END_TEST

START_TEST(news_of_the_guard_during_a_question_leads_to_the_next_one)
{
    start();
    start_agent();
    grant(1);
    attentive = false;
    unsigned before = questions();
    a->ask_at = 0;
    UNTIL(questions() == before + 1);
    fake_guard_return(&guard, "lease-1");
    turn_on();
    answer(before, NULL, 0);
    advance_ms(100);
    UNTIL(questions() == before + 2);
    const Pumasi__V1__Sync *sync = plane_nth(&plane, PLANE_SYNC, before + 1)->sync;
    ck_assert_uint_eq(sync->n_held, 1);
    ck_assert_str_eq(sync->held[0]->state, "returned");
    stop();
}
END_TEST

START_TEST(an_answer_with_another_nonce_is_no_answer)
{
    uint8_t nonce[GRANT_NONCE_BYTES] = {0xff};
    struct grant old = grant_of("lease-1", 1, 1);
    start();
    start_agent();
    UNTIL(questions() == 1);
    plane_grant(
        &plane,
        &(struct plane_grants){
            .nonce = nonce, .server_time = START, .sync_after_ms = SYNC_MS, .items = &old, .n = 1});
    UNTIL(logged("grants.unasked") == 1);
    ck_assert(a->asking && !meter_has_time(a->meter));
    ck_assert_uint_eq(fake_guard_installs(&guard), 0);
    answer(0, &old, 1);
    UNTIL(fake_guard_installs(&guard) == 1);
    answer(0, &old, 1); /* the same again */
    UNTIL(logged("grants.unasked") == 2);
    ck_assert_uint_eq(fake_guard_installs(&guard), 1);
    stop();
}
END_TEST

/* What was decided before a recall comes after it: on a stream that broke, or late. */
START_TEST(a_grant_set_that_comes_late_does_not_outlive_a_recall)
{
    struct grant old = grant_of("lease-1", 1, 1);
    start();
    start_agent();
    UNTIL(questions() == 1);
    plane_hang_up(&plane, NULL);
    UNTIL(!a->linked);
    advance_ms(1000);
    UNTIL(questions() == 2);
    answer(0, &old, 1); /* to the question of the stream that broke */
    answer(1, NULL, 0); /* lease-1 was recalled meanwhile */
    UNTIL(!a->asking);
    ck_assert_uint_eq(fake_guard_installs(&guard), 0);

    a->ask_at = 0;
    UNTIL(questions() == 3);
    plane_poke(&plane); /* recalled, while the answer to the question is under way */
    answer(2, &old, 1);
    UNTIL(questions() == 4);
    answer(3, NULL, 0);
    UNTIL(fake_guard_revokes(&guard) == 1);
    stop();
}
END_TEST

START_TEST(a_question_that_the_guard_refuses_is_said_and_asked_again)
{
    start();
    fake_guard_refuse_nonces(&guard, ERR_LIMIT);
    start_agent();
    UNTIL(logged("sync.not-sent") == 1);
    ck_assert_uint_eq(questions(), 0);
    fake_guard_refuse_nonces(&guard, ERR_OK);
    advance_ms(5000);
    UNTIL(questions() == 1);
    stop();
}
END_TEST

START_TEST(an_answer_for_a_guard_that_is_gone_is_not_obeyed)
{
    struct grant old = grant_of("lease-1", 1, 1);
    start();
    start_agent();
    UNTIL(questions() == 1);
    fake_guard_hang_up(&guard, true);
    UNTIL(!a->guard);
    advance_ms(500);
    UNTIL(a->guard);
    answer(0, &old, 1);
    UNTIL(questions() == 2);
    ck_assert_uint_eq(fake_guard_installs(&guard), 0);
    answer(1, &old, 1);
    UNTIL(fake_guard_installs(&guard) == 1);
    stop();
}
END_TEST

static Suite *granting_suite(void)
{
    Suite *suite = suite_create("granting");
    TCase *tc = tcase_create("granting");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, there_is_one_question_at_a_time);
    tcase_add_test(tc, news_of_the_guard_during_a_question_leads_to_the_next_one);
    tcase_add_test(tc, an_answer_with_another_nonce_is_no_answer);
    tcase_add_test(tc, a_grant_set_that_comes_late_does_not_outlive_a_recall);
    tcase_add_test(tc, a_question_that_the_guard_refuses_is_said_and_asked_again);
    tcase_add_test(tc, an_answer_for_a_guard_that_is_gone_is_not_obeyed);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(granting_suite)
