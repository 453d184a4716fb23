/* What the tiers share, without a kernel. */
#include "nodeagent/kernel/tier.h"

#include "nodeagent/kernel/cgroup.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[32];

static void setup(void)
{
    memcpy(dir, "/tmp/tier-XXXXXX", 17);
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    (void)cgroup_remove(dir);
}

START_TEST(a_base_is_made_once_and_listed)
{
    char base[TIER_BASE_CAP], path[CGROUP_PATH_CAP];
    struct id ids[4];
    ck_assert_int_eq(tier_base(base, dir, "node-01", NULL), 0);
    ck_assert_int_eq(tier_base(base, dir, "node-01", NULL), 0);
    ck_assert_uint_eq(tier_list(base, ids, 4), 0);
    cgroup_path(path, base, "lease-1");
    ck_assert_int_eq(cgroup_make(path, NULL), 0);
    cgroup_path(path, base, ".probe"); /* no id: no lease */
    ck_assert_int_eq(cgroup_make(path, NULL), 0);
    ck_assert_uint_eq(tier_list(base, ids, 4), 1);
    ck_assert_str_eq(ids[0].text, "lease-1");
    ck_assert_uint_eq(tier_list("/no/such/place", ids, 4), 0);
}
END_TEST

START_TEST(a_base_that_is_too_long_or_nowhere_is_refused)
{
    char base[TIER_BASE_CAP], longest[300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ck_assert_int_eq(tier_base(base, dir, longest, NULL), -ERR_INVALID);
    ck_assert_int_eq(tier_base(base, "/no/such/place", "node-01", NULL), -ERR_IO);
}
END_TEST

START_TEST(a_lease_opens_its_own_devices_and_the_common_ones)
{
    struct rule r;
    struct grant_device own = {.major = 195, .minor = 3};
    struct tier_config config = {.common = {.count = 1, .items = {{195, 255}}}};
    struct tier_lease lease = {.id = {"lease-1"}, .devices = &own, .count = 1};
    ck_assert(tier_device(&config, &lease, 0, &r));
    ck_assert_uint_eq(r.minor, 3);
    ck_assert(tier_device(&config, &lease, 1, &r));
    ck_assert_uint_eq(r.minor, 255);
    ck_assert(!tier_device(&config, &lease, 2, &r));
}
END_TEST

START_TEST(infrastructure_is_a_list_of_paths)
{
    char path[TIER_BASE_CAP];
    const char *at = " system.slice/a.service,b , ";
    ck_assert(tier_next_infra(&at, "/cg", path));
    ck_assert_str_eq(path, "/cg/system.slice/a.service");
    ck_assert(tier_next_infra(&at, "", path));
    ck_assert_str_eq(path, "/b");
    ck_assert(!tier_next_infra(&at, "/cg", path));
    at = "";
    ck_assert(!tier_next_infra(&at, "/cg", path));
}
END_TEST

START_TEST(a_cgroup_is_removed_with_all_below)
{
    char path[CGROUP_PATH_CAP], inner[CGROUP_PATH_CAP];
    cgroup_path(path, dir, "lease-1");
    cgroup_path(inner, path, "step_0");
    ck_assert_int_eq(cgroup_make(path, NULL), 0);
    ck_assert_int_eq(cgroup_make(inner, NULL), 0);
    ck_assert(cgroup_remove(path));
    ck_assert(cgroup_remove(path)); /* gone is gone */
}
END_TEST

START_TEST(a_missing_file_is_told_from_a_failing_one)
{
    char text[8];
    ck_assert_int_eq(cgroup_write("/no/such/place", "cgroup.procs", "1", NULL), -ERR_NOT_FOUND);
    ck_assert_int_eq(cgroup_write("/proc/self", "stat", "1", NULL), -ERR_IO);
    ck_assert(!cgroup_read("/no/such/place", "cgroup.events", text, sizeof text));
    ck_assert(cgroup_read("/proc/self", "comm", text, sizeof text));
    ck_assert_uint_lt(strlen(text), sizeof text);
    ck_assert_uint_eq(cgroup_id("/no/such/place"), 0);
}
END_TEST

START_TEST(the_path_below_a_mount_is_its_tail)
{
    ck_assert_str_eq(cgroup_below_mount("/proc"), "");
    ck_assert_str_eq(cgroup_below_mount("/proc/self/task"), "/self/task");
    ck_assert_str_eq(cgroup_below_mount("/no/such/place"), "/no/such/place");
}
END_TEST

START_TEST(no_kernel_no_tier)
{
    struct err err = ERR_INIT;
    struct tier *tier = NULL;
    struct tier_config config = {.node = "node-01",
                                 .cgroup_root = dir,
                                 .v1_root = dir,
                                 .probe_dir = dir,
                                 .infra_cgroups = "",
                                 .gated = {.count = 1, .items = {{4, 63}}}};
    ck_assert_int_eq(tier_create(&config, &tier, &err), -ERR_UNSUPPORTED);
    ck_assert_ptr_null(tier);
    ck_assert_ptr_nonnull(strstr(err.text, "bpf:"));
    ck_assert_ptr_nonnull(strstr(err.text, "v1:"));
    tier_destroy(NULL);
}
END_TEST

static Suite *tier_suite(void)
{
    Suite *suite = suite_create("tier");
    TCase *tc = tcase_create("tier");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_base_is_made_once_and_listed);
    tcase_add_test(tc, a_base_that_is_too_long_or_nowhere_is_refused);
    tcase_add_test(tc, a_lease_opens_its_own_devices_and_the_common_ones);
    tcase_add_test(tc, infrastructure_is_a_list_of_paths);
    tcase_add_test(tc, a_cgroup_is_removed_with_all_below);
    tcase_add_test(tc, a_missing_file_is_told_from_a_failing_one);
    tcase_add_test(tc, the_path_below_a_mount_is_its_tail);
    tcase_add_test(tc, no_kernel_no_tier);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(tier_suite)
