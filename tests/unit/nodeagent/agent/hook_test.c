/* nodeagent/agent/hook.h: programs of the site. */
#include "nodeagent/agent/hook.h"

#include "tests/support/suite.h"

#include <poll.h>
#include <signal.h>

static enum hook_state wait_for(struct hook *h)
{
    enum hook_state state = HOOK_RUNNING;
    for (int i = 0; i < 5000 && state == HOOK_RUNNING; i++) {
        (void)poll(NULL, 0, 1);
        state = hook_look(h, 0);
    }
    return state;
}

START_TEST(success_is_exit_status_0)
{
    static const struct {
        const char *program;
        enum hook_state state;
    } cases[] = {{"/bin/true", HOOK_DONE}, {"/bin/false", HOOK_FAILED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hook h = {.pid = 0};
        const char *const args[HOOK_ARGS_MAX] = {NULL};
        ck_assert_int_eq(hook_look(&h, 0), HOOK_IDLE);
        ck_assert_int_eq(hook_start(&h, cases[i].program, args, 1, NULL), 0);
        ck_assert_int_eq(wait_for(&h), cases[i].state);
        ck_assert_int_eq(hook_look(&h, 0), HOOK_IDLE); /* told once */
    }
}
END_TEST

START_TEST(it_gets_its_arguments_and_nothing_of_ours)
{
    struct hook h = {.pid = 0};
    const char *const args[HOOK_ARGS_MAX] = {
        "-c", "test \"$1 $2\" = 'a b' -a -z \"$SECRET\" -a -n \"$PATH\"", "sh", "a", "b"};
    ck_assert_int_eq(setenv("SECRET", "x", 1), 0);
    ck_assert_int_eq(hook_start(&h, "/bin/sh", args, 1, NULL), 0);
    ck_assert_int_eq(wait_for(&h), HOOK_DONE);
}
END_TEST

START_TEST(its_time_over_it_is_killed)
{
    struct hook h = {.pid = 0};
    const char *const args[HOOK_ARGS_MAX] = {"-c", "trap '' TERM; sleep 1000 & wait"};
    ck_assert_int_eq(hook_start(&h, "/bin/sh", args, 100, NULL), 0);
    pid_t pid = h.pid;
    ck_assert_int_eq(hook_look(&h, 99), HOOK_RUNNING);
    ck_assert_int_eq(hook_look(&h, 100), HOOK_FAILED);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(hook_start(&h, "/bin/sh", args, 100, NULL), 0);
    hook_end(&h);
    ck_assert_int_eq(hook_look(&h, 0), HOOK_IDLE);
}
END_TEST

START_TEST(what_is_not_there_is_an_error)
{
    struct hook h = {.pid = 0};
    struct err err = ERR_INIT;
    const char *const args[HOOK_ARGS_MAX] = {NULL};
    ck_assert_int_eq(hook_start(&h, "/no/such/program", args, 1, &err), -ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/no/such/program"));
    ck_assert_int_eq(hook_look(&h, 0), HOOK_IDLE);
}
END_TEST

static Suite *hook_suite(void)
{
    Suite *suite = suite_create("hook");
    TCase *tc = tcase_create("hook");
    tcase_add_test(tc, success_is_exit_status_0);
    tcase_add_test(tc, it_gets_its_arguments_and_nothing_of_ours);
    tcase_add_test(tc, its_time_over_it_is_killed);
    tcase_add_test(tc, what_is_not_there_is_an_error);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(hook_suite)
