#include "lib/etcd/child.h"

#include "lib/etcd/kv.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* The embedded etcd: started, killed, stopped, orphaned. */
#define WAIT_MS 5000

static struct fixture f;
static atomic_int events[ETCD_CHILD_EVENT_COUNT];

static void set_up(void)
{
    memset(events, 0, sizeof(events));
    fixture_init(&f);
}

static void tear_down(void)
{
    fixture_fini(&f);
}

static void on_event(enum etcd_child_event event, const char *text, void *ud)
{
    (void)ud;
    if (text[0] != '\0' && etcd_child_event_name(event)[0] != '\0')
        atomic_fetch_add(&events[event], 1);
}

static struct etcd_child_options options_of(const char *listen)
{
    return (struct etcd_child_options){.data_dir = f.dir,
                                       .listen = listen,
                                       .log_fd = -1,
                                       .env = f.env,
                                       .loop = f.loop,
                                       .on_event = on_event};
}

static struct etcd_child *start(const char *listen)
{
    const struct etcd_child_options options = options_of(listen);
    struct etcd_child *child = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(etcd_child_start(&options, FIXTURE_WAIT_MS, &child, &err) == 0, "%s", err.text);
    return child;
}

static bool is_running(pid_t pid)
{
    return kill(pid, 0) == 0;
}

static int count_key(const struct etcd_kv *kv, void *ud)
{
    (void)kv;
    ++*(int *)ud;
    return 0;
}

static int keys(struct etcd_client *client)
{
    int n = 0;
    int64_t revision;
    ck_assert_int_eq(etcd_get(client, span_text("/k"), WAIT_MS, count_key, &n, &revision, NULL), 0);
    return n;
}

static const char *const listens[] = {NULL, "127.0.0.1:0"};

START_TEST(it_answers_when_started_and_keeps_its_data_over_stops)
{
    struct etcd_child *child = start(listens[_i]);
    struct etcd_client *client = fixture_client(&f, etcd_child_endpoint(child), 0);
    struct etcd_result result;
    etcd_put(client, span_text("/k"), span_text("v"), 0, WAIT_MS, &result);
    ck_assert_msg(result.outcome == ETCD_OK, "%s", result.err.text);
    etcd_client_destroy(client);
    pid_t pid = etcd_child_pid(child);
    ck_assert(is_running(pid));
    etcd_child_destroy(child);
    ck_assert(!is_running(pid));
    ck_assert_int_eq(atomic_load(&events[ETCD_CHILD_STARTED]), 1);
    ck_assert_int_eq(atomic_load(&events[ETCD_CHILD_DIED]), 0); /* a stop is no death */

    child = start(listens[_i]);
    client = fixture_client(&f, etcd_child_endpoint(child), 0);
    ck_assert_int_eq(keys(client), 1);
    etcd_client_destroy(client);
    etcd_child_destroy(child);
}
END_TEST

START_TEST(its_folders_are_private)
{
    struct stat st;
    char path[128];
    etcd_child_destroy(start(NULL));
    static const char *const names[] = {"etcd", "etcd-run"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", f.dir, names[i]);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_int_eq(st.st_mode & 0777, 0700);
    }
}
END_TEST

START_TEST(killed_it_is_started_again_at_the_same_endpoint)
{
    struct etcd_child *child = start(NULL);
    struct etcd_client *client = fixture_client(&f, etcd_child_endpoint(child), 0);
    struct etcd_result result;
    etcd_put(client, span_text("/k"), span_text("v"), 0, WAIT_MS, &result);
    pid_t pid = etcd_child_pid(child);
    ck_assert_int_eq(kill(pid, SIGKILL), 0); /* leaves its sockets behind */
    EVENTUALLY(atomic_load(&events[ETCD_CHILD_STARTED]) == 2);
    ck_assert_int_eq(atomic_load(&events[ETCD_CHILD_DIED]), 1);
    ck_assert_int_eq(keys(client), 1);
    ck_assert_int_ne(etcd_child_pid(child), pid);
    etcd_client_destroy(client);
    etcd_child_destroy(child);
}
END_TEST

START_TEST(it_can_be_destroyed_while_it_waits_to_start_again)
{
    struct etcd_child *child = start(NULL);
    ck_assert_int_eq(kill(etcd_child_pid(child), SIGKILL), 0);
    EVENTUALLY(atomic_load(&events[ETCD_CHILD_DIED]) == 1);
    etcd_child_destroy(child);
    etcd_child_destroy(NULL);
}
END_TEST

START_TEST(a_second_process_on_the_folder_is_refused)
{
    struct etcd_child *child = start(NULL);
    const struct etcd_child_options options = options_of(NULL);
    struct etcd_child *second = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(etcd_child_start(&options, WAIT_MS, &second, &err), -ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "another process"));
    etcd_child_destroy(child);
}
END_TEST

static const struct {
    const char *data_dir, *program, *listen;
    int rc;
} bad[] = {
    {"relative", NULL, NULL, -ERR_INVALID},
    {NULL, NULL, NULL, -ERR_INVALID},
    {"/nonexistent/folder", NULL, NULL, -ERR_IO},
    {"", "/nonexistent/etcd", NULL, -ERR_IO},
    {"", NULL, "0.0.0.0:2379", -ERR_INVALID}, /* not loopback: there is no TLS */
    {"", NULL, "127.0.0.1", -ERR_INVALID},
    {"", NULL, "127.0.0.1:70000", -ERR_INVALID},
    {"", NULL, "127.0.0.1:1 ", -ERR_INVALID},
    {"", "/bin/false", NULL, -ERR_UNAVAILABLE}, /* ends before it is ready */
    {"", "/bin/sleep", NULL, -ERR_UNAVAILABLE}, /* bad flags: ends, too */
};

START_TEST(what_cannot_be_started_leaves_nothing_behind)
{
    struct etcd_child_options options = options_of(bad[_i].listen);
    options.data_dir = bad[_i].data_dir;
    if (options.data_dir != NULL && options.data_dir[0] == '\0')
        options.data_dir = f.dir;
    options.program = bad[_i].program;
    struct etcd_child *child = NULL;
    struct err err = ERR_INIT;
    int rc = etcd_child_start(&options, WAIT_MS, &child, &err);
    ck_assert_msg(rc == bad[_i].rc, "%d: %s", rc, err.text);
    ck_assert_ptr_null(child);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(a_long_data_dir_is_refused_for_sockets)
{
    char dir[128];
    struct err err = ERR_INIT;
    struct etcd_child *child = NULL;
    snprintf(dir, sizeof(dir), "%s/%060d", f.dir, 0);
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    struct etcd_child_options options = options_of(NULL);
    options.data_dir = dir;
    ck_assert_int_eq(etcd_child_start(&options, WAIT_MS, &child, &err), -ERR_INVALID);
}
END_TEST

/* Starts an etcd in a process of its own, tells its pid, and waits to be killed. */
_Noreturn static void be_a_daemon(int out)
{
    struct fixture own;
    fixture_init(&own);
    (void)rmdir(own.dir);
    snprintf(own.dir, sizeof(own.dir), "%s", f.dir);
    fixture_start_etcd(&own);
    pid_t pid = etcd_child_pid(own.child);
    if (write(out, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
        _exit(1);
    for (;;)
        pause();
}

START_TEST(it_dies_with_this_process_even_by_sigkill)
{
    int out[2];
    ck_assert_int_eq(pipe(out), 0);
    pid_t daemon_pid = fork(); /* before any use of gRPC in this process */
    if (daemon_pid == 0)
        be_a_daemon(out[1]);
    pid_t etcd_pid = 0;
    ck_assert_int_eq(read(out[0], &etcd_pid, sizeof(etcd_pid)), (ssize_t)sizeof(etcd_pid));
    ck_assert(is_running(etcd_pid));
    ck_assert_int_eq(kill(daemon_pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(daemon_pid, NULL, 0), daemon_pid);
    EVENTUALLY(!is_running(etcd_pid) || waitpid(etcd_pid, NULL, WNOHANG) == etcd_pid);
    close(out[0]);
    close(out[1]);
}
END_TEST

static void set_up_dir(void)
{
    f = (struct fixture){.env = env_real()};
    snprintf(f.dir, sizeof(f.dir), "/tmp/pumasi-etcd-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f.dir));
}

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/child");
    TCase *t = tcase_create("real etcd");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, set_up, tear_down);
    TCase *fork_first = tcase_create("daemon killed");
    tcase_set_timeout(fork_first, 40);
    tcase_add_checked_fixture(fork_first, set_up_dir, tear_down);
    if (fixture_has_etcd()) {
        tcase_add_loop_test(t, it_answers_when_started_and_keeps_its_data_over_stops, 0, 2);
        tcase_add_test(t, its_folders_are_private);
        tcase_add_test(t, killed_it_is_started_again_at_the_same_endpoint);
        tcase_add_test(t, it_can_be_destroyed_while_it_waits_to_start_again);
        tcase_add_test(t, a_second_process_on_the_folder_is_refused);
        tcase_add_loop_test(t, what_cannot_be_started_leaves_nothing_behind, 0,
                            (int)(sizeof(bad) / sizeof(bad[0])));
        tcase_add_test(t, a_long_data_dir_is_refused_for_sockets);
        tcase_add_test(fork_first, it_dies_with_this_process_even_by_sigkill);
    }
    suite_add_tcase(s, t);
    suite_add_tcase(s, fork_first);
    return s;
}

SUITE_MAIN(suite)
