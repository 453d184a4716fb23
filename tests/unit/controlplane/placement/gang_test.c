#include "controlplane/placement/placement.h"

#include "tests/support/suite.h"

/* Two racks of a site; domains 1 (nodes 0, 1) and 2 (2, 3) in rack 1, and 3 (4, 5, 6) in rack 2;
 * node 7 stands alone. Nodes have four GPUs. */
static struct fleet_spec specs[8];
static struct placement_engine *e;
static struct placement got[64];

static void set_up(void)
{
    static const uint32_t domains[] = {1, 1, 2, 2, 3, 3, 3, 0}, racks[] = {1, 1, 1, 1, 2, 2, 2, 0};
    for (size_t i = 0; i < 8; i++)
        specs[i] = (struct fleet_spec){.cpu_milli = 64000,
                                       .memory_mib = 1000,
                                       .gpus = 4,
                                       .nvlink_domain = domains[i],
                                       .rack = racks[i],
                                       .site = racks[i] ? 1 : 0};
    e = placement_create(specs, 8, 1);
}

static void tear_down(void)
{
    placement_destroy(e);
}

static bool place(uint32_t gpus, uint32_t members, enum gang_reach reach, bool required, bool apart)
{
    const struct gang_request g = {.member = {.cpu_milli = 1000, .gpus = gpus, .units = 7000},
                                   .members = members,
                                   .reach = reach,
                                   .required = required,
                                   .spread = apart};
    return placement_place_gang(e, &g, got);
}

/* The nodes that were given members, as bits. */
static unsigned nodes(uint32_t members)
{
    unsigned bits = 0;
    for (uint32_t i = 0; i < members; i++)
        bits |= 1u << got[i].node;
    return bits;
}

static const struct {
    uint32_t gpus, members;
    enum gang_reach reach;
    bool required, spread, placed;
    unsigned nodes; /* 0: any */
} cases[] = {
    {4, 1, GANG_NVLINK_DOMAIN, true, false, true, 0x80}, /* the tightest group: a node alone */
    {4, 2, GANG_NVLINK_DOMAIN, true, false, true, 0x03},
    {4, 3, GANG_NVLINK_DOMAIN, true, false, true, 0x70},
    {4, 4, GANG_NVLINK_DOMAIN, true, false, false, 0},
    {4, 4, GANG_NVLINK_DOMAIN, false, false, true, 0x0f}, /* the rack */
    {4, 4, GANG_RACK, true, false, true, 0x0f},
    {4, 5, GANG_RACK, true, false, false, 0},
    {4, 5, GANG_RACK, false, false, true, 0},
    {4, 7, GANG_SITE, true, false, true, 0x7f},
    {4, 8, GANG_SITE, true, false, false, 0},
    {4, 8, GANG_SITE, false, false, true, 0xff},
    {4, 9, GANG_ANYWHERE, false, false, false, 0},
    {1, 5, GANG_NVLINK_DOMAIN, true, false, true, 0x03},
    {1, 4, GANG_ANYWHERE, true, false, true, 0x01}, /* as few nodes as possible */
    {1, 3, GANG_NVLINK_DOMAIN, true, true, true, 0x70},
    {1, 4, GANG_NVLINK_DOMAIN, true, true, false, 0},
    {1, 8, GANG_ANYWHERE, true, true, true, 0xff},
    {1, 32, GANG_ANYWHERE, true, false, true, 0xff},
    {3, 9, GANG_ANYWHERE, true, false, false, 0},
};

START_TEST(a_gang_goes_into_the_tightest_group_that_reaches_far_enough)
{
    bool placed = place(cases[_i].gpus, cases[_i].members, cases[_i].reach, cases[_i].required,
                        cases[_i].spread);
    ck_assert_msg(placed == cases[_i].placed, "case %d", _i);
    if (cases[_i].nodes)
        ck_assert_msg(nodes(cases[_i].members) == cases[_i].nodes, "case %d: %x", _i,
                      nodes(cases[_i].members));
}
END_TEST

static int64_t idle(void)
{
    return placement_fleet(e)->idle[0];
}

START_TEST(members_are_taken_together_or_not_at_all)
{
    ck_assert(place(2, 3, GANG_RACK, true, false));
    ck_assert_int_eq(idle(), (32 - 6) * SHARE_PER_GPU);
    ck_assert(!place(4, 8, GANG_ANYWHERE, false, false));
    ck_assert_int_eq(idle(), (32 - 6) * SHARE_PER_GPU);
    const struct placement_request member = {.cpu_milli = 1000, .gpus = 2, .units = 7000};
    ck_assert(place(2, 3, GANG_RACK, true, false));
    for (int i = 0; i < 3; i++)
        placement_release(e, &member, &got[i]);
    ck_assert_int_eq(idle(), (32 - 6) * SHARE_PER_GPU);
}
END_TEST

START_TEST(whole_nodes_can_be_a_gang)
{
    const struct placement_request one = {.gpus = 1, .units = 7000, .models = 1};
    const struct gang_request g = {
        .member = {.whole_node = true}, .members = 3, .reach = GANG_RACK, .required = true};
    ck_assert_uint_lt(placement_place(e, &one).node, 8);
    ck_assert(placement_place_gang(e, &g, got));
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(got[i].devices, 15);
}
END_TEST

static Suite *gang_suite(void)
{
    Suite *s = suite_create("gang");
    TCase *t = tcase_create("gang");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, a_gang_goes_into_the_tightest_group_that_reaches_far_enough, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(t, members_are_taken_together_or_not_at_all);
    tcase_add_test(t, whole_nodes_can_be_a_gang);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(gang_suite)
