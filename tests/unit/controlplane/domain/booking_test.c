/* Booking and releasing. */
#include "controlplane/domain/booking.h"

#include "tests/support/suite.h"
#include "tests/support/world/world.h"

START_TEST(test_book_whole_node)
{
    struct world w;
    world_init(&w);
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "l1", .gpus = 8});
    const char *a = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = a,
                                                          .gpus = 8,
                                                          .from = world_at(WORLD_HOUR),
                                                          .to = world_at(WORLD_DAY)}));
    world_fini(&w);
}
END_TEST

static Suite *booking_suite(void)
{
    Suite *s = suite_create("booking");
    TCase *c = tcase_create("book");
    tcase_add_test(c, test_book_whole_node);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(booking_suite)
