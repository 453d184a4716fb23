#include "controlplane/placement/fleet.h"

#include "tests/support/suite.h"

static const struct fleet_spec specs[] = {
    {.cpu_milli = 96000, .memory_mib = 1000, .gpus = 4, .model = 0},
    {.cpu_milli = 8000, .memory_mib = 1000, .gpus = 2, .model = 1},
    {.cpu_milli = 8000, .memory_mib = 1000, .gpus = 0, .model = PLACEMENT_NO_MODEL},
};

static struct fleet fleet;

static void set_up(void)
{
    fleet_init(&fleet, specs, 3);
}

static void tear_down(void)
{
    fleet_fini(&fleet);
}

static struct placement take(size_t node, const struct placement_request *r)
{
    struct placement p;
    ck_assert(fleet_gain(&fleet, node, r, &p) != FLEET_UNFIT);
    ck_assert_uint_eq(p.node, node);
    fleet_take(&fleet, r, &p);
    return p;
}

static bool fits(size_t node, const struct placement_request *r)
{
    bool known = fleet_gain(&fleet, node, r, NULL) != FLEET_UNFIT;
    struct placement p;
    ck_assert(known == (fleet_gain(&fleet, node, r, &p) != FLEET_UNFIT));
    return known;
}

static const struct {
    struct placement_request r;
    bool fits[3];
} cases[] = {
    {{.cpu_milli = 8000}, {true, true, true}},
    {{.cpu_milli = 8001}, {true, false, false}},
    {{.memory_mib = 1001}, {false, false, false}},
    {{.gpus = 1, .units = 7000}, {true, true, false}},
    {{.gpus = 1, .units = 1}, {true, true, false}},
    {{.gpus = 2, .units = 7000, .models = 2}, {false, true, false}},
    {{.gpus = 3, .units = 7000}, {true, false, false}},
    {{.gpus = 5, .units = 7000}, {false, false, false}},
    {{.gpus = 5, .units = 1}, {false, false, false}},
    {{.gpus = 4, .units = 10}, {true, false, false}},
    {{.gpus = 1, .mig = MIG_7G}, {true, true, false}},
    {{.whole_node = true}, {true, true, false}},
    {{.whole_node = true, .gpus = 2, .units = 7000}, {false, true, false}},
};

START_TEST(a_request_fits_where_all_it_needs_is_left)
{
    for (size_t n = 0; n < 3; n++)
        ck_assert_msg(fits(n, &cases[_i].r) == cases[_i].fits[n], "case %d node %zu", _i, n);
}
END_TEST

START_TEST(whole_devices_are_the_first_idle_ones)
{
    const struct placement_request one = {.gpus = 1, .units = 7000};
    const struct placement_request part = {.gpus = 1, .units = 100};
    ck_assert_uint_eq(take(0, &part).devices, 1);
    ck_assert_uint_eq(take(0, &one).devices, 2);
    const struct placement_request two = {.gpus = 2, .units = 7000};
    ck_assert_uint_eq(take(0, &two).devices, 12);
    ck_assert(!fits(0, &one));
    ck_assert(fits(0, &part));
}
END_TEST

START_TEST(parts_of_one_device_are_of_one_tenant_and_class)
{
    struct placement_request r = {.gpus = 1, .units = 2000, .tenant = 1, .isolation = 1};
    take(1, &r);
    take(1, &r);
    struct placement_request other = r;
    other.tenant = 2;
    ck_assert_uint_eq(take(1, &other).devices, 2);
    other.tenant = 1;
    other.isolation = 2;
    ck_assert(!fits(1, &other));
    other.tenant = 3;
    other.isolation = 1;
    ck_assert(!fits(1, &other));
    ck_assert(fits(1, &r));
}
END_TEST

START_TEST(instances_of_anybody_share_a_device)
{
    struct placement_request r = {.gpus = 1, .mig = MIG_3G, .tenant = 1};
    struct placement a = take(1, &r);
    r.tenant = 2;
    r.mig = MIG_4G;
    struct placement b = take(1, &r);
    ck_assert_uint_eq(a.slice, 4);
    ck_assert_uint_eq(b.slice, 0);
    struct placement_request part = {.gpus = 1, .units = 1};
    take(1, &part);
    ck_assert_uint_eq(a.devices, b.devices);
    r.mig = MIG_1G;
    ck_assert(!fits(1, &r));
    fleet_release(&fleet, &(struct placement_request){.gpus = 1, .mig = MIG_3G}, &a);
    ck_assert_uint_eq(take(1, &r).devices, a.devices);
}
END_TEST

START_TEST(a_whole_node_serves_nobody_else)
{
    const struct placement_request all = {.whole_node = true}, cpu = {.cpu_milli = 1};
    struct placement p = take(0, &all);
    ck_assert_uint_eq(p.devices, 15);
    ck_assert(!fits(0, &cpu));
    fleet_release(&fleet, &all, &p);
    take(0, &cpu);
    ck_assert(!fits(0, &all));
}
END_TEST

START_TEST(what_is_given_back_is_as_before)
{
    const struct placement_request r[] = {
        {.cpu_milli = 100, .memory_mib = 5, .gpus = 1, .units = 2000, .tenant = 4},
        {.cpu_milli = 200, .gpus = 2, .units = 7000},
        {.cpu_milli = 50, .gpus = 1, .mig = MIG_2G},
        {.cpu_milli = 50, .gpus = 1, .mig = MIG_1G_MEDIA},
    };
    struct fleet_node before = fleet.nodes[0];
    struct placement p[4];
    for (size_t i = 0; i < 4; i++)
        p[i] = take(0, &r[i]);
    ck_assert_int_eq(fleet.idle[0], 4 * 7000 - 2000 - 14000 - 1750 - 875);
    for (size_t i = 0; i < 4; i++)
        fleet_release(&fleet, &r[i], &p[i]);
    ck_assert_int_eq(fleet.idle[0], 4 * 7000);
    ck_assert_int_eq(fleet.nodes[0].view.cpu_milli, before.view.cpu_milli);
    ck_assert_int_eq(fleet.nodes[0].memory_mib, before.memory_mib);
    ck_assert_int_eq(fleet.nodes[0].waste, before.waste);
    ck_assert_uint_eq(fleet.nodes[0].view.whole, 4);
    ck_assert_mem_eq(fleet.nodes[0].devices, before.devices, sizeof before.devices);
}
END_TEST

START_TEST(a_node_serves_so_many_requests_and_no_more)
{
    const struct placement_request r = {.cpu_milli = 1};
    for (int i = 0; i < FLEET_REQUESTS; i++)
        take(2, &r);
    ck_assert(!fits(2, &r));
}
END_TEST

START_TEST(the_gain_is_the_difference_of_the_waste)
{
    CLEANUP_MIX struct mix *m = mix_create();
    const struct placement_request r[] = {
        {.cpu_milli = 4000, .gpus = 1, .units = 3290},
        {.cpu_milli = 11000, .gpus = 1, .units = 7000},
        {.cpu_milli = 3000, .gpus = 1, .units = 5670},
        {.cpu_milli = 30000, .gpus = 2, .units = 7000},
        {.cpu_milli = 9000},
    };
    for (size_t i = 0; i < 5; i++)
        mix_add(m, &r[i]);
    fleet_learn(&fleet, m);
    for (size_t i = 0; i < 5; i++) {
        struct placement p;
        int64_t before = fleet.nodes[0].waste, gain = fleet_gain(&fleet, 0, &r[i], &p);
        fleet_take(&fleet, &r[i], &p);
        ck_assert_int_eq(before - fleet.nodes[0].waste, gain);
        fleet_learn(&fleet, m);
        ck_assert_int_eq(before - fleet.nodes[0].waste, gain);
        if (i > 1)
            fleet_release(&fleet, &r[i], &p);
    }
}
END_TEST

START_TEST(a_part_goes_where_it_leaves_the_least_waste)
{
    CLEANUP_MIX struct mix *m = mix_create();
    const struct placement_request small = {.gpus = 1, .units = 1400};
    const struct placement_request large = {.gpus = 1, .units = 5600};
    mix_add(m, &large);
    mix_add(m, &small);
    fleet_learn(&fleet, m);
    struct placement p = take(0, &large);
    ck_assert_uint_eq(take(0, &small).devices, p.devices);
}
END_TEST

START_TEST(a_placement_that_is_not_possible_aborts)
{
    const struct placement_request r = {.gpus = 1, .units = 7000};
    struct placement p = take(0, &r);
    fleet_take(&fleet, &r, &p);
}
END_TEST

static Suite *fleet_suite(void)
{
    Suite *s = suite_create("fleet");
    TCase *t = tcase_create("fleet");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, a_request_fits_where_all_it_needs_is_left, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(t, whole_devices_are_the_first_idle_ones);
    tcase_add_test(t, parts_of_one_device_are_of_one_tenant_and_class);
    tcase_add_test(t, instances_of_anybody_share_a_device);
    tcase_add_test(t, a_whole_node_serves_nobody_else);
    tcase_add_test(t, what_is_given_back_is_as_before);
    tcase_add_test(t, a_node_serves_so_many_requests_and_no_more);
    tcase_add_test(t, the_gain_is_the_difference_of_the_waste);
    tcase_add_test(t, a_part_goes_where_it_leaves_the_least_waste);
    tcase_add_test_raise_signal(t, a_placement_that_is_not_possible_aborts, 6);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(fleet_suite)
