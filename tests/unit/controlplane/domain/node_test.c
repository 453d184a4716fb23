/* Nodes: devices by UUID, and which of them count. */
#include "controlplane/domain/node.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

/* clang-format off */
#define ONE_IN_EACH_STATE .devices = LIST_OF(struct device, \
    {.uuid = "GPU-0", .index = 0, .state = DEVICE_CONTRACTED}, \
    {.uuid = "GPU-1", .index = 1, .state = DEVICE_DELIVERED}, \
    {.uuid = "GPU-2", .index = 2, .state = DEVICE_ACCEPTED}, \
    {.uuid = "GPU-3", .index = 3, .state = DEVICE_IN_SERVICE}, \
    {.uuid = "GPU-4", .index = 4, .state = DEVICE_FAULTY}, \
    {.uuid = "GPU-5", .index = 5, .state = DEVICE_MAINTENANCE}, \
    {.uuid = "GPU-6", .index = 6, .state = DEVICE_TAINTED}, \
    {.uuid = "GPU-7", .index = 7, .state = DEVICE_RETIRED}, \
    {.uuid = "GPU-8", .index = 8, .state = DEVICE_IN_SERVICE})
/* clang-format on */

START_TEST(a_device_is_found_by_its_uuid)
{
    const struct node n = {ONE_IN_EACH_STATE};
    ck_assert_uint_eq(node_device(&n, "GPU-6")->index, 6);
    ck_assert_ptr_null(node_device(&n, "GPU-"));
    ck_assert_ptr_null(node_device(&n, "GPU-66"));
    ck_assert_ptr_null(node_device(&(struct node){.id = {"bare"}}, "GPU-0"));
}
END_TEST

START_TEST(leases_may_be_placed_on_what_is_in_service_on_a_node_in_service)
{
    static const struct {
        enum node_state state;
        size_t devices;
    } cases[] = {{NODE_JOINED, 0}, {NODE_IN_SERVICE, 2}, {NODE_DRAINED, 0}, {NODE_RETIRED, 0}};
    ck_assert_uint_eq(sizeof cases / sizeof cases[0], NODE_STATE_COUNT);
    for (size_t i = 0; i < NODE_STATE_COUNT; i++) {
        struct node n = {.state = cases[i].state, ONE_IN_EACH_STATE};
        ck_assert_uint_eq(node_devices_in_service(&n), cases[i].devices);
    }
}
END_TEST

START_TEST(the_best_tier_of_enforcement_is_the_last)
{
    static const char *const names[] = {"none", "advisory", "v1", "bpf"};
    ck_assert_int_eq(enforcement_tier_names.count, TIER_COUNT);
    for (int i = 0; i < TIER_COUNT; i++)
        ck_assert_str_eq(enum_name(&enforcement_tier_names, i), names[i]);
    ck_assert_int_eq(TIER_BPF, TIER_COUNT - 1);
}
END_TEST

static Suite *node_suite(void)
{
    Suite *s = suite_create("domain/node");
    TCase *c = tcase_create("node");
    tcase_add_test(c, a_device_is_found_by_its_uuid);
    tcase_add_test(c, leases_may_be_placed_on_what_is_in_service_on_a_node_in_service);
    tcase_add_test(c, the_best_tier_of_enforcement_is_the_last);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(node_suite)
