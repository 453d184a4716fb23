#include "cli/grid.h"

#include "tests/support/suite.h"

static void add_all(struct grid *g, const char *const *cells)
{
    for (; *cells; cells++)
        grid_add(g, *cells);
}

static const char *const table[] = {"기관",    "GPU", "상태", "업스테이지", "8",
                                    "이용 중", "skt", "128",  "예약",       NULL};

START_TEST(test_columns_line_up_with_hangul)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 4096);
    struct grid *g = grid_create(3);
    grid_set_right(g, 1);
    add_all(g, table);
    grid_render(g, 0, false, &b);
    ck_assert_str_eq(b.data, "기관        GPU  상태\n"
                             "업스테이지    8  이용 중\n"
                             "skt         128  예약\n");
    grid_destroy(g);
}
END_TEST

START_TEST(test_the_widest_column_is_cut_to_fit)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 4096);
    struct grid *g = grid_create(2);
    add_all(g, (const char *const[]){"a", "bb", "1234567890123456", "x", NULL});
    grid_render(g, 14, false, &b);
    ck_assert_str_eq(b.data, "a           bb\n123456789…  x\n");
    grid_destroy(g);
}
END_TEST

START_TEST(test_a_column_is_never_cut_below_eight)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 4096);
    struct grid *g = grid_create(2);
    add_all(g, (const char *const[]){"1234567890", "1234567890", NULL});
    grid_render(g, 3, false, &b);
    ck_assert_str_eq(b.data, "1234567…  1234567…\n");
    grid_destroy(g);
}
END_TEST

START_TEST(test_the_head_may_be_bold)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 4096);
    struct grid *g = grid_create(1);
    add_all(g, (const char *const[]){"HEAD", "row", NULL});
    grid_render(g, 0, true, &b);
    ck_assert_str_eq(b.data, "\033[1mHEAD\033[0m\nrow\n");
    grid_destroy(g);
    grid_destroy(NULL);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/grid");
    TCase *t = tcase_create("grid");
    tcase_add_test(t, test_columns_line_up_with_hangul);
    tcase_add_test(t, test_the_widest_column_is_cut_to_fit);
    tcase_add_test(t, test_a_column_is_never_cut_below_eight);
    tcase_add_test(t, test_the_head_may_be_bold);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
