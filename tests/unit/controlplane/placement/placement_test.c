#include "controlplane/placement/placement.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/placement/chance.h"

#include <stdlib.h>

static bool anybody_can_take(const struct fleet *f, const struct placement_request *r)
{
    for (size_t i = 0; i < f->n; i++) {
        if (fleet_gain(f, i, r, NULL) != FLEET_UNFIT)
            return true;
    }
    return false;
}

START_TEST(no_request_is_refused_while_a_node_can_take_it)
{
    struct fleet_spec specs[NODES];
    dice = (uint64_t)_i + 1;
    random_fleet(specs);
    struct placement_engine *e = placement_create(specs, NODES, 7);
    int refused = 0;
    for (int i = 0; i < 600; i++) {
        struct placement_request r = random_request();
        bool can = anybody_can_take(placement_fleet(e), &r);
        struct placement p = placement_place(e, &r);
        ck_assert(can == (p.node != PLACEMENT_NOWHERE));
        refused += !can;
    }
    ck_assert_int_gt(refused, 0);
    placement_destroy(e);
}
END_TEST

START_TEST(the_same_calls_give_the_same_answers)
{
    struct fleet_spec specs[NODES];
    dice = 9;
    random_fleet(specs);
    struct placement_engine *a = placement_create(specs, NODES, 1);
    struct placement_engine *b = placement_create(specs, NODES, 1);
    for (int i = 0; i < 300; i++) {
        struct placement_request r = random_request();
        struct placement p = placement_place(a, &r), q = placement_place(b, &r);
        ck_assert_uint_eq(p.node, q.node);
        ck_assert_uint_eq(p.devices, q.devices);
        ck_assert_uint_eq(p.slice, q.slice);
    }
    placement_destroy(a);
    placement_destroy(b);
}
END_TEST

START_TEST(what_was_released_can_be_placed_again)
{
    const struct fleet_spec one = {.cpu_milli = 8000, .gpus = 1, .model = 0};
    const struct placement_request r = {.cpu_milli = 8000, .gpus = 1, .units = 7000};
    struct placement_engine *e = placement_create(&one, 1, 0);
    for (int i = 0; i < 100; i++) {
        struct placement p = placement_place(e, &r);
        ck_assert_uint_eq(p.node, 0);
        ck_assert_uint_eq(placement_place(e, &r).node, PLACEMENT_NOWHERE);
        placement_release(e, &r, &p);
    }
    placement_destroy(e);
}
END_TEST

/* Eight nodes of each of two models; everybody but one in four could take either. */
START_TEST(who_can_choose_leaves_the_scarce_model_to_who_can_not)
{
    struct fleet_spec specs[16];
    for (size_t i = 0; i < 16; i++)
        specs[i] = (struct fleet_spec){.cpu_milli = 64000, .gpus = 4, .model = i < 8};
    struct placement_engine *e = placement_create(specs, 16, 3);
    struct placement_request free_one = {.cpu_milli = 1000, .gpus = 1, .units = 7000};
    struct placement_request bound = free_one;
    bound.models = 1;
    for (int i = 0; i < 20; i++) {
        placement_remember(e, &bound);
        placement_remember(e, &free_one);
    }
    placement_learn(e);
    for (int i = 0; i < 32; i++) {
        struct placement p = placement_place(e, &free_one);
        ck_assert_uint_lt(p.node, 16);
        ck_assert_uint_ne(placement_place(e, &bound).node, PLACEMENT_NOWHERE);
    }
    placement_destroy(e);
}
END_TEST

START_TEST(a_fleet_without_nodes_takes_nothing)
{
    const struct placement_request r = {.cpu_milli = 1};
    struct placement_engine *e = placement_create(NULL, 0, 0);
    ck_assert_uint_eq(placement_place(e, &r).node, PLACEMENT_NOWHERE);
    placement_destroy(e);
    placement_destroy(NULL);
}
END_TEST

static Suite *placement_suite(void)
{
    Suite *s = suite_create("placement");
    TCase *t = tcase_create("placement");
    tcase_add_loop_test(t, no_request_is_refused_while_a_node_can_take_it, 0, 8);
    tcase_add_test(t, the_same_calls_give_the_same_answers);
    tcase_add_test(t, what_was_released_can_be_placed_again);
    tcase_add_test(t, who_can_choose_leaves_the_scarce_model_to_who_can_not);
    tcase_add_test(t, a_fleet_without_nodes_takes_nothing);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(placement_suite)
