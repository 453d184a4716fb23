/* controlplane/domain/file/quota_file.h: what a tree file says, at a date and without one. */
#include "controlplane/domain/file/quota_file.h"

#include "lib/base/korea.h"
#include "tests/support/suite.h"

#define DATED                                                                                      \
    "{\"nodes\":[{\"name\":\"root\",\"nominal\":0},"                                               \
    "{\"name\":\"skt\",\"parent\":\"root\",\"nominal\":[{\"from\":\"2026-07-01\",\"value\":512},"  \
    "{\"from\":\"2025-08-01\",\"value\":1024}],\"lend_limit\":512},"                               \
    "{\"name\":\"업스테이지\",\"parent\":\"root\",\"nominal\":0,"                             \
    "\"borrow_limit\":[{\"from\":\"2026-01-01\",\"value\":300}]}],"                                \
    "\"usage\":{\"업스테이지\":200}}"

static struct quota_file *read_tree(const char *text)
{
    struct quota_file *f = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(quota_file_read(span_text(text), &f, &err) == 0, "%s", err.text);
    return f;
}

START_TEST(dated_numbers_hold_from_their_date)
{
    static const struct {
        const char *date; /* NULL: without one */
        int64_t skt, upstage;
    } cases[] = {{NULL, 0, 0},
                 {"2025-07-31", 0, 0},
                 {"2025-08-01", 824, 312},
                 {"2026-01-01", 824, 100},
                 {"2026-07-01", 312, 100}};
    struct quota_file *f = read_tree(DATED);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct instant t;
        struct quota_tree *tree = NULL;
        if (cases[i].date)
            ck_assert_int_eq(moment_parse(span_text(cases[i].date), &t, NULL), 0);
        ck_assert_int_eq(quota_file_tree(f, cases[i].date ? &t : NULL, &tree, NULL), 0);
        ck_assert_uint_eq(quota_count(tree), 3);
        ck_assert_str_eq(quota_name(tree, 2), "업스테이지");
        ck_assert_msg(quota_available(tree, 1) == cases[i].skt, "case %zu: %lld", i,
                      (long long)quota_available(tree, 1));
        ck_assert_int_eq(quota_available(tree, 2), cases[i].upstage);
        quota_tree_destroy(tree);
    }
    quota_file_destroy(f);
    quota_file_destroy(NULL);
}
END_TEST

START_TEST(usage_may_be_left_out)
{
    struct quota_file *f = read_tree("{\"nodes\":[{\"name\":\"a\",\"nominal\":7}]}");
    struct quota_tree *tree = NULL;
    ck_assert_int_eq(quota_file_tree(f, NULL, &tree, NULL), 0);
    ck_assert_int_eq(quota_available(tree, 0), 7);
    quota_tree_destroy(tree);
    quota_file_destroy(f);
}
END_TEST

START_TEST(a_bad_tree_is_refused_with_its_place)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"{}", "nodes: "},
        {"{\"nodes\":[{\"name\":\"a\"}]}", "nodes[0].nominal: "},
        {"{\"nodes\":[{\"name\":\"a\",\"nominal\":1,\"lend_limit\":1}]}", "nodes[0].lend_limit: "},
        {"{\"nodes\":[{\"name\":\"a\",\"nominal\":1,\"parent\":\"a\"}]}", "nodes[0].parent: "},
        {"{\"nodes\":[{\"name\":\"a\",\"nominal\":[{\"from\":\"2026-01-01\",\"value\":1},"
         "{\"from\":\"2026-01-01\",\"value\":1}]}]}",
         "nodes[0].nominal[1].from: "},
        {"{\"nodes\":[{\"name\":\"a\",\"nominal\":1}],\"usage\":{\"b\":1}}", "usage.b: "},
        {"{\"nodes\":[{\"name\":\"a\",\"nominal\":1}],\"usage\":{\"a\":-1}}", "usage.a: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quota_file *f = NULL;
        struct err err = ERR_INIT;
        ck_assert_int_eq(quota_file_read(span_text(cases[i].text), &f, &err), -ERR_INVALID);
        ck_assert_ptr_null(f);
        ck_assert_msg(strncmp(err.text, cases[i].place, strlen(cases[i].place)) == 0, "%zu: %s", i,
                      err.text);
    }
}
END_TEST

START_TEST(a_file_cut_short_anywhere_is_refused)
{
    for (size_t len = 0; len < strlen(DATED); len++) {
        struct quota_file *f = NULL;
        ck_assert_int_lt(quota_file_read(span_of(DATED, len), &f, NULL), 0);
        ck_assert_ptr_null(f);
    }
}
END_TEST

static Suite *quota_file_suite(void)
{
    Suite *s = suite_create("quota_file");
    TCase *t = tcase_create("quota_file");
    tcase_add_test(t, dated_numbers_hold_from_their_date);
    tcase_add_test(t, usage_may_be_left_out);
    tcase_add_test(t, a_bad_tree_is_refused_with_its_place);
    tcase_add_test(t, a_file_cut_short_anywhere_is_refused);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(quota_file_suite)
