/* What a node is to enforce. */
#include "controlplane/domain/enforce.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-a", .gpus = 8, .notice_s = 3600, .silence_s = 7200});
    allocation = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
}

static struct id book(uint32_t gpus, int64_t from, int64_t to)
{
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                          .gpus = gpus,
                                                          .from = world_at(from),
                                                          .to = world_at(to)}));
    return w.changes.answer.id;
}

struct seen {
    size_t n;
    struct enforcement last;
};

static void see(const struct enforcement *e, void *arg)
{
    struct seen *seen = arg;
    seen->n++;
    seen->last = *e;
}

static struct seen look(void)
{
    struct seen seen = {0};
    enforce_each(w.state, &(struct id){"n1"}, w.now, see, &seen);
    return seen;
}

START_TEST(test_grants_begin_with_the_window_and_end_with_it)
{
    struct id id = book(4, WORLD_HOUR, 2 * WORLD_HOUR);
    ck_assert_uint_eq(look().n, 0);
    world_advance(&w, WORLD_HOUR);
    ck_assert_uint_eq(look().n, 1);
    ck_assert_str_eq(look().last.lease->id.text, id.text);
    ck_assert_str_eq(look().last.loan->id.text, "loan-a");
    ck_assert_uint_eq(look().last.placement->devices.n, 4);
    w.now = world_at(2 * WORLD_HOUR); /* before anybody has noticed that it is over */
    ck_assert_uint_eq(look().n, 0);
    world_due(&w);
    ck_assert_uint_eq(look().n, 0);
    struct seen none = {0};
    enforce_each(w.state, &(struct id){"n9"}, w.now, see, &none);
    ck_assert_uint_eq(none.n, 0);
}
END_TEST

START_TEST(test_time_to_live_is_the_silence_and_never_beyond_the_end)
{
    book(4, 0, WORLD_DAY);
    world_due(&w);
    ck_assert_int_eq(look().last.ttl_ms, 7200 * 1000);
    w.now = world_at(WORLD_DAY - 60);
    ck_assert_int_eq(look().last.ttl_ms, 60 * 1000);
    ck_assert_int_eq(look().last.ends_at.s, world_at(WORLD_DAY).s);
}
END_TEST

START_TEST(test_a_recall_shortens_what_is_granted_next)
{
    book(8, 0, WORLD_DAY);
    world_due(&w);
    world_report(&w, "n1", "active");
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 8, INSTANT_NEVER));
    ck_assert_uint_eq(look().n, 1);
    ck_assert_int_eq(look().last.ttl_ms, 3600 * 1000);
}
END_TEST

START_TEST(test_a_device_goes_on_only_when_it_was_given_back)
{
    struct id first = book(8, 0, WORLD_HOUR);
    struct id second = book(8, WORLD_HOUR + 300, 2 * WORLD_HOUR);
    world_due(&w);
    world_report(&w, "n1", "active");
    world_advance(&w, WORLD_HOUR);
    ck_assert_int_eq(world_lease(&w, first.text)->state, LEASE_RETURNING);
    w.now = world_at(WORLD_HOUR + 300); /* due together: the first must not hinder the second */
    ck_assert_int_eq(world_enforced(&w, "n1"), 0);
    expect_ok(&w, world_report_one(&w, "n1", first.text, "draining"));
    world_due(&w); /* void by now: its grant is over in the kernel as well */
    ck_assert_int_eq(world_lease(&w, first.text)->state, LEASE_ENDED);
    ck_assert_int_eq(world_lease(&w, second.text)->state, LEASE_PREPARING);
    ck_assert_int_eq(world_enforced(&w, "n1"), share_gpus(8).units);
}
END_TEST

START_TEST(test_an_overdue_lease_holds_its_successor_up)
{
    struct apply_programme_request r = {0};
    struct id programme = id_literal(WORLD_PROGRAMME);
    record_copy(&programme_type, &r.programme, state_find(w.state, ENTITY_PROGRAMME, &programme));
    r.programme.cleaning_s = 0; /* windows may touch, whatever the taking back takes */
    world_must(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROGRAMME, &r));
    record_fini(&apply_programme_request_type, &r);
    struct id first = book(8, 0, WORLD_HOUR);
    struct id second = book(8, WORLD_HOUR, 2 * WORLD_HOUR);
    world_due(&w);
    world_report(&w, "n1", "active");
    world_advance(&w, WORLD_HOUR + 60);
    ck_assert_int_eq(world_lease(&w, first.text)->state, LEASE_RETURNING);
    ck_assert_int_eq(world_lease(&w, second.text)->state, LEASE_PREPARING);
    ck_assert_int_eq(world_enforced(&w, "n1"), 0);
    expect_ok(&w, world_report_one(&w, "n1", first.text, "returned"));
    ck_assert_int_eq(world_enforced(&w, "n1"), share_gpus(8).units);
}
END_TEST

START_TEST(test_a_tainted_device_is_given_to_nobody_new)
{
    struct id first = book(2, 0, WORLD_HOUR);
    struct id second = book(8, 2 * WORLD_HOUR, 3 * WORLD_HOUR);
    world_due(&w);
    world_report(&w, "n1", "active");
    world_advance(&w, WORLD_HOUR);
    expect_ok(&w, world_report_one(&w, "n1", first.text, "tainted"));
    world_advance(&w, WORLD_HOUR);
    ck_assert_int_eq(world_lease(&w, second.text)->state, LEASE_PREPARING);
    ck_assert_int_eq(world_enforced(&w, "n1"), 0);
    expect_ok(&w, world_report_one(&w, "n1", first.text, "returned"));
    ck_assert_int_eq(world_enforced(&w, "n1"), share_gpus(8).units);
}
END_TEST

static Suite *enforce_suite(void)
{
    Suite *s = suite_create("enforce");
    TCase *c = tcase_create("enforce");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_grants_begin_with_the_window_and_end_with_it);
    tcase_add_test(c, test_time_to_live_is_the_silence_and_never_beyond_the_end);
    tcase_add_test(c, test_a_recall_shortens_what_is_granted_next);
    tcase_add_test(c, test_a_device_goes_on_only_when_it_was_given_back);
    tcase_add_test(c, test_an_overdue_lease_holds_its_successor_up);
    tcase_add_test(c, test_a_tainted_device_is_given_to_nobody_new);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(enforce_suite)
