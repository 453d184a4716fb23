/* Usage intervals: why one ends, and what one keeps. */
#include "controlplane/domain/usage.h"

#include "tests/support/suite.h"

START_TEST(an_interval_ends_for_one_of_four_causes)
{
    static const char *const names[] = {"running", "ended", "recalled", "fault"};
    ck_assert_int_eq(usage_cause_names.count, USAGE_CAUSE_COUNT);
    for (int i = 0; i < USAGE_CAUSE_COUNT; i++)
        ck_assert_str_eq(enum_name(&usage_cause_names, i), names[i]);
}
END_TEST

/* Each field alone makes another interval of it: none is lost when it is stored and compared. */
START_TEST(every_field_counts)
{
    const struct usage_interval u = {.id = {"n1.0000000000000000.1"}};
    for (const struct field *f = usage_interval_type.fields; f->name; f++) {
        struct usage_interval other = u;
        uint8_t *bytes = (uint8_t *)&other + f->offset;
        bytes[0] ^= 1;
        ck_assert_msg(!record_equal(&usage_interval_type, &u, &other), "%s", f->name);
    }
}
END_TEST

static Suite *usage_suite(void)
{
    Suite *s = suite_create("domain/usage");
    TCase *c = tcase_create("usage");
    tcase_add_test(c, an_interval_ends_for_one_of_four_causes);
    tcase_add_test(c, every_field_counts);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(usage_suite)
