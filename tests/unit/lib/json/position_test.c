/* lib/json/position.h: the path of a place in a text. In the cases, ^ marks the place. */
#include "lib/json/position.h"
#include "tests/support/suite.h"

START_TEST(places_have_paths)
{
    static const struct {
        const char *text;
        const char *path;
    } cases[] = {
        {"^{\"a\": 1}", ""},
        {"{^\"a\": 1}", ""},
        {"{\"a\"^: 1}", "a"},
        {"{\"a\": 1^}", "a"},
        {"{\"a\": 1, ^\"b\": 2}", ""},
        {"{\"a\": 1, \"b\": 2^}", "b"},
        {"{\"a\": 1}^", ""},
        {"{\"usage\": [{}, {}, {\"from\": 3^}]}", "usage[2].from"},
        {"[1, 2, [3, 4^]]", "[2][1]"},
        {"{\"a\": {\"b\": {\"c\": []}}, \"d\": ^}", "d"},
        {"{\"a,]}[{:\": [1, \"x,]}\\\"\", 2^]}", "a,]}[{:[2]"},
        {"{\"a\\\"b\": 1^}", "a\\\"b"},
        {"{\"a\": \"b\", \"c\": \"d^\"}", "c"},
        {"{\"a\": \"unended^", "a"},
        {"{\"unended^", ""},
        {"]}]},,::\"\"^", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP_BUF struct buf path = {.data = NULL};
        const char *mark = strchr(cases[i].text, '^');
        buf_init(&path, 256);
        position_path(span_text(cases[i].text), mark ? (size_t)(mark - cases[i].text) : 1000,
                      &path);
        ck_assert_str_eq(path.data, cases[i].path);
    }
}
END_TEST

START_TEST(deep_places_are_shown_by_their_ancestor)
{
    char text[4000];
    CLEANUP_BUF struct buf path = {.data = NULL};

    memset(text, '[', sizeof(text));
    buf_init(&path, 4096);
    position_path(span_of(text, sizeof(text)), sizeof(text), &path);
    ck_assert_uint_eq(path.len, 64 * 3);
    buf_reset(&path);
    memset(text + 2000, ']', 2000);
    position_path(span_of(text, sizeof(text)), 3990, &path);
    ck_assert_str_eq(path.data, "[0][0][0][0][0][0][0][0][0][0]");
}
END_TEST

START_TEST(any_bytes_will_do)
{
    static const char marks[] = "{}[],:\"\\a\xFF";
    char text[64];
    uint32_t state = 1;

    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof(text); i++) {
            state = state * 1664525 + 1013904223;
            text[i] = marks[(state >> 16) % (sizeof(marks) - 1)];
        }
        CLEANUP_BUF struct buf path = {.data = NULL};
        buf_init(&path, 128);
        position_path(span_of(text, sizeof(text)), (state >> 8) % 80, &path);
    }
}
END_TEST

static Suite *position_suite(void)
{
    Suite *s = suite_create("position");
    TCase *t = tcase_create("position");

    tcase_set_timeout(t, 30);
    tcase_add_test(t, places_have_paths);
    tcase_add_test(t, deep_places_are_shown_by_their_ancestor);
    tcase_add_test(t, any_bytes_will_do);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(position_suite)
