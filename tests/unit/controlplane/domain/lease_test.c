/* Leases: what they take, where and when. The life cycle: life_cycle_test.c. */
#include "controlplane/domain/lease.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

START_TEST(it_takes_capacity_from_booked_up_to_returning)
{
    static const bool holds[LEASE_STATE_COUNT] = {
        [LEASE_BOOKED] = true,   [LEASE_PREPARING] = true, [LEASE_ACTIVE] = true,
        [LEASE_DRAINING] = true, [LEASE_RETURNING] = true,
    };
    for (int state = 0; state < LEASE_STATE_COUNT; state++) {
        struct lease l = {.state = (enum lease_state)state};
        ck_assert_msg(lease_holds_capacity(&l) == holds[state], "%s",
                      enum_name(&lease_state_names, state));
    }
}
END_TEST

START_TEST(its_units_are_those_of_all_its_gpus)
{
    static const struct {
        uint32_t gpus;
        int64_t each, all;
    } cases[] = {{1, 7000, 7000},
                 {8, 7000, 56000},
                 {3, 875, 2625},
                 {0, 7000, 0},
                 {UINT32_MAX, 7000, INT64_C(4294967295) * 7000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lease l = {.gpus = cases[i].gpus, .units_per_gpu = {cases[i].each}};
        ck_assert_int_eq(lease_units(&l).units, cases[i].all);
    }
}
END_TEST

START_TEST(its_part_on_a_node_is_found_by_the_node)
{
    const struct lease l = {.placements = LIST_OF(struct placement,
                                                  {.node = {"n1"}, .state = PLACEMENT_ACTIVE},
                                                  {.node = {"n2"}, .state = PLACEMENT_TAINTED})};
    const struct id n2 = {"n2"}, n3 = {"n3"};
    ck_assert_int_eq(lease_placement(&l, &n2)->state, PLACEMENT_TAINTED);
    ck_assert_ptr_null(lease_placement(&l, &n3));
    ck_assert_ptr_null(lease_placement(&(struct lease){.id = {"unplaced"}}, &n2));
}
END_TEST

START_TEST(it_takes_its_stretch_until_its_devices_are_back)
{
    for (int state = 0; state < LEASE_STATE_COUNT; state++) {
        struct lease l = {.from = {100},
                          .to = {300},
                          .ends_at = {200},
                          .void_at = {250},
                          .state = (enum lease_state)state};
        struct window w = lease_window(&l);
        ck_assert_int_eq(w.from.s, 100);
        ck_assert_int_eq(w.to.s, state == LEASE_RETURNING ? 250 : 200);
    }
}
END_TEST

START_TEST(a_lease_that_has_not_ended_has_no_reason_why)
{
    struct lease l = {.state = LEASE_ACTIVE};
    ck_assert_str_eq(enum_name(&end_reason_names, (int)l.end_reason), "");
    ck_assert_int_eq(end_reason_names.count, END_REASON_COUNT);
    ck_assert_int_eq(placement_state_names.count, PLACEMENT_STATE_COUNT);
}
END_TEST

static Suite *lease_suite(void)
{
    Suite *s = suite_create("domain/lease");
    TCase *c = tcase_create("lease");
    tcase_add_test(c, it_takes_capacity_from_booked_up_to_returning);
    tcase_add_test(c, its_units_are_those_of_all_its_gpus);
    tcase_add_test(c, its_part_on_a_node_is_found_by_the_node);
    tcase_add_test(c, it_takes_its_stretch_until_its_devices_are_back);
    tcase_add_test(c, a_lease_that_has_not_ended_has_no_reason_why);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(lease_suite)
