/* What one device can give to one query. */
#include "controlplane/calendar/board.h"

#include "tests/support/suite.h"

static const struct id pool = {"pool"};

static struct board_device device_of(struct board_hold *holds, size_t n)
{
    return (struct board_device){.info = {.model = "B200", .pool = pool, .in_service = true},
                                 .known = true,
                                 .holds = holds,
                                 .n = n};
}

static struct calendar_query query(int64_t units, int64_t from, int64_t to, int64_t cleaning_s)
{
    return (struct calendar_query){.model = "B200",
                                   .pools = &pool,
                                   .n_pools = 1,
                                   .devices = 1,
                                   .units = units,
                                   .window = {{from}, {to}},
                                   .cleaning_s = cleaning_s,
                                   .sharing = {.tenant = {"alpha"}}};
}

START_TEST(test_what_counts)
{
    struct board_device d = device_of(NULL, 0);
    struct calendar_query q = query(1, 0, 1, 0);
    ck_assert(board_counts(&d, &q));
    d.known = false;
    ck_assert(!board_counts(&d, &q));
    d = device_of(NULL, 0);
    d.info.in_service = false;
    ck_assert(!board_counts(&d, &q));
    d = device_of(NULL, 0);
    q.n_pools = 0;
    ck_assert(!board_counts(&d, &q));
    q = query(1, 0, 1, 0);
    q.model = "H200";
    ck_assert(!board_counts(&d, &q));
}
END_TEST

START_TEST(test_padding_saturates)
{
    struct calendar_query q = query(1, 100, 200, 30);
    ck_assert_int_eq(board_padded(&q).from.s, 70);
    ck_assert_int_eq(board_padded(&q).to.s, 230);
    q.cleaning_s = 1000;
    ck_assert_int_eq(board_padded(&q).from.s, INSTANT_MIN_S);
}
END_TEST

START_TEST(test_free_units_are_those_at_the_fullest_instant)
{
    struct board_booking a = {
        .lease = {"a"}, .window = {{0}, {10}}, .sharing = {.tenant = {"alpha"}}};
    struct board_booking b = {
        .lease = {"b"}, .window = {{5}, {15}}, .sharing = {.tenant = {"alpha"}}};
    struct board_booking c = {
        .lease = {"c"}, .window = {{15}, {20}}, .sharing = {.tenant = {"alpha"}}};
    struct board_hold holds[] = {{&a, 2000}, {&b, 3000}, {&c, 7000}};
    struct board_device d = device_of(holds, 3);
    static const struct {
        int64_t from, to, units, free;
    } cases[] = {
        {0, 5, 1, 5000}, {0, 6, 1, 2000}, {5, 10, 1, 2000},     {10, 15, 1, 4000},
        {10, 16, 1, 0},  {0, 5, 7000, 0}, {20, 30, 7000, 7000}, {20, 30, 1, 7000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct calendar_query q = query(cases[i].units, cases[i].from, cases[i].to, 0);
        ck_assert_int_eq(board_free_units(&d, &q), cases[i].free);
    }
    struct calendar_query q = query(1, 0, 15, 0);
    q.ignore = b.lease;
    ck_assert_int_eq(board_free_units(&d, &q), 5000);
}
END_TEST

START_TEST(test_the_last_holder_is_the_one_that_ends_last_then_by_lease)
{
    struct board_booking a = {.lease = {"a"}, .window = {{0}, {10}}};
    struct board_booking b = {.lease = {"b"}, .window = {{0}, {20}}};
    struct board_booking c = {.lease = {"c"}, .window = {{0}, {20}}};
    struct board_hold holds[] = {{&a, 1}, {&c, 1}, {&b, 1}};
    struct board_device d = device_of(holds, 3);
    struct calendar_query q = query(1, 5, 6, 0), later = query(1, 20, 30, 0);
    ck_assert_ptr_eq(board_last_holder(&d, &q)->booking, &b);
    ck_assert_ptr_null(board_last_holder(&d, &later));
}
END_TEST

static Suite *board_suite(void)
{
    Suite *s = suite_create("board");
    TCase *c = tcase_create("board");
    tcase_add_test(c, test_what_counts);
    tcase_add_test(c, test_padding_saturates);
    tcase_add_test(c, test_free_units_are_those_at_the_fullest_instant);
    tcase_add_test(c, test_the_last_holder_is_the_one_that_ends_last_then_by_lease);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(board_suite)
