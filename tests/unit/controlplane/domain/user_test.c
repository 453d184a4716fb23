/* Sets of roles, read from names. */
#include "controlplane/domain/user.h"

#include "tests/support/suite.h"

static void add(struct user *u, const char *role)
{
    struct id *id = record_list_add(&u->roles, sizeof *id);
    *id = id_literal(role);
}

START_TEST(every_role_has_a_bit_of_its_own)
{
    struct user u = {.state = USER_ACTIVE};
    uint32_t roles = 0;
    for (int role = 0; role < ROLE_COUNT; role++)
        add(&u, enum_name(&role_names, role));
    ck_assert_int_eq(roles_parse(&u.roles, &roles, NULL), 0);
    ck_assert_uint_eq(roles, (UINT32_C(1) << ROLE_COUNT) - 1);
    ck_assert_uint_eq(user_roles(&u), roles);
    record_fini(&user_type, &u);
}
END_TEST

START_TEST(a_role_that_does_not_exist_is_refused_by_name)
{
    struct user u = {.state = USER_ACTIVE};
    struct err err = ERR_INIT;
    uint32_t roles = 77;
    add(&u, "finance");
    add(&u, "king");
    ck_assert_int_eq(roles_parse(&u.roles, &roles, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "king"));
    ck_assert_uint_eq(roles, 77);
    /* What is stored already counts for what it names. */
    ck_assert_uint_eq(user_roles(&u), ROLE_BIT(ROLE_FINANCE));
    record_fini(&user_type, &u);
}
END_TEST

START_TEST(a_role_that_stands_twice_is_refused)
{
    struct user u = {.state = USER_ACTIVE};
    struct err err = ERR_INIT;
    uint32_t roles = 0;
    add(&u, "finance");
    add(&u, "org-member");
    add(&u, "finance");
    ck_assert_int_eq(roles_parse(&u.roles, &roles, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "finance stands twice"));
    ck_assert_uint_eq(user_roles(&u), ROLE_BIT(ROLE_FINANCE) | ROLE_BIT(ROLE_ORG_MEMBER));
    record_fini(&user_type, &u);
}
END_TEST

START_TEST(more_names_than_roles_are_refused_before_they_are_read)
{
    struct user u = {.state = USER_ACTIVE};
    uint32_t roles = 0;
    for (int i = 0; i <= ROLE_COUNT; i++)
        add(&u, "finance");
    ck_assert_int_eq(roles_parse(&u.roles, &roles, NULL), -ERR_LIMIT);
    record_fini(&user_type, &u);
}
END_TEST

START_TEST(a_users_id_is_none_when_both_names_are_too_long_together)
{
    struct id name = id_literal("kim"), long_name = ID_NONE, organisation = id_literal("upstage");
    memset(long_name.text, 'a', 60);
    struct id id = user_id_of(&name, &organisation);
    ck_assert_str_eq(id.text, "kim.upstage");
    id = user_id_of(&long_name, &organisation);
    ck_assert(id_is_none(&id));
}
END_TEST

static Suite *user_suite(void)
{
    Suite *s = suite_create("domain/user");
    TCase *c = tcase_create("roles");
    tcase_add_test(c, every_role_has_a_bit_of_its_own);
    tcase_add_test(c, a_role_that_does_not_exist_is_refused_by_name);
    tcase_add_test(c, a_role_that_stands_twice_is_refused);
    tcase_add_test(c, more_names_than_roles_are_refused_before_they_are_read);
    tcase_add_test(c, a_users_id_is_none_when_both_names_are_too_long_together);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(user_suite)
