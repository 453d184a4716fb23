/* Lists of devices. */
#include "nodeagent/kernel/rules.h"

#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

START_TEST(a_list_names_devices)
{
    struct rules r;
    ck_assert_int_eq(rules_parse(span_text(" c 195:0, c 195:255 ,c 510:* "), &r, NULL), 0);
    ck_assert_uint_eq(r.count, 3);
    ck_assert(rules_match(&r, 195, 0));
    ck_assert(rules_match(&r, 195, 255));
    ck_assert(!rules_match(&r, 195, 1));
    ck_assert(rules_match(&r, 510, 77777));
    ck_assert(!rules_match(&r, 511, 0));
}
END_TEST

START_TEST(a_driver_stands_for_its_major_number)
{
    struct rules r;
    static const char devices[] = "Character devices:\n  4 /dev/vc/0\n195 nvidia\n511 nvidia-uvm\n"
                                  "\nBlock devices:\n  8 sd\n";
    ck_assert_int_eq(rules_parse(span_text("c nvidia-uvm:*, c sd:*, c nvidia:255"), &r, NULL), 0);
    ck_assert(!rules_match(&r, 511, 0));
    rules_resolve(&r, span_text(devices));
    ck_assert(rules_match(&r, 511, 0));
    ck_assert(rules_match(&r, 195, 255));
    ck_assert(!rules_match(&r, 195, 0));
    ck_assert(!rules_match(&r, 8, 0)); /* a block device's number is another's */
    rules_resolve(&r, span_text(""));  /* its module was unloaded */
    ck_assert(!rules_match(&r, 511, 0));
}
END_TEST

START_TEST(an_empty_text_is_an_empty_list)
{
    struct rules r;
    ck_assert_int_eq(rules_parse(span_text("  "), &r, NULL), 0);
    ck_assert_uint_eq(r.count, 0);
    ck_assert(!rules_match(&r, 0, 0));
}
END_TEST

static const char *const bad[] = {
    "195:0",          "b 8:0",       "c",      "c 195",   "c 195:",  "c :0",
    "c *:0",          "c 4096:0",    "c -1:0", "c 1:-1",  "c 1:0x1", "c 195:1048576",
    "c 195:0,,c 1:1", "c 1:0;c 1:1", "c 1:0,", "c 1:0 x", "C 1:0",
};

START_TEST(a_malformed_entry_is_refused)
{
    struct rules r = {.count = 9};
    struct err err = ERR_INIT;
    int rc = rules_parse(span_text(bad[_i]), &r, &err);
    if (strcmp(bad[_i], "c 1:0,") == 0) {
        ck_assert_int_eq(rc, 0); /* a comma at the end says nothing */
        return;
    }
    ck_assert_msg(rc == -ERR_INVALID, "\"%s\"", bad[_i]);
    ck_assert_int_ne(err.text[0], 0);
    ck_assert_uint_eq(r.count, 9);
}
END_TEST

START_TEST(a_list_has_a_limit)
{
    struct rules r;
    char text[2048] = "c 1:0";
    size_t n = strlen(text);
    for (int i = 1; i < RULES_MAX; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, ",c 1:%d", i);
    ck_assert_int_eq(rules_parse(span_text(text), &r, NULL), 0);
    ck_assert_uint_eq(r.count, RULES_MAX);
    (void)snprintf(text + n, sizeof text - n, ",c 1:99");
    ck_assert_int_eq(rules_parse(span_text(text), &r, NULL), -ERR_LIMIT);
}
END_TEST

static Suite *rules_suite(void)
{
    Suite *suite = suite_create("rules");
    TCase *tc = tcase_create("rules");
    tcase_add_test(tc, a_list_names_devices);
    tcase_add_test(tc, a_driver_stands_for_its_major_number);
    tcase_add_test(tc, an_empty_text_is_an_empty_list);
    tcase_add_loop_test(tc, a_malformed_entry_is_refused, 0, (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tc, a_list_has_a_limit);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(rules_suite)
