/* nodeagent/agent/notice.h: a lease hears of its end. */
#include "nodeagent/agent/notice.h"

#include "tests/unit/nodeagent/agent/agent_rig.h"

static void begin(void)
{
    start();
    set_in_dir("notice.dir", "");
    set("notice.before", "60s");
    start_agent();
}

static bool told(const char *what)
{
    char path[100];
    CLEANUP_BUF struct buf text;
    buf_init(&text, 1024);
    (void)snprintf(path, sizeof path, "%s/lease-1.json", dir);
    if (file_read(path, &text, NULL) < 0)
        return false;
    return memmem(text.data, text.len, what, strlen(what)) != NULL;
}

START_TEST(a_recall_is_told_at_once)
{
    begin();
    ends_as = "recalled";
    grant(1);
    ck_assert(told("\"cause\": \"recalled\""));
    ck_assert(told("\"seconds\": 854")); /* a day, less the clock's 1000 s */
    ck_assert_uint_eq(logged("lease.notice"), 1);
    grant(1);
    ck_assert_uint_eq(logged("lease.notice"), 1); /* once */
    stop();
}
END_TEST

START_TEST(a_recalled_lease_has_a_recalled_last_interval)
{
    begin();
    grant(1);
    ends_as = "recalled";
    grant(1);
    advance_ms(10000);
    end_lease();
    expect(0, "lease-1", 1000, 1010, "recalled");
    stop();
}
END_TEST

START_TEST(a_recall_that_is_called_off_is_none)
{
    begin();
    ends_as = "recalled";
    grant(1);
    grant(1);
    ends_as = "";
    grant(1);
    advance_ms(10000);
    end_lease();
    expect(0, "lease-1", 1000, 1010, "ended");
    stop();
}
END_TEST

START_TEST(an_end_is_told_some_time_before)
{
    begin();
    grant(1);
    ck_assert(!told("ending"));
    advance_ms((86400 - 1000 - 61) * INT64_C(1000));
    turn_on();
    ck_assert(!told("ending"));
    advance_ms(1000);
    UNTIL(told("\"cause\": \"ended\""));
    stop();
}
END_TEST

START_TEST(a_program_is_told_too)
{
    begin();
    set("notice.command", "/bin/false");
    ends_as = "recalled";
    grant(1);
    UNTIL(logged("hook.failed") == 1);
    set("notice.command", "/no/such/program");
    a->held.items[0].told_of.s = 0;
    UNTIL(logged("hook.not-run") == 1);
    set("notice.dir", "/no/such/directory");
    a->held.items[0].told_of.s = 0;
    UNTIL(logged("notice.not-written") == 1);
    stop();
}
END_TEST

static Suite *notice_suite(void)
{
    Suite *suite = suite_create("notice");
    TCase *tc = tcase_create("notice");
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, a_recall_is_told_at_once);
    tcase_add_test(tc, a_recalled_lease_has_a_recalled_last_interval);
    tcase_add_test(tc, a_recall_that_is_called_off_is_none);
    tcase_add_test(tc, an_end_is_told_some_time_before);
    tcase_add_test(tc, a_program_is_told_too);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(notice_suite)
