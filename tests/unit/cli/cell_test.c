#include "cli/cell.h"

#include "tests/support/suite.h"

static const struct {
    enum column_format format;
    const char *json, *shown, *plain;
} cells[] = {
    {COLUMN_TEXT, "\"b200\"", "b200", "b200"},
    {COLUMN_TEXT, "\"\"", "-", ""},
    {COLUMN_TEXT, "null", "-", ""},
    {COLUMN_TEXT, "42", "42", "42"},
    {COLUMN_TEXT, "true", "yes", "true"},
    {COLUMN_TEXT, "false", "no", "false"},
    {COLUMN_TEXT, "{\"a\": 1}", "{\"a\":1}", "{\"a\":1}"},
    {COLUMN_TEXT, "\"\\u001b[1m\"", "\xef\xbf\xbd[1m", "\033[1m"},
    {COLUMN_NUMBER, "-7", "-7", "-7"},
    {COLUMN_INSTANT, "1770076800", "2026-02-03 09:00", "2026-02-03T09:00:00+09:00"},
    {COLUMN_INSTANT, "1770076801", "2026-02-03 09:00:01", "2026-02-03T09:00:01+09:00"},
    {COLUMN_INSTANT, "0", "-", ""},
    {COLUMN_INSTANT, "9223372036854775807", "-", ""},
    {COLUMN_WON, "17402880000", "17,402,880,000", "17402880000"},
    {COLUMN_WON, "-1000", "-1,000", "-1000"},
    {COLUMN_GPUS, "56000", "8", "8"},
    {COLUMN_GPUS, "875", "1/8", "1/8"},
    {COLUMN_DURATION, "7200", "2h", "7200"},
    {COLUMN_DURATION, "604800", "7d", "604800"},
    {COLUMN_DURATION, "300", "5m", "300"},
    {COLUMN_DURATION, "61", "61s", "61"},
    {COLUMN_DURATION, "0", "0s", "0"},
    {COLUMN_LABEL, "\"in_service\"", "in service", "in_service"},
    {COLUMN_LABEL, "\"no-such-code\"", "no-such-code", "no-such-code"},
    {COLUMN_COUNT, "[1, 2, 3]", "3", "3"},
    {COLUMN_LIST, "[\"a\", \"b\"]", "a,b", "a,b"},
    {COLUMN_LIST, "[]", "-", ""},
    {COLUMN_HASH, "\"3f9c21ab77001122334455\"", "3f9c21ab7700", "3f9c21ab77001122334455"},
};

START_TEST(test_shows_for_people_and_for_programs)
{
    struct column column = {.header = "X", .path = "x", .format = cells[_i].format};
    json_t *value = json_loads(cells[_i].json, JSON_DECODE_ANY, NULL);
    CLEANUP_BUF struct buf shown, plain;
    buf_init(&shown, 1000);
    buf_init(&plain, 1000);
    ck_assert_ptr_nonnull(value);
    cell_show(&shown, &column, value);
    cell_plain(&plain, &column, value);
    ck_assert_str_eq(shown.data, cells[_i].shown);
    ck_assert_str_eq(plain.data, cells[_i].plain);
    json_decref(value);
}
END_TEST

START_TEST(test_what_is_absent_is_a_dash_or_nothing)
{
    struct column column = {.header = "X", .path = "x", .format = COLUMN_WON};
    CLEANUP_BUF struct buf shown, plain;
    buf_init(&shown, 1000);
    buf_init(&plain, 1000);
    cell_show(&shown, &column, NULL);
    cell_plain(&plain, &column, NULL);
    ck_assert_str_eq(shown.data, "-");
    ck_assert_str_eq(plain.data, "");
}
END_TEST

START_TEST(test_figures_are_set_flush_right)
{
    ck_assert(cell_is_number(&(struct column){.format = COLUMN_WON}));
    ck_assert(cell_is_number(&(struct column){.format = COLUMN_NUMBER}));
    ck_assert(!cell_is_number(&(struct column){.format = COLUMN_TEXT}));
    ck_assert(!cell_is_number(&(struct column){.format = COLUMN_INSTANT}));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/cell");
    TCase *t = tcase_create("cell");
    tcase_add_loop_test(t, test_shows_for_people_and_for_programs, 0,
                        sizeof(cells) / sizeof(cells[0]));
    tcase_add_test(t, test_what_is_absent_is_a_dash_or_nothing);
    tcase_add_test(t, test_figures_are_set_flush_right);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
