/* Where a lease can stand, and moving it. */
#include "controlplane/domain/placing.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_node(&w, "v1", "naver-b200", 8);
    allocation = world_make_allocation(&w, "alpha", 32, WORLD_BUDGET);
}

static int book(uint32_t gpus, const char *isolation)
{
    return world_book(&w, &(struct world_booking){.allocation = allocation,
                                                  .gpus = gpus,
                                                  .units = isolation ? 1000 : 0,
                                                  .isolation = isolation,
                                                  .from = world_at(WORLD_HOUR),
                                                  .to = world_at(WORLD_DAY)});
}

static const char *loan_of_last(void)
{
    return world_lease(&w, world_answer(&w))->loan.text;
}

START_TEST(test_loans_are_tried_by_name_and_the_first_with_room_is_taken)
{
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-b", .gpus = 8});
    world_make_loan(&w,
                    &(struct world_loan_terms){.id = "loan-a", .pool = "naver-b200", .gpus = 4});
    expect_ok(&w, book(4, NULL));
    ck_assert_str_eq(loan_of_last(), "loan-a");
    expect_ok(&w, book(4, NULL));
    ck_assert_str_eq(loan_of_last(), "loan-b");
    expect_refused(&w, book(5, NULL), ERR_NO_CAPACITY,
                   "loan loan-a leaves 4 B200"); /* the first one speaks */
}
END_TEST

START_TEST(test_a_lease_never_spans_two_loans)
{
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 4});
    world_make_loan(&w,
                    &(struct world_loan_terms){.id = "loan-b", .pool = "naver-b200", .gpus = 4});
    expect_refused(&w, book(8, NULL), ERR_NO_CAPACITY, "leaves 4 B200");
}
END_TEST

START_TEST(test_isolation_is_for_the_loan_to_permit)
{
    world_make_loan(&w,
                    &(struct world_loan_terms){.id = "loan-a", .gpus = 4, .isolation = "whole"});
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-b", .pool = "naver-b200", .gpus = 4, .isolation = "mps"});
    expect_ok(&w, book(1, "mps"));
    ck_assert_str_eq(loan_of_last(), "loan-b");
    expect_refused(&w, book(1, "dmem"), ERR_NO_CAPACITY, "loan-a does not permit isolation dmem");
}
END_TEST

START_TEST(test_a_loan_needs_nodes_whose_kernel_enforces)
{
    world_make_loan(&w,
                    &(struct world_loan_terms){.id = "loan-a", .pool = "naver-b200", .gpus = 4});
    world_attach(&w, "v1", 8, TIER_V1); /* n1 and n2 are of another pool */
    expect_refused(&w, book(1, NULL), ERR_NO_CAPACITY, "node v1 enforces leases by \"v1\" only");
    world_attach(&w, "v1", 8, TIER_BPF);
    expect_ok(&w, book(1, NULL));
}
END_TEST

START_TEST(test_a_member_that_owns_a_pool_books_on_it_without_a_loan)
{
    struct apply_project_request p = {0};
    struct id id = id_literal("alpha");
    record_copy(&project_type, &p.project, state_find(w.state, ENTITY_PROJECT, &id));
    struct member *m = record_list_add(&p.project.members, sizeof *m);
    *m = (struct member){.organisation = id_literal("skt"), .role = MEMBER_PARTICIPANT};
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, &p));
    record_fini(&apply_project_request_type, &p);
    world_make_user(&w, "lab", "skt", "org-member");
    struct world_booking b = {.actor = "lab.skt",
                              .allocation = allocation,
                              .gpus = 16,
                              .from = world_at(0),
                              .to = world_at(WORLD_DAY)};
    expect_ok(&w, world_book(&w, &b));
    ck_assert_str_eq(loan_of_last(), "");
    world_due(&w);
    ck_assert_int_eq(world_enforced(&w, "n1"), share_gpus(8).units);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a",
                                                   .gpus = 8,
                                                   .from = world_at(2 * WORLD_DAY),
                                                   .to = world_at(5 * WORLD_DAY)});
    b.from = world_at(2 * WORLD_DAY); /* what is lent is not one's own */
    b.to = world_at(3 * WORLD_DAY);
    b.gpus = 9;
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "loan loan-a leaves 8");
    b.gpus = 8;
    expect_ok(&w, world_book(&w, &b));
    ck_assert_str_eq(loan_of_last(), "loan-a");
    expect_ok(&w, world_book(&w, &b));
    ck_assert_str_eq(loan_of_last(), "");
}
END_TEST

START_TEST(test_moving_keeps_a_lease_of_one_node_on_one_node)
{
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    expect_ok(&w, book(8, NULL));
    struct id lease = w.changes.answer.id;
    ck_assert(placing_in_service(&(struct turn){.state = w.state, .out = &w.changes},
                                 world_lease(&w, lease.text)));
    struct changes changes;
    changes_init(&changes);
    struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "service")};
    struct turn turn = turn_begin(w.state, &ctx, &changes);
    world_attach(&w, "n1", 7, TIER_BPF);
    ck_assert(!placing_in_service(&turn, world_lease(&w, lease.text)));
    expect_ok(&w, placing_move(&turn, &lease, NULL, NULL, &w.err));
    const struct lease *moved = turn_find(&turn, ENTITY_LEASE, &lease);
    ck_assert_uint_eq(moved->placements.n, 1);
    ck_assert_str_eq(LIST_AT(struct placement, &moved->placements, 0)->node.text, "n2");
    ck_assert(placing_in_service(&turn, moved));
    ck_assert_uint_gt(moved->fence, world_lease(&w, lease.text)->fence);
    /* nothing is left for a second move: not on n1, which is short, nor where the first went */
    struct err err = ERR_INIT;
    struct id avoid = {"loan-a"};
    ck_assert_int_eq(placing_move(&turn, &lease, &avoid, NULL, &err), -ERR_NO_CAPACITY);
    turn_end(&turn);
    changes_fini(&changes);
}
END_TEST

static Suite *placing_suite(void)
{
    Suite *s = suite_create("placing");
    TCase *c = tcase_create("placing");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_loans_are_tried_by_name_and_the_first_with_room_is_taken);
    tcase_add_test(c, test_a_lease_never_spans_two_loans);
    tcase_add_test(c, test_isolation_is_for_the_loan_to_permit);
    tcase_add_test(c, test_a_loan_needs_nodes_whose_kernel_enforces);
    tcase_add_test(c, test_a_member_that_owns_a_pool_books_on_it_without_a_loan);
    tcase_add_test(c, test_moving_keeps_a_lease_of_one_node_on_one_node);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(placing_suite)
