/* A step function against an array of seconds. */
#include "controlplane/calendar/track.h"

#include "tests/support/suite.h"

#define SECONDS 400
#define BASE    INT64_C(8)

static uint64_t seed;

static int64_t below(int64_t n)
{
    seed += 0x9E3779B97F4A7C15u;
    uint64_t z = seed;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

static struct window window(int64_t from, int64_t to)
{
    return (struct window){{from}, {to}};
}

/* ---- Plain reading ----------------------------------------------------------------------------
 */

struct plain {
    int64_t free[SECONDS]; /* the last one holds for ever */
};

static int64_t plain_at(const struct plain *p, int64_t s)
{
    return p->free[s < SECONDS ? s : SECONDS - 1];
}

static void plain_take(struct plain *p, struct window w, int64_t units)
{
    for (int64_t s = w.from.s; s < SECONDS && s < w.to.s; s++)
        p->free[s] -= units;
}

static int64_t plain_least(const struct plain *p, struct window w)
{
    int64_t least = plain_at(p, w.from.s);
    for (int64_t s = w.from.s; s < w.to.s && s < SECONDS; s++)
        least = plain_at(p, s) < least ? plain_at(p, s) : least;
    return least;
}

static int64_t plain_most(const struct plain *p, struct window w)
{
    int64_t most = plain_at(p, w.from.s);
    for (int64_t s = w.from.s; s < w.to.s && s < SECONDS; s++)
        most = plain_at(p, s) > most ? plain_at(p, s) : most;
    return most;
}

static int64_t plain_fit(const struct plain *p, int64_t need, struct window starts, int64_t length)
{
    for (int64_t s = starts.from.s; s < starts.to.s && s < 2 * SECONDS; s++) {
        if (plain_least(p, window(s, s + length)) >= need)
            return s;
    }
    return -1;
}

/* ---- Both ---------------------------------------------------------------------------------------
 */

struct both {
    struct track track;
    struct plain plain;
};

static struct both both_new(void)
{
    struct both b;
    track_init(&b.track, BASE);
    for (int s = 0; s < SECONDS; s++)
        b.plain.free[s] = BASE;
    return b;
}

static void take(struct both *b, struct window w, int64_t units)
{
    track_take(&b->track, w, units);
    plain_take(&b->plain, w, units);
}

/* Some 1 to n seconds long; one of ten has no end. */
static struct window some_window(int64_t n)
{
    int64_t from = below(SECONDS - 2), to = from + 1 + below(n);
    if (below(10) == 0)
        return (struct window){{from}, INSTANT_NEVER};
    return window(from, to < SECONDS - 1 ? to : SECONDS - 1);
}

static void compare_steps(const struct both *b)
{
    struct track_place place = track_place_at(&b->track, (struct instant){0});
    struct track_span span;
    int64_t s = 0, last = INT64_MIN;
    while (track_next(&b->track, &place, &span)) {
        ck_assert(span.from_s < span.to_s);
        ck_assert(span.free != last || s == 0); /* steps beside each other differ */
        last = span.free;
        for (; s < SECONDS && s < span.to_s; s++)
            ck_assert_int_eq(span.free, b->plain.free[s]);
    }
    ck_assert_int_eq(s, SECONDS);
    size_t steps = 0;
    for (uint32_t i = 0; i < b->track.n; i++)
        steps += b->track.leaves[i].n;
    ck_assert_uint_eq(steps, b->track.steps);
}

static void compare_answers(const struct both *b)
{
    for (int i = 0; i < 20; i++) {
        struct window w = some_window(90);
        int64_t need = below(BASE + 2) - 1, length = 1 + below(60);
        struct instant start = {-1};
        ck_assert_int_eq(track_at(&b->track, w.from), plain_at(&b->plain, w.from.s));
        ck_assert_int_eq(track_least(&b->track, w), plain_least(&b->plain, w));
        ck_assert_int_eq(track_most(&b->track, w), plain_most(&b->plain, w));
        bool found = track_fit(&b->track, need, w, length, &start);
        ck_assert_int_eq(start.s, plain_fit(&b->plain, need, w, length));
        ck_assert(found == (start.s >= 0));
    }
}

START_TEST(test_answers_are_those_of_a_plain_reading)
{
    seed = (uint64_t)_i;
    struct both b = both_new();
    struct {
        struct window window;
        int64_t units;
    } taken[300];
    int n = 0;
    for (int round = 0; round < 600; round++) {
        bool give = n > 0 && (n == 300 || below(3) == 0 || round > 400);
        if (give) {
            int at = (int)below(n);
            take(&b, taken[at].window, -taken[at].units);
            taken[at] = taken[--n];
        } else {
            taken[n].window = some_window(_i % 2 ? 20 : 200);
            taken[n].units = 1 + below(3);
            take(&b, taken[n].window, taken[n].units);
            n++;
        }
        if (round % 20 == 0) {
            compare_steps(&b);
            compare_answers(&b);
        }
    }
    track_fini(&b.track);
}
END_TEST

START_TEST(test_taking_and_giving_back_leaves_what_there_was)
{
    struct track t;
    track_init(&t, BASE);
    for (int64_t i = 0; i < 3000; i++)
        track_take(&t, window(2 * i, 2 * i + 1), 1 + i % 3);
    ck_assert_uint_gt(t.n, 3000 * 2 / TRACK_LEAF);
    track_take(&t, window(0, 6000), 5);
    ck_assert_int_eq(track_least(&t, window(0, 6000)), 0);
    track_take(&t, window(0, 6000), -5);
    for (int64_t i = 0; i < 3000; i++)
        track_take(&t, window(2 * i, 2 * i + 1), -1 - i % 3);
    ck_assert_uint_eq(t.steps, 1);
    ck_assert_uint_eq(t.n, 1);
    ck_assert_int_eq(track_at(&t, (struct instant){7}), BASE);
    track_fini(&t);
}
END_TEST

START_TEST(test_small_leaves_become_one)
{
    struct track t;
    track_init(&t, BASE);
    for (int64_t i = 0; i < 640; i++)
        track_take(&t, window(2 * i, 2 * i + 1), 1);
    uint32_t leaves = t.n;
    for (int64_t i = 0; i < 640; i++) {
        if (i % 10 != 0)
            track_take(&t, window(2 * i, 2 * i + 1), -1);
    }
    ck_assert_uint_eq(t.steps, 129);
    ck_assert_uint_lt(t.n, leaves / 3);
    track_fini(&t);
}
END_TEST

START_TEST(test_windows_that_touch_do_not_meet)
{
    struct track t;
    track_init(&t, BASE);
    struct instant start;
    track_take(&t, window(10, 20), BASE);
    track_take(&t, window(20, 30), BASE);
    ck_assert_int_eq(track_least(&t, window(10, 30)), 0);
    ck_assert_int_eq(track_least(&t, window(0, 10)), BASE);
    ck_assert_int_eq(track_least(&t, window(30, 31)), BASE);
    ck_assert(track_fit(&t, 1, window(5, 100), 5, &start));
    ck_assert_int_eq(start.s, 5);
    ck_assert(track_fit(&t, 1, window(6, 100), 5, &start));
    ck_assert_int_eq(start.s, 30);
    ck_assert(!track_fit(&t, 1, window(6, 30), 5, &start));
    ck_assert(!track_fit(&t, BASE + 1, window(6, 100), 5, &start));
    ck_assert(!track_fit(&t, 1, window(6, 6), 5, &start));
    track_fini(&t);
}
END_TEST

START_TEST(test_a_track_that_nothing_was_taken_from)
{
    struct track t;
    struct instant start;
    struct track_span span;
    track_init(&t, BASE);
    track_take(&t, window(3, 3), 1);
    track_take(&t, window(3, 4), 0);
    struct track_place place = track_place_at(&t, (struct instant){5});
    ck_assert(track_next(&t, &place, &span));
    ck_assert_int_eq(span.free, BASE);
    ck_assert(!track_next(&t, &place, &span));
    ck_assert_int_eq(track_at(&t, (struct instant){5}), BASE);
    ck_assert_int_eq(track_least(&t, window(0, 9)), BASE);
    ck_assert_int_eq(track_most(&t, window(0, 9)), BASE);
    ck_assert(track_fit(&t, BASE, window(4, 5), 1000, &start));
    ck_assert_int_eq(start.s, 4);
    ck_assert(!track_fit(&t, BASE + 1, window(4, 5), 1, &start));
    track_fini(&t);
}
END_TEST

static Suite *track_suite(void)
{
    Suite *s = suite_create("track");
    TCase *c = tcase_create("track");
    tcase_add_loop_test(c, test_answers_are_those_of_a_plain_reading, 0, 8);
    tcase_add_test(c, test_taking_and_giving_back_leaves_what_there_was);
    tcase_add_test(c, test_small_leaves_become_one);
    tcase_add_test(c, test_windows_that_touch_do_not_meet);
    tcase_add_test(c, test_a_track_that_nothing_was_taken_from);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(track_suite)
