#include "cli/request.h"

#include "cli/parse.h"
#include "tests/support/suite.h"

static void expect_json(const json_t *value, const char *text)
{
    json_t *wanted = json_loads(text, 0, NULL);
    char *got = json_dumps(value, JSON_COMPACT);
    ck_assert_ptr_nonnull(wanted);
    ck_assert_msg(json_equal(value, wanted), "%s instead of %s", got, text);
    free(got);
    json_decref(wanted);
}

static const struct {
    const char *field, *json;
} fields[] = {
    {"gpus", "{\"gpus\": 8}"},
    {"loan.notice_s", "{\"loan\": {\"notice_s\": 8}}"},
    {"uids[].uid", "{\"uids\": [{\"uid\": 8}]}"},
    {"isolation[]", "{\"isolation\": [8]}"},
    {"a.b[].c", "{\"a\": {\"b\": [{\"c\": 8}]}}"},
    {"?state", "{\"filters\": [{\"field\": \"state\", \"value\": 8}]}"},
};

START_TEST(test_puts_a_value_at_its_field)
{
    json_t *request = json_object();
    request_put(request, fields[_i].field, json_integer(8));
    expect_json(request, fields[_i].json);
    json_decref(request);
}
END_TEST

START_TEST(test_fields_of_one_message_come_together)
{
    json_t *request = json_object();
    request_put(request, "loan.pool", json_string("p"));
    request_put(request, "loan.isolation[]", json_string("whole"));
    request_put(request, "loan.isolation[]", json_string("mig"));
    request_put(request, "?state", json_string("active"));
    request_put(request, "?pool", json_string("p"));
    expect_json(request, "{\"loan\": {\"pool\": \"p\", \"isolation\": [\"whole\", \"mig\"]},"
                         " \"filters\": [{\"field\": \"state\", \"value\": \"active\"},"
                         " {\"field\": \"pool\", \"value\": \"p\"}]}");
    json_decref(request);
}
END_TEST

static const struct {
    const char *words[24];
    const char *json;
} lines[] = {
    {{"pumasi", "lease", "show", "lease-1", NULL}, "{\"id\": \"lease-1\"}"},
    {{"pumasi", "lease", "list", NULL}, "{}"},
    {{"pumasi", "lease", "list", "--state", "active", NULL},
     "{\"filters\": [{\"field\": \"state\", \"value\": \"active\"}]}"},
    {{"pumasi", "lease", "book", "-a", "a1", "-g", "8", "--share", "1/8", "--to", "2026-02-03",
      "--uid", "7", "--uid", "8", "--one-node", NULL},
     "{\"allocation\": \"a1\", \"gpus\": 8, \"units_per_gpu\": 875, \"to\": 1770130800,"
     " \"uids\": [{\"uid\": 7}, {\"uid\": 8}], \"one_node\": true}"},
    {{"pumasi", "allocation", "request", "-p", "p", "-m", "B200", "-g", "256", "--from",
      "2026-02-01", "--to", "2026-02-28", "--budget", "1,000", NULL},
     "{\"project\": \"p\", \"model\": \"B200\", \"units\": 1792000, \"from\": 1769871600,"
     " \"to\": 1772290800, \"budget_krw\": 1000}"},
    {{"pumasi", "recall", "loan-1", "-g", "1/8", "--reason", "own use", NULL},
     "{\"id\": \"loan-1\", \"units\": 875, \"reason\": \"own use\"}"},
};

START_TEST(test_a_command_line_fills_its_request)
{
    static const char *const no_variables[] = {NULL};
    struct env_fake world = {.wall = {1770076800}, .seed = 1};
    struct host host = {.env = env_of_fake(&world), .variables = no_variables};
    struct invocation *inv = invocation_create(&host);
    struct err err = ERR_INIT;
    int n = 0;
    while (lines[_i].words[n])
        n++;
    ck_assert_msg(parse_command_line(inv, n, lines[_i].words, &err) == 0, "%s", err.text);
    json_t *request = request_build(inv);
    expect_json(request, lines[_i].json);
    json_decref(request);
    invocation_destroy(inv);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/request");
    TCase *t = tcase_create("request");
    tcase_add_loop_test(t, test_puts_a_value_at_its_field, 0, sizeof(fields) / sizeof(fields[0]));
    tcase_add_test(t, test_fields_of_one_message_come_together);
    tcase_add_loop_test(t, test_a_command_line_fills_its_request, 0,
                        sizeof(lines) / sizeof(lines[0]));
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
