/* The room that nodes have, against a calendar that tries every end of a booking: a copy. */
#include "controlplane/calendar/board_room.h"

#include "tests/support/suite.h"

#include <stdio.h>

#define NODES   6
#define DEVICES 4
#define LEASES  40
#define DAY     86400

static uint64_t seed;
static struct calendar *calendar;
static const struct id pools[2] = {{"pool-a"}, {"pool-b"}};

static int64_t below(int64_t n)
{
    seed += 0x9E3779B97F4A7C15u;
    uint64_t z = seed;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

static struct id numbered(const char *kind, int64_t n)
{
    struct id id = {""};
    snprintf(id.text, sizeof id.text, "%s-%d", kind, (int)n);
    return id;
}

static void put_device(int64_t node, int64_t index, bool in_service)
{
    struct calendar_device d = {.node = numbered("node", node),
                                .index = (uint32_t)index,
                                .model = "B200",
                                .pool = pools[node % 2],
                                .in_service = in_service};
    snprintf(d.uuid, sizeof d.uuid, "GPU-%d-%d", (int)node, (int)index);
    calendar_put_device(calendar, &d);
}

static void put_all(void)
{
    for (int64_t i = 0; i < NODES * DEVICES; i++)
        put_device(i / DEVICES, i % DEVICES, true);
}

static void setup(void)
{
    calendar = calendar_create();
}

static void teardown(void)
{
    calendar_destroy(calendar);
}

/* ---- Things that happen
 * ---------------------------------------------------------------------------- */

/* As a fact: whether or not the devices are free. */
static void book_some(void)
{
    static const int64_t parts[] = {7000, 7000, 875, 1000, 3500};
    struct calendar_slot slots[NODES * DEVICES];
    int64_t from = DAY + below(5 * DAY), first = below(NODES * DEVICES);
    size_t n = (size_t)(1 + below(DEVICES));
    int64_t units = parts[below(5)];
    for (size_t i = 0; i < n; i++) {
        int64_t device = (first + (int64_t)i) % (NODES * DEVICES);
        slots[i] =
            (struct calendar_slot){.node = numbered("node", device / DEVICES), .units = units};
        snprintf(slots[i].uuid, sizeof slots[i].uuid, "GPU-%d-%d", (int)(device / DEVICES),
                 (int)(device % DEVICES));
    }
    calendar_book(calendar,
                  &(struct calendar_booking){
                      .lease = numbered("lease", below(LEASES)),
                      .window = {{from}, {from + 1 + below(DAY)}},
                      .sharing = {.tenant = numbered("project", below(2)), .isolation = 1},
                      .slots = slots,
                      .n = n});
}

static void change_something(void)
{
    struct id lease = numbered("lease", below(LEASES));
    int64_t node = below(NODES), index = below(DEVICES);
    char uuid[CALENDAR_UUID_CAP];
    snprintf(uuid, sizeof uuid, "GPU-%d-%d", (int)node, (int)index);
    switch (below(6)) {
    case 0:
        calendar_release(calendar, &lease);
        break;
    case 1:
        calendar_shorten(calendar, &lease, (struct instant){DAY + below(5 * DAY)});
        break;
    case 2:
        calendar_drop_device(calendar, &(struct id){"node-9"}, uuid);
        calendar_drop_device(calendar, &(struct id){"node-1"}, uuid);
        break;
    case 3:
        put_device(node, index, below(3) > 0);
        break;
    default:
        book_some();
    }
}

/* ---- What must hold
 * -------------------------------------------------------------------------------- */

static void compare(void)
{
    static const int64_t parts[] = {7000, 875, 3500};
    struct calendar *plain = calendar_copy(calendar);
    for (int i = 0; i < 4; i++) {
        int64_t from = DAY + below(5 * DAY), horizon = from + below(8 * DAY);
        struct calendar_query q = {
            .model = "B200",
            .pools = &pools[below(2)],
            .n_pools = 1,
            .devices = (size_t)(1 + below(8)),
            .units = parts[below(3)],
            .one_node = below(2),
            .window = {{from}, {from + 1 + below(DAY)}},
            .cleaning_s = below(2) * below(3600),
            .sharing = {.tenant = numbered("project", below(2)), .isolation = 1}};
        struct instant found = INSTANT_NEVER, wanted = INSTANT_NEVER;
        bool any = calendar_earliest(calendar, &q, (struct instant){horizon}, &found);
        ck_assert(any == calendar_earliest(plain, &q, (struct instant){horizon}, &wanted));
        ck_assert_int_eq(found.s, wanted.s);
        struct calendar_choice choice = {0};
        size_t most = calendar_most(calendar, &q);
        for (q.devices = 1; q.devices <= NODES * DEVICES; q.devices++) {
            int rc = calendar_find(calendar, &q, &choice, NULL);
            ck_assert((rc == 0) == (q.devices <= most));
            if (rc == 0)
                calendar_choice_fini(&choice);
        }
    }
    calendar_destroy(plain);
}

START_TEST(test_the_earliest_start_is_that_of_trying_every_end)
{
    seed = (uint64_t)_i;
    put_all();
    for (int i = 0; i < 60; i++) {
        change_something();
        if (i % 3 == 0)
            compare();
    }
}
END_TEST

START_TEST(test_devices_may_become_known_after_their_bookings)
{
    seed = (uint64_t)_i + 50;
    for (int i = 0; i < 20; i++)
        book_some();
    put_all();
    compare();
}
END_TEST

START_TEST(test_a_kind_that_is_not_known_has_no_room)
{
    struct instant start;
    struct calendar_query q = {.model = "H200",
                               .pools = pools,
                               .n_pools = 1,
                               .devices = 1,
                               .units = 7000,
                               .window = {{DAY}, {2 * DAY}}};
    put_all();
    ck_assert(!calendar_earliest(calendar, &q, (struct instant){9 * DAY}, &start));
    ck_assert_uint_eq(calendar_most(calendar, &q), 0);
}
END_TEST

static Suite *board_room_suite(void)
{
    Suite *s = suite_create("board_room");
    TCase *c = tcase_create("board_room");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, test_the_earliest_start_is_that_of_trying_every_end, 0, 12);
    tcase_add_loop_test(c, test_devices_may_become_known_after_their_bookings, 0, 8);
    tcase_add_test(c, test_a_kind_that_is_not_known_has_no_room);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(board_room_suite)
