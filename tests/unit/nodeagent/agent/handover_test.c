/* nodeagent/agent/handover.h: nothing is returned that was not verified. */
#include "nodeagent/agent/handover.h"

#include "tests/unit/nodeagent/agent/agent_rig.h"

static void begin(const char *command)
{
    start();
    set("handover.command", command);
    start_agent();
    handover_open(a);
}

/* The guard has returned the lease, and the agent knows. */
static void end_and_hear(void)
{
    end_lease();
    UNTIL(meter_is_idle(a->meter));
    advance_ms(100);
}

static const char *last_state(void)
{
    const Pumasi__V1__Sync *sync = plane_nth(&plane, PLANE_SYNC, questions() - 1)->sync;
    return sync->n_held > 0 ? sync->held[0]->state : "none";
}

static unsigned owed(void)
{
    unsigned n = 0;
    DIR *files = opendir(dir);
    for (const struct dirent *f = readdir(files); f; f = readdir(files))
        n += strncmp(f->d_name, "owed-", 5) == 0;
    closedir(files);
    return n;
}

START_TEST(returned_is_said_when_the_program_has_succeeded)
{
    begin("/bin/true");
    grant(1);
    grant(1);
    ck_assert_uint_eq(owed(), 1);
    ck_assert_str_eq(last_state(), "active");
    end_and_hear();
    UNTIL(logged("handover.clean") == 1);
    ck_assert_uint_eq(owed(), 0);
    advance_ms(1000);
    UNTIL(strcmp(last_state(), "returned") == 0);
    stop();
}
END_TEST

START_TEST(what_could_not_be_verified_is_tainted)
{
    begin("/bin/false");
    grant(1);
    end_and_hear();
    UNTIL(logged("handover.failed") == 1);
    advance_ms(1000);
    UNTIL(strcmp(last_state(), "tainted") == 0);
    ck_assert_uint_eq(owed(), 1);
    stop();
}
END_TEST

START_TEST(it_takes_no_longer_than_it_may)
{
    char path[100];
    begin("");
    (void)snprintf(path, sizeof path, "%s/slow", dir);
    ck_assert_int_eq(file_write(path, span_text("#!/bin/sh\nsleep 1000\n"), 0700, NULL), 0);
    set("handover.command", path);
    set("handover.timeout", "2s");
    grant(1);
    end_and_hear();
    UNTIL(a->handovers.items[0].state == HANDOVER_RUNS);
    ck_assert_str_eq(last_state(), "draining");
    advance_ms(2000);
    UNTIL(logged("handover.failed") == 1);
    stop();
}
END_TEST

START_TEST(a_restart_forgets_no_handover)
{
    begin("/bin/true");
    grant(1);
    stop_agent();
    fake_guard_return(&guard, "lease-1"); /* nobody listened */
    granted_count = 0;
    start_agent();
    handover_open(a);
    UNTIL(logged("handover.clean") == 1);
    stop();
}
END_TEST

START_TEST(what_an_earlier_boot_left_is_done_at_once)
{
    char path[100];
    begin("/bin/true");
    (void)snprintf(path, sizeof path, "%s/owed-lease-9.4", dir);
    ck_assert_int_eq(file_write(path, span_text("another-boot\nGPU-1\n"), 0600, NULL), 0);
    handover_open(a);
    ck_assert_int_eq(a->handovers.items[0].state, HANDOVER_DUE);
    ck_assert_uint_eq(a->handovers.items[0].uuid_count, 1);
    UNTIL(logged("handover.clean") == 1);
    ck_assert_uint_eq(owed(), 0);
    stop();
}
END_TEST

START_TEST(a_grant_whose_handover_can_not_be_kept_is_not_obeyed)
{
    begin("/bin/true");
    set("agent.state_dir", "/no/such/directory");
    attentive = true;
    UNTIL(a->linked && a->answered);
    granted[granted_count++] = grant_of("lease-1", 1, 1);
    a->ask_at = 0;
    UNTIL(logged("grant.refused") > 0);
    ck_assert_uint_eq(fake_guard_installs(&guard), 0);
    set_in_dir("agent.state_dir", "");
    stop();
}
END_TEST

START_TEST(without_a_program_the_guards_word_is_enough)
{
    begin("");
    grant(1);
    ck_assert_uint_eq(owed(), 0);
    end_and_hear();
    UNTIL(strcmp(last_state(), "returned") == 0);
    stop();
}
END_TEST

static Suite *handover_suite(void)
{
    Suite *suite = suite_create("handover");
    TCase *tc = tcase_create("handover");
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, returned_is_said_when_the_program_has_succeeded);
    tcase_add_test(tc, what_could_not_be_verified_is_tainted);
    tcase_add_test(tc, it_takes_no_longer_than_it_may);
    tcase_add_test(tc, a_restart_forgets_no_handover);
    tcase_add_test(tc, what_an_earlier_boot_left_is_done_at_once);
    tcase_add_test(tc, a_grant_whose_handover_can_not_be_kept_is_not_obeyed);
    tcase_add_test(tc, without_a_program_the_guards_word_is_enough);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(handover_suite)
