/* The queue in front of the writer. */
#include "controlplane/engine/queue.h"

#include "tests/support/suite.h"

#include <pthread.h>

static const struct queue_lane lane = {.organisation = {"upstage"}};

static struct queue *make(size_t limit)
{
    return queue_create(&(struct queue_limits){.all = limit, .lane = {limit, limit}});
}

START_TEST(items_come_out_in_order)
{
    struct queue *q = make(4);
    struct queue_item items[3];
    for (int i = 0; i < 3; i++)
        ck_assert(queue_push(q, &lane, &items[i]));
    ck_assert_uint_eq(queue_length(q), 3);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(queue_take(q, QUEUE_ANY, 0), &items[i]);
    ck_assert_ptr_null(queue_take(q, QUEUE_ANY, 0));
    queue_destroy(q);
}
END_TEST

START_TEST(a_full_queue_refuses_and_urgent_items_pass)
{
    struct queue *q = make(1);
    struct queue_item first, second, urgent;
    ck_assert(queue_push(q, &lane, &first));
    ck_assert(!queue_push(q, &lane, &second));
    queue_push_urgent(q, &urgent);
    ck_assert_ptr_eq(queue_take(q, QUEUE_ANY, 0), &urgent);
    ck_assert_ptr_eq(queue_take(q, QUEUE_ANY, 0), &first);
    queue_destroy(q);
}
END_TEST

START_TEST(who_wants_urgent_items_only_gets_no_others)
{
    struct queue *q = make(4);
    struct queue_item ordinary, urgent;
    ck_assert(queue_push(q, &lane, &ordinary));
    ck_assert_ptr_null(queue_take(q, QUEUE_URGENT, 1));
    queue_push_urgent(q, &urgent);
    ck_assert_ptr_eq(queue_take(q, QUEUE_URGENT, 0), &urgent);
    ck_assert_ptr_eq(queue_take(q, QUEUE_ANY, 0), &ordinary);
    queue_destroy(q);
}
END_TEST

START_TEST(a_closed_queue_refuses_and_gives_what_it_has)
{
    struct queue *q = make(4);
    struct queue_item before, after;
    ck_assert(queue_push(q, &lane, &before));
    queue_close(q);
    ck_assert(!queue_push(q, &lane, &after));
    ck_assert_ptr_eq(queue_take(q, QUEUE_ANY, 0), &before);
    queue_destroy(q);
}
END_TEST

START_TEST(lanes_are_served_in_turn)
{
    static const struct queue_lane other = {.organisation = {"kaist"}};
    static const struct queue_lane nodes = {.organisation = {"upstage"}, .crowd = QUEUE_NODES};
    struct queue *q = make(8);
    struct queue_item many[4], two[2], node;
    for (int i = 0; i < 4; i++)
        ck_assert(queue_push(q, &lane, &many[i]));
    ck_assert(queue_push(q, &other, &two[0]));
    ck_assert(queue_push(q, &nodes, &node));
    ck_assert(queue_push(q, &other, &two[1]));
    struct queue_item *const wanted[] = {&many[0], &two[0],  &node,   &many[1],
                                         &two[1],  &many[2], &many[3]};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_ptr_eq(queue_take(q, QUEUE_ANY, 0), wanted[i]);
    ck_assert_uint_eq(queue_length(q), 0);
    queue_destroy(q);
}
END_TEST

START_TEST(a_full_lane_refuses_its_own_and_nobody_else)
{
    static const struct queue_lane other = {.organisation = {"kaist"}};
    static const struct queue_lane nodes = {.organisation = {"upstage"}, .crowd = QUEUE_NODES};
    struct queue *q = queue_create(&(struct queue_limits){.all = 4, .lane = {1, 2}});
    struct queue_item items[5];
    ck_assert(queue_push(q, &lane, &items[0]));
    ck_assert(!queue_push(q, &lane, &items[4]));
    ck_assert(queue_push(q, &nodes, &items[1]));
    ck_assert(queue_push(q, &nodes, &items[2]));
    ck_assert(!queue_push(q, &nodes, &items[4]));
    ck_assert(queue_push(q, &other, &items[3]));
    ck_assert(!queue_push(q, &(struct queue_lane){.organisation = {"etri"}}, &items[4]));
    for (int i = 0; i < 4; i++)
        ck_assert_ptr_nonnull(queue_take(q, QUEUE_ANY, 0));
    queue_destroy(q);
}
END_TEST

static void *push_later(void *arg)
{
    static struct queue_item item;
    ck_assert(queue_push(arg, &lane, &item));
    return &item;
}

START_TEST(a_waiting_taker_is_woken)
{
    struct queue *q = make(4);
    pthread_t thread;
    void *pushed;
    ck_assert_int_eq(pthread_create(&thread, NULL, push_later, q), 0);
    struct queue_item *taken = queue_take(q, QUEUE_ANY, 10000);
    ck_assert_int_eq(pthread_join(thread, &pushed), 0);
    ck_assert_ptr_eq(taken, pushed);
    queue_destroy(q);
}
END_TEST

static Suite *queue_suite(void)
{
    Suite *s = suite_create("engine/queue");
    TCase *t = tcase_create("queue");
    tcase_add_test(t, items_come_out_in_order);
    tcase_add_test(t, a_full_queue_refuses_and_urgent_items_pass);
    tcase_add_test(t, lanes_are_served_in_turn);
    tcase_add_test(t, a_full_lane_refuses_its_own_and_nobody_else);
    tcase_add_test(t, who_wants_urgent_items_only_gets_no_others);
    tcase_add_test(t, a_closed_queue_refuses_and_gives_what_it_has);
    tcase_add_test(t, a_waiting_taker_is_woken);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(queue_suite)
