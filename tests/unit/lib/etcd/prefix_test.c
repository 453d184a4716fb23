#include "lib/etcd/prefix.h"

#include "tests/support/suite.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

static const struct {
    const char *name;
    struct span prefix, start, end;
} ranges[] = {
    {"plain",
     {(const uint8_t *)"/a/", 3},
     {(const uint8_t *)"/a/", 3},
     {(const uint8_t *)"/a0", 3}},
    {"empty", {NULL, 0}, {(const uint8_t *)"\0", 1}, {(const uint8_t *)"\0", 1}},
    {"last byte full",
     {(const uint8_t *)"a\xff", 2},
     {(const uint8_t *)"a\xff", 2},
     {(const uint8_t *)"b", 1}},
    {"all bytes full",
     {(const uint8_t *)"\xff\xff", 2},
     {(const uint8_t *)"\xff\xff", 2},
     {(const uint8_t *)"\0", 1}},
};

START_TEST(a_prefix_is_a_half_open_range)
{
    struct etcd_prefix p;
    etcd_prefix_init(&p, ranges[_i].prefix);
    ck_assert_msg(span_equal(span_of(p.start, p.start_len), ranges[_i].start), "%s",
                  ranges[_i].name);
    ck_assert_msg(span_equal(span_of(p.end, p.end_len), ranges[_i].end), "%s", ranges[_i].name);
    etcd_prefix_fini(&p);
    ck_assert_ptr_null(p.start);
}
END_TEST

START_TEST(starting_after_a_key_begins_at_the_very_next_one)
{
    struct etcd_prefix p;
    etcd_prefix_init(&p, BYTES("/a/"));
    etcd_prefix_start_after(&p, BYTES("/a/k"));
    ck_assert(span_equal(span_of(p.start, p.start_len), BYTES("/a/k\0")));
    etcd_prefix_start_after(&p, BYTES("/a/l"));
    ck_assert(span_equal(span_of(p.start, p.start_len), BYTES("/a/l\0")));
    ck_assert(span_equal(span_of(p.end, p.end_len), BYTES("/a0")));
    etcd_prefix_fini(&p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/prefix");
    TCase *t = tcase_create("ranges");
    tcase_add_loop_test(t, a_prefix_is_a_half_open_range, 0,
                        (int)(sizeof(ranges) / sizeof(ranges[0])));
    tcase_add_test(t, starting_after_a_key_begins_at_the_very_next_one);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
