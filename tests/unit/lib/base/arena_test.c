/* lib/base/arena.h: what a limit is worth. */
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "tests/support/suite.h"

START_TEST(memory_is_zeroed_aligned_and_apart)
{
    CLEANUP_ARENA struct arena *a = arena_create((size_t)1 << 20);
    unsigned char *last = NULL;

    for (size_t size = 0; size < 300; size++) {
        unsigned char *p = arena_alloc(a, size);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
        ck_assert_ptr_ne(p, last);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(p[i], 0);
        memset(p, 0xAA, size);
        last = p;
    }
}
END_TEST

START_TEST(all_that_is_taken_stays_under_the_limit)
{
    static const size_t limits[] = {0, 1, 47, 48, 64, 100, 4095, 4096, 4097, 10000, 100000};

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        for (size_t size = 1; size < 20000; size = size * 3 + 1) {
            CLEANUP_ARENA struct arena *a = arena_create(limits[i]);
            size_t sum = 0;
            while (arena_alloc(a, size))
                sum += size;
            ck_assert_uint_le(sum, arena_used(a));
            ck_assert_uint_le(arena_used(a), limits[i]);
        }
    }
}
END_TEST

START_TEST(a_limit_can_nearly_be_used_up)
{
    CLEANUP_ARENA struct arena *a = arena_create((size_t)1 << 20);
    size_t sum = 0;

    while (arena_alloc(a, 32))
        sum += 32;
    ck_assert_uint_gt(sum, ((size_t)1 << 20) * 95 / 100);
    CLEANUP_ARENA struct arena *b = arena_create((size_t)1 << 20);
    ck_assert_ptr_nonnull(arena_alloc(b, ((size_t)1 << 20) - 64));
    ck_assert_ptr_null(arena_alloc(b, 4096));
}
END_TEST

START_TEST(a_refusal_is_not_the_end)
{
    CLEANUP_ARENA struct arena *a = arena_create(8192);

    ck_assert_ptr_null(arena_alloc(a, 10000));
    ck_assert_ptr_nonnull(arena_alloc(a, 100));
    ck_assert_ptr_null(arena_alloc(a, SIZE_MAX));
    ck_assert_ptr_null(arena_alloc(a, SIZE_MAX - 7));
    ck_assert_ptr_nonnull(arena_alloc(a, 100));
}
END_TEST

START_TEST(arrays_that_overflow_are_refused)
{
    CLEANUP_ARENA struct arena *a = arena_create(8192);

    ck_assert_ptr_nonnull(arena_array(a, 10, 8));
    ck_assert_ptr_null(arena_array(a, SIZE_MAX / 2, 4));
    ck_assert_ptr_null(arena_array(a, SIZE_MAX, SIZE_MAX));
    ck_assert_ptr_nonnull(arena_array(a, 0, SIZE_MAX));
}
END_TEST

START_TEST(texts_are_copied_with_their_nul)
{
    CLEANUP_ARENA struct arena *a = arena_create(8192);

    ck_assert_str_eq(arena_text(a, span_of("leases", 5)), "lease");
    ck_assert_str_eq(arena_text(a, span_of(NULL, 0)), "");
    ck_assert_ptr_null(arena_text(a, span_of("", SIZE_MAX)));
    ck_assert_ptr_null(arena_text(a, span_of("", 8192)));
}
END_TEST

START_TEST(reset_forgets_and_zeroes_again)
{
    CLEANUP_ARENA struct arena *a = arena_create((size_t)1 << 20);

    arena_reset(a);
    unsigned char *first = arena_alloc(a, 100);
    memset(first, 0xFF, 100);
    for (int i = 0; i < 10; i++)
        memset(arena_alloc(a, 30000), 0xFF, 30000);
    size_t before = arena_used(a);
    arena_reset(a);
    ck_assert_uint_lt(arena_used(a), before);
    unsigned char *again = arena_alloc(a, 100);
    ck_assert_ptr_eq(again, first);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(again[i], 0);
}
END_TEST

START_TEST(destroying_nothing_is_fine)
{
    arena_destroy(NULL);
    arena_destroy(arena_create(0));
}
END_TEST

static Suite *arena_suite(void)
{
    Suite *s = suite_create("arena");
    TCase *t = tcase_create("arena");

    tcase_set_timeout(t, 30);
    tcase_add_test(t, memory_is_zeroed_aligned_and_apart);
    tcase_add_test(t, all_that_is_taken_stays_under_the_limit);
    tcase_add_test(t, a_limit_can_nearly_be_used_up);
    tcase_add_test(t, a_refusal_is_not_the_end);
    tcase_add_test(t, arrays_that_overflow_are_refused);
    tcase_add_test(t, texts_are_copied_with_their_nul);
    tcase_add_test(t, reset_forgets_and_zeroes_again);
    tcase_add_test(t, destroying_nothing_is_fine);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(arena_suite)
