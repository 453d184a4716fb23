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
    char causes[EMITS_MAX][16];
    bool refuses; /* takes nothing */
} emitted;

static bool emit(const struct metered *interval, void *arg)
{
    struct emitted *e = arg;
    ck_assert_uint_lt(e->n, EMITS_MAX);
    if (e->refuses)
        return false;
    (void)snprintf(e->causes[e->n], sizeof e->causes[e->n], "%s", interval->cause);
    e->items[e->n++] = *interval;
    return true;
}

static bool drop(const struct metered *interval, void *arg)
{
    (void)interval;
    (void)arg;
    return true;
}

static struct metered_lease lease_of(const char *name)
{
    struct metered_lease l = {.lease = id_literal(name),
                              .organisation = id_literal("upstage"),
                              .project = id_literal("alpha"),
                              .model = "B200",
                              .units = {7000},
                              .isolation = "whole",
                              .fence = 1};
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

static void open_issued_at(struct meter *m, const char *name, uint64_t boot_ns, int64_t issued_s)
{
    struct metered_lease l = lease_of(name);
    l.issued_at.s = START + issued_s;
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
    ck_assert_str_eq(emitted.causes[i], cause);
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
    ck_assert(meter_is_idle(m));
    open_at(m, "lease-1", BOOT(10) + 5);
    ck_assert(!meter_is_idle(m));
    close_at(m, "lease-1", BOOT(70) - 1);
    ck_assert(meter_is_idle(m));
    ck_assert_uint_eq(emitted.n, 1);
    expect(0, "lease-1", 10, 69, "ended");
    ck_assert_int_eq(emitted.items[0].lease.units.units, 7000);
    ck_assert_str_eq(emitted.items[0].lease.model, "B200");
    meter_destroy(m);
}
END_TEST

START_TEST(no_lease_opens_up_to_the_lag_before_its_grant_was_issued)
{
    static const struct {
        uint64_t boot_ns;
        int64_t issued_s, want;
    } rows[] = {
        {BOOT(10), 10, 10}, {BOOT(10) - 1, 10, 10},
        {BOOT(10), 9, 10},                        /* open a second after the grant */
        {BOOT(8), 10, 10},  {BOOT(8) - 1, 10, 7}, /* renewed since: not about the opening */
        {BOOT(10), 70, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct meter *m = meter_at(0);
        emitted.n = 0;
        open_issued_at(m, "lease-1", rows[i].boot_ns, rows[i].issued_s);
        close_at(m, "lease-1", BOOT(90));
        expect(0, "lease-1", rows[i].want, 90, "ended");
        meter_destroy(m);
    }
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
    ck_assert(meter_has_time(m) && !meter_is_idle(m));
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

START_TEST(names_with_blanks_and_empty_models_survive)
{
    static const char *const models[] = {"RTX PRO 6000", " ", "", "B200 ", "-", "가나다"};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
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
    meter_cut(m, BOOT(60), 60, drop, NULL); /* now the counts are told, too */
    m = restarted(m);
    ck_assert_int_eq(meter_open(m, &(struct metered_lease){.lease = id_literal("more")}, 0, NULL),
                     -ERR_LIMIT);
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

START_TEST(a_model_that_would_spoil_a_line_is_kept_with_blanks)
{
    struct meter *m = meter_at(0);
    struct metered_lease l = lease_of("lease-1");
    (void)snprintf(l.model, sizeof l.model, "A\tB\nlease\x7f");
    ck_assert_int_eq(meter_open(m, &l, BOOT(0), NULL), 0);
    m = restarted(m);
    close_at(m, "lease-1", BOOT(9));
    ck_assert_str_eq(emitted.items[0].lease.model, "A B lease ");
    meter_destroy(m);
}
END_TEST

#define HEAD  "pumasi-meter v2\n"
#define TIME  "time\t1\t1764547200\t1\t1\n"
#define EVENT "event\t0\t0\n"
#define LEASE "lease\ta\tb\tc\tB200\twhole\t\t7000\t1\t0\t1764547200\t0\t0\t0\n"

static const char *const no_marks[] = {
    "hello\n",
    "pumasi-meter v1\ntime 1 1764547200 1\n",
    "pumasi-meter v3\n" TIME EVENT,
    HEAD,
    HEAD TIME,
    HEAD TIME EVENT "lease",
    HEAD TIME EVENT "lease\n",
    HEAD TIME EVENT "\n",
    HEAD EVENT TIME,
    HEAD "time\tx\t1\t1\t1\n" EVENT,
    HEAD "time\t1\t-1\t1\t1\n" EVENT,
    HEAD "time\t1\t1764547200\t1\n" EVENT,
    HEAD "time\t0\t0\t0\t0\n" EVENT LEASE, /* opened without time */
    HEAD TIME "event\t-1\t0\n",
    HEAD TIME EVENT "lease\tA\tb\tc\tB200\twhole\t\t7000\t1\t0\t1764547200\t0\t0\t0\n",
    HEAD TIME EVENT "lease\ta\tb\tc\tB200\twhole\t\t0\t1\t0\t1764547200\t0\t0\t0\n",
    HEAD TIME EVENT "lease\ta\tb\tc\tB200\twhole\t\t7000\t1\t0\t-5\t0\t0\t0\n",
    HEAD TIME EVENT "lease\ta\tb\tc\tB200\twhole\twhim\t7000\t1\t0\t1764547200\t0\t0\t0\n",
    HEAD TIME EVENT "lease\ta\tb\tc\tB200\twhole\t\t7000\t1\t1\t1764547200\t0\t0\t0\n",
    HEAD TIME EVENT "lease\ta\tb\tc\tB200\twhole\t\t7000\t1\t0\t1764547200\t0\t0\n",
    HEAD TIME EVENT "lease\ta\tb\tc\tB200\twhole\t\t7000\t1\t0\t1764547200\t0\t0\t0\t0\n",
    HEAD TIME EVENT "lease\ta\tb\tc\tB200\twhole\t\t7000\t1\t0\t1764547200\t0\t0\t0\t0\t0\t0\n",
    HEAD TIME EVENT "lease\ta\tb\tc\tmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\twhole\t\t7000\t1\t0\t"
                    "1764547200\t0\t0\t0\n",
    HEAD TIME EVENT LEASE LEASE,
};

START_TEST(what_is_no_mark_is_refused_and_the_meter_stays_as_it_was)
{
    struct meter *m = meter_at(0);
    struct err err = ERR_INIT;
    open_at(m, "lease-1", BOOT(0));
    ck_assert_msg(meter_restore(m, span_text(no_marks[_i]), &err) == -ERR_CORRUPT, "%s",
                  no_marks[_i]);
    ck_assert_ptr_nonnull(strstr(err.text, "mark"));
    close_at(m, "lease-1", BOOT(9));
    expect(0, "lease-1", 0, 9, "ended");
    ck_assert_int_eq(meter_restore(m, span_text(HEAD TIME EVENT LEASE), &err), 0);
    meter_destroy(m);
}
END_TEST

/* ---- what can't be kept ---- */

START_TEST(a_running_lease_that_could_not_be_kept_is_offered_again_from_where_it_was)
{
    struct meter *m = meter_at(0);
    struct id id = id_literal("lease-1");
    open_at(m, "lease-1", BOOT(0));
    meter_count(m, &id, 7, 1);
    emitted.refuses = true;
    meter_cut(m, BOOT(60), 60, emit, &emitted);
    meter_cut(m, BOOT(90), 60, emit, &emitted);
    m = restarted(m);
    emitted.refuses = false;
    meter_count(m, &id, 8, 1);
    meter_cut(m, BOOT(100), 60, emit, &emitted);
    ck_assert_uint_eq(emitted.n, 1);
    expect(0, "lease-1", 0, 100, "running");
    ck_assert_uint_eq(emitted.items[0].opens, 8);
    ck_assert_uint_eq(emitted.items[0].denials, 1);
    close_at(m, "lease-1", BOOT(130));
    expect(1, "lease-1", 100, 130, "ended");
    meter_destroy(m);
}
END_TEST

START_TEST(a_last_interval_that_could_not_be_kept_waits_while_the_lease_begins_anew)
{
    struct meter *m = meter_at(0);
    struct id id = id_literal("lease-1");
    open_at(m, "lease-1", BOOT(0));
    meter_cause(m, &id, "recalled");
    emitted.refuses = true;
    close_at(m, "lease-1", BOOT(50));
    ck_assert(!meter_is_idle(m));
    open_at(m, "lease-1", BOOT(70));
    meter_cut(m, BOOT(80), 60, emit, &emitted);
    m = restarted(m);
    ck_assert_uint_eq(emitted.n, 0);
    emitted.refuses = false;
    meter_cut(m, BOOT(90), 60, emit, &emitted);
    ck_assert_uint_eq(emitted.n, 1);
    expect(0, "lease-1", 0, 50, "recalled");
    close_at(m, "lease-1", BOOT(100));
    ck_assert_uint_eq(emitted.n, 2);
    expect(1, "lease-1", 70, 100, "ended");
    ck_assert(meter_is_idle(m));
    meter_destroy(m);
}
END_TEST

/* A crash between an interval and its mark: there is none, as the mark comes with the interval. */
struct crashing {
    struct meter *meter;
    struct buf mark;
};

static bool keep_both(const struct metered *interval, void *arg)
{
    struct crashing *c = arg;
    buf_reset(&c->mark);
    meter_mark(c->meter, &c->mark);
    return emit(interval, &emitted);
}

START_TEST(the_mark_that_comes_with_an_interval_does_not_bill_it_again)
{
    struct crashing c = {.meter = meter_at(0)};
    buf_init(&c.mark, METER_MARK_MAX);
    open_at(c.meter, "lease-1", BOOT(0));
    open_at(c.meter, "lease-2", BOOT(0));
    for (uint64_t s = 60; s < 300; s += 60) {
        meter_cut(c.meter, BOOT(s), 60, keep_both, &c);
        ck_assert_int_eq(meter_restore(c.meter, buf_span(&c.mark), NULL), 0); /* killed */
    }
    struct id id = id_literal("lease-1");
    meter_close(c.meter, &id, BOOT(300), keep_both, &c);
    ck_assert_int_eq(meter_restore(c.meter, buf_span(&c.mark), NULL), 0);
    meter_close(c.meter, &id, BOOT(300), keep_both, &c);
    int64_t total = 0;
    for (size_t i = 0; i < emitted.n; i++) {
        if (strcmp(emitted.items[i].lease.lease.text, "lease-1") == 0)
            total += emitted.items[i].to.s - emitted.items[i].from.s;
    }
    ck_assert_int_eq(total, 300);
    ck_assert_uint_eq(emitted.n, 9);
    meter_destroy(c.meter);
    buf_fini(&c.mark);
}
END_TEST

/* ---- what the guard says ---- */

START_TEST(events_are_seen_once_also_by_who_restarts)
{
    static const struct {
        uint64_t boot_ns, number;
        bool news;
    } rows[] = {
        {BOOT(5), 1, true},    {BOOT(5), 2, true},  {BOOT(5), 2, false},
        {BOOT(5), 1, false},   {BOOT(4), 9, false}, {BOOT(6), 3, true},
        {BOOT(6), 3, false},   {BOOT(7), 1, true}, /* of a guard that counts from 1 again */
        {BOOT(6), 900, false}, {BOOT(7), 2, true},
    };
    struct meter *m = meter_at(0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(meter_see(m, rows[i].boot_ns, rows[i].number) == rows[i].news, "%zu", i);
        m = restarted(m);
    }
    meter_destroy(m);
}
END_TEST

START_TEST(what_the_guard_holds_no_more_is_closed_where_it_was_last_known)
{
    struct meter *m = meter_at(0);
    struct metered_hold holds[] = {{id_literal("lease-2"), 1}, {id_literal("lease-9"), 1}};
    open_at(m, "lease-1", BOOT(0));
    open_at(m, "lease-2", BOOT(0));
    meter_know(m, BOOT(40) + 1);
    meter_know(m, BOOT(30)); /* older news */
    m = restarted(m);
    meter_compare(m, holds, 2, emit, &emitted);
    ck_assert_uint_eq(emitted.n, 1);
    expect(0, "lease-1", 0, 40, "fault");
    meter_compare(m, holds, 2, emit, &emitted);
    ck_assert_uint_eq(emitted.n, 1);
    close_at(m, "lease-2", BOOT(60));
    expect(1, "lease-2", 0, 60, "ended");
    meter_destroy(m);
}
END_TEST

START_TEST(a_lease_that_came_back_under_another_fence_was_gone_meanwhile)
{
    struct meter *m = meter_at(0);
    struct metered_hold again = {id_literal("lease-1"), 2};
    struct id id = id_literal("lease-1");
    open_at(m, "lease-1", BOOT(0));
    meter_know(m, BOOT(20));
    meter_cause(m, &id, "recalled");
    meter_compare(m, &again, 1, emit, &emitted);
    expect(0, "lease-1", 0, 20, "recalled");
    meter_destroy(m);
}
END_TEST

START_TEST(what_was_opened_after_the_last_news_has_no_length)
{
    struct meter *m = meter_at(0);
    meter_know(m, BOOT(20));
    open_at(m, "lease-1", BOOT(30));
    meter_compare(m, NULL, 0, emit, &emitted);
    ck_assert_uint_eq(emitted.n, 0);
    ck_assert(meter_is_idle(m));
    meter_destroy(m);
}
END_TEST

static void forget(void)
{
    emitted.n = 0;
    emitted.refuses = false;
}

static Suite *suite(void)
{
    Suite *s = suite_create("agent/meter");
    TCase *c = tcase_create("meter");
    tcase_add_checked_fixture(c, forget, NULL);
    tcase_add_test(c, time_is_the_servers_instant_and_the_boot_clock_since_floored);
    tcase_add_test(c, a_reading_that_says_the_same_to_a_second_changes_nothing);
    tcase_add_test(c, a_lease_is_metered_from_open_to_close);
    tcase_add_test(c, no_lease_opens_up_to_the_lag_before_its_grant_was_issued);
    tcase_add_test(c, opening_what_is_open_changes_nothing);
    tcase_add_test(c, what_has_no_length_is_not_emitted);
    tcase_add_test(c, a_running_lease_is_cut_at_period_ends_without_gap_or_overlap);
    tcase_add_test(c, without_time_nothing_is_cut);
    tcase_add_test(c, a_step_of_the_servers_time_back_makes_no_overlap);
    tcase_add_test(c, the_first_to_say_why_is_believed);
    tcase_add_test(c, counts_are_told_once);
    tcase_add_test(c, more_leases_than_there_is_room_for_are_refused);
    tcase_add_test(c, whoever_restarts_goes_on_without_a_gap_or_an_overlap);
    tcase_add_test(c, restarting_at_any_second_gives_the_same_intervals);
    tcase_add_test(c, names_with_blanks_and_empty_models_survive);
    tcase_add_test(c, a_full_meter_fits_into_a_mark);
    tcase_add_test(c, an_empty_mark_restores_nothing);
    tcase_add_test(c, a_model_that_would_spoil_a_line_is_kept_with_blanks);
    tcase_add_loop_test(c, what_is_no_mark_is_refused_and_the_meter_stays_as_it_was, 0,
                        (int)(sizeof no_marks / sizeof no_marks[0]));
    tcase_add_test(c, a_running_lease_that_could_not_be_kept_is_offered_again_from_where_it_was);
    tcase_add_test(c, a_last_interval_that_could_not_be_kept_waits_while_the_lease_begins_anew);
    tcase_add_test(c, the_mark_that_comes_with_an_interval_does_not_bill_it_again);
    tcase_add_test(c, events_are_seen_once_also_by_who_restarts);
    tcase_add_test(c, what_the_guard_holds_no_more_is_closed_where_it_was_last_known);
    tcase_add_test(c, a_lease_that_came_back_under_another_fence_was_gone_meanwhile);
    tcase_add_test(c, what_was_opened_after_the_last_news_has_no_length);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
