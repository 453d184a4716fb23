/* The client against a guard that misbehaves: a child that answers as the test says. */
#include "nodeagent/call/client.h"

#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child does with each request after the first status. */
enum manner { ANSWERS, IS_SILENT, GOES_AWAY, IS_ANOTHER_BUILD, CUTS_SHORT, ANSWERS_ANOTHER_CALL };

static char dir[32], path[64];
static pid_t child;

static void answer(int fd, const struct guard_request *request, enum manner manner)
{
    struct guard_reply reply;
    memset(&reply, 0, sizeof reply);
    reply.version = manner == IS_ANOTHER_BUILD ? GUARD_VERSION + 1 : GUARD_VERSION;
    reply.call = manner == ANSWERS_ANOTHER_CALL ? GUARD_NONCE : request->call;
    reply.status.node = reply.status.owner = id_literal("node-01");
    (void)!write(fd, &reply, manner == CUTS_SHORT ? sizeof reply / 2 : sizeof reply);
}

static _Noreturn void misbehave(int listener, enum manner manner, bool from_the_start)
{
    struct guard_request request;
    int fd = accept(listener, NULL, NULL);
    for (int n = 0; read(fd, &request, sizeof request) > 0; n++) {
        enum manner now = n == 0 && !from_the_start ? ANSWERS : manner;
        if (now == GOES_AWAY)
            break;
        if (now != IS_SILENT)
            answer(fd, &request, now);
    }
    _exit(0);
}

static void start(enum manner manner, bool from_the_start)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(dir, "/tmp/client-XXXXXX", 19);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/socket", dir);
    memcpy(address.sun_path, path, strlen(path));
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 4), 0);
    child = fork();
    if (child == 0)
        misbehave(listener, manner, from_the_start);
    close(listener);
}

static void teardown(void)
{
    if (child > 0) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
    }
    child = 0;
    (void)unlink(path);
    (void)rmdir(dir);
}

START_TEST(nobody_there_is_unavailable)
{
    char longest[200];
    struct guard_client *c = NULL;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(guard_client_connect("/no/such/socket", 100, &c, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(guard_client_connect(longest, 100, &c, NULL), -ERR_INVALID);
    ck_assert_ptr_null(c);
    guard_client_destroy(NULL);
}
END_TEST

START_TEST(another_build_is_unsupported)
{
    struct guard_client *c = NULL;
    start(IS_ANOTHER_BUILD, true);
    ck_assert_int_eq(guard_client_connect(path, 5000, &c, NULL), -ERR_UNSUPPORTED);
    ck_assert_ptr_null(c);
}
END_TEST

static const struct {
    enum manner manner;
    enum err_code code;
} manners[] = {
    {IS_SILENT, ERR_UNAVAILABLE},
    {GOES_AWAY, ERR_UNAVAILABLE},
    {IS_ANOTHER_BUILD, ERR_UNSUPPORTED},
    {CUTS_SHORT, ERR_UNSUPPORTED},
    {ANSWERS_ANOTHER_CALL, ERR_UNAVAILABLE},
};

START_TEST(a_call_that_fails_on_the_way_ends_the_connection)
{
    struct guard_client *c = NULL;
    struct guard_status s;
    start(manners[_i].manner, false);
    ck_assert_int_eq(guard_client_connect(path, 200, &c, NULL), 0);
    ck_assert_int_eq(guard_client_status(c, &s, NULL), -(int)manners[_i].code);
    ck_assert_int_eq(guard_client_status(c, &s, NULL), -ERR_UNAVAILABLE);
    guard_client_destroy(c);
}
END_TEST

static Suite *client_suite(void)
{
    Suite *suite = suite_create("client");
    TCase *tc = tcase_create("client");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, nobody_there_is_unavailable);
    tcase_add_test(tc, another_build_is_unsupported);
    tcase_add_loop_test(tc, a_call_that_fails_on_the_way_ends_the_connection, 0,
                        (int)(sizeof manners / sizeof manners[0]));
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(client_suite)
