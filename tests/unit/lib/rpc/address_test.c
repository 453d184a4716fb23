/* Addresses that a server may listen on. */
#include "lib/rpc/address.h"

#include "tests/support/suite.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    const char *text;
    int rc;
    bool is_unix;
    const char *host;
    uint16_t port;
    bool local;
} CASES[] = {
    {"127.0.0.1:7070", 0, false, "127.0.0.1", 7070, true},
    {"127.9.9.9:1", 0, false, "127.9.9.9", 1, true},
    {"128.0.0.1:1", 0, false, "128.0.0.1", 1, false},
    {"0.0.0.0:0", 0, false, "0.0.0.0", 0, false},
    {"[::1]:7070", 0, false, "::1", 7070, true},
    {"[::]:7070", 0, false, "::", 7070, false},
    {"localhost:7070", 0, false, "localhost", 7070, true},
    {"gpu.example.kr:65535", 0, false, "gpu.example.kr", 65535, false},
    {"unix:/run/pumasi/x.sock", 0, true, "/run/pumasi/x.sock", 0, true},
    {"", -ERR_INVALID, false, NULL, 0, false},
    {":7070", -ERR_INVALID, false, NULL, 0, false},
    {"127.0.0.1", -ERR_INVALID, false, NULL, 0, false},
    {"127.0.0.1:", -ERR_INVALID, false, NULL, 0, false},
    {"127.0.0.1:65536", -ERR_INVALID, false, NULL, 0, false},
    {"127.0.0.1:-1", -ERR_INVALID, false, NULL, 0, false},
    {"127.0.0.1:x", -ERR_INVALID, false, NULL, 0, false},
    {"[::1:7070", -ERR_INVALID, false, NULL, 0, false},
    {"[]:7070", -ERR_INVALID, false, NULL, 0, false},
    {"::1:7070", -ERR_INVALID, false, NULL, 0, false},
    {"unix:", -ERR_INVALID, false, NULL, 0, false},
};

START_TEST(an_address_is_parsed)
{
    struct rpc_address address = {.port = 9};
    struct err err = ERR_INIT;
    ck_assert_int_eq(rpc_address_parse(CASES[_i].text, &address, &err), CASES[_i].rc);
    if (CASES[_i].rc < 0) {
        ck_assert_uint_eq(address.port, 9); /* untouched */
        ck_assert_str_ne(err.text, "");
        return;
    }
    ck_assert_int_eq(address.is_unix, CASES[_i].is_unix);
    ck_assert_str_eq(address.host, CASES[_i].host);
    ck_assert_uint_eq(address.port, CASES[_i].port);
    ck_assert_int_eq(rpc_address_is_local(&address), CASES[_i].local);
}
END_TEST

START_TEST(a_path_or_a_host_that_is_too_long_is_refused)
{
    char text[512];
    struct rpc_address address;
    memset(text, 'a', sizeof(text));
    memcpy(text, "unix:/", 6);
    text[6 + 200] = '\0';
    ck_assert_int_eq(rpc_address_parse(text, &address, NULL), -ERR_INVALID);
    memset(text, 'a', sizeof(text));
    memcpy(text + 300, ":1", 3);
    ck_assert_int_eq(rpc_address_parse(text, &address, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(binding_tells_why_it_fails)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    struct rpc_address address = {.host = "127.0.0.1", .port = ntohs(at.sin_port)};
    struct err err = ERR_INIT;
    ck_assert_int_eq(rpc_address_try_bind(&address, &err), -ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "in use"));
    close(fd);
    address.port = 0;
    ck_assert_int_eq(rpc_address_try_bind(&address, &err), 0);
    address = (struct rpc_address){.host = "192.0.2.1"}; /* not an address of this machine */
    ck_assert_int_eq(rpc_address_try_bind(&address, &err), -ERR_UNAVAILABLE);
    address = (struct rpc_address){.is_unix = true, .host = "/no/such/x"};
    ck_assert_int_eq(rpc_address_try_bind(&address, &err), 0);
}
END_TEST

static Suite *address_suite(void)
{
    Suite *suite = suite_create("lib/rpc/address");
    TCase *tc = tcase_create("address");
    tcase_add_loop_test(tc, an_address_is_parsed, 0, sizeof(CASES) / sizeof(CASES[0]));
    tcase_add_test(tc, a_path_or_a_host_that_is_too_long_is_refused);
    tcase_add_test(tc, binding_tells_why_it_fails);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(address_suite)
