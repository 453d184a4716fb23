/* The earliest start, held against trying one start after the other. */
#include "controlplane/domain/earliest.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

#define SAYS "the earliest start that works is "

static uint64_t seed;

static int64_t below(int64_t n)
{
    seed += 0x9E3779B97F4A7C15u;
    uint64_t z = seed;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

/* Two loans of one pool, the second one later; what is awarded binds as well. */
static struct id lent_world(void)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_node(&w, "n3", "skt-b200", 4);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 10, .burst = 2});
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-b",
                                                   .gpus = 8,
                                                   .from = world_at(2 * WORLD_DAY),
                                                   .to = world_at(9 * WORLD_DAY)});
    return world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
}

static struct world_booking some_booking(struct id allocation)
{
    struct world_booking b = {.allocation = allocation,
                              .gpus = (uint32_t)(1 + below(10)),
                              .one_node = below(4) == 0,
                              .from = world_at(WORLD_HOUR * below(4 * 24))};
    if (below(4) == 0) {
        b.units = 875 * (1 + below(7));
        b.isolation = "mig";
    }
    b.to = instant_add(b.from, WORLD_HOUR * (1 + below(30)));
    return b;
}

static struct instant start_in(const struct err *err)
{
    struct instant t = INSTANT_NEVER;
    const char *at = strstr(err->text, SAYS);
    if (at)
        ck_assert_int_eq(instant_parse(span_of(at + strlen(SAYS), 25), &t, NULL), 0);
    return t;
}

/* Books at the start, if only for show; other refusals than for lack of room end the test. */
static bool works(struct world_booking b, struct instant start)
{
    b.to = instant_add(start, b.to.s - b.from.s);
    b.from = start;
    b.dry_run = true;
    int rc = world_book(&w, &b);
    ck_assert_msg(rc == 0 || rc == -ERR_NO_CAPACITY, "%s", w.err.text);
    return rc == 0;
}

/* More can only become free at a full hour, at one with the cleaning time behind it, or where a loan
 * begins. */
static void expect_none_before(const struct world_booking *b, struct instant earliest)
{
    struct instant last = world_at(7 * WORLD_DAY);
    for (int64_t hour = 0;; hour++) {
        struct instant t = instant_add(b->from, hour * WORLD_HOUR);
        if (t.s >= earliest.s || t.s > last.s)
            return;
        ck_assert(!works(*b, t));
        t = instant_add(t, 300);
        if (t.s < earliest.s)
            ck_assert(!works(*b, t));
    }
}

START_TEST(test_it_works_then_and_at_no_start_before)
{
    seed = (uint64_t)_i;
    struct id allocation = lent_world();
    for (int i = 0, refused = 0; i < 60 && refused < 6; i++) {
        struct world_booking b = some_booking(allocation);
        int rc = world_book(&w, &b);
        if (rc == 0)
            continue;
        ck_assert_msg(rc == -ERR_NO_CAPACITY, "%s", w.err.text);
        struct instant earliest = start_in(&w.err);
        expect_none_before(&b, earliest);
        if (earliest.s != INSTANT_NEVER.s)
            ck_assert(works(b, earliest));
        refused++;
    }
}
END_TEST

START_TEST(test_a_refusal_says_how_many_would_fit)
{
    struct world_booking b = {.allocation = lent_world(),
                              .gpus = 9,
                              .from = world_at(WORLD_HOUR),
                              .to = world_at(3 * WORLD_HOUR)};
    expect_ok(&w, world_book(&w, &b));
    b.gpus = 5;
    b.dry_run = true;
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "; in that window 3 would fit; " SAYS);
    b.gpus = 3;
    expect_ok(&w, world_book(&w, &b));
    b.gpus = 4;
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "; in that window 3 would fit; " SAYS);
}
END_TEST

static Suite *earliest_suite(void)
{
    Suite *s = suite_create("earliest");
    TCase *c = tcase_create("earliest");
    tcase_set_timeout(c, 30);
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_loop_test(c, test_it_works_then_and_at_no_start_before, 0, 8);
    tcase_add_test(c, test_a_refusal_says_how_many_would_fit);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(earliest_suite)
