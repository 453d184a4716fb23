/* What main() makes first. */
#include "lib/rpc/runtime.h"

#include "tests/unit/lib/rpc/rig.h"

#include <grpc/support/log.h>
#include <signal.h>
#include <sys/resource.h>

struct lines {
    unsigned count;
    enum log_level level;
    char file[64];
    char text[128];
    int line;
};

static void keep_line(void *arg, enum log_level level, const char *file, int line, const char *text)
{
    struct lines *lines = arg;
    lines->count++;
    lines->level = level;
    lines->line = line;
    snprintf(lines->file, sizeof(lines->file), "%s", file);
    snprintf(lines->text, sizeof(lines->text), "%s", text);
}

START_TEST(grpcs_lines_reach_the_callback_above_the_threshold)
{
    struct lines lines = {.count = 0};
    struct rpc_runtime_options options = {
        .log = keep_line, .arg = &lines, .threshold = LOG_LEVEL_ERROR};
    struct rpc_runtime *runtime = rpc_runtime_create(&options);
    gpr_log(GPR_INFO, "quiet");
    ck_assert_uint_eq(lines.count, 0);
    gpr_log(GPR_ERROR, "loud %d", 7);
    ck_assert_uint_eq(lines.count, 1);
    ck_assert_int_eq(lines.level, LOG_LEVEL_ERROR);
    ck_assert_str_eq(lines.text, "loud 7");
    ck_assert_str_eq(lines.file, "runtime_test.c");
    ck_assert_int_gt(lines.line, 0);
    rpc_runtime_destroy(runtime);
    gpr_log(GPR_ERROR, "after the end");
    ck_assert_uint_eq(lines.count, 1);
    rpc_runtime_destroy(NULL);
}
END_TEST

START_TEST(a_threshold_lets_more_through)
{
    struct lines lines = {.count = 0};
    struct rpc_runtime_options options = {
        .log = keep_line, .arg = &lines, .threshold = LOG_LEVEL_INFO};
    struct rpc_runtime *runtime = rpc_runtime_create(&options);
    gpr_log(GPR_INFO, "heard");
    ck_assert_str_eq(lines.text, "heard");
    ck_assert_int_eq(lines.level, LOG_LEVEL_INFO);
    rpc_runtime_destroy(runtime);
}
END_TEST

START_TEST(a_runtime_may_be_made_again)
{
    for (int i = 0; i < 3; i++) {
        struct rig rig;
        rig_open(&rig, NULL);
        ck_assert_int_eq(rig_check(&rig, "ok", 5000).code, RPC_OK);
        rig_close(&rig);
    }
}
END_TEST

START_TEST(two_at_a_time_are_a_broken_promise)
{
    struct rpc_runtime *runtime = rpc_runtime_create(NULL);
    struct rpc_runtime *second = rpc_runtime_create(NULL);
    rpc_runtime_destroy(second);
    rpc_runtime_destroy(runtime);
}
END_TEST

START_TEST(the_descriptor_limit_goes_to_its_hard_limit)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 100;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    unsigned long raised = 0;
    ck_assert_int_eq(rpc_runtime_raise_descriptors(&raised, NULL), 0);
    ck_assert_uint_eq(raised, limit.rlim_max);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
    ck_assert_int_eq(rpc_runtime_raise_descriptors(&raised, NULL), 0); /* idempotent */
}
END_TEST

static void *count_blocked(void *arg)
{
    sigset_t mask;
    sigemptyset(&mask);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    *(int *)arg =
        sigismember(&mask, SIGTERM) + sigismember(&mask, SIGINT) + sigismember(&mask, SIGHUP);
    return NULL;
}

START_TEST(signals_are_blocked_for_threads_to_come_and_can_be_waited_for)
{
    sigset_t waited;
    rpc_runtime_block_signals(&waited);
    int blocked = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, count_blocked, &blocked);
    pthread_join(thread, NULL);
    ck_assert_int_eq(blocked, 3);
    ck_assert_int_eq(raise(SIGPIPE), 0); /* ignored */
    ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
    int signal_number = 0;
    ck_assert_int_eq(sigwait(&waited, &signal_number), 0);
    ck_assert_int_eq(signal_number, SIGTERM);
}
END_TEST

START_TEST(it_has_a_version)
{
    ck_assert_str_ne(rpc_runtime_version(), "");
}
END_TEST

static Suite *runtime_suite(void)
{
    Suite *suite = suite_create("lib/rpc/runtime");
    TCase *tc = tcase_create("runtime");
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, grpcs_lines_reach_the_callback_above_the_threshold);
    tcase_add_test(tc, a_threshold_lets_more_through);
    tcase_add_test(tc, a_runtime_may_be_made_again);
    tcase_add_test_raise_signal(tc, two_at_a_time_are_a_broken_promise, SIGABRT);
    tcase_add_test(tc, the_descriptor_limit_goes_to_its_hard_limit);
    tcase_add_test(tc, signals_are_blocked_for_threads_to_come_and_can_be_waited_for);
    tcase_add_test(tc, it_has_a_version);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(runtime_suite)
