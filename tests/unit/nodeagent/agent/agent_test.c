/* nodeagent/agent/agent.h: the loop, people, and what an agent can't be without. */
#include "nodeagent/agent/agent.h"

#include "tests/unit/nodeagent/agent/agent_rig.h"

#include <sys/eventfd.h>

static void *ask_to_join(void *arg)
{
    struct id lease = id_literal("lease-1");
    return (void *)(intptr_t)local_join(config_text(config, "agent.socket"), &lease, 10000, arg,
                                        NULL);
}

/* What a person gets who asks for lease-1. */
static int join(struct local_reply *reply)
{
    pthread_t person;
    void *rc;
    ck_assert_int_eq(pthread_create(&person, NULL, ask_to_join, reply), 0);
    unsigned before = logged("lease.join");
    UNTIL(logged("lease.join") == before + 1);
    pthread_join(person, &rc);
    return (int)(intptr_t)rc;
}

START_TEST(people_are_put_into_their_lease_and_told_its_devices)
{
    struct local_reply reply;
    start();
    start_agent();
    grant(1);
    ck_assert_int_eq(join(&reply), 0);
    ck_assert_uint_eq(reply.device_count, 1);
    ck_assert_str_eq(reply.uuids[0], "GPU-0");
    fake_guard_refuse_moves(&guard, ERR_DENIED);
    ck_assert_int_eq(join(&reply), -ERR_DENIED);
    stop();
}
END_TEST

START_TEST(without_a_guard_nobody_joins)
{
    struct local_reply reply;
    start();
    set("guard.socket", "/no/such/guard");
    start_agent();
    ck_assert_int_eq(join(&reply), -ERR_UNAVAILABLE);
    ck_assert_uint_eq(plane_streams(&plane), 0);
    stop();
}
END_TEST

START_TEST(it_runs_until_it_is_told_to_stop)
{
    uint64_t one = 1;
    start();
    start_agent();
    int stop_fd = eventfd(0, EFD_CLOEXEC);
    ck_assert(agent_turn(a, stop_fd, 0));
    ck_assert_int_eq(write(stop_fd, &one, sizeof one), sizeof one);
    agent_run(a, stop_fd);
    close(stop_fd);
    stop();
}
END_TEST

START_TEST(without_an_identity_there_is_no_agent)
{
    struct agent *none = NULL;
    start();
    start_agent(); /* for stop() */
    set_in_dir("node.identity", "nowhere");
    struct agent_options options = {.config = config, .env = &env, .log = logger};
    ck_assert_int_eq(agent_create(&options, &none, &err), -ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "nowhere"));
    ck_assert_ptr_null(none);
    agent_destroy(NULL);
    stop();
}
END_TEST

static Suite *agent_suite(void)
{
    Suite *suite = suite_create("agent");
    TCase *tc = tcase_create("agent");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, people_are_put_into_their_lease_and_told_its_devices);
    tcase_add_test(tc, without_a_guard_nobody_joins);
    tcase_add_test(tc, it_runs_until_it_is_told_to_stop);
    tcase_add_test(tc, without_an_identity_there_is_no_agent);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(agent_suite)
