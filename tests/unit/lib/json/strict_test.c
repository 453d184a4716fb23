/* lib/json/strict.h: what is accepted, and how everything else is named. */
#include "lib/base/limits.h"
#include "lib/json/strict.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <unistd.h>

static struct json_t *load(const char *text)
{
    struct json_t *document = NULL;
    struct err err = ERR_INIT;

    ck_assert_msg(strict_load(span_text(text), &document, &err) == 0, "%s", err.text);
    return document;
}

START_TEST(what_is_no_json_is_refused_with_path_and_line)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "'[' or '{' expected near end of file"},
        {"1", "'[' or '{' expected"},
        {"\"text\"", "'[' or '{' expected"},
        {"{\"a\": 1, \"a\": 2}", "a: duplicate object key"},
        {"{\"usage\": [{}, {\"from\": 1,\n \"from\": 2}]}", "usage[1].from: duplicate object key"},
        {"{\"members\": [{\"krw\": 9223372036854775808}]}", "members[0].krw: too big integer"},
        {"{\"krw\": -9223372036854775809}", "krw: too big negative integer"},
        {"{\"krw\": 1e999}", "krw: real number overflow"},
        {"{\"a\": 01}", "a: "},
        {"{\"a\": .5}", "a: "},
        {"{\"a\": +1}", "a: "},
        {"{\"a\": nan}", "a: invalid token"},
        {"{\"a\": \"\\u0000\"}", "a: "},
        {"{\"a\\u0000b\": 1}", ""},
        {"{\"a\": \"\xFF\"}", "a: unable to decode byte 0xff"},
        {"{\"a\": \"\\ud800\"}", "a: "},
        {"{\"a\": [1,]}", "a: unexpected token"},
        {"{\"a\": 1,}", "string or '}' expected"},
        {"{\"a\": 1} x", "end of file expected"},
        {"{\"a\": 1", "a: "},
        {"{'a': 1}", "string or '}' expected"},
        {"// comment\n{}", "'[' or '{' expected"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_t *document = NULL;
        struct err err = ERR_INIT;
        int rc = strict_load(span_text(cases[i].text), &document, &err);
        ck_assert_msg(rc == -(int)ERR_INVALID, "%s", cases[i].text);
        ck_assert_msg(strncmp(err.text, cases[i].says, strlen(cases[i].says)) == 0, "%s: %s",
                      cases[i].text, err.text);
        ck_assert_ptr_nonnull(strstr(err.text, "(line "));
        ck_assert_ptr_null(document);
    }
}
END_TEST

START_TEST(a_nul_between_tokens_is_no_json)
{
    struct json_t *document = NULL;

    ck_assert_int_eq(strict_load(span_of("{}\0", 3), &document, NULL), -(int)ERR_INVALID);
    ck_assert_int_eq(strict_load(span_of(NULL, 0), &document, NULL), -(int)ERR_INVALID);
}
END_TEST

START_TEST(deep_nesting_is_refused_without_harm)
{
    static char text[100000];
    struct json_t *document = NULL;

    memset(text, '[', sizeof(text));
    ck_assert_int_eq(strict_load(span_of(text, sizeof(text)), &document, NULL), -(int)ERR_INVALID);
    memset(text + sizeof(text) / 2, ']', sizeof(text) / 2);
    ck_assert_int_eq(strict_load(span_of(text, sizeof(text)), &document, NULL), -(int)ERR_INVALID);
}
END_TEST

START_TEST(more_bytes_than_the_limit_are_refused)
{
    static char text[LIMIT_FILE_BYTES + 1];
    struct json_t *document = NULL;

    memset(text, ' ', sizeof(text));
    memcpy(text, "{}", 2);
    ck_assert_int_eq(strict_load(span_of(text, sizeof(text)), &document, NULL), -(int)ERR_LIMIT);
    ck_assert_int_eq(strict_load(span_of(text, sizeof(text) - 1), &document, NULL), 0);
    strict_free(document);
    strict_free(NULL);
}
END_TEST

START_TEST(members_have_their_kind)
{
    CLEANUP_STRICT struct json_t *document =
        load("{\"org\": \"품앗이\", \"gpus\": 256, \"done\": true, \"usage\": [10, 20]}");
    struct strict root = strict_root(document);
    struct strict usage;
    struct span text;
    int64_t number;
    bool flag;
    size_t n;

    ck_assert_int_eq(strict_get_text(&root, "org", &text, NULL), 0);
    ck_assert(span_equal(text, span_text("품앗이")));
    ck_assert_int_eq(strict_get_int(&root, "gpus", 1, 256, &number, NULL), 0);
    ck_assert_int_eq(number, 256);
    ck_assert_int_eq(strict_get_bool(&root, "done", &flag, NULL), 0);
    ck_assert(flag);
    ck_assert_int_eq(strict_get_list(&root, "usage", &usage, &n, NULL), 0);
    ck_assert_uint_eq(n, 2);
    struct strict item = strict_item(&usage, 1);
    ck_assert_int_eq(strict_int(&item, INT64_MIN, INT64_MAX, &number, NULL), 0);
    ck_assert_int_eq(number, 20);
    ck_assert(strict_is_object(&root) && strict_is_list(&usage) && strict_is_int(&item));
    ck_assert(!strict_is_text(&item) && !strict_is_object(&item) && !strict_is_list(&root));
}
END_TEST

START_TEST(another_kind_is_named_with_its_path)
{
    static const struct {
        const char *value;
        const char *kind;
    } values[] = {
        {"{}", "an object"},
        {"[]", "a list"},
        {"\"1\"", "text"},
        {"1", "a whole number"},
        {"1.0", "a number with a point or an exponent"},
        {"1e3", "a number with a point or an exponent"},
        {"true", "true or false"},
        {"null", "null"},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char text[64];
        snprintf(text, sizeof(text), "{\"list\": [0, {\"v\": %s}]}", values[i].value);
        CLEANUP_STRICT struct json_t *document = load(text);
        struct strict root = strict_root(document);
        struct strict list;
        struct strict v;
        size_t n;
        ck_assert_int_eq(strict_get_list(&root, "list", &list, &n, NULL), 0);
        struct strict item = strict_item(&list, 1);
        ck_assert(strict_find(&item, "v", &v));
        ck_assert_str_eq(strict_kind(&v), values[i].kind);

        struct {
            const char *expected;
            int rc;
            struct err err;
        } tries[5] = {{.expected = "an object"},
                      {.expected = "a list"},
                      {.expected = "text"},
                      {.expected = "a whole number"},
                      {.expected = "true or false"}};
        static const char *const none[] = {NULL};
        struct span span;
        int64_t number;
        bool flag;
        tries[0].rc = strict_object(&v, none, &tries[0].err);
        tries[1].rc = strict_list(&v, &n, &tries[1].err);
        tries[2].rc = strict_text(&v, &span, &tries[2].err);
        tries[3].rc = strict_int(&v, 0, 10, &number, &tries[3].err);
        tries[4].rc = strict_bool(&v, &flag, &tries[4].err);
        for (size_t k = 0; k < 5; k++) {
            char says[128];
            if (strcmp(tries[k].expected, values[i].kind) == 0) {
                ck_assert_int_eq(tries[k].rc, 0);
                continue;
            }
            snprintf(says, sizeof(says), "list[1].v: expected %s, found %s", tries[k].expected,
                     values[i].kind);
            ck_assert_int_eq(tries[k].rc, -(int)ERR_INVALID);
            ck_assert_str_eq(tries[k].err.text, says);
        }
    }
}
END_TEST

START_TEST(numbers_out_of_range_are_named)
{
    CLEANUP_STRICT struct json_t *document =
        load("{\"a\": [0, -1, 11, 9223372036854775807, -9223372036854775808]}");
    struct strict root = strict_root(document);
    struct strict a;
    size_t n;
    int64_t number = 77;
    struct err err = ERR_INIT;

    ck_assert_int_eq(strict_get_list(&root, "a", &a, &n, NULL), 0);
    for (size_t i = 1; i < n; i++) {
        struct strict item = strict_item(&a, i);
        ck_assert_int_eq(strict_int(&item, 0, 10, &number, &err), -(int)ERR_INVALID);
        ck_assert_ptr_nonnull(strstr(err.text, "is not from 0 to 10"));
        ck_assert_int_eq(number, 77);
        ck_assert_int_eq(strict_int(&item, INT64_MIN, INT64_MAX, &number, &err), 0);
        number = 77;
    }
    ck_assert_str_eq(err.text, "a[4]: -9223372036854775808 is not from 0 to 10");
}
END_TEST

START_TEST(unknown_members_are_named_with_the_known_ones)
{
    static const char *const known[] = {"org", "size", "role", NULL};
    CLEANUP_STRICT struct json_t *document =
        load("{\"members\": [{\"org\": \"skt\", \"sise\": \"large\"}]}");
    struct strict root = strict_root(document);
    struct strict members;
    size_t n;
    struct err err = ERR_INIT;

    ck_assert_int_eq(strict_get_list(&root, "members", &members, &n, NULL), 0);
    struct strict item = strict_item(&members, 0);
    ck_assert_int_eq(strict_object(&item, known, &err), -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "members[0].sise: unknown; the members here are: org, size, role");
    static const char *const all[] = {"sise", "org", NULL};
    ck_assert_int_eq(strict_object(&item, all, NULL), 0);
}
END_TEST

START_TEST(missing_members_are_named)
{
    CLEANUP_STRICT struct json_t *document = load("{\"project\": {}}");
    struct strict root = strict_root(document);
    struct strict project;
    struct strict missing;
    struct span text;
    int64_t number;
    bool flag;
    size_t n;
    struct err err = ERR_INIT;

    ck_assert_int_eq(strict_member(&root, "project", &project, NULL), 0);
    ck_assert(!strict_find(&project, "openness", &missing));
    ck_assert_int_eq(strict_member(&project, "openness", &missing, &err), -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "project.openness: missing");
    ck_assert_int_lt(strict_get_text(&project, "x", &text, NULL), 0);
    ck_assert_int_lt(strict_get_int(&project, "x", 0, 1, &number, NULL), 0);
    ck_assert_int_lt(strict_get_bool(&project, "x", &flag, NULL), 0);
    ck_assert_int_lt(strict_get_list(&project, "x", &missing, &n, NULL), 0);
}
END_TEST

START_TEST(what_is_no_object_has_no_members)
{
    CLEANUP_STRICT struct json_t *document = load("[1]");
    struct strict root = strict_root(document);
    struct strict item = strict_item(&root, 0);
    struct strict member = {.value = NULL};
    struct err err = ERR_INIT;

    ck_assert(!strict_find(&root, "a", &member));
    ck_assert(!strict_next(&root, &member));
    ck_assert_int_eq(strict_member(&item, "a", &member, &err), -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "[0]: expected an object, found a whole number");
    ck_assert_int_eq(strict_member(&root, "a", &member, &err), -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "expected an object, found a list");
}
END_TEST

START_TEST(members_come_in_the_order_of_the_file)
{
    static const char *const names[] = {"zeta", "alpha", "m", "1", "품"};
    CLEANUP_STRICT struct json_t *document =
        load("{\"zeta\": 0, \"alpha\": 1, \"m\": 2, \"1\": 3, \"품\": 4}");
    struct strict root = strict_root(document);
    struct strict it = {.value = NULL};
    int64_t i = 0;

    while (strict_next(&root, &it)) {
        int64_t number;
        ck_assert_str_eq(it.name, names[i]);
        ck_assert_int_eq(strict_int(&it, i, i, &number, NULL), 0);
        i++;
    }
    ck_assert_int_eq(i, 5);
}
END_TEST

START_TEST(lists_have_a_limit)
{
    static char text[4 * LIMIT_LIST_ITEMS];
    size_t at = 0;
    struct err err = ERR_INIT;

    text[at++] = '[';
    for (int i = 0; i <= LIMIT_LIST_ITEMS; i++) {
        text[at++] = '0';
        text[at++] = ',';
    }
    text[at - 1] = ']';
    CLEANUP_STRICT struct json_t *document = load(text);
    struct strict root = strict_root(document);
    size_t n;
    ck_assert_int_eq(strict_list(&root, &n, &err), -(int)ERR_LIMIT);
    ck_assert_str_eq(err.text, "10001 entries, at most 10000 are allowed");
}
END_TEST

START_TEST(callers_errors_carry_the_path)
{
    CLEANUP_STRICT struct json_t *document = load("{\"rates\": {\"closed\": {\"large\": \"x\"}}}");
    struct strict root = strict_root(document);
    struct strict rates;
    struct strict closed = {.value = NULL};
    struct strict large = {.value = NULL};
    struct err err = ERR_INIT;

    ck_assert_int_eq(strict_member(&root, "rates", &rates, NULL), 0);
    ck_assert(strict_next(&rates, &closed));
    ck_assert(strict_next(&closed, &large));
    ck_assert_int_eq(strict_error(&large, ERR_NO_RATE, &err, "no rate, but %d", 3),
                     -(int)ERR_NO_RATE);
    ck_assert_str_eq(err.text, "rates.closed.large: no rate, but 3");
    ck_assert_int_eq(strict_error(&root, ERR_INVALID, &err, "all of it"), -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "all of it");
    ck_assert_int_eq(strict_error(&root, ERR_INVALID, NULL, "unheard"), -(int)ERR_INVALID);
}
END_TEST

START_TEST(files_are_named_before_the_error)
{
    char path[] = "/tmp/pumasi-strict-XXXXXX";
    int fd = mkstemp(path);
    struct json_t *document = NULL;
    struct err err = ERR_INIT;
    char says[128];

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "{\"a\": 1}", 8), 8);
    ck_assert_int_eq(strict_load_file(path, &document, &err), 0);
    strict_free(document);
    ck_assert_int_eq(write(fd, "x", 1), 1);
    ck_assert_int_eq(strict_load_file(path, &document, &err), -(int)ERR_INVALID);
    snprintf(says, sizeof(says), "%s: end of file expected", path);
    ck_assert_int_eq(strncmp(err.text, says, strlen(says)), 0);
    close(fd);
    unlink(path);
    ck_assert_int_eq(strict_load_file(path, &document, &err), -(int)ERR_NOT_FOUND);
}
END_TEST

static Suite *strict_suite(void)
{
    Suite *s = suite_create("strict");
    TCase *t = tcase_create("strict");

    tcase_add_test(t, what_is_no_json_is_refused_with_path_and_line);
    tcase_add_test(t, a_nul_between_tokens_is_no_json);
    tcase_add_test(t, deep_nesting_is_refused_without_harm);
    tcase_add_test(t, more_bytes_than_the_limit_are_refused);
    tcase_add_test(t, members_have_their_kind);
    tcase_add_test(t, another_kind_is_named_with_its_path);
    tcase_add_test(t, numbers_out_of_range_are_named);
    tcase_add_test(t, unknown_members_are_named_with_the_known_ones);
    tcase_add_test(t, missing_members_are_named);
    tcase_add_test(t, what_is_no_object_has_no_members);
    tcase_add_test(t, members_come_in_the_order_of_the_file);
    tcase_add_test(t, lists_have_a_limit);
    tcase_add_test(t, callers_errors_carry_the_path);
    tcase_add_test(t, files_are_named_before_the_error);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(strict_suite)
