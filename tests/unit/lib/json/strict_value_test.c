/* lib/json/strict_value.h: texts that stand for something, or an error with their path. */
#include "lib/json/strict_value.h"

#include "lib/base/korea.h"
#include "tests/support/suite.h"

static const char *const fruit_list[] = {"none", "apple", "pear"};
static const struct enum_names fruits = {fruit_list, 3};

static struct json_t *load(const char *text)
{
    struct json_t *document = NULL;
    ck_assert_int_eq(strict_load(span_text(text), &document, NULL), 0);
    return document;
}

static struct instant at(const char *text)
{
    struct instant t;
    ck_assert_int_eq(moment_parse(span_text(text), &t, NULL), 0);
    return t;
}

START_TEST(values_are_read)
{
    CLEANUP_STRICT struct json_t *document =
        load("{\"name\":\"루닛\",\"fruit\":\"pear\",\"day\":\"2026-02-28\","
             "\"instant\":\"2026-02-28T09:00:00+09:00\",\"rate\":\"12.5%\"}");
    struct strict root = strict_root(document), rate;
    char name[16];
    int fruit;
    struct instant t;
    struct span text;
    struct frac percent;
    ck_assert_int_eq(strict_get_name(&root, "name", name, sizeof(name), NULL), 0);
    ck_assert_str_eq(name, "루닛");
    ck_assert_int_eq(strict_get_enum(&root, "fruit", &fruits, 1, &fruit, NULL), 0);
    ck_assert_int_eq(fruit, 2);
    ck_assert_int_eq(strict_get_moment(&root, "day", &t, NULL), 0);
    ck_assert_int_eq(t.s, at("2026-02-28").s);
    ck_assert_int_eq(strict_get_until(&root, "day", &t, NULL), 0);
    ck_assert_int_eq(t.s, at("2026-03-01").s);
    ck_assert_int_eq(strict_get_until(&root, "instant", &t, NULL), 0);
    ck_assert_int_eq(t.s, at("2026-02-28T09:00:00+09:00").s);
    ck_assert(strict_find(&root, "rate", &rate));
    ck_assert_int_eq(strict_percent(&rate, &text, &percent, NULL), 0);
    ck_assert(span_equal(text, span_text("12.5%")));
    ck_assert_int_eq(frac_compare(percent, frac_ratio(1, 8)), 0);
}
END_TEST

START_TEST(what_they_are_not_is_refused_with_the_path)
{
    static const struct {
        const char *document;
        char what; /* n(ame) e(num) m(oment) u(ntil) p(ercent) */
    } cases[] = {
        {"{}", 'n'},
        {"{\"x\":7}", 'n'},
        {"{\"x\":\"\"}", 'n'},
        {"{\"x\":\"sixteen bytes...\"}", 'n'},
        {"{\"x\":\"plum\"}", 'e'},
        {"{\"x\":\"none\"}", 'e'}, /* below the first */
        {"{\"x\":\"2026-02-30\"}", 'm'},
        {"{\"x\":\"2026-02-30\"}", 'u'},
        {"{\"x\":20260228}", 'm'},
        {"{\"x\":\"6\"}", 'p'},
        {"{\"x\":\"-6%\"}", 'p'},
        {"{\"x\":\"100.1%\"}", 'p'},
        {"{\"x\":6}", 'p'},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        CLEANUP_STRICT struct json_t *document = load(cases[i].document);
        struct strict root = strict_root(document), x;
        struct err err = ERR_INIT;
        char name[16] = "kept";
        int fruit, rc = 0;
        struct instant t;
        struct span text;
        struct frac percent;
        if (cases[i].what == 'n')
            rc = strict_get_name(&root, "x", name, sizeof(name), &err);
        if (cases[i].what == 'e')
            rc = strict_get_enum(&root, "x", &fruits, 1, &fruit, &err);
        if (cases[i].what == 'm')
            rc = strict_get_moment(&root, "x", &t, &err);
        if (cases[i].what == 'u')
            rc = strict_get_until(&root, "x", &t, &err);
        if (cases[i].what == 'p' && strict_find(&root, "x", &x))
            rc = strict_percent(&x, &text, &percent, &err);
        ck_assert_msg(rc == -ERR_INVALID, "case %zu", i);
        ck_assert_msg(strncmp(err.text, "x: ", 3) == 0, "case %zu: %s", i, err.text);
        ck_assert_str_eq(name, "kept");
    }
}
END_TEST

static Suite *strict_value_suite(void)
{
    Suite *s = suite_create("strict_value");
    TCase *t = tcase_create("strict_value");
    tcase_add_test(t, values_are_read);
    tcase_add_test(t, what_they_are_not_is_refused_with_the_path);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(strict_value_suite)
