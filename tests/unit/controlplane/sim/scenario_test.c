#include "controlplane/sim/scenario.h"

#include "lib/base/file.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char dir[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    ck_assert_int_eq(file_write(path_of(name), span_text(text), 0600, NULL), 0);
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/pumasi-scenario-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    write_file("m.json", "{\"kind\": \"site\", \"id\": \"dc\", \"operator\": \"skt\"}");
}

static void teardown(void)
{
    unlink(path_of("m.json"));
    unlink(path_of("s.json"));
    rmdir(dir);
}

static int load(const char *text, struct scenario **ret, struct err *err)
{
    write_file("s.json", text);
    return scenario_load(path_of("s.json"), ret, err);
}

#define HEAD                                                                                       \
    "\"scenario\": \"t\", \"about\": \"t\", \"agency\": \"nipa\", \"start\": \"2025-10-31\", "     \
    "\"until\": \"2025-12-31\", "
#define NODES "\"nodes\": [{\"pool\": \"p\", \"name\": \"n\", \"count\": 2, \"gpus\": 8}], "
#define CONSENT                                                                                    \
    "{\"at\": \"2025-11-01\", \"by\": \"a.b\", \"do\": \"consent_loan\", \"with\": {\"id\": "      \
    "\"l\"}, "                                                                                     \
    "\"as\": \"first\"}"

START_TEST(a_scenario_is_read)
{
    struct scenario *s;
    struct err err = ERR_INIT;
    int rc =
        load("{" HEAD NODES "\"manifests\": [\"m.json\", \"m.json\"], \"steps\": [" CONSENT "]}",
             &s, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    ck_assert_str_eq(s->agency.text, "nipa");
    ck_assert_int_eq(s->until.s - s->start.s, 61 * 86400);
    ck_assert_uint_eq(s->n_documents, 2);
    ck_assert_int_eq(s->documents[0].command, COMMAND_APPLY_SITE);
    const struct apply_site_request *site = s->documents[0].args;
    ck_assert_str_eq(site->site.operator.text, "skt");
    ck_assert_int_eq(s->nodes[0].count * s->nodes[0].gpus, 16);
    ck_assert_int_eq(s->steps[0].command, COMMAND_CONSENT_LOAN);
    ck_assert_str_eq(s->steps[0].as.text, "first");
    ck_assert_int_eq(s->steps[0].refused, ERR_OK);
    scenario_destroy(s);
    scenario_destroy(NULL);
}
END_TEST

#define WITH(steps) "{" HEAD NODES "\"manifests\": [], \"steps\": [" steps "]}"
#define STEP(rest)  "{\"at\": \"2025-11-01\", \"by\": \"a.b\", " rest "}"

static const struct {
    const char *text;
    const char *says;
} bad[] = {
    {"[]", "s.json"},
    {"{" HEAD NODES "\"manifests\": []}", "steps"},
    {"{" HEAD NODES "\"manifests\": [], \"steps\": [], \"seed\": 1}", "seed"},
    {"{" HEAD NODES "\"manifests\": [\"none.json\"], \"steps\": []}", "none.json"},
    {"{" HEAD NODES "\"manifests\": [7], \"steps\": []}", "manifests[0]"},
    {"{" HEAD "\"nodes\": [{\"pool\": \"p\", \"name\": \"n\", \"count\": 0, \"gpus\": 8}], "
     "\"manifests\": [], \"steps\": []}",
     "nodes[0].count"},
    {"{" HEAD "\"nodes\": [{\"pool\": \"p\", \"name\": \"n\", \"count\": 1, \"gpus\": 99}], "
     "\"manifests\": [], \"steps\": []}",
     "nodes[0].gpus"},
    {"{\"scenario\": \"t\", \"about\": \"t\", \"agency\": \"nipa\", \"start\": \"2025-10-31\", "
     "\"until\": \"2025-10-31\", " NODES "\"manifests\": [], \"steps\": []}",
     "until"},
    {WITH(STEP("\"do\": \"join\", \"with\": {}")), "steps[0].do"},
    {WITH(STEP("\"do\": \"BOOK_LEASE\", \"with\": {}")), "steps[0].do"},
    {WITH(STEP("\"do\": \"book_lease\"")), "steps[0].with"},
    {WITH(STEP("\"do\": \"book_lease\", \"with\": {\"gpu\": 8}")), "steps[0].with.gpu"},
    {WITH(STEP("\"do\": \"consent_loan\", \"with\": {\"id\": \"$later\"}")), "steps[0].with.id"},
    {WITH(CONSENT ", " STEP("\"do\": \"consent_loan\", \"with\": {\"id\": \"$second\"}")),
     "steps[1].with.id"},
    {WITH(STEP("\"do\": \"consent_loan\", \"with\": {\"id\": \"l\"}, \"refused\": \"bored\"")),
     "steps[0].refused"},
    {WITH("{\"at\": \"2024-01-01\", \"by\": \"a.b\", \"do\": \"consent_loan\", \"with\": {}}"),
     "steps[0]: at"},
    {WITH("{\"at\": \"2025-11-31\", \"by\": \"a.b\", \"do\": \"consent_loan\", \"with\": {}}"),
     "steps[0].at"},
    {WITH("{\"at\": \"2025-11-01\", \"by\": \"A B\", \"do\": \"consent_loan\", \"with\": {}}"),
     "steps[0].by"},
};

START_TEST(what_is_wrong_is_named_with_its_place)
{
    struct scenario *s = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_lt(load(bad[_i].text, &s, &err), 0);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "\"%s\" does not say %s", err.text,
                  bad[_i].says);
    ck_assert_ptr_null(s);
}
END_TEST

static const char *const bad_manifests[][2] = {
    {"{\"kind\": \"lease\", \"id\": \"l\"}", "no kind of document"},
    {"{\"id\": \"dc\"}", "kind"},
    {"[{\"kind\": \"site\", \"id\": \"dc\"}, {\"kind\": \"site\", \"name\": 1}]", "[1].name"},
    {"7", "m.json"},
};

START_TEST(a_bad_manifest_is_named_with_its_place)
{
    struct scenario *s = NULL;
    struct err err = ERR_INIT;
    write_file("m.json", bad_manifests[_i][0]);
    int rc = load("{" HEAD NODES "\"manifests\": [\"m.json\"], \"steps\": []}", &s, &err);
    ck_assert_int_lt(rc, 0);
    ck_assert_msg(strstr(err.text, bad_manifests[_i][1]) && strstr(err.text, "m.json"), "%s",
                  err.text);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told)
{
    struct scenario *s;
    ck_assert_int_eq(scenario_load(path_of("none.json"), &s, NULL), -ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_reference_is_a_name_or_its_approval)
{
    struct span as;
    ck_assert(!scenario_reference(span_text("award"), &as));
    ck_assert(span_equal(as, span_text("award")));
    ck_assert(scenario_reference(span_text("award.approval"), &as));
    ck_assert(span_equal(as, span_text("award")));
    ck_assert(!scenario_reference(span_text(".approval"), &as));
}
END_TEST

static Suite *scenario_suite(void)
{
    Suite *s = suite_create("scenario");
    TCase *c = tcase_create("file");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_scenario_is_read);
    tcase_add_loop_test(c, what_is_wrong_is_named_with_its_place, 0,
                        (int)(sizeof bad / sizeof *bad));
    tcase_add_loop_test(c, a_bad_manifest_is_named_with_its_place, 0, 4);
    tcase_add_test(c, a_file_that_is_not_there_is_told);
    tcase_add_test(c, a_reference_is_a_name_or_its_approval);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(scenario_suite)
