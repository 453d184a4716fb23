#include "cli/manifest.h"

#include "cli/services.h"
#include "lib/json/message.h"
#include "tests/support/suite.h"

static const struct {
    const char *text;
    size_t documents;
} streams[] = {
    {"{\"kind\": \"pool\"}", 1},
    {" {\"kind\": \"pool\"}\n{\"kind\": \"site\"}\n\n", 2},
    {"[{\"kind\": \"pool\"}, {\"kind\": \"site\"}] {\"kind\": \"project\"}", 3},
    {"{}{}", 2},
};

START_TEST(test_reads_one_several_or_a_list)
{
    json_t *all = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(manifest_read(span_text(streams[_i].text), &all, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(json_array_size(all), streams[_i].documents);
    json_decref(all);
}
END_TEST

static const struct {
    const char *text, *error;
} broken[] = {
    {"", "no document"},
    {"  \n", "no document"},
    {"{\"a\": 1} {", "document 2, line 1"},
    {"{\"a\": 1, \"a\": 2}", "document 1"},
    {"nonsense", "document 1, line 1"},
};

START_TEST(test_broken_text_says_where)
{
    json_t *all = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(manifest_read(span_text(broken[_i].text), &all, &err), -ERR_INVALID);
    ck_assert_ptr_null(all);
    ck_assert_msg(strstr(err.text, broken[_i].error), "%s", err.text);
}
END_TEST

static const struct {
    const char *document, *request;
} requests[] = {
    {"{\"kind\": \"pool\", \"id\": \"p\", \"contracted_gpus\": 512, \"lend_limit_gpus\": 0}",
     "{\"pool\": {\"id\": \"p\", \"contracted_units\": 3584000, \"lend_limit_units\": 0}}"},
    {"{\"kind\": \"pool\", \"apiVersion\": \"pumasi/v1\", \"contracted_gpus\": \"1/8\"}",
     "{\"pool\": {\"contracted_units\": 875}}"},
    {"{\"kind\": \"project\", \"stages\": [{\"id\": \"1\", \"from\": \"2025-11-01\","
     " \"to\": \"2026-03-31\"}]}",
     "{\"project\": {\"stages\": [{\"id\": \"1\", \"from\": 1761922800, \"to\": 1774969200}]}}"},
    {"{\"kind\": \"programme\", \"from\": 5, \"to\": \"1774969200\"}",
     "{\"programme\": {\"from\": 5, \"to\": \"1774969200\"}}"},
    {"{\"kind\": \"programme\", \"to\": \"2026-04-01T00:00:00+09:00\"}",
     "{\"programme\": {\"to\": 1774969200}}"},
};

START_TEST(test_dates_and_gpus_may_be_written_for_people)
{
    const struct manifest_kind *kind = NULL;
    json_t *document = json_loads(requests[_i].document, 0, NULL);
    json_t *before = json_deep_copy(document), *request = NULL;
    json_t *wanted = json_loads(requests[_i].request, 0, NULL);
    struct err err = ERR_INIT;
    ck_assert_msg(manifest_request(document, &kind, &request, &err) == 0, "%s", err.text);
    char *got = json_dumps(request, JSON_COMPACT);
    ck_assert_msg(json_equal(request, wanted), "%s", got);
    ck_assert(json_equal(document, before));
    free(got);
    json_decref(document);
    json_decref(before);
    json_decref(request);
    json_decref(wanted);
}
END_TEST

static const struct {
    const char *document, *error;
} wrong[] = {
    {"[]", "object"},
    {"{}", "kind"},
    {"{\"kind\": \"planet\"}", "planet"},
    {"{\"kind\": 7}", "kind"},
    {"{\"kind\": \"project\", \"stages\": [{\"from\": \"2025-02-30\"}]}", "stages: [0]: from"},
    {"{\"kind\": \"pool\", \"contracted_gpus\": \"many\"}", "contracted_gpus"},
    {"{\"kind\": \"pool\", \"contracted_gpus\": -1}", "contracted_gpus"},
    {"{\"kind\": \"pool\", \"contracted_gpus\": 1, \"contracted_units\": 7000}",
     "contracted_units"},
};

START_TEST(test_what_is_wrong_is_named_by_its_path)
{
    const struct manifest_kind *kind = NULL;
    json_t *document = json_loads(wrong[_i].document, 0, NULL), *request = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_lt(manifest_request(document, &kind, &request, &err), 0);
    ck_assert_ptr_null(request);
    ck_assert_msg(strstr(err.text, wrong[_i].error), "%s", err.text);
    json_decref(document);
}
END_TEST

START_TEST(test_nesting_has_a_limit)
{
    json_t *document = json_pack("{s:s}", "kind", "pool"), *at = document, *request = NULL;
    const struct manifest_kind *kind = NULL;
    for (int i = 0; i < 40; i++) {
        json_t *child = json_object();
        json_object_set_new(at, "x", child);
        at = child;
    }
    ck_assert_int_eq(manifest_request(document, &kind, &request, NULL), -ERR_LIMIT);
    json_decref(document);
}
END_TEST

START_TEST(test_kinds_are_methods_of_the_api)
{
    for (const struct manifest_kind *k = manifest_kinds; k->kind; k++) {
        const ProtobufCMethodDescriptor *m =
            service_find_method(service_find(k->service), k->method);
        ck_assert_msg(m, "%s", k->method);
        ck_assert_ptr_nonnull(protobuf_c_message_descriptor_get_field_by_name(m->input, k->kind));
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/manifest");
    TCase *t = tcase_create("manifest");
    tcase_add_loop_test(t, test_reads_one_several_or_a_list, 0,
                        sizeof(streams) / sizeof(streams[0]));
    tcase_add_loop_test(t, test_broken_text_says_where, 0, sizeof(broken) / sizeof(broken[0]));
    tcase_add_loop_test(t, test_dates_and_gpus_may_be_written_for_people, 0,
                        sizeof(requests) / sizeof(requests[0]));
    tcase_add_loop_test(t, test_what_is_wrong_is_named_by_its_path, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_test(t, test_nesting_has_a_limit);
    tcase_add_test(t, test_kinds_are_methods_of_the_api);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
