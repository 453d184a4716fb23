/* controlplane/console/listener.h: only this machine can reach it. */
#include "controlplane/console/listener.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(what_others_can_reach_is_refused)
{
    static const char *const bad[] = {
        "",
        "8080",
        ":8080",
        "0.0.0.0:8080",
        "10.0.0.1:8080",
        "128.0.0.1:8080",
        "[::]:8080",
        "[fe80::1]:8080",
        "::1:8080",
        "*:8080",
        "example.org:8080",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:http",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.1:8080",
        "localhost.example.org:1",
        "unix:",
        "unix:relative",
        "unix:@abstract",
        "a-name-that-is-longer-than-any-address-of-ours:8080",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct listener l = {.fd = -1};
        struct err err = ERR_INIT;
        ck_assert_msg(listener_open(bad[i], &l, &err) == -ERR_INVALID, "%s", bad[i]);
        ck_assert_int_eq(l.fd, -1);
        ck_assert(err.text[0] != '\0');
    }
}
END_TEST

START_TEST(a_socket_path_has_a_longest)
{
    char address[256] = "unix:/";
    memset(address + 6, 'x', 107);
    struct listener l;
    ck_assert_int_eq(listener_open(address, &l, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(loopback_addresses_are_bound)
{
    static const char *const good[] = {"127.0.0.1:0", "127.9.8.7:0", "localhost:0"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct listener l;
        struct listener other;
        ck_assert_int_eq(listener_open(good[i], &l, NULL), 0);
        ck_assert(!l.is_unix && strncmp(l.text, good[i], strlen(good[i]) - 1) == 0);
        ck_assert(strcmp(l.text, good[i]) != 0); /* the port in force */
        ck_assert_int_eq(listener_open(l.text, &other, NULL), -ERR_UNAVAILABLE);
        listener_close(&l);
        listener_close(&l);
        ck_assert_int_eq(l.fd, -1);
    }
}
END_TEST

struct place {
    char dir[32];
    char path[64];
    char address[80];
};

static struct place make_place(void)
{
    struct place p = {.dir = "/tmp/console-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(p.dir));
    snprintf(p.path, sizeof p.path, "%s/socket", p.dir);
    snprintf(p.address, sizeof p.address, "unix:%s", p.path);
    return p;
}

START_TEST(a_socket_file_is_for_owner_and_group_and_goes_with_the_listener)
{
    struct place p = make_place();
    struct listener l;
    struct stat st;
    ck_assert_int_eq(listener_open(p.address, &l, NULL), 0);
    ck_assert(l.is_unix);
    ck_assert_str_eq(l.text, p.address);
    ck_assert_int_eq(stat(p.path, &st), 0);
    ck_assert(S_ISSOCK(st.st_mode) && (st.st_mode & 0007) == 0);
    listener_close(&l);
    ck_assert_int_ne(stat(p.path, &st), 0);
    ck_assert_int_eq(rmdir(p.dir), 0);
}
END_TEST

START_TEST(a_socket_file_that_nobody_listens_on_is_replaced)
{
    struct place p = make_place();
    struct listener dead;
    struct listener l;
    ck_assert_int_eq(listener_open(p.address, &dead, NULL), 0);
    close(listener_detach(&dead));
    ck_assert_int_eq(listener_open(p.address, &l, NULL), 0);
    listener_close(&l);
    ck_assert_int_eq(rmdir(p.dir), 0);
}
END_TEST

START_TEST(what_is_in_use_or_no_socket_is_left_alone)
{
    struct place p = make_place();
    struct listener first;
    struct listener second;
    struct stat st;
    ck_assert_int_eq(listener_open(p.address, &first, NULL), 0);
    ck_assert_int_eq(listener_open(p.address, &second, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(stat(p.path, &st), 0);
    listener_close(&first);
    FILE *file = fopen(p.path, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(listener_open(p.address, &second, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(unlink(p.path), 0);
    ck_assert_int_eq(rmdir(p.dir), 0);
}
END_TEST

START_TEST(a_missing_directory_is_named)
{
    struct listener l;
    struct err err = ERR_INIT;
    ck_assert_int_eq(listener_open("unix:/nowhere/at/all", &l, &err), -ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
}
END_TEST

static Suite *listener_suite(void)
{
    Suite *s = suite_create("listener");
    TCase *t = tcase_create("listener");

    tcase_add_test(t, what_others_can_reach_is_refused);
    tcase_add_test(t, a_socket_path_has_a_longest);
    tcase_add_test(t, loopback_addresses_are_bound);
    tcase_add_test(t, a_socket_file_is_for_owner_and_group_and_goes_with_the_listener);
    tcase_add_test(t, a_socket_file_that_nobody_listens_on_is_replaced);
    tcase_add_test(t, what_is_in_use_or_no_socket_is_left_alone);
    tcase_add_test(t, a_missing_directory_is_named);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(listener_suite)
