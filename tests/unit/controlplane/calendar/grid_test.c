/* Bounds by rows of time: where rows lie, what their bytes say, and the run that slides over them.
 */
#include "controlplane/calendar/grid.h"

#include "tests/support/suite.h"

#define TRACKS 130
#define ROWS   32

static struct window window(int64_t from, int64_t to)
{
    return (struct window){{from}, {to}};
}

static const struct window ever = {{INT64_MIN}, {INT64_MAX}};

START_TEST(test_every_instant_has_its_row)
{
    struct grid g;
    grid_init(&g, window(1000, 1000 + 32 * 64 - 1), ROWS, 1, 7000);
    ck_assert_uint_eq(g.shift, 6);
    static const struct {
        int64_t at;
        uint32_t row;
    } cases[] = {
        {INT64_MIN, 0},       {0, 0},        {999, 0},       {1000, 0}, {1063, 0}, {1064, 1},
        {1000 + 31 * 64, 31}, {1000000, 31}, {INT64_MAX, 31}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_uint_eq(grid_row(&g, cases[i].at), cases[i].row);
    ck_assert_int_eq(grid_window(&g, 0).from.s, INT64_MIN);
    ck_assert_int_eq(grid_window(&g, 0).to.s, 1064);
    ck_assert_int_eq(grid_window(&g, 31).from.s, 1000 + 31 * 64);
    ck_assert_int_eq(grid_window(&g, 31).to.s, INT64_MAX);
    grid_fini(&g);
    ck_assert_ptr_null(g.least);
}
END_TEST

START_TEST(test_bytes_round_up_and_hold_whole_gpus_exactly)
{
    static const struct {
        int64_t most, scale;
    } cases[] = {{7000, 28},
                 {8 * 7000, 250},
                 {72 * 7000, 3500},
                 {255 * 7000, 14000},
                 {254 * 7000, 7000},
                 {3000 * 7000, 84000},
                 {0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct grid g;
        grid_init(&g, window(0, 10), 2, 1, cases[i].most);
        ck_assert_int_eq(g.scale, cases[i].scale);
        ck_assert(grid_holds(&g, cases[i].most));
        ck_assert(!grid_holds(&g, 256 * g.scale));
        ck_assert_int_eq(grid_need(&g, 1), 1);
        ck_assert_int_eq(grid_need(&g, 3 * g.scale), 3);
        ck_assert_int_eq(grid_need(&g, 3 * g.scale + 1), 4);
        grid_fini(&g);
    }
}
END_TEST

START_TEST(test_a_row_holds_the_least_and_the_most_of_its_track)
{
    struct grid g, coarse;
    struct track t;
    track_init(&t, 8 * 7000);
    track_take(&t, window(70, 80), 3 * 7000);
    track_take(&t, window(100, 200), 8 * 7000);
    track_take(&t, window(300, 310), 9 * 7000);
    grid_init(&g, window(0, 64 * 8 - 1), 8, 2, 8 * 7000);
    grid_fill(&g, 1, &t, ever);
    static const int least[8] = {8, 0, 0, 0, -1, 8, 8, 8}, most[8] = {8, 8, 0, 8, 8, 8, 8, 8};
    for (int row = 0; row < 8; row++) {
        int steps = (int)(7000 / g.scale);
        ck_assert_int_eq(g.least[row * g.stride + 1], least[row] < 0 ? 0 : least[row] * steps);
        ck_assert_int_eq(g.most[row * g.stride + 1], most[row] * steps);
        ck_assert_int_eq(g.least[row * g.stride], 0);
    }
    grid_init_coarser(&coarse, &g);
    grid_gather(&coarse, 1, &g, ever);
    ck_assert_uint_eq(coarse.rows, 2);
    ck_assert_int_eq(coarse.least[1], 0);
    ck_assert_int_eq(coarse.most[1], 8 * 7000 / g.scale);
    ck_assert_int_eq(grid_window(&coarse, 0).to.s, 256);
    track_take(&t, window(100, 200), -8 * 7000);
    grid_fill(&g, 1, &t, window(100, 200));
    ck_assert_int_eq(g.least[2 * g.stride + 1], 8 * 7000 / g.scale);
    ck_assert_int_eq(g.least[1 * g.stride + 1], 5 * 7000 / g.scale);
    track_fini(&t);
    grid_fini(&g);
    grid_fini(&coarse);
}
END_TEST

/* Bytes of no track at all, but known. */
static void scatter(struct grid *g)
{
    grid_init(g, window(0, ROWS * 16 - 1), ROWS, TRACKS, 255);
    for (uint32_t row = 0; row < ROWS; row++) {
        for (uint32_t i = 0; i < TRACKS; i++) {
            uint32_t mixed = (row * TRACKS + i) * 2654435761u;
            g->least[row * g->stride + i] = (uint8_t)(mixed >> 24);
            g->most[row * g->stride + i] = (uint8_t)(mixed >> 16) | (uint8_t)(mixed >> 24);
        }
    }
}

static uint8_t plain_least(const struct grid *g, uint32_t from, uint32_t to, uint32_t track)
{
    uint8_t least = 255;
    for (uint32_t row = from; row < to; row++) {
        uint8_t byte = g->least[row * g->stride + track];
        least = byte < least ? byte : least;
    }
    return least;
}

static void compare(const struct grid_slide *s, uint32_t row)
{
    const struct grid *g = s->grid;
    int64_t sum = 0;
    uint32_t next = grid_next(s, row, 0, 60);
    for (uint32_t i = 0; i < TRACKS; i++) {
        uint8_t least = plain_least(g, s->from, s->to, i), most = g->most[row * g->stride + i];
        uint8_t both = least < most ? least : most;
        ck_assert_uint_eq(s->least[i], least);
        ck_assert_int_eq(grid_bound_of(s, row, i), both * g->scale);
        sum += both * g->scale;
        ck_assert((next == i) == (both >= 60));
        if (next == i)
            next = grid_next(s, row, i + 1, 60);
    }
    ck_assert_uint_eq(next, TRACKS);
    ck_assert_int_eq(grid_bound(s, row), sum);
}

START_TEST(test_a_run_that_slides_knows_its_least)
{
    static const uint32_t runs[][2] = {{0, 0},   {0, 3},   {1, 4},   {2, 9},   {2, 9},   {8, 9},
                                       {9, 9},   {9, 12},  {15, 20}, {16, 21}, {17, 22}, {18, 22},
                                       {19, 32}, {20, 32}, {31, 32}, {32, 32}};
    struct grid g;
    struct grid_slide s;
    scatter(&g);
    grid_slide_init(&s, &g);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        grid_slide_to(&s, runs[i][0], runs[i][1]);
        compare(&s, (uint32_t)i);
    }
    ck_assert_uint_eq(grid_next(&s, 0, 0, 256), TRACKS); /* no byte says so much */
    grid_slide_fini(&s);
    grid_fini(&g);
}
END_TEST

static Suite *grid_suite(void)
{
    Suite *s = suite_create("grid");
    TCase *c = tcase_create("grid");
    tcase_add_test(c, test_every_instant_has_its_row);
    tcase_add_test(c, test_bytes_round_up_and_hold_whole_gpus_exactly);
    tcase_add_test(c, test_a_row_holds_the_least_and_the_most_of_its_track);
    tcase_add_test(c, test_a_run_that_slides_knows_its_least);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(grid_suite)
