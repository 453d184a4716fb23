/* The kinds of objects: names, prefixes, ids. */
#include "controlplane/domain/entity.h"

#include "controlplane/domain/lease.h"
#include "tests/support/suite.h"

START_TEST(every_kind_is_a_record_whose_first_field_is_its_id)
{
    const struct record_type *type = entity_type((enum entity_kind)_i);
    ck_assert_str_eq(type->fields[0].name, "id");
    ck_assert_int_eq((int)type->fields[0].kind, FIELD_ID);
    ck_assert_uint_eq(type->fields[0].offset, 0);
}
END_TEST

START_TEST(every_kind_is_found_by_its_name_and_its_prefix_and_by_no_others)
{
    enum entity_kind kind = (enum entity_kind)_i, found = ENTITY_KIND_COUNT;
    ck_assert_int_eq(entity_kind_by_name(span_text(entity_name(kind)), &found), 0);
    ck_assert_int_eq(found, kind);
    found = ENTITY_KIND_COUNT;
    ck_assert_int_eq(entity_kind_by_prefix(span_text(entity_prefix(kind)), &found), 0);
    ck_assert_int_eq(found, kind);
    found = ENTITY_KIND_COUNT;
    ck_assert_int_eq(entity_kind_by_name(span_text(entity_prefix(kind)), &found), -ERR_NOT_FOUND);
    ck_assert_int_eq(entity_kind_by_prefix(span_text(entity_name(kind)), &found), -ERR_NOT_FOUND);
    ck_assert_int_eq(found, ENTITY_KIND_COUNT);
}
END_TEST

START_TEST(a_name_that_is_none_is_not_found)
{
    static const char *const none[] = {"", "leas", "leasess", "lease ", "LEASES", "meta"};
    enum entity_kind found = ENTITY_KIND_COUNT;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        ck_assert_int_eq(entity_kind_by_name(span_text(none[i]), &found), -ERR_NOT_FOUND);
        ck_assert_int_eq(entity_kind_by_prefix(span_text(none[i]), &found), -ERR_NOT_FOUND);
    }
    ck_assert_int_eq(found, ENTITY_KIND_COUNT);
}
END_TEST

START_TEST(prefixes_are_good_in_keys)
{
    struct id id;
    ck_assert_int_eq(id_parse(span_text(entity_prefix((enum entity_kind)_i)), "prefix", &id, NULL),
                     0);
}
END_TEST

START_TEST(an_id_is_borrowed_from_the_record)
{
    const struct lease l = {.id = {"lease-1"}};
    ck_assert_ptr_eq(entity_id(ENTITY_LEASE, &l), &l.id);
}
END_TEST

static Suite *entity_suite(void)
{
    Suite *s = suite_create("domain/entity");
    TCase *c = tcase_create("entity");
    tcase_add_loop_test(c, every_kind_is_a_record_whose_first_field_is_its_id, 0,
                        ENTITY_KIND_COUNT);
    tcase_add_loop_test(c, every_kind_is_found_by_its_name_and_its_prefix_and_by_no_others, 0,
                        ENTITY_KIND_COUNT);
    tcase_add_test(c, a_name_that_is_none_is_not_found);
    tcase_add_loop_test(c, prefixes_are_good_in_keys, 0, ENTITY_KIND_COUNT);
    tcase_add_test(c, an_id_is_borrowed_from_the_record);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(entity_suite)
