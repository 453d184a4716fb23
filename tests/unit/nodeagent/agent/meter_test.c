/* nodeagent/agent/meter.h: intervals without gap or overlap, whatever happens to the agent. */
#include "nodeagent/agent/meter.h"

#include "tests/support/suite.h"

#include <stdio.h>

#define NS        UINT64_C(1000000000)
#define BOOT(s)   ((s)*NS) /* boot clock at which the server's clock shows START + s */
#define START     INT64_C(1764547200)
#define EMITS_MAX 64

static struct emitted {
    size_t n;
    struct metered items[EMITS_MAX];
} emitted;

static void emit(const struct metered *interval, void *arg)
{
    struct emitted *e = arg;
    ck_assert_uint_lt(e->n, EMITS_MAX);
    e->items[e->n++] = *interval;
}

static struct metered_lease lease_of(const char *name)
{
    struct metered_lease l = {.lease = id_literal(name),
                              .organisation = id_literal("upstage"),
                              .project = id_literal("alpha"),
                              .model = "B200",
                              .units = {7000},
                              .isolation = "whole"};
    return l;
}

static struct meter *meter_at(uint64_t boot_s)
{
    struct meter *m = meter_create();
    meter_set_time(m, (struct instant){START + (int64_t)boot_s}, BOOT(boot_s));
    return m;
}

static void open_at(struct meter *m, const char *name, uint64_t boot_ns)
{
    struct metered_lease l = lease_of(name);
    ck_assert_int_eq(meter_open(m, &l, boot_ns, NULL), 0);
}

static void close_at(struct meter *m, const char *name, uint64_t boot_ns)
{
    struct id id = id_literal(name);
    meter_close(m, &id, boot_ns, emit, &emitted);
}

static void expect(size_t i, const char *lease, int64_t from_s, int64_t to_s, const char *cause)
{
    ck_assert_uint_lt(i, emitted.n);
    ck_assert_str_eq(emitted.items[i].lease.lease.text, lease);
    ck_assert_int_eq(emitted.items[i].from.s - START, from_s);
    ck_assert_int_eq(emitted.items[i].to.s - START, to_s);
    ck_assert_str_eq(emitted.items[i].cause, cause);
}

/* ---- time ---- */

START_TEST(time_is_the_servers_instant_and_the_boot_clock_since_floored)
{
    static const struct {
        uint64_t boot_ns;
        int64_t want;
    } rows[] = {
        {BOOT(100), 100},    {BOOT(100) + 1, 100}, {BOOT(101) - 1, 100}, {BOOT(3700), 3700},
        {BOOT(100) - 1, 99}, {BOOT(99), 99},       {BOOT(99) - 1, 98},   {0, 0},
    };
    struct meter *m = meter_create();
    ck_assert(!meter_has_time(m));
    meter_set_time(m, (struct instant){START + 100}, BOOT(100));
    ck_assert(meter_has_time(m));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_int_eq(meter_instant(m, rows[i].boot_ns).s - START, rows[i].want);
    meter_destroy(m);
}
END_TEST

START_TEST(a_reading_that_says_the_same_to_a_second_changes_nothing)
{
    struct meter *m = meter_at(0);
    for (int64_t off = -1; off <= 1; off++) {
        meter_set_time(m, (struct instant){START + 50 + off}, BOOT(50));
        ck_assert_int_eq(meter_instant(m, BOOT(60)).s - START, 60);
    }
    meter_set_time(m, (struct instant){START + 52}, BOOT(50));
    ck_assert_int_eq(meter_instant(m, BOOT(60)).s - START, 62);
    meter_set_time(m, (struct instant){START + 10}, BOOT(50));
    ck_assert_int_eq(meter_instant(m, BOOT(60)).s - START, 20);
    meter_destroy(m);
}
END_TEST

/* ---- intervals ---- */

START_TEST(a_lease_is_metered_from_open_to_close)
{
    struct meter *m = meter_at(0);
    struct id id = id_literal("lease-1");
    open_at(m, "lease-1", BOOT(10) + 5);
    ck_assert(meter_is_open(m, &id));
    close_at(m, "lease-1", BOOT(70) - 1);
    ck_assert(!meter_is_open(m, &id));
    ck_assert_uint_eq(emitted.n, 1);
    expect(0, "lease-1", 10, 69, "ended");
    ck_assert_int_eq(emitted.items[0].lease.units.units, 7000);
    ck_assert_str_eq(emitted.items[0].lease.model, "B200");
    meter_destroy(m);
}
END_TEST

START_TEST(opening_what_is_open_changes_nothing)
{
    struct meter *m = meter_at(0);
    open_at(m, "lease-1", BOOT(10));
    open_at(m, "lease-1", BOOT(40));
    close_at(m, "lease-1", BOOT(50));
    expect(0, "lease-1", 10, 50, "ended");
    meter_destroy(m);
}
END_TEST

START_TEST(what_has_no_length_is_not_emitted)
{
    struct meter *m = meter_at(0);
    open_at(m, "lease-1", BOOT(10));
    close_at(m, "lease-1", BOOT(11) - 1);
    open_at(m, "lease-2", BOOT(20));
    close_at(m, "lease-2", BOOT(15)); /* the guard's clock can't go back, but a reading might */
    close_at(m, "lease-3", BOOT(30)); /* never opened */
    ck_assert_uint_eq(emitted.n, 0);
    meter_destroy(m);
}
END_TEST

START_TEST(a_running_lease_is_cut_at_period_ends_without_gap_or_overlap)
{
    struct meter *m = meter_at(0);
    open_at(m, "lease-1", BOOT(5));
    for (uint64_t s = 6; s < 200; s++)
        meter_cut(m, BOOT(s) + 300, 60, emit, &emitted);
    close_at(m, "lease-1", BOOT(200));
    ck_assert_uint_eq(emitted.n, 4);
    expect(0, "lease-1", 5, 65, "running");
    expect(1, "lease-1", 65, 125, "running");
    expect(2, "lease-1", 125, 185, "running");
    expect(3, "lease-1", 185, 200, "ended");
    meter_destroy(m);
}
END_TEST

START_TEST(without_time_nothing_is_cut)
{
    struct meter *m = meter_create();
    meter_cut(m, BOOT(100), 1, emit, &emitted);
    ck_assert_uint_eq(emitted.n, 0);
    meter_destroy(m);
}
END_TEST

START_TEST(a_step_of_the_servers_time_back_makes_no_overlap)
{
    struct meter *m = meter_at(0);
    open_at(m, "lease-1", BOOT(0));
    meter_cut(m, BOOT(60), 60, emit, &emitted);
    meter_set_time(m, (struct instant){START + 30}, BOOT(60)); /* the server says 30 s less */
    meter_cut(m, BOOT(100), 60, emit, &emitted);
    close_at(m, "lease-1", BOOT(150));
    ck_assert_uint_eq(emitted.n, 2);
    expect(0, "lease-1", 0, 60, "running");
    expect(1, "lease-1", 60, 120, "ended");
    meter_destroy(m);
}
END_TEST

START_TEST(the_first_to_say_why_is_believed)
{
    struct meter *m = meter_at(0);
    struct id id = id_literal("lease-1");
    open_at(m, "lease-1", BOOT(0));
    meter_cause(m, &id, "recalled");
    meter_cause(m, &id, "ended");
    close_at(m, "lease-1", BOOT(10));
    expect(0, "lease-1", 0, 10, "recalled");
    meter_cause(m, &id, "recalled"); /* of a lease that is gone */
    meter_destroy(m);
}
END_TEST

START_TEST(counts_are_told_once)
{
    struct meter *m = meter_at(0);
    struct id id = id_literal("lease-1");
    open_at(m, "lease-1", BOOT(0));
    meter_count(m, &id, 7, 1);
    meter_cut(m, BOOT(60), 60, emit, &emitted);
    meter_count(m, &id, 5, 0); /* an old reading */
    meter_count(m, &id, 10, 3);
    close_at(m, "lease-1", BOOT(70));
    ck_assert_uint_eq(emitted.items[0].opens, 7);
    ck_assert_uint_eq(emitted.items[0].denials, 1);
    ck_assert_uint_eq(emitted.items[1].opens, 3);
    ck_assert_uint_eq(emitted.items[1].denials, 2);
    meter_destroy(m);
}
END_TEST

START_TEST(more_leases_than_there_is_room_for_are_refused)
{
    struct meter *m = meter_at(0);
    struct err err = ERR_INIT;
    char name[32];
    for (int i = 0; i < METER_LEASES_MAX; i++) {
        (void)snprintf(name, sizeof name, "lease-%d", i);
        open_at(m, name, BOOT(0));
    }
    struct metered_lease more = lease_of("lease-more");
    ck_assert_int_eq(meter_open(m, &more, BOOT(0), &err), -ERR_LIMIT);
    close_at(m, "lease-7", BOOT(1));
    ck_assert_int_eq(meter_open(m, &more, BOOT(1), &err), 0);
    meter_destroy(m);
}
END_TEST

static void count_leases(const struct id *lease, void *arg)
{
    (void)lease;
    ++*(int *)arg;
}

START_TEST(open_leases_can_be_visited)
{
    struct meter *m = meter_at(0);
    int n = 0;
    open_at(m, "lease-1", BOOT(0));
    open_at(m, "lease-2", BOOT(0));
    close_at(m, "lease-1", BOOT(1));
    meter_each(m, count_leases, &n);
    ck_assert_int_eq(n, 1);
    meter_destroy(m);
}
END_TEST

/* ---- the mark ---- */

static struct meter *restarted(struct meter *m)
{
    struct buf mark;
    struct err err = ERR_INIT;
    buf_init(&mark, METER_MARK_MAX);
    meter_mark(m, &mark);
    ck_assert(!mark.full);
    meter_destroy(m);
    struct meter *again = meter_create();
    ck_assert_msg(meter_restore(again, buf_span(&mark), &err) == 0, "%s", err.text);
    buf_fini(&mark);
    return again;
}

START_TEST(whoever_restarts_goes_on_without_a_gap_or_an_overlap)
{
    struct meter *m = meter_at(0);
    struct id id = id_literal("lease-1");
    open_at(m, "lease-1", BOOT(10));
    meter_count(m, &id, 4, 2);
    meter_cut(m, BOOT(70), 60, emit, &emitted);
    meter_cause(m, &id, "recalled");
    m = restarted(m);
    ck_assert(meter_has_time(m) && meter_is_open(m, &id));
    open_at(m, "lease-1", BOOT(90)); /* the guard tells again what it holds */
    meter_count(m, &id, 6, 2);
    close_at(m, "lease-1", BOOT(100));
    ck_assert_uint_eq(emitted.n, 2);
    expect(0, "lease-1", 10, 70, "running");
    expect(1, "lease-1", 70, 100, "recalled");
    ck_assert_uint_eq(emitted.items[1].opens, 2);
    ck_assert_uint_eq(emitted.items[1].denials, 0);
    ck_assert_str_eq(emitted.items[1].lease.organisation.text, "upstage");
    ck_assert_str_eq(emitted.items[1].lease.isolation, "whole");
    meter_destroy(m);
}
END_TEST

START_TEST(restarting_at_any_second_gives_the_same_intervals)
{
    for (uint64_t stop = 1; stop < 130; stop++) {
        struct meter *m = meter_at(0);
        int64_t total = 0;
        emitted.n = 0;
        open_at(m, "lease-1", BOOT(3));
        for (uint64_t s = 4; s < 130; s++) {
            if (s == stop)
                m = restarted(m);
            meter_cut(m, BOOT(s), 20, emit, &emitted);
        }
        close_at(m, "lease-1", BOOT(130));
        for (size_t i = 0; i < emitted.n; i++) {
            ck_assert_int_eq(emitted.items[i].from.s - START, 3 + total);
            total += emitted.items[i].to.s - emitted.items[i].from.s;
        }
        ck_assert_int_eq(total, 127);
        meter_destroy(m);
    }
}
END_TEST

START_TEST(an_interval_emitted_after_the_mark_is_not_emitted_again)
{
    struct meter *m = meter_at(0);
    struct id id = id_literal("lease-1");
    struct id other = id_literal("lease-2");
    open_at(m, "lease-1", BOOT(0));
    m = restarted(m); /* killed before it could write the mark that follows [0, 60) */
    meter_resume(m, &id, (struct instant){START + 60}, 5, 1);
    meter_resume(m, &id, (struct instant){START + 30}, 9, 9); /* older than that */
    meter_resume(m, &other, (struct instant){START + 60}, 5, 1);
    meter_count(m, &id, 8, 1);
    close_at(m, "lease-1", BOOT(80));
    ck_assert_uint_eq(emitted.n, 1);
    expect(0, "lease-1", 60, 80, "ended");
    ck_assert_uint_eq(emitted.items[0].opens, 3);
    ck_assert_uint_eq(emitted.items[0].denials, 0);
    meter_destroy(m);
}
END_TEST

START_TEST(names_with_blanks_and_empty_models_survive)
{
    static const char *const models[] = {"RTX PRO 6000", "", "B200"};
    for (size_t i = 0; i < 3; i++) {
        struct meter *m = meter_at(0);
        struct metered_lease l = lease_of("lease-1");
        (void)snprintf(l.model, sizeof l.model, "%s", models[i]);
        ck_assert_int_eq(meter_open(m, &l, BOOT(0), NULL), 0);
        m = restarted(m);
        emitted.n = 0;
        close_at(m, "lease-1", BOOT(9));
        ck_assert_str_eq(emitted.items[0].lease.model, models[i]);
        meter_destroy(m);
    }
}
END_TEST

START_TEST(a_full_meter_fits_into_a_mark)
{
    struct meter *m = meter_at(0);
    struct metered_lease l = lease_of("x");
    memset(l.organisation.text, 'o', ID_CAP - 1);
    memset(l.project.text, 'p', ID_CAP - 1);
    memset(l.model, 'm', sizeof l.model - 1);
    memset(l.isolation, 'i', sizeof l.isolation - 1);
    l.units.units = INT64_C(7000000);
    for (int i = 0; i < METER_LEASES_MAX; i++) {
        (void)snprintf(l.lease.text, ID_CAP, "%060d-ab", i);
        ck_assert_int_eq(meter_open(m, &l, BOOT(0), NULL), 0);
        meter_count(m, &l.lease, UINT64_MAX, UINT64_MAX);
        meter_cause(m, &l.lease, "recalled");
    }
    m = restarted(m);
    int n = 0;
    meter_each(m, count_leases, &n);
    ck_assert_int_eq(n, METER_LEASES_MAX);
    meter_destroy(m);
}
END_TEST

START_TEST(an_empty_mark_restores_nothing)
{
    struct meter *m = meter_create();
    ck_assert_int_eq(meter_restore(m, span_of(NULL, 0), NULL), 0);
    ck_assert(!meter_has_time(m));
    meter_destroy(m);
}
END_TEST

START_TEST(what_is_no_mark_is_refused)
{
    static const char head[] = "pumasi-meter v1\n";
    static const char *const bad[] = {
        "pumasi-meter v2\n",
        "hello\n",
        "pumasi-meter v1\ntime x 1 1\n",
        "pumasi-meter v1\ntime 1 -1 1\n",
        "pumasi-meter v1\ntime 1 1764547200 1\nlease\n",
        "pumasi-meter v1\ntime 1 1764547200 1\nlease a b c 7000 whole 1764547200 - 0\n",
        "pumasi-meter v1\ntime 1 1764547200 1\nlease A b c 7000 whole 1764547200 - 0 0 B200\n",
        "pumasi-meter v1\ntime 1 1764547200 1\nlease a b c 0 whole 1764547200 - 0 0 B200\n",
        "pumasi-meter v1\ntime 1 1764547200 1\nlease a b c 7000 whole -5 - 0 0 B200\n",
        "pumasi-meter v1\ntime 1 1764547200 1\nlease a b c 7000 whole 1764547200 - 0 0\n",
        "pumasi-meter v1\ntime 1 1764547200 1\n"
        "lease a b c 7000 whole 1764547200 - 0 0 B200\n"
        "lease a b c 7000 whole 1764547200 - 0 0 B200\n",
        "pumasi-meter v1\ntime 1 1764547200 1\n"
        "lease a b c 7000 whole 1764547200 - 0 0 mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct meter *m = meter_create();
        struct err err = ERR_INIT;
        ck_assert_msg(meter_restore(m, span_text(bad[i]), &err) < 0, "%s", bad[i]);
        meter_destroy(m);
    }
    struct meter *m = meter_create();
    char line[700];
    memset(line, 'x', sizeof line);
    memcpy(line, head, sizeof head - 1);
    ck_assert_int_lt(meter_restore(m, span_of(line, sizeof line), NULL), 0);
    meter_destroy(m);
}
END_TEST

static void forget(void)
{
    emitted.n = 0;
}

static Suite *suite(void)
{
    Suite *s = suite_create("agent/meter");
    TCase *c = tcase_create("meter");
    tcase_add_checked_fixture(c, forget, NULL);
    tcase_add_test(c, time_is_the_servers_instant_and_the_boot_clock_since_floored);
    tcase_add_test(c, a_reading_that_says_the_same_to_a_second_changes_nothing);
    tcase_add_test(c, a_lease_is_metered_from_open_to_close);
    tcase_add_test(c, opening_what_is_open_changes_nothing);
    tcase_add_test(c, what_has_no_length_is_not_emitted);
    tcase_add_test(c, a_running_lease_is_cut_at_period_ends_without_gap_or_overlap);
    tcase_add_test(c, without_time_nothing_is_cut);
    tcase_add_test(c, a_step_of_the_servers_time_back_makes_no_overlap);
    tcase_add_test(c, the_first_to_say_why_is_believed);
    tcase_add_test(c, counts_are_told_once);
    tcase_add_test(c, more_leases_than_there_is_room_for_are_refused);
    tcase_add_test(c, open_leases_can_be_visited);
    tcase_add_test(c, whoever_restarts_goes_on_without_a_gap_or_an_overlap);
    tcase_add_test(c, restarting_at_any_second_gives_the_same_intervals);
    tcase_add_test(c, an_interval_emitted_after_the_mark_is_not_emitted_again);
    tcase_add_test(c, names_with_blanks_and_empty_models_survive);
    tcase_add_test(c, a_full_meter_fits_into_a_mark);
    tcase_add_test(c, an_empty_mark_restores_nothing);
    tcase_add_test(c, what_is_no_mark_is_refused);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
