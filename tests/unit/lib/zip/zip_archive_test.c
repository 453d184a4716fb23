/* lib/zip/zip_archive.h: what is packed comes out again, the same bytes twice, and damage is seen.
 */
#include "lib/zip/zip_archive.h"

#include "tests/support/suite.h"

static void pack(struct buf *out)
{
    struct zip_archive z = {0};
    struct err err = ERR_INIT;
    buf_append_text(zip_archive_add(&z, "a.txt"), "one");
    (void)zip_archive_add(&z, "folder/empty");
    buf_init(out, 1 << 20);
    ck_assert_msg(zip_archive_write(&z, out, &err) == 0, "%s", err.text);
    zip_archive_fini(&z);
}

START_TEST(members_come_out_as_they_went_in)
{
    CLEANUP_BUF struct buf zip;
    struct zip_archive z;
    pack(&zip);
    ck_assert_int_eq(zip_archive_read(buf_span(&zip), &z, NULL), 0);
    ck_assert_uint_eq(z.n, 2);
    ck_assert_str_eq(zip_archive_find(&z, "a.txt")->bytes.data, "one");
    ck_assert_uint_eq(zip_archive_find(&z, "folder/empty")->bytes.len, 0);
    ck_assert_ptr_null(zip_archive_find(&z, "b.txt"));
    zip_archive_fini(&z);
}
END_TEST

START_TEST(the_same_members_give_the_same_bytes)
{
    CLEANUP_BUF struct buf one, two;
    pack(&one);
    pack(&two);
    ck_assert(span_equal(buf_span(&one), buf_span(&two)));
}
END_TEST

START_TEST(what_is_no_archive_or_cut_short_is_refused)
{
    CLEANUP_BUF struct buf zip;
    struct zip_archive z;
    pack(&zip);
    ck_assert_int_eq(zip_archive_read(span_text("no zip"), &z, NULL), -ERR_CORRUPT);
    ck_assert_int_eq(zip_archive_read(span_of(zip.data, zip.len - 1), &z, NULL), -ERR_CORRUPT);
    zip.data[30 + 5] ^= 1; /* the first byte of the first member */
    ck_assert_int_lt(zip_archive_read(buf_span(&zip), &z, NULL), 0);
}
END_TEST

static Suite *zip_archive_suite(void)
{
    Suite *s = suite_create("zip_archive");
    TCase *t = tcase_create("zip_archive");
    tcase_add_test(t, members_come_out_as_they_went_in);
    tcase_add_test(t, the_same_members_give_the_same_bytes);
    tcase_add_test(t, what_is_no_archive_or_cut_short_is_refused);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(zip_archive_suite)
