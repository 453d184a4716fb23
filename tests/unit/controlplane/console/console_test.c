/* controlplane/console/console.h: what a stranger at the socket gets, and what it can't take. */
#include "controlplane/console/console.h"
#include "tests/support/suite.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_CAP 16384
#define WAIT_MS    5000

/* A console on a socket file; Host is then the gate's business, so requests stay short. */
struct rig {
    char dir[32];
    char address[64];
    atomic_uint looks;
    struct console *console;
};

static void look(void *arg, struct console_figures *ret)
{
    struct rig *rig = arg;
    atomic_fetch_add(&rig->looks, 1);
    *ret =
        (struct console_figures){.name = id_literal("pumasid-1"), .leader = true, .attached = 31};
}

static struct console_options options_of(struct rig *rig)
{
    return (struct console_options){.listen = rig->address, .source = {.look = look, .arg = rig}};
}

static void rig_init(struct rig *rig)
{
    struct err err = ERR_INIT;
    *rig = (struct rig){.dir = "/tmp/console-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(rig->dir));
    snprintf(rig->address, sizeof rig->address, "unix:%s/socket", rig->dir);
    struct console_options options = options_of(rig);
    ck_assert_int_eq(console_create(&options, &rig->console, &err), 0);
    ck_assert_msg(console_start(rig->console, &err) == 0, "%s", err.text);
}

static void rig_fini(struct rig *rig)
{
    console_destroy(rig->console);
    ck_assert_int_eq(rmdir(rig->dir), 0); /* the socket file is gone */
}

static int dial(const struct rig *rig)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", rig->address + strlen("unix:"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void tell(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* it hung up: the answer says why */
        text += n;
        len -= (size_t)n;
    }
}

/* Everything until the other end closes, or until nothing came for WAIT_MS. */
static void hear(int fd, char answer[ANSWER_CAP])
{
    size_t len = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (len < ANSWER_CAP - 1 && poll(&p, 1, WAIT_MS) == 1) {
        ssize_t n = read(fd, answer + len, ANSWER_CAP - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    answer[len] = '\0';
    close(fd);
}

static void ask(const struct rig *rig, const char *request, char answer[ANSWER_CAP])
{
    int fd = dial(rig);
    tell(fd, request, strlen(request));
    hear(fd, answer);
}

#define END_OF_HEAD "Host: gate.example\r\nConnection: close\r\n\r\n"

START_TEST(requests_get_their_replies)
{
    static const struct {
        const char *request;
        const char *status;
        const char *part;
    } cases[] = {
        {"GET /healthz HTTP/1.1\r\n" END_OF_HEAD, "HTTP/1.1 200", "\r\n\r\nleading\n"},
        {"GET /healthz?verbose HTTP/1.1\r\n" END_OF_HEAD, "HTTP/1.1 200", "\r\n\r\nleading\n"},
        {"GET /metrics HTTP/1.1\r\n" END_OF_HEAD, "HTTP/1.1 200", "pumasi_nodes_attached 31\n"},
        {"GET / HTTP/1.1\r\nAccept-Language: ko\r\n" END_OF_HEAD, "HTTP/1.1 200",
         "Content-Language: ko\r\n"},
        {"GET /?lang=ko HTTP/1.1\r\n" END_OF_HEAD, "HTTP/1.1 200", "<html lang=\"ko\">"},
        {"GET / HTTP/1.1\r\n" END_OF_HEAD, "HTTP/1.1 200", "Vary: Accept-Language\r\n"},
        {"GET /nothing HTTP/1.1\r\n" END_OF_HEAD, "HTTP/1.1 404", "nosniff"},
        {"TRACE / HTTP/1.1\r\n" END_OF_HEAD, "HTTP/1.1 405", "Allow: GET, HEAD\r\n"},
        {"POST / HTTP/1.1\r\nContent-Length: 3\r\n" END_OF_HEAD "abc", "HTTP/1.1 405", "nosniff"},
        {"GET / HTTP/1.1\r\nContent-Length: 3\r\n" END_OF_HEAD "abc", "HTTP/1.1 413", "nosniff"},
        {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END_OF_HEAD, "HTTP/1.1 413",
         "no-store"},
        {"GET / HTTP/1.1\r\nContent-Length: 0\r\n" END_OF_HEAD, "HTTP/1.1 200", "no-store"},
    };
    struct rig rig;
    rig_init(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char answer[ANSWER_CAP];
        ask(&rig, cases[i].request, answer);
        ck_assert_msg(strncmp(answer, cases[i].status, strlen(cases[i].status)) == 0, "%s: %s",
                      cases[i].request, answer);
        ck_assert_msg(strstr(answer, cases[i].part), "%s: %s", cases[i].request, answer);
    }
    rig_fini(&rig);
}
END_TEST

START_TEST(head_has_the_length_and_no_body)
{
    struct rig rig;
    char answer[ANSWER_CAP];
    rig_init(&rig);
    ask(&rig, "HEAD /healthz HTTP/1.1\r\n" END_OF_HEAD, answer);
    ck_assert_ptr_nonnull(strstr(answer, "Content-Length: 8\r\n"));
    ck_assert_ptr_null(strstr(answer, "leading"));
    rig_fini(&rig);
}
END_TEST

START_TEST(what_is_no_http_is_refused_without_a_look)
{
    static const char *const requests[] = {
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", /* TLS */
        "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",     /* HTTP/1.1 wants a Host */
    };
    struct rig rig;
    rig_init(&rig);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        int fd = dial(&rig);
        char answer[ANSWER_CAP];
        tell(fd, requests[i], strlen(requests[i]));
        shutdown(fd, SHUT_WR);
        hear(fd, answer);
        ck_assert_ptr_null(strstr(answer, "HTTP/1.1 200"));
    }
    ck_assert_uint_eq(atomic_load(&rig.looks), 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(a_request_longer_than_its_connection_may_take_is_refused)
{
    static const char *const begins[] = {"GET /", "GET / HTTP/1.1\r\nHost: x\r\nCookie: "};
    static char filler[4 * CONSOLE_CONNECTION_BYTES];
    struct rig rig;
    rig_init(&rig);
    memset(filler, 'a', sizeof filler);
    for (size_t i = 0; i < 2; i++) {
        int fd = dial(&rig);
        char answer[ANSWER_CAP];
        tell(fd, begins[i], strlen(begins[i]));
        tell(fd, filler, sizeof filler);
        hear(fd, answer);
        ck_assert_ptr_null(strstr(answer, "HTTP/1.1 2"));
    }
    ck_assert_uint_eq(atomic_load(&rig.looks), 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(connections_beyond_the_limit_wait_and_nobody_else_suffers)
{
    int idle[CONSOLE_CONNECTIONS_MAX];
    char answer[ANSWER_CAP];
    struct rig rig;
    rig_init(&rig);
    for (size_t i = 0; i < CONSOLE_CONNECTIONS_MAX; i++) {
        idle[i] = dial(&rig);
        tell(idle[i], "GET /he", 7);
    }
    int fd = dial(&rig);
    tell(fd, "GET /healthz HTTP/1.0\r\n\r\n", 25);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&p, 1, 100), 0); /* not served while the places are taken */
    close(idle[0]);
    hear(fd, answer);
    ck_assert_ptr_nonnull(strstr(answer, "leading"));
    for (size_t i = 1; i < CONSOLE_CONNECTIONS_MAX; i++)
        close(idle[i]);
    rig_fini(&rig);
}
END_TEST

START_TEST(the_console_can_be_destroyed_at_any_time)
{
    struct rig rig;
    struct err err = ERR_INIT;
    struct console *second = NULL;
    rig_init(&rig);
    struct console_options options = options_of(&rig);
    ck_assert_int_eq(console_create(&options, &second, &err), -ERR_UNAVAILABLE);
    ck_assert_ptr_null(second);
    int fd = dial(&rig);
    tell(fd, "GET /", 5);
    rig_fini(&rig); /* with a request half said */
    close(fd);
    console_destroy(NULL);
    rig = (struct rig){.address = "127.0.0.1:0"};
    options = options_of(&rig);
    ck_assert_int_eq(console_create(&options, &second, &err), 0);
    ck_assert_int_eq(strncmp(console_address(second), "127.0.0.1:", 10), 0);
    console_destroy(second); /* never started */
}
END_TEST

static Suite *console_suite(void)
{
    Suite *s = suite_create("console");
    TCase *t = tcase_create("console");

    tcase_set_timeout(t, 30);
    tcase_add_test(t, requests_get_their_replies);
    tcase_add_test(t, head_has_the_length_and_no_body);
    tcase_add_test(t, what_is_no_http_is_refused_without_a_look);
    tcase_add_test(t, a_request_longer_than_its_connection_may_take_is_refused);
    tcase_add_test(t, connections_beyond_the_limit_wait_and_nobody_else_suffers);
    tcase_add_test(t, the_console_can_be_destroyed_at_any_time);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(console_suite)
