/* What the header of the calendar promises. */
#include "controlplane/calendar/calendar.h"

#include "tests/support/suite.h"

#include <stdio.h>

#define WHOLE SHARE_PER_GPU

static struct calendar *calendar;
static struct id pool;

static void setup(void)
{
    calendar = calendar_create();
    pool = id_literal("pool");
}

static void teardown(void)
{
    calendar_destroy(calendar);
}

static void add_node(const char *name, size_t gpus, const char *domain)
{
    for (size_t i = 0; i < gpus; i++) {
        struct calendar_device d = {.node = id_literal(name),
                                    .index = (uint32_t)i,
                                    .model = "B200",
                                    .pool = pool,
                                    .in_service = true};
        if (domain)
            d.nvlink_domain = id_literal(domain);
        snprintf(d.uuid, sizeof d.uuid, "GPU-%s-%zu", name, i);
        calendar_put_device(calendar, &d);
    }
}

static struct calendar_slot slot(const char *node, size_t index, int64_t units)
{
    struct calendar_slot s = {.node = id_literal(node), .units = units};
    snprintf(s.uuid, sizeof s.uuid, "GPU-%s-%zu", node, index);
    return s;
}

static struct window hours(int64_t from, int64_t to)
{
    return (struct window){{from * 3600}, {to * 3600}};
}

/* Books devices first..first+n of a node. */
static void book(const char *lease, const char *node, size_t first, size_t n, struct window window,
                 int64_t units)
{
    struct calendar_slot slots[16];
    for (size_t i = 0; i < n; i++)
        slots[i] = slot(node, first + i, units);
    calendar_book(calendar, &(struct calendar_booking){.lease = id_literal(lease),
                                                       .window = window,
                                                       .sharing = {.tenant = id_literal("alpha")},
                                                       .slots = slots,
                                                       .n = n});
}

static struct calendar_query query(size_t devices, int64_t units, struct window window)
{
    return (struct calendar_query){.model = "B200",
                                   .pools = &pool,
                                   .n_pools = 1,
                                   .devices = devices,
                                   .units = units,
                                   .window = window,
                                   .sharing = {.tenant = id_literal("alpha")}};
}

/* The choice as text: "n1:0 n1:1"; or the error's name. */
static const char *found(const struct calendar_query *q)
{
    static char text[512];
    struct calendar_choice choice;
    struct err err = ERR_INIT;
    if (calendar_find(calendar, q, &choice, &err) < 0)
        return err_name(err.code);
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < choice.n; i++) {
        const char *index = strrchr(choice.slots[i].uuid, '-') + 1;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s:%s", i ? " " : "",
                               choice.slots[i].node.text, index);
        ck_assert_int_eq(choice.slots[i].units, q->units);
    }
    calendar_choice_fini(&choice);
    return text;
}

/* ---- Windows ---- */

START_TEST(test_bookings_that_touch_do_not_conflict)
{
    static const struct {
        int64_t from, to;
        const char *answer;
    } cases[] = {
        {0, 10, "n1:0"},         {20, 30, "n1:0"},        {9, 11, "no-capacity"},
        {19, 21, "no-capacity"}, {12, 13, "no-capacity"}, {0, 30, "no-capacity"},
        {10, 20, "no-capacity"},
    };
    add_node("n1", 1, NULL);
    book("lease-1", "n1", 0, 1, hours(10, 20), WHOLE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct calendar_query q = query(1, WHOLE, hours(cases[i].from, cases[i].to));
        ck_assert_str_eq(found(&q), cases[i].answer);
    }
}
END_TEST

START_TEST(test_cleaning_time_is_kept_free_on_both_sides)
{
    add_node("n1", 1, NULL);
    book("lease-1", "n1", 0, 1, hours(10, 20), WHOLE);
    struct calendar_query before = query(1, WHOLE, hours(5, 9)),
                          after = query(1, WHOLE, hours(21, 22));
    before.cleaning_s = after.cleaning_s = 3600;
    ck_assert_str_eq(found(&before), "n1:0");
    ck_assert_str_eq(found(&after), "n1:0");
    before.cleaning_s = after.cleaning_s = 3601;
    ck_assert_str_eq(found(&before), "no-capacity");
    ck_assert_str_eq(found(&after), "no-capacity");
}
END_TEST

START_TEST(test_release_and_shorten_free)
{
    add_node("n1", 1, NULL);
    struct calendar_query q = query(1, WHOLE, hours(15, 18));
    struct id lease = id_literal("lease-1"), other = id_literal("lease-2");
    book("lease-1", "n1", 0, 1, hours(10, 20), WHOLE);
    calendar_shorten(calendar, &lease, (struct instant){16 * 3600});
    ck_assert_str_eq(found(&q), "no-capacity");
    calendar_shorten(calendar, &lease, (struct instant){15 * 3600});
    ck_assert_str_eq(found(&q), "n1:0");
    calendar_shorten(calendar, &lease, (struct instant){30 * 3600}); /* never longer */
    ck_assert_str_eq(found(&q), "n1:0");
    book("lease-1", "n1", 0, 1, hours(10, 20), WHOLE); /* replaces */
    ck_assert_str_eq(found(&q), "no-capacity");
    calendar_release(calendar, &lease);
    calendar_release(calendar, &lease);
    calendar_release(calendar, &other);
    calendar_shorten(calendar, &other, (struct instant){0});
    ck_assert_str_eq(found(&q), "n1:0");
    book("lease-1", "n1", 0, 1, hours(20, 20), WHOLE); /* empty: as a release */
    ck_assert_int_eq(
        calendar_units_at(calendar, &(struct id){"n1"}, "GPU-n1-0", (struct instant){20 * 3600}),
        0);
}
END_TEST

START_TEST(test_a_lease_to_be_moved_is_ignored)
{
    add_node("n1", 1, NULL);
    book("lease-1", "n1", 0, 1, hours(10, 20), WHOLE);
    struct calendar_query q = query(1, WHOLE, hours(10, 20));
    q.ignore = id_literal("lease-1");
    ck_assert_str_eq(found(&q), "n1:0");
}
END_TEST

/* ---- Devices ---- */

START_TEST(test_only_devices_in_service_of_model_and_pools_count)
{
    struct calendar_device d = {.node = id_literal("n1"),
                                .uuid = "GPU-n1-0",
                                .model = "B200",
                                .pool = pool,
                                .in_service = true};
    struct calendar_query q = query(1, WHOLE, hours(0, 1));
    calendar_put_device(calendar, &d);
    ck_assert_str_eq(found(&q), "n1:0");
    d.in_service = false;
    calendar_put_device(calendar, &d);
    ck_assert_str_eq(found(&q), "no-capacity");
    d.in_service = true;
    memcpy(d.model, "H200", 5);
    calendar_put_device(calendar, &d);
    ck_assert_str_eq(found(&q), "no-capacity");
    memcpy(d.model, "B200", 5);
    d.pool = id_literal("other");
    calendar_put_device(calendar, &d);
    ck_assert_str_eq(found(&q), "no-capacity");
    d.pool = pool;
    calendar_put_device(calendar, &d);
    calendar_drop_device(calendar, &d.node, d.uuid);
    calendar_drop_device(calendar, &d.node, d.uuid);
    ck_assert_str_eq(found(&q), "no-capacity");
}
END_TEST

START_TEST(test_bookings_may_come_before_their_devices)
{
    book("lease-1", "n1", 0, 1, hours(0, 10), WHOLE);
    add_node("n1", 1, NULL);
    struct calendar_query q = query(1, WHOLE, hours(5, 6));
    ck_assert_str_eq(found(&q), "no-capacity");
    calendar_drop_device(calendar, &(struct id){"n1"}, "GPU-n1-0");
    ck_assert_int_eq(
        calendar_units_at(calendar, &(struct id){"n1"}, "GPU-n1-0", (struct instant){0}), WHOLE);
}
END_TEST

/* ---- Whole devices ---- */

START_TEST(test_whole_devices_take_the_fewest_nodes_and_fill_them_best)
{
    static const struct {
        size_t devices;
        bool one_node;
        const char *answer;
    } cases[] = {
        {1, false, "n3:0"},
        {2, false, "n3:0 n3:1"},
        {3, false, "n2:1 n2:2 n2:3"},
        {4, true, "n1:0 n1:1 n1:2 n1:3"},
        {8, true, "n1:0 n1:1 n1:2 n1:3 n1:4 n1:5 n1:6 n1:7"},
        {9, true, "no-capacity"},
        {10, false, "n1:0 n1:1 n1:2 n1:3 n1:4 n1:5 n1:6 n1:7 n3:0 n3:1"},
        {14, false, "no-capacity"},
    };
    add_node("n1", 8, NULL); /* 8 free */
    add_node("n2", 4, NULL); /* 3 free */
    add_node("n3", 2, NULL); /* 2 free */
    book("lease-1", "n2", 0, 1, hours(0, 100), WHOLE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct calendar_query q = query(cases[i].devices, WHOLE, hours(0, 1));
        q.one_node = cases[i].one_node;
        ck_assert_str_eq(found(&q), cases[i].answer);
    }
}
END_TEST

START_TEST(test_several_nodes_stay_in_one_nvlink_domain_if_one_has_room)
{
    add_node("n1", 2, "east");
    add_node("n2", 4, NULL);
    add_node("n3", 2, "east");
    add_node("n4", 2, "west");
    add_node("n5", 4, "west");
    struct calendar_query four = query(4, WHOLE, hours(0, 1));
    struct calendar_query five = query(5, WHOLE, hours(0, 1));
    struct calendar_query eleven = query(11, WHOLE, hours(0, 1));
    ck_assert_str_eq(found(&four), "n2:0 n2:1 n2:2 n2:3"); /* one node is better still */
    ck_assert_str_eq(found(&five), "n4:0 n5:0 n5:1 n5:2 n5:3");
    ck_assert_str_eq(found(&eleven), "n1:0 n1:1 n2:0 n2:1 n2:2 n2:3 n3:0 n5:0 n5:1 n5:2 n5:3");
}
END_TEST

/* ---- Parts ---- */

START_TEST(test_parts_take_the_fullest_devices_first)
{
    add_node("n1", 4, NULL);
    add_node("n2", 4, NULL);
    book("lease-1", "n2", 2, 1, hours(0, 10), 3000);
    book("lease-2", "n2", 3, 1, hours(0, 10), 1000);
    struct calendar_query small = query(1, 1000, hours(0, 1));
    struct calendar_query large = query(1, 5000, hours(0, 1));
    struct calendar_query three = query(3, 5000, hours(0, 1));
    ck_assert_str_eq(found(&small), "n2:2");
    ck_assert_str_eq(found(&large), "n2:3");
    ck_assert_str_eq(found(&three), "n2:0 n2:1 n2:3"); /* n1 stays whole */
    three.one_node = true;
    three.units = 6500;
    ck_assert_str_eq(found(&three), "n1:0 n1:1 n1:2"); /* n2 has but two */
}
END_TEST

START_TEST(test_a_part_fits_at_the_peak_and_not_on_the_average)
{
    add_node("n1", 1, NULL);
    book("lease-1", "n1", 0, 1, hours(0, 5), 4000);
    book("lease-2", "n1", 0, 1, hours(4, 10), 2000); /* 6000 of 7000 from 4 to 5 */
    struct calendar_query q = query(1, 1001, hours(0, 10));
    ck_assert_str_eq(found(&q), "no-capacity");
    q.units = 1000;
    ck_assert_str_eq(found(&q), "n1:0");
    q = query(1, 3000, hours(0, 4));
    ck_assert_str_eq(found(&q), "n1:0");
    ck_assert_int_eq(
        calendar_units_at(calendar, &(struct id){"n1"}, "GPU-n1-0", (struct instant){4 * 3600}),
        6000);
}
END_TEST

START_TEST(test_tenants_share_a_device_only_where_the_class_separates_them)
{
    static const struct {
        uint32_t theirs;
        bool their_apart;
        const char *tenant;
        uint32_t ours;
        bool our_apart;
        const char *answer;
    } cases[] = {
        {4, false, "alpha", 4, false, "n1:0"},       {4, false, "beta", 4, false, "no-capacity"},
        {1, true, "beta", 1, true, "n1:0"},          {1, true, "alpha", 1, true, "n1:0"},
        {1, true, "alpha", 4, false, "no-capacity"}, {4, false, "beta", 1, true, "no-capacity"},
    };
    add_node("n1", 1, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct calendar_slot part = slot("n1", 0, 1000);
        calendar_book(calendar,
                      &(struct calendar_booking){.lease = id_literal("lease-1"),
                                                 .window = hours(0, 10),
                                                 .sharing = {.tenant = id_literal("alpha"),
                                                             .isolation = cases[i].theirs,
                                                             .apart = cases[i].their_apart},
                                                 .slots = &part,
                                                 .n = 1});
        struct calendar_query q = query(1, 1000, hours(0, 10));
        q.sharing = (struct calendar_sharing){.tenant = id_literal(cases[i].tenant),
                                              .isolation = cases[i].ours,
                                              .apart = cases[i].our_apart};
        ck_assert_msg(strcmp(found(&q), cases[i].answer) == 0, "case %zu: %s", i, found(&q));
    }
    book("lease-1", "n1", 0, 1, hours(0, 10), WHOLE); /* a whole device is shared with nobody */
    struct calendar_query q = query(1, 1, hours(0, 10));
    ck_assert_str_eq(found(&q), "no-capacity");
}
END_TEST

/* ---- Reasons and other starts ---- */

START_TEST(test_refusals_say_how_many_are_free_and_who_holds_the_others)
{
    struct calendar_choice choice;
    struct err err = ERR_INIT;
    add_node("n1", 4, NULL);
    struct calendar_query q = query(5, WHOLE, hours(0, 1));
    ck_assert_int_eq(calendar_find(calendar, &q, &choice, &err), -ERR_NO_CAPACITY);
    ck_assert_ptr_nonnull(strstr(err.text, "4 of 4 B200"));
    ck_assert_ptr_null(strstr(err.text, "lease"));
    book("lease-1", "n1", 0, 1, hours(0, 10), WHOLE);
    book("lease-2", "n1", 1, 1, hours(0, 20), WHOLE);
    q.cleaning_s = 3600;
    ck_assert_int_eq(calendar_find(calendar, &q, &choice, &err), -ERR_NO_CAPACITY);
    ck_assert_ptr_nonnull(strstr(err.text, "2 of 4 B200"));
    ck_assert_ptr_nonnull(strstr(err.text, "lease-2 holds others until 1970-01-02T06:00:00+09:00"));
    struct calendar_count count = calendar_count(calendar, &q);
    ck_assert_uint_eq(count.devices, 4);
    ck_assert_uint_eq(count.free, 2);
    ck_assert_str_eq(count.holder.text, "lease-2");
    ck_assert_int_eq(count.held_until.s, 21 * 3600);
    add_node("n2", 1, NULL);
    q.devices = 3;
    q.one_node = true;
    ck_assert_int_eq(calendar_find(calendar, &q, &choice, &err), -ERR_NO_CAPACITY);
    ck_assert_ptr_nonnull(strstr(err.text, "but not on one node"));
}
END_TEST

START_TEST(test_earliest_start_is_now_or_where_a_booking_ends)
{
    static const struct {
        size_t devices;
        int64_t cleaning_s;
        int64_t horizon;
        int64_t start; /* hours; -1: none */
    } cases[] = {
        {1, 0, 100, 0}, {2, 0, 100, 10}, {3, 0, 100, 20},    {4, 0, 100, -1},
        {3, 0, 19, -1}, {3, 0, 20, 20},  {3, 3600, 100, 21},
    };
    struct instant start;
    add_node("n1", 3, NULL);
    book("lease-1", "n1", 0, 1, hours(0, 10), WHOLE);
    book("lease-2", "n1", 1, 1, hours(0, 20), WHOLE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct calendar_query q = query(cases[i].devices, WHOLE, hours(0, 5));
        q.cleaning_s = cases[i].cleaning_s;
        bool any =
            calendar_earliest(calendar, &q, (struct instant){cases[i].horizon * 3600}, &start);
        ck_assert_int_eq(any ? start.s / 3600 : -1, cases[i].start);
    }
    struct calendar_query late = query(1, WHOLE, hours(50, 60));
    ck_assert(!calendar_earliest(calendar, &late, (struct instant){49 * 3600}, &start));
}
END_TEST

static bool sum_hours(struct instant t, void *arg)
{
    int64_t *sum = arg;
    *sum = *sum * 100 + t.s / 3600;
    return *sum < 10000;
}

START_TEST(test_ends_are_visited_in_rising_order_once)
{
    int64_t sum = 0;
    book("lease-1", "n1", 0, 1, hours(0, 30), WHOLE);
    book("lease-2", "n1", 1, 1, hours(0, 10), WHOLE);
    book("lease-3", "n1", 2, 1, hours(5, 30), WHOLE);
    book("lease-4", "n1", 3, 1, hours(5, 40), WHOLE);
    calendar_each_end(calendar, (struct instant){0}, (struct instant){40 * 3600}, sum_hours, &sum);
    ck_assert_int_eq(sum, 103040);
    sum = 0;
    calendar_each_end(calendar, (struct instant){10 * 3600}, (struct instant){39 * 3600}, sum_hours,
                      &sum);
    ck_assert_int_eq(sum, 30);
}
END_TEST

/* ---- Order ---- */

/* Two calendars with the same contents in another order, and a copy, choose the same. */
START_TEST(test_results_do_not_depend_on_the_order_of_calls)
{
    unsigned dice = 12345u + (unsigned)_i;
    for (size_t n = 0; n < 6; n++) {
        char name[8];
        snprintf(name, sizeof name, "n%zu", (n * 5 + (size_t)_i) % 6);
        add_node(name, 4, NULL);
    }
    for (int i = 0; i < 40; i++) {
        char lease[32], node[8];
        dice = dice * 1103515245u + 12345u;
        snprintf(lease, sizeof lease, "lease-%u", (dice >> 16) % 20);
        snprintf(node, sizeof node, "n%u", (dice >> 20) % 6);
        book(lease, node, (dice >> 8) % 4, 1, hours((dice >> 4) % 20, 20 + i % 7), 1000);
        if (dice >> 30 == 0)
            calendar_release(calendar, &(struct id){"lease-3"});
    }
    struct calendar *copy = calendar_copy(calendar);
    for (size_t devices = 1; devices < 20; devices++) {
        struct calendar_query q = query(devices, devices % 3 ? 3000 : WHOLE, hours(10, 25));
        char before[512];
        snprintf(before, sizeof before, "%s", found(&q));
        struct calendar *kept = calendar;
        calendar = copy;
        ck_assert_str_eq(found(&q), before);
        calendar = kept;
    }
    calendar_destroy(copy);
}
END_TEST

/* What is chosen is free: booked next, no device ever carries more than it has. */
START_TEST(test_what_is_found_can_be_booked)
{
    unsigned dice = 99u + (unsigned)_i;
    add_node("n1", 8, "east");
    add_node("n2", 4, "east");
    add_node("n3", 2, NULL);
    for (int i = 0; i < 200; i++) {
        char lease[32];
        struct calendar_choice choice;
        dice = dice * 1103515245u + 12345u;
        int64_t from = (dice >> 8) % 50, length = 1 + (dice >> 16) % 10;
        int64_t units = (dice >> 28) % 2 ? WHOLE : 875 * (1 + (dice >> 20) % 7);
        struct calendar_query q = query(1 + (dice >> 24) % 5, units, hours(from, from + length));
        q.one_node = (dice >> 23) % 2;
        if (calendar_find(calendar, &q, &choice, NULL) < 0)
            continue;
        snprintf(lease, sizeof lease, "lease-%d", i);
        calendar_book(calendar, &(struct calendar_booking){.lease = id_literal(lease),
                                                           .window = q.window,
                                                           .sharing = q.sharing,
                                                           .slots = choice.slots,
                                                           .n = choice.n});
        for (size_t k = 0; k < choice.n; k++) {
            for (int64_t t = from; t < from + length; t++)
                ck_assert_int_le(calendar_units_at(calendar, &choice.slots[k].node,
                                                   choice.slots[k].uuid,
                                                   (struct instant){t * 3600}),
                                 WHOLE);
        }
        calendar_choice_fini(&choice);
    }
}
END_TEST

static Suite *calendar_suite(void)
{
    Suite *s = suite_create("calendar");
    TCase *c = tcase_create("calendar");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_bookings_that_touch_do_not_conflict);
    tcase_add_test(c, test_cleaning_time_is_kept_free_on_both_sides);
    tcase_add_test(c, test_release_and_shorten_free);
    tcase_add_test(c, test_a_lease_to_be_moved_is_ignored);
    tcase_add_test(c, test_only_devices_in_service_of_model_and_pools_count);
    tcase_add_test(c, test_bookings_may_come_before_their_devices);
    tcase_add_test(c, test_whole_devices_take_the_fewest_nodes_and_fill_them_best);
    tcase_add_test(c, test_several_nodes_stay_in_one_nvlink_domain_if_one_has_room);
    tcase_add_test(c, test_parts_take_the_fullest_devices_first);
    tcase_add_test(c, test_a_part_fits_at_the_peak_and_not_on_the_average);
    tcase_add_test(c, test_tenants_share_a_device_only_where_the_class_separates_them);
    tcase_add_test(c, test_refusals_say_how_many_are_free_and_who_holds_the_others);
    tcase_add_test(c, test_earliest_start_is_now_or_where_a_booking_ends);
    tcase_add_test(c, test_ends_are_visited_in_rising_order_once);
    tcase_add_loop_test(c, test_results_do_not_depend_on_the_order_of_calls, 0, 5);
    tcase_add_loop_test(c, test_what_is_found_can_be_booked, 0, 5);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(calendar_suite)
