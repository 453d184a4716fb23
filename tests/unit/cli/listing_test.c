#include "cli/listing.h"

#include "tests/support/suite.h"

static const struct {
    const char *before, *now, *changes;
} listings[] = {
    {NULL, "[{\"id\": \"a\"}]", "[{\"id\": \"a\"}]"},
    {"[{\"id\": \"a\"}]", "[{\"id\": \"a\"}]", "[]"},
    {"[{\"id\": \"a\", \"s\": 1}]", "[{\"id\": \"a\", \"s\": 2}]", "[{\"id\": \"a\", \"s\": 2}]"},
    {"[{\"id\": \"a\"}, {\"id\": \"b\"}]", "[{\"id\": \"b\"}]", "[]"},
    {"[{\"id\": \"b\"}]", "[{\"id\": \"a\"}, {\"id\": \"b\"}]", "[{\"id\": \"a\"}]"},
    {"[{\"id\": \"a\"}, {\"id\": \"b\"}]", "[{\"id\": \"b\"}, {\"id\": \"a\"}]", "[]"},
};

START_TEST(test_finds_what_is_new_or_otherwise)
{
    json_t *before = listings[_i].before ? json_loads(listings[_i].before, 0, NULL) : NULL;
    json_t *now = json_loads(listings[_i].now, 0, NULL);
    json_t *wanted = json_loads(listings[_i].changes, 0, NULL);
    json_t *changes = listing_changes(before, now, "id");
    ck_assert(json_equal(changes, wanted));
    json_decref(before);
    json_decref(now);
    json_decref(wanted);
    json_decref(changes);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/listing");
    TCase *t = tcase_create("listing");
    tcase_add_loop_test(t, test_finds_what_is_new_or_otherwise, 0,
                        sizeof(listings) / sizeof(listings[0]));
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
