/* nodeagent/agent/journals.h: what earlier boots and earlier agents left. */
#include "nodeagent/agent/journals.h"

#include "tests/unit/nodeagent/agent/agent_rig.h"

#define OTHER "aaaaaaaa-4b5a-6978-8796-a5b4c3d2e1f0"

/* A journal of a boot that ended while two leases were open, known to be held until 500. */
static void leave_a_boot(void)
{
    struct meter *m = meter_create();
    struct metered_lease lease = {.lease = id_literal("lease-1"),
                                  .organisation = id_literal("upstage"),
                                  .project = id_literal("alpha"),
                                  .model = "RTX 6000",
                                  .units = {7000},
                                  .isolation = "whole",
                                  .fence = 1};
    struct journal *j;
    CLEANUP_BUF struct buf mark;
    buf_init(&mark, METER_MARK_MAX);
    meter_set_time(m, (struct instant){START}, 0);
    ck_assert_int_eq(meter_open(m, &lease, (uint64_t)(100 * NS), NULL), 0);
    lease.lease = id_literal("lease-2");
    ck_assert_int_eq(meter_open(m, &lease, (uint64_t)(500 * NS), NULL), 0);
    meter_know(m, (uint64_t)(500 * NS));
    meter_mark(m, &mark);
    meter_destroy(m);
    ck_assert_int_eq(journal_open(dir, OTHER, &j, NULL), 0);
    ck_assert_int_eq(journal_mark(j, buf_span(&mark), NULL), 0);
    journal_close(j);
}

static bool other_is_there(void)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/usage-" OTHER ".journal", dir);
    return access(path, F_OK) == 0;
}

START_TEST(what_a_reboot_left_open_is_a_fault_of_the_boot_before)
{
    start();
    leave_a_boot();
    start_agent();
    stop_agent(); /* twice: it is billed once */
    start_agent();
    grant(0);
    expect(0, "lease-1", 100, 500, "fault");
    ck_assert_str_eq(reported(0)->boot_id, OTHER);
    ck_assert_uint_eq(reported(0)->seq, 1);
    expect_signed(reported(0), key);
    ck_assert(!other_is_there());
    turn_on();
    ck_assert_ptr_null(reported(1));
    stop();
}
END_TEST

START_TEST(a_boot_that_left_nothing_is_forgotten)
{
    struct journal *j;
    start();
    ck_assert_int_eq(journal_open(dir, OTHER, &j, NULL), 0);
    journal_close(j);
    start_agent();
    ck_assert(!other_is_there());
    ck_assert_uint_eq(a->journal_count, 1);
    stop();
}
END_TEST

static void spoil(const char *boot_id)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/usage-%s.journal", dir, boot_id);
    ck_assert_int_eq(file_write(path, span_text("damaged"), 0600, NULL), 0);
}

static bool is_aside(const char *boot_id)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/usage-%s.journal.damaged-1", dir, boot_id);
    return access(path, F_OK) == 0;
}

START_TEST(a_damaged_journal_of_another_boot_is_said_and_kept_for_people)
{
    start();
    spoil(OTHER);
    start_agent();
    ck_assert_uint_eq(logged("journal.damaged"), 1);
    ck_assert(is_aside(OTHER));
    ck_assert(!other_is_there()); /* there was nothing in it */
    stop();
}
END_TEST

START_TEST(a_damaged_journal_of_this_boot_stops_nothing)
{
    char boot[40];
    start();
    start_agent();
    grant(1);
    (void)snprintf(boot, sizeof boot, "%s", a->journals[0].boot_id);
    stop_agent();
    spoil(boot);
    advance_ms(10000);
    start_agent();
    ck_assert_uint_eq(logged("journal.damaged"), 1);
    ck_assert(is_aside(boot));
    grant(1); /* renews: metered from here on */
    advance_ms(5000);
    end_lease();
    expect(0, "lease-1", 1010, 1015, "ended");
    ck_assert_uint_gt(receive(0)->seq, 1);
    stop();
}
END_TEST

START_TEST(a_mark_that_can_not_be_read_is_said_and_dropped)
{
    start();
    start_agent();
    ck_assert_int_eq(journal_mark(a->journals[0].journal, span_text("a mark of old"), NULL), 0);
    stop_agent();
    start_agent();
    ck_assert_uint_eq(logged("usage.mark-dropped"), 1);
    grant(1);
    ck_assert(!meter_is_idle(a->meter));
    stop();
}
END_TEST

START_TEST(more_boots_than_there_are_places_for_are_taken_up_one_after_the_other)
{
    enum { BOOTS = AGENT_JOURNALS_MAX + 3 };
    struct metered_lease lease = {.lease = id_literal("lease-1"),
                                  .organisation = id_literal("upstage"),
                                  .project = id_literal("alpha"),
                                  .units = {7000},
                                  .isolation = "whole"};
    start();
    for (int i = 0; i < BOOTS; i++) {
        char boot[40];
        struct journal *j;
        struct meter *m = meter_create();
        CLEANUP_BUF struct buf mark;
        buf_init(&mark, METER_MARK_MAX);
        (void)snprintf(boot, sizeof boot, "%08d-4b5a-6978-8796-a5b4c3d2e1f0", i);
        meter_set_time(m, (struct instant){START}, 0);
        ck_assert_int_eq(meter_open(m, &lease, 0, NULL), 0);
        meter_know(m, (uint64_t)(50 * NS));
        meter_mark(m, &mark);
        meter_destroy(m);
        ck_assert_int_eq(journal_open(dir, boot, &j, NULL), 0);
        ck_assert_int_eq(journal_mark(j, buf_span(&mark), NULL), 0);
        journal_close(j);
    }
    start_agent();
    grant(0);
    for (unsigned i = 0; i < BOOTS; i++)
        expect(i, "lease-1", 0, 50, "fault");
    ck_assert_uint_eq(a->journal_count, 1);
    stop();
}
END_TEST

static Suite *journals_suite(void)
{
    Suite *suite = suite_create("journals");
    TCase *tc = tcase_create("journals");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_a_reboot_left_open_is_a_fault_of_the_boot_before);
    tcase_add_test(tc, a_boot_that_left_nothing_is_forgotten);
    tcase_add_test(tc, a_damaged_journal_of_another_boot_is_said_and_kept_for_people);
    tcase_add_test(tc, a_damaged_journal_of_this_boot_stops_nothing);
    tcase_add_test(tc, a_mark_that_can_not_be_read_is_said_and_dropped);
    tcase_add_test(tc, more_boots_than_there_are_places_for_are_taken_up_one_after_the_other);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(journals_suite)
