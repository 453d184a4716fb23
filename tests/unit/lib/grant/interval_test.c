/* lib/grant/interval.h: the canonical text of a usage interval and its id. */
#include "lib/grant/interval.h"

#include "tests/support/suite.h"

#include <stdio.h>

static const struct interval sample = {
    .node = {"haein-07"},
    .boot_id = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    .seq = 42,
    .lease = {"lease-1042"},
    .units = {56000},
    .isolation = "whole",
    .from = {1764547200},
    .to = {1764550800},
    .cause = "running",
    .opens = 17,
    .denials = 3,
};

START_TEST(the_text_is_that_of_the_specification)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&sample, &text);
    ck_assert_str_eq(text.data, "pumasi-usage v1\n"
                                "node haein-07\n"
                                "boot 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\n"
                                "seq 42\n"
                                "lease lease-1042\n"
                                "units 56000\n"
                                "isolation whole\n"
                                "from 2025-12-01T09:00:00+09:00\n"
                                "to 2025-12-01T10:00:00+09:00\n"
                                "cause running\n"
                                "opens 17\n"
                                "denials 3\n");
}
END_TEST

static void fill(struct id *id)
{
    memset(id->text, 'n', ID_CAP - 1);
    id->text[ID_CAP - 1] = '\0';
}

START_TEST(the_longest_interval_fits_and_a_small_buffer_says_full)
{
    struct interval longest = sample;
    CLEANUP_BUF struct buf text;
    CLEANUP_BUF struct buf small;
    fill(&longest.node);
    fill(&longest.lease);
    longest.seq = longest.opens = longest.denials = UINT64_MAX;
    longest.units.units = INT64_MAX;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&longest, &text);
    ck_assert(!text.full);
    buf_init(&small, 100);
    interval_format(&longest, &small);
    ck_assert(small.full);
}
END_TEST

START_TEST(every_field_is_in_the_text)
{
    struct interval other[] = {sample, sample, sample, sample, sample, sample,
                               sample, sample, sample, sample, sample};
    CLEANUP_BUF struct buf text;
    other[0].node = id_literal("haein-08");
    other[1].boot_id = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f1";
    other[2].seq++;
    other[3].lease = id_literal("lease-1043");
    other[4].units.units--;
    other[5].isolation = "mig";
    other[6].from.s++;
    other[7].to.s--;
    other[8].cause = "ended";
    other[9].opens++;
    other[10].denials++;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&sample, &text);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        CLEANUP_BUF struct buf changed;
        buf_init(&changed, INTERVAL_LINE_MAX);
        interval_format(&other[i], &changed);
        ck_assert_msg(!span_equal(buf_span(&text), buf_span(&changed)), "field %zu", i);
    }
}
END_TEST

START_TEST(the_id_is_node_boot_and_number)
{
    struct id id = interval_id(&sample);
    ck_assert_str_eq(id.text, "haein-07.0f1e2d3c4b5a6978.42");
    struct interval short_boot = sample;
    short_boot.boot_id = "ab-c";
    id = interval_id(&short_boot);
    ck_assert_str_eq(id.text, "haein-07.abc.42");
}
END_TEST

START_TEST(a_name_that_is_too_long_has_no_id)
{
    struct interval long_name = sample;
    fill(&long_name.node);
    struct id id = interval_id(&long_name);
    ck_assert(id_is_none(&id));
    /* the longest that fits: 63 = node . 16 . 2 */
    long_name.node.text[63 - 16 - 2 - 2] = '\0';
    id = interval_id(&long_name);
    ck_assert_uint_eq(strlen(id.text), ID_CAP - 1);
}
END_TEST

/* It becomes the key of an object: nothing else than an id must ever come out. */
START_TEST(a_boot_that_is_no_kernels_has_no_id)
{
    static const char *const boots[] = {"../x", "A1B2", "a b", "a\n", "\xc3\xa9", "a/b"};
    for (size_t i = 0; i < sizeof boots / sizeof *boots; i++) {
        struct interval other = sample;
        other.boot_id = boots[i];
        struct id id = interval_id(&other);
        ck_assert_msg(id_is_none(&id), "%s", id.text);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("grant/interval");
    TCase *c = tcase_create("interval");
    tcase_add_test(c, the_text_is_that_of_the_specification);
    tcase_add_test(c, the_longest_interval_fits_and_a_small_buffer_says_full);
    tcase_add_test(c, every_field_is_in_the_text);
    tcase_add_test(c, the_id_is_node_boot_and_number);
    tcase_add_test(c, a_name_that_is_too_long_has_no_id);
    tcase_add_test(c, a_boot_that_is_no_kernels_has_no_id);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
