/* controlplane/api/filter.h: equality on the text forms of top-level fields. */
#include "controlplane/api/filter.h"

#include "controlplane/domain/lease.h"
#include "controlplane/domain/organisation.h"
#include "tests/support/suite.h"

static struct lease sample(void)
{
    struct lease l = {.id = id_literal("lease-7"),
                      .project = id_literal("alpha"),
                      .model = "B200",
                      .gpus = 8,
                      .units_per_gpu = {7000},
                      .state = LEASE_ACTIVE,
                      .priority = 3,
                      .from = {1764547200},
                      .held_krw = {-5},
                      .ended_at = INSTANT_NEVER};
    return l;
}

static bool matches(const char *field, const char *value)
{
    struct filter_set set = {.n = 0};
    struct lease l = sample();
    struct err err = ERR_INIT;
    ck_assert_msg(filter_add(&set, &lease_type, field, value, &err) == 0, "%s", err.text);
    return filter_matches(&set, &l);
}

START_TEST(every_kind_of_field_has_its_text)
{
    static const struct {
        const char *field, *yes, *no;
    } rows[] = {
        {"id", "lease-7", "lease-70"},
        {"project", "alpha", ""},
        {"model", "B200", "b200"},
        {"state", "active", "ACTIVE"},
        {"gpus", "8", "08"},
        {"units_per_gpu", "7000", "1"},
        {"from", "1764547200", "now"},
        {"held_krw", "-5", "5"},
        {"loan", "", "loan-1"},
        {"priority", "3", "3 "},
        {"ended_at", "0", "9223372036854775807"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(matches(rows[i].field, rows[i].yes), "%s", rows[i].field);
        ck_assert_msg(!matches(rows[i].field, rows[i].no), "%s", rows[i].field);
    }
}
END_TEST

START_TEST(a_bool_is_true_or_false)
{
    struct filter_set set = {.n = 0};
    struct organisation o = {.supplier = true};
    ck_assert_int_eq(filter_add(&set, &organisation_type, "supplier", "true", NULL), 0);
    ck_assert_int_eq(filter_add(&set, &organisation_type, "agency", "false", NULL), 0);
    ck_assert(filter_matches(&set, &o));
    o.agency = true;
    ck_assert(!filter_matches(&set, &o));
}
END_TEST

START_TEST(all_must_hold_and_none_holds_for_everything)
{
    struct filter_set set = {.n = 0};
    struct lease l = sample();
    ck_assert(filter_matches(&set, &l));
    ck_assert_int_eq(filter_add(&set, &lease_type, "state", "active", NULL), 0);
    ck_assert_int_eq(filter_add(&set, &lease_type, "project", "alpha", NULL), 0);
    ck_assert(filter_matches(&set, &l));
    ck_assert_int_eq(filter_add(&set, &lease_type, "project", "beta", NULL), 0);
    ck_assert(!filter_matches(&set, &l));
}
END_TEST

START_TEST(fields_without_a_text_form_are_refused_by_name)
{
    static const char *const bad[] = {"colour", "", "placements", "uids", "fence", "State"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct filter_set set = {.n = 0};
        struct err err = ERR_INIT;
        ck_assert_int_eq(filter_add(&set, &lease_type, bad[i], "x", &err), -ERR_INVALID);
        ck_assert_ptr_nonnull(strstr(err.text, bad[i]));
        ck_assert_uint_eq(set.n, 0);
    }
}
END_TEST

START_TEST(there_is_room_for_a_few)
{
    struct filter_set set = {.n = 0};
    for (int i = 0; i < FILTERS_MAX; i++)
        ck_assert_int_eq(filter_add(&set, &lease_type, "state", "active", NULL), 0);
    ck_assert_int_eq(filter_add(&set, &lease_type, "state", "active", NULL), -ERR_LIMIT);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("api/filter");
    TCase *c = tcase_create("filter");
    tcase_add_test(c, every_kind_of_field_has_its_text);
    tcase_add_test(c, a_bool_is_true_or_false);
    tcase_add_test(c, all_must_hold_and_none_holds_for_everything);
    tcase_add_test(c, fields_without_a_text_form_are_refused_by_name);
    tcase_add_test(c, there_is_room_for_a_few);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
