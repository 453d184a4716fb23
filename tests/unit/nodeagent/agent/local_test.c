/* Both ends of the local socket; the agent's clock is the test's. */
#include "nodeagent/agent/local.h"

#include "tests/support/suite.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)

static char dir[32], path[64];
static struct local *local;

static void setup(void)
{
    struct err err = ERR_INIT;
    memcpy(dir, "/tmp/local-XXXXXX", 18);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/socket", dir);
    ck_assert_msg(local_create(path, &local, &err) == 0, "%s", err.text);
}

static void teardown(void)
{
    local_destroy(local);
    local = NULL;
    (void)unlink(path);
    (void)rmdir(dir);
}

static int caller(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *lease)
{
    struct local_request request = {.version = LOCAL_VERSION, .lease = id_literal(lease)};
    ck_assert_int_eq(send(fd, &request, sizeof request, 0), (ssize_t)sizeof request);
}

static bool take(int64_t now_ms, struct local_call *call)
{
    return local_take(local, now_ms * NS_PER_MS, call);
}

static bool is_ready(void)
{
    struct pollfd wait = {.fd = local_fd(local), .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

/* What the agent said; -1: nothing yet. */
static int answer_of(int fd)
{
    struct local_reply reply;
    ssize_t n = recv(fd, &reply, sizeof reply, MSG_DONTWAIT);
    return n == (ssize_t)sizeof reply ? (int)reply.code : -1;
}

START_TEST(a_request_is_taken_with_whose_process_it_is)
{
    struct local_call call;
    struct local_reply reply = {.version = LOCAL_VERSION};
    int fd = caller();
    say(fd, "lease-1");
    ck_assert(is_ready());
    ck_assert(take(0, &call));
    ck_assert_str_eq(call.lease.text, "lease-1");
    ck_assert_int_eq(call.pid, getpid());
    ck_assert_int_eq(call.uid, getuid());
    ck_assert(!take(0, &call));
    local_answer(&call, &reply);
    ck_assert_int_eq(answer_of(fd), ERR_OK);
    close(fd);
}
END_TEST

START_TEST(who_says_nothing_makes_nobody_wait_and_is_sent_away)
{
    struct local_call call;
    int silent = caller();
    ck_assert(!take(0, &call));
    ck_assert(!is_ready());
    ck_assert_int_eq(local_due_ns(local), LOCAL_SILENCE_MS * NS_PER_MS);
    int other = caller();
    say(other, "lease-2");
    ck_assert(take(10, &call));
    ck_assert_str_eq(call.lease.text, "lease-2");
    ck_assert(!take(LOCAL_SILENCE_MS - 1, &call));
    ck_assert_int_eq(answer_of(silent), -1);
    ck_assert(!take(LOCAL_SILENCE_MS, &call));
    ck_assert_int_eq(answer_of(silent), ERR_UNAVAILABLE);
    ck_assert_int_eq(local_due_ns(local), INT64_MAX);
    close(silent);
    close(other);
    close(call.fd);
}
END_TEST

START_TEST(a_crowd_of_silent_ones_keeps_nobody_out)
{
    enum { CROWD = LOCAL_WAITING_MAX + 8 };
    struct local_call call;
    int crowd[CROWD];
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = caller();
        ck_assert(!take(i, &call));
    }
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_eq(answer_of(crowd[i]), i < 8 ? (int)ERR_UNAVAILABLE : -1);
    int fd = caller();
    say(fd, "lease-3");
    ck_assert(take(CROWD, &call));
    ck_assert_str_eq(call.lease.text, "lease-3");
    for (int i = 0; i < CROWD; i++)
        close(crowd[i]);
    close(fd);
    close(call.fd);
}
END_TEST

START_TEST(a_place_is_free_again_when_its_caller_has_gone)
{
    struct local_call call;
    for (int i = 0; i < 3 * LOCAL_WAITING_MAX; i++) {
        int fd = caller();
        ck_assert(!take(0, &call));
        close(fd);
        ck_assert(is_ready());
        ck_assert(!take(0, &call));
        ck_assert_int_eq(local_due_ns(local), INT64_MAX);
    }
}
END_TEST

static const struct {
    const char *what;
    struct local_request request;
    size_t size;
} nonsense[] = {
    {"another version", {.version = LOCAL_VERSION + 1}, sizeof(struct local_request)},
    {"no lease", {.version = LOCAL_VERSION}, sizeof(struct local_request)},
    {"no id", {.version = LOCAL_VERSION, .lease = {"../x"}}, sizeof(struct local_request)},
    {"too short", {.version = LOCAL_VERSION, .lease = {"lease-1"}}, 8},
};

START_TEST(nonsense_is_answered_and_dropped)
{
    struct local_call call;
    int fd = caller();
    ck_assert_int_eq(send(fd, &nonsense[_i].request, nonsense[_i].size, 0),
                     (ssize_t)nonsense[_i].size);
    ck_assert_msg(!take(0, &call), "%s", nonsense[_i].what);
    ck_assert_int_eq(answer_of(fd), ERR_INVALID);
    ck_assert_int_eq(local_due_ns(local), INT64_MAX);
    close(fd);
}
END_TEST

START_TEST(without_a_free_descriptor_nothing_spins)
{
    struct local_call call;
    struct rlimit before, none;
    int fd = caller();
    say(fd, "lease-1");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool taken = take(0, &call);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert(!taken);
    ck_assert(!is_ready());
    ck_assert_int_eq(local_due_ns(local), 1000 * NS_PER_MS);
    ck_assert(!take(999, &call));
    ck_assert(take(1000, &call));
    ck_assert_str_eq(call.lease.text, "lease-1");
    ck_assert_int_eq(local_due_ns(local), INT64_MAX);
    close(fd);
    close(call.fd);
}
END_TEST

START_TEST(a_path_that_is_too_long_or_nowhere_is_named)
{
    struct local *none = NULL;
    struct err err = ERR_INIT;
    char longest[200];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(local_create(longest, &none, &err), -ERR_INVALID);
    ck_assert_int_eq(local_create("/no/such/socket", &none, &err), -ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/no/such/socket"));
    ck_assert_ptr_null(none);
    local_destroy(NULL);
}
END_TEST

/* ---- the other end ---- */

static void *answer_one(void *arg)
{
    const struct local_reply *reply = arg;
    struct local_call call;
    struct pollfd wait = {.fd = local_fd(local), .events = POLLIN};
    while (poll(&wait, 1, 10000) == 1) {
        if (!local_take(local, 0, &call))
            continue;
        local_answer(&call, reply);
        break;
    }
    return NULL;
}

static int join_answered(const struct local_reply *reply, struct local_reply *ret, struct err *err)
{
    pthread_t thread;
    struct id lease = id_literal("lease-1");
    ck_assert_int_eq(pthread_create(&thread, NULL, answer_one, (void *)reply), 0);
    int rc = local_join(path, &lease, 10000, ret, err);
    pthread_join(thread, NULL);
    return rc;
}

START_TEST(joining_brings_the_devices_or_the_agents_own_error)
{
    struct local_reply ret;
    struct err err = ERR_INIT;
    struct local_reply good = {.version = LOCAL_VERSION, .device_count = 1, .uuids = {"GPU-1"}};
    struct local_reply bad = {.version = LOCAL_VERSION, .code = ERR_DENIED, .text = "not you"};
    struct local_reply other = {.version = LOCAL_VERSION + 1};
    ck_assert_int_eq(join_answered(&good, &ret, &err), 0);
    ck_assert_int_eq(ret.device_count, 1);
    ck_assert_str_eq(ret.uuids[0], "GPU-1");
    ck_assert_int_eq(join_answered(&bad, &ret, &err), -ERR_DENIED);
    ck_assert_str_eq(err.text, "not you");
    ck_assert_int_eq(join_answered(&other, &ret, &err), -ERR_INVALID);
}
END_TEST

START_TEST(joining_waits_no_longer_than_it_was_told)
{
    struct local_reply ret;
    struct err err = ERR_INIT;
    struct id lease = id_literal("lease-1");
    ck_assert_int_eq(local_join(path, &lease, 1, &ret, &err), -ERR_UNAVAILABLE);
    int crowd[200];
    size_t n = 0;
    for (; n < 200; n++) { /* until the kernel lets nobody wait any more */
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, path, strlen(path));
        crowd[n] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(crowd[n], (struct sockaddr *)&address, sizeof address) < 0)
            break;
    }
    ck_assert_uint_lt(n, 200);
    ck_assert_int_eq(local_join(path, &lease, 10, &ret, &err), -ERR_UNAVAILABLE);
    for (size_t i = 0; i <= n; i++)
        close(crowd[i]);
    ck_assert_int_eq(local_join("/no/such/socket", &lease, 10, &ret, &err), -ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "pumasi-agent"));
}
END_TEST

static Suite *local_suite(void)
{
    Suite *suite = suite_create("local");
    TCase *tc = tcase_create("local");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_request_is_taken_with_whose_process_it_is);
    tcase_add_test(tc, who_says_nothing_makes_nobody_wait_and_is_sent_away);
    tcase_add_test(tc, a_crowd_of_silent_ones_keeps_nobody_out);
    tcase_add_test(tc, a_place_is_free_again_when_its_caller_has_gone);
    tcase_add_loop_test(tc, nonsense_is_answered_and_dropped, 0,
                        (int)(sizeof nonsense / sizeof nonsense[0]));
    tcase_add_test(tc, without_a_free_descriptor_nothing_spins);
    tcase_add_test(tc, a_path_that_is_too_long_or_nowhere_is_named);
    tcase_add_test(tc, joining_brings_the_devices_or_the_agents_own_error);
    tcase_add_test(tc, joining_waits_no_longer_than_it_was_told);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(local_suite)
