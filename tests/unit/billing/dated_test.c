/* billing/dated.h: a line begins at each instant at which price, size, openness or rate changes. */
#include "billing/dated.h"

#include "lib/base/korea.h"
#include "tests/support/suite.h"

static struct instant at(const char *text)
{
    struct instant t;
    ck_assert_int_eq(moment_parse(span_text(text), &t, NULL), 0);
    return t;
}

START_TEST(the_fact_in_force_is_the_last_that_has_begun)
{
    struct dated_size sizes[] = {{at("2025-11-01"), SIZE_SME, SIZE_NONE},
                                 {at("2026-01-01"), SIZE_MIDSIZE, SIZE_NONE}};
    ck_assert_ptr_null(dated_size_at(sizes, 2, at("2025-10-31")));
    ck_assert_ptr_eq(dated_size_at(sizes, 2, at("2025-11-01")), &sizes[0]);
    ck_assert_ptr_eq(dated_size_at(sizes, 2, at("2025-12-31T23:59:59+09:00")), &sizes[0]);
    ck_assert_ptr_eq(dated_size_at(sizes, 2, at("2026-01-01")), &sizes[1]);
    ck_assert_ptr_null(dated_size_at(NULL, 0, at("2026-01-01")));
    struct dated_openness openness[] = {{at("2025-11-01"), OPENNESS_CLOSED}};
    ck_assert_ptr_null(dated_openness_at(openness, 1, at("2025-10-31")));
    ck_assert_ptr_eq(dated_openness_at(openness, 1, at("2027-10-31")), &openness[0]);
}
END_TEST

START_TEST(lines_change_with_any_fact_and_only_then)
{
    struct cofunding_policy policy;
    policy_init_default(&policy);
    struct price *price = record_list_add(&policy.prices, sizeof(*price));
    *price =
        (struct price){.model = "B200", .krw_per_gpu_month = {6600000}, .from = at("2025-11-01")};
    price = record_list_add(&policy.prices, sizeof(*price));
    *price = (struct price){.model = "H100",
                            .krw_per_gpu_month = {400000},
                            .from = at("2025-12-01")}; /* another model: no line */
    struct rate *rate = record_list_add(&policy.rates, sizeof(*rate));
    *rate = (struct rate){OPENNESS_CLOSED, SIZE_LARGE, "40%", at("2025-12-15"), true}; /* no line */
    rate = record_list_add(&policy.rates, sizeof(*rate));
    *rate = (struct rate){OPENNESS_CLOSED, SIZE_SME, "20%", at("2026-03-01"), true};
    struct dated_size sizes[] = {{at("2025-11-01"), SIZE_STARTUP, SIZE_SME}};
    struct dated_openness openness[] = {{at("2025-11-01"), OPENNESS_OPEN_COMMERCIAL},
                                        {at("2026-02-01"), OPENNESS_CLOSED}};
    struct dated_facts facts = {&policy, "B200", sizes, 1, openness, 2};
    size_t n;
    struct dated_line *lines = dated_lines(&facts, &n);
    ck_assert_uint_eq(n, 4);
    ck_assert_int_eq(lines[0].from.s, INSTANT_MIN_S);
    ck_assert_ptr_null(lines[0].price);
    ck_assert_ptr_null(lines[0].rate);
    ck_assert_int_eq(lines[0].size, SIZE_NONE);
    const char *const from[] = {NULL, "2025-11-01", "2026-02-01", "2026-03-01"};
    const char *const rates[] = {NULL, "5%", "25%", "20%"};
    for (size_t i = 1; i < n; i++) {
        ck_assert_int_eq(lines[i].from.s, at(from[i]).s);
        ck_assert_int_eq(lines[i].price->krw_per_gpu_month.krw, 6600000);
        ck_assert_int_eq(lines[i].size, SIZE_STARTUP);
        ck_assert_int_eq(lines[i].rate_class, SIZE_SME);
        ck_assert_str_eq(lines[i].rate->rate, rates[i]);
    }
    free(lines);
    record_fini(&cofunding_policy_type, &policy);
}
END_TEST

static Suite *dated_suite(void)
{
    Suite *s = suite_create("dated");
    TCase *t = tcase_create("dated");
    tcase_add_test(t, the_fact_in_force_is_the_last_that_has_begun);
    tcase_add_test(t, lines_change_with_any_fact_and_only_then);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(dated_suite)
