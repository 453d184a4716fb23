/* Commands: one record of arguments each, which begins with the request's head. */
#include "controlplane/domain/command.h"

#include "tests/support/suite.h"

START_TEST(arguments_begin_with_the_head)
{
    const struct record_type *type = command_type((enum command_kind)_i);
    ck_assert_str_eq(type->fields[0].name, "head");
    ck_assert_uint_eq(type->fields[0].offset, 0);
    ck_assert_ptr_eq(type->fields[0].type, &request_head_type);
    void *args = calloc(1, type->size);
    ck_assert_ptr_eq(command_head((enum command_kind)_i, args), args);
    free(args);
}
END_TEST

/* BOOK_LEASE takes book_lease_request: so the wire needs no code per command. */
START_TEST(arguments_are_named_after_the_command)
{
    const char *name = command_name((enum command_kind)_i);
    const char *args = command_type((enum command_kind)_i)->name;
    char lower[64];
    size_t n = strlen(name);
    ck_assert_uint_lt(n, sizeof lower);
    for (size_t i = 0; i <= n; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
    ck_assert_msg(strncmp(args, lower, n) == 0, "%s takes %s", name, args);
    ck_assert_msg(strcmp(args + n, "_request") == 0 || strcmp(args + n, "_command") == 0,
                  "%s takes %s", name, args);
}
END_TEST

START_TEST(no_two_commands_share_arguments)
{
    for (int i = 0; i < COMMAND_KIND_COUNT; i++)
        for (int k = 0; k < i; k++)
            ck_assert_ptr_ne(command_type((enum command_kind)i),
                             command_type((enum command_kind)k));
}
END_TEST

START_TEST(arguments_are_copied_with_their_lists)
{
    struct report_held_command r = {.node = {"n1"}}, copy;
    struct held_lease *h = record_list_add(&r.held, sizeof *h);
    *h = (struct held_lease){.lease = {"lease-1"}, .fence = 7, .state = {"active"}};
    record_copy(command_type(COMMAND_REPORT_HELD), &copy, &r);
    ck_assert(record_equal(command_type(COMMAND_REPORT_HELD), &copy, &r));
    h->fence = 8;
    ck_assert_uint_eq(LIST_AT(struct held_lease, &copy.held, 0)->fence, 7);
    ck_assert(!record_equal(command_type(COMMAND_REPORT_HELD), &copy, &r));
    record_fini(command_type(COMMAND_REPORT_HELD), &copy);
    record_fini(command_type(COMMAND_REPORT_HELD), &r);
}
END_TEST

static Suite *command_suite(void)
{
    Suite *s = suite_create("domain/command");
    TCase *c = tcase_create("command");
    tcase_add_loop_test(c, arguments_begin_with_the_head, 0, COMMAND_KIND_COUNT);
    tcase_add_loop_test(c, arguments_are_named_after_the_command, 0, COMMAND_KIND_COUNT);
    tcase_add_test(c, no_two_commands_share_arguments);
    tcase_add_test(c, arguments_are_copied_with_their_lists);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(command_suite)
