#include "controlplane/placement/mix.h"

#include "tests/support/suite.h"

static const struct placement_request half = {.cpu_milli = 4000, .gpus = 1, .units = 3500};

START_TEST(requests_of_one_kind_are_counted_together)
{
    CLEANUP_MIX struct mix *m = mix_create();
    struct placement_request r = half;
    mix_add(m, &r);
    r.memory_mib = 77;
    r.tenant = 3;
    r.isolation = 1;
    mix_add(m, &r);
    r.cpu_milli++;
    mix_add(m, &r);
    r.models = 2;
    mix_add(m, &r);
    size_t n;
    const struct mix_kind *kinds = mix_kinds(m, &n);
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(kinds[0].count, 2);
    ck_assert_uint_eq(kinds[1].count, 1);
    ck_assert_uint_eq(kinds[2].models, 2);
    ck_assert_uint_eq(mix_count(m), 4);
}
END_TEST

START_TEST(mig_counts_as_the_share_of_its_memory_slices)
{
    struct placement_request r = {.gpus = 1, .mig = MIG_3G};
    ck_assert_uint_eq(mix_units(&r), 3500);
    r.mig = MIG_1G;
    ck_assert_uint_eq(mix_units(&r), 875);
    r = (struct placement_request){.units = 7000};
    ck_assert_uint_eq(mix_units(&r), 0);
}
END_TEST

START_TEST(models_of_a_request_without_devices_do_not_matter)
{
    CLEANUP_MIX struct mix *m = mix_create();
    struct placement_request r = {.cpu_milli = 1};
    mix_add(m, &r);
    r.models = 1;
    mix_add(m, &r);
    size_t n;
    mix_kinds(m, &n);
    ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(many_kinds_are_kept_apart)
{
    CLEANUP_MIX struct mix *m = mix_create();
    for (int64_t i = 0; i < 3 * 5000; i++) {
        struct placement_request r = half;
        r.cpu_milli = i % 5000;
        mix_add(m, &r);
    }
    size_t n;
    const struct mix_kind *kinds = mix_kinds(m, &n);
    ck_assert_uint_eq(n, 5000);
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(kinds[i].count, 3);
}
END_TEST

START_TEST(kinds_beyond_the_limit_are_not_counted)
{
    CLEANUP_MIX struct mix *m = mix_create();
    for (int64_t i = 0; i < MIX_KINDS + 10; i++) {
        struct placement_request r = half;
        r.cpu_milli = i;
        mix_add(m, &r);
    }
    size_t n;
    mix_kinds(m, &n);
    ck_assert_uint_eq(n, MIX_KINDS);
    ck_assert_uint_eq(mix_count(m), MIX_KINDS + 10);
}
END_TEST

START_TEST(change_since_the_mark_is_the_part_that_differs)
{
    CLEANUP_MIX struct mix *m = mix_create();
    struct placement_request other = half;
    other.units = 7000;
    ck_assert_uint_eq(mix_change(m), 1000);
    for (int i = 0; i < 4; i++)
        mix_add(m, &half);
    mix_mark(m);
    ck_assert_uint_eq(mix_change(m), 1000);
    mix_add(m, &half);
    ck_assert_uint_eq(mix_change(m), 0);
    for (int i = 0; i < 3; i++)
        mix_add(m, &other);
    ck_assert_uint_eq(mix_change(m), 750);
}
END_TEST

static Suite *mix_suite(void)
{
    Suite *s = suite_create("mix");
    TCase *t = tcase_create("mix");
    tcase_add_test(t, requests_of_one_kind_are_counted_together);
    tcase_add_test(t, mig_counts_as_the_share_of_its_memory_slices);
    tcase_add_test(t, models_of_a_request_without_devices_do_not_matter);
    tcase_add_test(t, many_kinds_are_kept_apart);
    tcase_add_test(t, kinds_beyond_the_limit_are_not_counted);
    tcase_add_test(t, change_since_the_mark_is_the_part_that_differs);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(mix_suite)
