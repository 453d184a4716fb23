/* Notices on their way: once each, in order, again when nobody answers, never too many. */
#include "controlplane/notice/notifier.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"
#include "tests/unit/controlplane/notice/receiver.h"

#include <sys/mman.h>

EXPECT_WORLD

static struct env env;
static struct log *logger;
static struct notifier *n;
static int log_fd;

static void setup(void)
{
    expect_setup();
    env = env_real();
    log_fd = memfd_create("log", MFD_CLOEXEC);
    logger = log_create("pumasid", log_fd, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
}

static void teardown(void)
{
    notifier_destroy(n);
    log_destroy(logger);
    close(log_fd);
    expect_teardown();
}

static void start(const char *url)
{
    struct err err = ERR_INIT;
    struct notifier_options options = {.url = url,
                                       .secret = span_text("0123456789abcdef"),
                                       .ahead_s = WORLD_DAY,
                                       .pause_ms = 1,
                                       .env = &env,
                                       .log = logger};
    ck_assert_msg(notifier_create(&options, &n, &err) == 0, "%s", err.text);
}

/* A plan that waits, as a commit would tell of it. */
static struct engine_change waiting_plan(void)
{
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    return (struct engine_change){.kind = ENTITY_APPROVAL, .id = w.changes.answer.approval};
}

static void commit(const struct engine_change *change)
{
    notifier_on_commit(n, w.state, 7, change, 1);
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        for (int i_ = 0; i_ < 2000 && !(condition); i_++)                                          \
            usleep_ms(2);                                                                          \
        ck_assert(condition);                                                                      \
    } while (0)

static void usleep_ms(long ms)
{
    struct timespec t = {.tv_nsec = ms * 1000000L};
    (void)nanosleep(&t, NULL);
}

START_TEST(test_news_is_logged_and_posted_once)
{
    static const int ok[] = {200};
    struct receiver r;
    receiver_open(&r, ok, 1);
    start(r.url);
    struct engine_change change = waiting_plan();
    commit(&change);
    commit(&change);
    UNTIL(notifier_counts(n).posted == 1);
    ck_assert_uint_eq(notifier_counts(n).told, 1);
    ck_assert_uint_eq(atomic_load(&r.calls), 1);
    ck_assert_ptr_nonnull(strstr(r.text, "approval.waits"));
    receiver_close(&r);
}
END_TEST

START_TEST(test_who_does_not_answer_well_is_asked_again)
{
    static const int late[] = {500, 503, 200};
    struct receiver r;
    receiver_open(&r, late, 3);
    start(r.url);
    struct engine_change change = waiting_plan();
    commit(&change);
    UNTIL(notifier_counts(n).posted == 1);
    ck_assert_uint_eq(notifier_counts(n).retries, 2);
    receiver_close(&r);
}
END_TEST

START_TEST(test_who_never_does_is_given_up_and_the_log_says_so)
{
    char text[8192] = "";
    start("http://127.0.0.1:1/");
    struct engine_change change = waiting_plan();
    commit(&change);
    UNTIL(notifier_counts(n).lost == 1);
    ck_assert_uint_eq(notifier_counts(n).retries, NOTIFIER_ATTEMPTS - 1);
    ck_assert_int_gt(pread(log_fd, text, sizeof text - 1, 0), 0);
    ck_assert_ptr_nonnull(strstr(text, "event=notice.lost"));
}
END_TEST

START_TEST(test_who_refuses_is_not_asked_again)
{
    static const int no[] = {403};
    struct receiver r;
    receiver_open(&r, no, 1);
    start(r.url);
    struct engine_change change = waiting_plan();
    commit(&change);
    UNTIL(notifier_counts(n).lost == 1);
    ck_assert_uint_eq(atomic_load(&r.calls), 1);
    receiver_close(&r);
}
END_TEST

START_TEST(test_what_comes_is_told_in_time_and_once)
{
    start("");
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    struct instant end = world_loan(&w, "loan-a")->to;
    notifier_look_ahead(n, w.state, instant_add(end, -WORLD_DAY - 10));
    ck_assert_uint_eq(notifier_counts(n).told, 0);
    notifier_look_ahead(n, w.state, instant_add(end, -WORLD_DAY + 10));
    notifier_look_ahead(n, w.state, instant_add(end, -WORLD_DAY + 20));
    UNTIL(notifier_counts(n).told == 1);
}
END_TEST

START_TEST(test_after_a_reload_nothing_is_told_anew)
{
    start("");
    struct engine_change change = waiting_plan();
    notifier_on_commit(n, w.state, 7, NULL, 0);
    notifier_on_commit(n, NULL, 7, NULL, 0);
    change.deleted = true;
    commit(&change);
    ck_assert_uint_eq(notifier_counts(n).told, 0);
}
END_TEST

static Suite *notifier_suite(void)
{
    Suite *s = suite_create("notifier");
    TCase *c = tcase_create("notifier");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_news_is_logged_and_posted_once);
    tcase_add_test(c, test_who_does_not_answer_well_is_asked_again);
    tcase_add_test(c, test_who_never_does_is_given_up_and_the_log_says_so);
    tcase_add_test(c, test_who_refuses_is_not_asked_again);
    tcase_add_test(c, test_what_comes_is_told_in_time_and_once);
    tcase_add_test(c, test_after_a_reload_nothing_is_told_anew);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(notifier_suite)
