/* The loop and the agent's client against each other, over a kernel in memory: the server runs in a
 * child, so that both may wait. */
#include "nodeagent/guard/server.h"

#include "nodeagent/call/client.h"
#include "tests/support/suite.h"
#include "tests/unit/nodeagent/guard/fake_tier.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[32], path[64];
static pid_t child;
static struct guard_client *client;

static _Noreturn void serve(int ready)
{
    struct err err = ERR_INIT;
    struct fake_tier tier = fake_tier_make();
    struct self self = {.memlock_error = 12, .oom_error = 13};
    struct guard_config config = {.state_dir = dir, .kill_timeout_ns = 1000000000};
    struct server_config server_config = {.path = path, .agent_uid = getuid(), .self = &self};
    struct guard *guard = NULL;
    struct server *server = NULL;
    config.admit.node = id_literal("node-01");
    config.admit.owner = id_literal("skt");
    config.admit.pools = "";
    tier.leases[0] = (struct fake_lease){.id = id_literal("lease-stray"), .dies = true};
    int rc = guard_create(&config, &tier.tier, env_real(), &guard, &err);
    if (rc == 0)
        rc = server_create(guard, &server_config, &server, &err);
    if (rc == 0 && write(ready, "r", 1) == 1)
        rc = server_run(server, &err);
    server_destroy(server);
    guard_destroy(guard);
    _exit(rc == 0 ? 0 : 1);
}

static void setup(void)
{
    int ready[2];
    char byte;
    struct err err = ERR_INIT;
    memcpy(dir, "/tmp/server-XXXXXX", 19);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/socket", dir);
    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (child == 0)
        serve(ready[1]);
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    ck_assert_msg(guard_client_connect(path, 10000, &client, &err) == 0, "%s", err.text);
}

static int stop(int signal_number)
{
    int status = 0;
    if (child <= 0)
        return 0;
    (void)kill(child, signal_number);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    child = 0;
    return status;
}

static void teardown(void)
{
    char state[64];
    (void)stop(SIGKILL);
    guard_client_destroy(client);
    client = NULL;
    (void)unlink(path);
    (void)snprintf(state, sizeof state, "%s/leases", dir);
    (void)unlink(state);
    (void)rmdir(dir);
}

START_TEST(the_status_says_what_guard_and_process_know)
{
    struct guard_status s;
    ck_assert_int_eq(guard_client_status(client, &s, NULL), 0);
    ck_assert_str_eq(s.node.text, "node-01");
    ck_assert_str_eq(s.tier, "fake");
    ck_assert_str_eq(s.version, PUMASI_VERSION);
    ck_assert_int_eq(s.memlock_error, 12);
    ck_assert_int_eq(s.oom_error, 13);
}
END_TEST

START_TEST(nonces_differ)
{
    uint8_t a[GRANT_NONCE_BYTES], b[GRANT_NONCE_BYTES];
    uint64_t at_ns, later_ns;
    ck_assert_int_eq(guard_client_nonce(client, a, &at_ns, NULL), 0);
    ck_assert_int_eq(guard_client_nonce(client, b, &later_ns, NULL), 0);
    ck_assert_mem_ne(a, b, sizeof a);
    ck_assert_uint_ge(later_ns, at_ns);
}
END_TEST

START_TEST(the_guards_errors_come_through_and_the_client_goes_on)
{
    struct err err = ERR_INIT;
    struct guard_lease l;
    struct guard_install install;
    struct id id = id_literal("lease-none");
    memset(&install, 0, sizeof install);
    ck_assert_int_eq(guard_client_install(client, &install, &l, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "magic"));
    ck_assert_int_eq(guard_client_revoke(client, &id, 0, NULL), -ERR_NOT_FOUND);
    ck_assert_int_eq(guard_client_move(client, &id, 1, NULL), -ERR_NOT_FOUND);
    ck_assert_int_eq(guard_client_list(client, 77, &l, NULL), -ERR_NOT_FOUND);
    ck_assert_int_eq(guard_client_list(client, 0, &l, NULL), 0);
    ck_assert_str_eq(l.lease.text, "lease-stray");
    ck_assert_str_eq(l.cgroup, "/fake/lease-stray");
}
END_TEST

/* The next event, waited for. */
static bool next_event(struct guard_event *ret)
{
    bool any = false;
    struct pollfd ready = {.fd = guard_client_event_fd(client), .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, 10000), 1);
    return guard_client_next_event(client, ret, &any, NULL) == 0 && any;
}

START_TEST(a_watcher_gets_the_events_that_were_before_it)
{
    static const enum guard_event_kind kinds[] = {GUARD_EVENT_REVOKED, GUARD_EVENT_KILLED,
                                                  GUARD_EVENT_EMPTY, GUARD_EVENT_RETURNED};
    struct guard_event e;
    bool any;
    ck_assert_int_eq(guard_client_event_fd(client), -1);
    ck_assert_int_eq(guard_client_next_event(client, &e, &any, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(guard_client_watch(client, 0, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        ck_assert(next_event(&e));
        ck_assert_uint_eq(e.number, i + 1);
        ck_assert_int_eq((int)e.kind, (int)kinds[i]);
    }
    ck_assert_int_eq(guard_client_next_event(client, &e, &any, NULL), 0);
    ck_assert(!any);
    ck_assert_int_eq(guard_client_watch(client, 4, NULL), 0);
    ck_assert(next_event(&e));
    ck_assert_uint_eq(e.number, 4);
}
END_TEST

START_TEST(calls_and_events_do_not_mix)
{
    struct guard_event e;
    struct guard_status s;
    ck_assert_int_eq(guard_client_watch(client, 0, NULL), 0);
    ck_assert_int_eq(guard_client_status(client, &s, NULL), 0);
    ck_assert(next_event(&e));
}
END_TEST

START_TEST(a_malformed_request_is_answered_and_costs_nothing)
{
    char bytes[16] = "not a request";
    struct guard_reply reply;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(send(fd, bytes, sizeof bytes, 0), sizeof bytes);
    ck_assert_int_eq(recv(fd, &reply, sizeof reply, 0), sizeof reply);
    ck_assert_uint_eq(reply.code, ERR_INVALID);
    close(fd);
    struct guard_status s;
    ck_assert_int_eq(guard_client_status(client, &s, NULL), 0);
}
END_TEST

START_TEST(there_is_room_for_so_many_and_again_when_one_leaves)
{
    struct guard_client *more[SERVER_PEERS_MAX];
    struct guard_client *late = NULL;
    for (int i = 1; i < SERVER_PEERS_MAX; i++)
        ck_assert_int_eq(guard_client_connect(path, 10000, &more[i], NULL), 0);
    ck_assert_int_eq(guard_client_connect(path, 10000, &late, NULL), -ERR_UNAVAILABLE);
    for (int i = 1; i < SERVER_PEERS_MAX; i++)
        guard_client_destroy(more[i]);
    struct guard_status s;
    ck_assert_int_eq(guard_client_status(client, &s, NULL), 0); /* it has seen them leave */
    ck_assert_int_eq(guard_client_connect(path, 10000, &late, NULL), 0);
    guard_client_destroy(late);
}
END_TEST

START_TEST(the_socket_is_for_the_agent_alone)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_uint_eq(st.st_uid, getuid());
}
END_TEST

START_TEST(a_signal_ends_it_cleanly)
{
    struct guard_status s;
    (void)kill(child, SIGHUP); /* refreshes, ends nothing */
    ck_assert_int_eq(guard_client_status(client, &s, NULL), 0);
    ck_assert_int_eq(stop(SIGTERM), 0);
    ck_assert_int_lt(access(path, F_OK), 0);
    ck_assert_int_eq(guard_client_status(client, &s, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(guard_client_status(client, &s, NULL), -ERR_UNAVAILABLE);
}
END_TEST

static Suite *server_suite(void)
{
    Suite *suite = suite_create("server");
    TCase *tc = tcase_create("server");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_status_says_what_guard_and_process_know);
    tcase_add_test(tc, nonces_differ);
    tcase_add_test(tc, the_guards_errors_come_through_and_the_client_goes_on);
    tcase_add_test(tc, a_watcher_gets_the_events_that_were_before_it);
    tcase_add_test(tc, calls_and_events_do_not_mix);
    tcase_add_test(tc, a_malformed_request_is_answered_and_costs_nothing);
    tcase_add_test(tc, there_is_room_for_so_many_and_again_when_one_leaves);
    tcase_add_test(tc, the_socket_is_for_the_agent_alone);
    tcase_add_test(tc, a_signal_ends_it_cleanly);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(server_suite)
