/* The queue of packed messages that wait for one stream. */
#include "lib/rpc/send_queue_internal.h"

#include "tests/support/suite.h"

#include <grpc/byte_buffer.h>
#include <grpc/slice.h>

static grpc_byte_buffer *buffer_of(size_t len)
{
    grpc_slice slice = grpc_slice_malloc(len);
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    return buffer;
}

static void begin(void)
{
    grpc_init();
}

static void end(void)
{
    grpc_shutdown();
}

START_TEST(it_is_first_in_first_out_and_bounded)
{
    struct rpc_send_queue queue;
    rpc_send_queue_init(&queue, 20);
    ck_assert_ptr_null(rpc_send_queue_first(&queue));
    for (size_t i = 1; i <= 20; i++) {
        ck_assert(!rpc_send_queue_full(&queue));
        ck_assert(rpc_send_queue_push(&queue, buffer_of(i)));
    }
    ck_assert(rpc_send_queue_full(&queue));
    grpc_byte_buffer *refused = buffer_of(1);
    ck_assert(!rpc_send_queue_push(&queue, refused));
    grpc_byte_buffer_destroy(refused); /* still the caller's */
    for (size_t i = 1; i <= 20; i++) {
        ck_assert_uint_eq(grpc_byte_buffer_length(rpc_send_queue_first(&queue)), i);
        rpc_send_queue_pop(&queue);
    }
    ck_assert_uint_eq(queue.count, 0);
    rpc_send_queue_fini(&queue);
}
END_TEST

START_TEST(it_keeps_order_while_it_grows_and_wraps)
{
    struct rpc_send_queue queue;
    rpc_send_queue_init(&queue, 100);
    size_t in = 1, out = 1;
    for (int round = 0; round < 30; round++) {
        for (int i = 0; i < 5; i++)
            ck_assert(rpc_send_queue_push(&queue, buffer_of(in++)));
        for (int i = 0; i < 3; i++) {
            ck_assert_uint_eq(grpc_byte_buffer_length(rpc_send_queue_first(&queue)), out++);
            rpc_send_queue_pop(&queue);
        }
    }
    ck_assert_uint_eq(queue.count, 60);
    rpc_send_queue_fini(&queue); /* destroys what waits */
}
END_TEST

START_TEST(cutting_keeps_the_oldest)
{
    struct rpc_send_queue queue;
    rpc_send_queue_init(&queue, 10);
    for (size_t i = 1; i <= 10; i++)
        ck_assert(rpc_send_queue_push(&queue, buffer_of(i)));
    rpc_send_queue_cut(&queue, 1);
    ck_assert_uint_eq(queue.count, 1);
    ck_assert_uint_eq(grpc_byte_buffer_length(rpc_send_queue_first(&queue)), 1);
    rpc_send_queue_cut(&queue, 5);
    ck_assert_uint_eq(queue.count, 1);
    rpc_send_queue_fini(&queue);
}
END_TEST

static Suite *send_queue_suite(void)
{
    Suite *suite = suite_create("lib/rpc/send_queue");
    TCase *tc = tcase_create("send queue");
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, it_is_first_in_first_out_and_bounded);
    tcase_add_test(tc, it_keeps_order_while_it_grows_and_wraps);
    tcase_add_test(tc, cutting_keeps_the_oldest);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(send_queue_suite)
