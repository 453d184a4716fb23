/* Key histories: when which key was whose. */
#include "controlplane/domain/key_fact.h"

#include "controlplane/domain/user.h"
#include "tests/support/suite.h"

#include <stdio.h>

static struct blob blob_of(const char *text)
{
    struct blob b = {.len = (uint32_t)strlen(text)};
    memcpy(b.data, text, b.len);
    return b;
}

static int add(struct list *former, const char *name, int64_t first, int64_t now)
{
    struct id id = id_literal(name);
    struct blob key = blob_of(name);
    return key_facts_add(former, &id, &key, (struct instant){first}, (struct instant){now}, NULL);
}

static const struct key_fact *find(const struct list *former, const char *name)
{
    struct id id = id_literal(name);
    return key_facts_find(former, &id);
}

/* A user owns the list. */
static struct user owner;

static void drop(void)
{
    record_fini(&user_type, &owner);
}

START_TEST(a_key_was_in_force_from_the_end_of_the_one_before)
{
    ck_assert_int_eq(add(&owner.former_keys, "k1", 10, 20), 0);
    ck_assert_int_eq(add(&owner.former_keys, "k2", 10, 35), 0);
    const struct key_fact *k1 = find(&owner.former_keys, "k1"),
                          *k2 = find(&owner.former_keys, "k2");
    ck_assert_int_eq(k1->from.s, 10);
    ck_assert_int_eq(k1->to.s, 20);
    ck_assert_int_eq(k2->from.s, 20);
    ck_assert_int_eq(k2->to.s, 35);
    ck_assert_mem_eq(k2->public_key.data, "k2", 2);
    ck_assert_ptr_null(find(&owner.former_keys, "k3"));
    drop();
}
END_TEST

START_TEST(of_two_times_of_one_key_the_latest_is_found)
{
    ck_assert_int_eq(add(&owner.former_keys, "k1", 0, 20), 0);
    ck_assert_int_eq(add(&owner.former_keys, "k2", 0, 30), 0);
    ck_assert_int_eq(add(&owner.former_keys, "k1", 0, 40), 0);
    ck_assert_int_eq(find(&owner.former_keys, "k1")->to.s, 40);
    drop();
}
END_TEST

START_TEST(no_former_key_is_dropped_to_make_room)
{
    char name[16];
    for (int i = 0; i < KEY_FACTS_MAX; i++) {
        (void)snprintf(name, sizeof name, "k%d", i);
        ck_assert_int_eq(add(&owner.former_keys, name, 0, i + 1), 0);
    }
    ck_assert_int_eq(add(&owner.former_keys, "more", 0, 1000), -ERR_LIMIT);
    ck_assert_ptr_nonnull(find(&owner.former_keys, "k0"));
    drop();
}
END_TEST

static Suite *key_fact_suite(void)
{
    Suite *s = suite_create("key_fact");
    TCase *c = tcase_create("key_fact");
    tcase_add_test(c, a_key_was_in_force_from_the_end_of_the_one_before);
    tcase_add_test(c, of_two_times_of_one_key_the_latest_is_found);
    tcase_add_test(c, no_former_key_is_dropped_to_make_room);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(key_fact_suite)
