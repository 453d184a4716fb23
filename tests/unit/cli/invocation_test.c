#include "cli/invocation.h"

#include "cli/commands.h"
#include "tests/support/suite.h"

#include <stdio.h>

struct rig {
    struct env_fake world;
    const char *variables[3];
    struct host host;
    struct invocation *inv;
    char *said;
    size_t said_len;
};

static void rig_init(struct rig *r)
{
    *r = (struct rig){.world = {.wall = {1770076800}, .seed = 3}};
    r->host = (struct host){.env = env_of_fake(&r->world),
                            .variables = r->variables,
                            .talk = open_memstream(&r->said, &r->said_len)};
    r->inv = invocation_create(&r->host);
    invocation_set_command(r->inv, command_find("version", NULL));
}

static void rig_fini(struct rig *r)
{
    invocation_destroy(r->inv);
    fclose(r->host.talk);
    free(r->said);
}
#define CLEANUP_RIG __attribute__((cleanup(rig_fini)))

static int add(struct rig *r, const char *name, const char *value, struct err *err)
{
    return invocation_add(r->inv, command_find_option(NULL, name), value, err);
}

START_TEST(test_a_request_id_is_made_once)
{
    struct rig r CLEANUP_RIG;
    rig_init(&r);
    ck_assert(id_is_none(invocation_known_request_id(r.inv)));
    char first[ID_CAP];
    snprintf(first, sizeof(first), "%s", invocation_request_id(r.inv)->text);
    ck_assert_int_eq(strncmp(first, "r-", 2), 0);
    ck_assert_uint_eq(strlen(first), 26);
    ck_assert_str_eq(invocation_request_id(r.inv)->text, first);
    ck_assert_str_eq(invocation_known_request_id(r.inv)->text, first);
}
END_TEST

START_TEST(test_a_chosen_request_id_is_kept_and_numbered)
{
    struct rig r CLEANUP_RIG;
    rig_init(&r);
    ck_assert_int_eq(add(&r, "request-id", "mine", NULL), 0);
    ck_assert_str_eq(invocation_request_id(r.inv)->text, "mine");
    invocation_number_request(r.inv, 1);
    ck_assert_str_eq(invocation_request_id(r.inv)->text, "mine-1");
    invocation_number_request(r.inv, 12);
    ck_assert_str_eq(invocation_request_id(r.inv)->text, "mine-12");
}
END_TEST

START_TEST(test_the_longest_request_id_can_be_numbered)
{
    struct rig r CLEANUP_RIG;
    char longest[ID_CAP];
    struct id id;
    rig_init(&r);
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    ck_assert_int_eq(add(&r, "request-id", longest, NULL), 0);
    invocation_number_request(r.inv, 999);
    ck_assert_int_eq(id_parse(span_text(invocation_request_id(r.inv)->text), "id", &id, NULL), 0);
}
END_TEST

static const struct {
    const char *when, *variable;
    bool terminal, colour;
} colours[] = {
    {"auto", "X=1", true, true},           {"auto", "X=1", false, false},
    {"auto", "NO_COLOR=1", true, false},   {"auto", "NO_COLOR=", true, true},
    {"always", "NO_COLOR=1", false, true}, {"never", "X=1", true, false},
};

START_TEST(test_colour_is_for_terminals)
{
    struct rig r CLEANUP_RIG;
    rig_init(&r);
    r.variables[0] = colours[_i].variable;
    r.host.out_is_terminal = colours[_i].terminal;
    ck_assert_int_eq(add(&r, "color", colours[_i].when, NULL), 0);
    ck_assert_int_eq(invocation_colour(r.inv), colours[_i].colour);
}
END_TEST

START_TEST(test_quiet_says_nothing)
{
    struct rig r CLEANUP_RIG;
    rig_init(&r);
    invocation_say(r.inv, "%d heard", 1);
    ck_assert_int_eq(add(&r, "quiet", "", NULL), 0);
    invocation_say(r.inv, "%d not heard", 2);
    fflush(r.host.talk);
    ck_assert_str_eq(r.said, "1 heard\n");
}
END_TEST

START_TEST(test_plan_changes_count_with_exit_code_only)
{
    struct rig r CLEANUP_RIG;
    rig_init(&r);
    ck_assert(!invocation_plan_changes(r.inv));
    invocation_set_plan_changes(r.inv);
    ck_assert(!invocation_plan_changes(r.inv));
    ck_assert_int_eq(add(&r, "exit-code", "", NULL), 0);
    ck_assert(invocation_plan_changes(r.inv));
}
END_TEST

START_TEST(test_values_are_checked_when_they_come_in)
{
    struct rig r CLEANUP_RIG;
    struct err err = ERR_INIT;
    rig_init(&r);
    ck_assert_int_eq(add(&r, "timeout", "soon", &err), -ERR_INVALID);
    ck_assert(!invocation_given(r.inv, "timeout"));
    ck_assert_int_eq(add(&r, "timeout", "5s", &err), 0);
    ck_assert_int_eq(add(&r, "timeout", "6s", &err), -ERR_INVALID);
    ck_assert_int_eq(invocation_number(r.inv, "timeout"), 5);
    ck_assert_int_eq(add(&r, "server", "a:1", &err), 0);
    ck_assert_int_eq(add(&r, "server", "b:1", &err), 0);
    ck_assert_str_eq(invocation_item(r.inv, "server", 1), "b:1");
}
END_TEST

START_TEST(test_reads_files_up_to_a_limit)
{
    struct rig r CLEANUP_RIG;
    struct err err = ERR_INIT;
    rig_init(&r);
    r.host.in = fmemopen((void *)"12345", 5, "r");
    CLEANUP_BUF struct buf whole, missing, full;
    ck_assert_int_eq(invocation_read_file(r.inv, "-", 5, &whole, &err), 0);
    ck_assert_str_eq(whole.data, "12345");
    rewind(r.host.in);
    ck_assert_int_eq(invocation_read_file(r.inv, "-", 4, &full, &err), -ERR_LIMIT);
    ck_assert_int_eq(invocation_read_file(r.inv, "/nonexistent", 4, &missing, &err),
                     -ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
    fclose(r.host.in);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/invocation");
    TCase *t = tcase_create("invocation");
    tcase_add_test(t, test_a_request_id_is_made_once);
    tcase_add_test(t, test_a_chosen_request_id_is_kept_and_numbered);
    tcase_add_test(t, test_the_longest_request_id_can_be_numbered);
    tcase_add_loop_test(t, test_colour_is_for_terminals, 0, sizeof(colours) / sizeof(colours[0]));
    tcase_add_test(t, test_quiet_says_nothing);
    tcase_add_test(t, test_plan_changes_count_with_exit_code_only);
    tcase_add_test(t, test_values_are_checked_when_they_come_in);
    tcase_add_test(t, test_reads_files_up_to_a_limit);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
