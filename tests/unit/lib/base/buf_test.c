/* lib/base/buf.h: growing, and refusing to. */
#include "lib/base/buf.h"
#include "tests/support/suite.h"

#include <stdint.h>

START_TEST(an_empty_buffer_is_an_empty_text)
{
    CLEANUP_BUF struct buf b = {.data = NULL};

    buf_init(&b, 10);
    ck_assert_str_eq(b.data, "");
    ck_assert_uint_eq(buf_span(&b).len, 0);
    buf_reset(&b);
    ck_assert_str_eq(b.data, "");
}
END_TEST

START_TEST(appends_are_followed_by_a_nul_that_does_not_count)
{
    CLEANUP_BUF struct buf b = {.data = NULL};

    buf_init(&b, 1000);
    buf_append(&b, "a\0b", 3);
    buf_append_text(&b, "품");
    buf_append_char(&b, '!');
    buf_printf(&b, "%d-%s", 42, "x");
    ck_assert_uint_eq(b.len, 3 + 3 + 1 + 4);
    ck_assert_mem_eq(b.data, "a\0b품!42-x", b.len + 1);
    ck_assert(!b.full);
}
END_TEST

START_TEST(it_grows_to_its_maximum_and_not_beyond)
{
    CLEANUP_BUF struct buf b = {.data = NULL};

    buf_init(&b, 5000);
    for (int i = 0; i < 5000; i++)
        buf_append_char(&b, 'x');
    ck_assert(!b.full);
    ck_assert_uint_eq(b.len, 5000);
    buf_append_char(&b, 'y');
    ck_assert(b.full);
    ck_assert_uint_eq(b.len, 5000);
}
END_TEST

START_TEST(an_append_that_does_not_fit_appends_nothing_and_ends_appending)
{
    CLEANUP_BUF struct buf b = {.data = NULL};

    buf_init(&b, 4);
    buf_append_text(&b, "abc");
    buf_append_text(&b, "de");
    ck_assert(b.full);
    buf_append_char(&b, 'f');
    buf_printf(&b, "%c", 'g');
    buf_append(&b, NULL, 0);
    ck_assert_str_eq(b.data, "abc");
    buf_reset(&b);
    ck_assert(!b.full);
    buf_printf(&b, "%s", "wxyz");
    ck_assert_str_eq(b.data, "wxyz");
    buf_append(&b, "", SIZE_MAX);
    ck_assert(b.full);
}
END_TEST

START_TEST(detached_bytes_leave_an_empty_buffer)
{
    CLEANUP_BUF struct buf b = {.data = NULL};

    buf_init(&b, 100);
    char *nothing = buf_detach(&b);
    ck_assert_str_eq(nothing, "");
    buf_append_text(&b, "moved");
    char *moved = buf_detach(&b);
    ck_assert_str_eq(moved, "moved");
    ck_assert_uint_eq(b.len, 0);
    buf_append_text(&b, "again");
    ck_assert_str_eq(b.data, "again");
    free(moved);
    free(nothing);
}
END_TEST

START_TEST(ending_is_safe_twice_and_on_zeros)
{
    struct buf b = {.data = NULL};

    buf_fini(&b);
    buf_init(&b, 10);
    buf_append_char(&b, 'x');
    buf_fini(&b);
    buf_fini(&b);
}
END_TEST

static Suite *buf_suite(void)
{
    Suite *s = suite_create("buf");
    TCase *t = tcase_create("buf");

    tcase_add_test(t, an_empty_buffer_is_an_empty_text);
    tcase_add_test(t, appends_are_followed_by_a_nul_that_does_not_count);
    tcase_add_test(t, it_grows_to_its_maximum_and_not_beyond);
    tcase_add_test(t, an_append_that_does_not_fit_appends_nothing_and_ends_appending);
    tcase_add_test(t, detached_bytes_leave_an_empty_buffer);
    tcase_add_test(t, ending_is_safe_twice_and_on_zeros);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(buf_suite)
