/* Who is stopped by a recall, when, and who is not. */
#include "controlplane/domain/recalling.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

/* loan-a: 16 GPUs of skt to alpha, an hour's notice, two days of cool-down. */
static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(
        &w,
        &(struct world_loan_terms){
            .id = "loan-a", .gpus = 12, .burst = 4, .notice_s = 3600, .cooldown_s = 2 * WORLD_DAY});
    allocation = world_make_allocation(&w, "alpha", 32, WORLD_BUDGET);
}

static struct id book(uint32_t gpus, struct instant from, struct instant to, uint32_t priority,
                      const char *service_class)
{
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                          .gpus = gpus,
                                                          .from = from,
                                                          .to = to,
                                                          .priority = priority,
                                                          .service_class = service_class}));
    return w.changes.answer.id;
}

static const struct lease *lease(const struct id *id)
{
    return world_lease(&w, id->text);
}

START_TEST(test_recalls_are_refused_by_rule)
{
    const struct {
        const char *actor;
        int64_t gpus;
        struct instant by;
        enum err_code code;
        const char *text;
    } cases[] = {
        {"op.naver", 4, INSTANT_NEVER, ERR_NOT_FOUND, "does not exist"},
        {"boss.upstage", 4, INSTANT_NEVER, ERR_DENIED, "a loan by skt is not for upstage"},
        {"op.skt", 0, INSTANT_NEVER, ERR_INVALID, "nothing can't be recalled"},
        {"op.skt", 13, INSTANT_NEVER, ERR_INVALID, "13 can't be recalled, 12 are lent"},
        {"op.skt", 4, world_at(3599), ERR_INVALID, "is less than the notice of 3600 s"},
        {"op.skt", 4, world_at(100 * WORLD_DAY), ERR_INVALID, "it ends at"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(&w, world_recall(&w, cases[i].actor, "loan-a", cases[i].gpus, cases[i].by),
                       cases[i].code, cases[i].text);
    expect_ok(&w, world_recall(&w, "admin.nipa", "loan-a", 4, INSTANT_NEVER));
    ck_assert_int_eq(world_loan(&w, "loan-a")->recall_at.s, world_at(3600).s);
    expect_refused(&w, world_recall(&w, "op.skt", "loan-a", 4, INSTANT_NEVER), ERR_STATE,
                   "4 are being recalled by");
}
END_TEST

START_TEST(test_nobody_is_stopped_while_the_total_fits_what_remains)
{
    struct id one = book(4, world_at(0), world_at(WORLD_DAY), 0, NULL);
    struct id two = book(4, world_at(0), world_at(WORLD_DAY), 0, "opportunistic");
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 4, INSTANT_NEVER));
    ck_assert_int_eq(lease(&one)->end_reason, END_NONE);
    ck_assert_int_eq(lease(&two)->end_reason, END_NONE);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_RECALLING);
    ck_assert_int_eq(world_loan(&w, "loan-a")->recalled_units.units, share_gpus(4).units);
}
END_TEST

START_TEST(test_opportunistic_then_low_priority_then_latest_started_then_id_go_first)
{
    /* 12 guaranteed and in use, 4 each; 8 recalled: two of the three go */
    static const struct {
        struct {
            const char *service_class;
            uint32_t priority;
            int64_t from;
        } leases[3];
        const char *stays;
    } cases[] = {
        {{{"opportunistic", 9, 0}, {NULL, 0, 0}, {NULL, 1, 0}}, "third"},
        {{{NULL, 2, 0}, {NULL, 1, 0}, {NULL, 0, 0}}, "first"},
        {{{NULL, 0, 60}, {NULL, 0, 0}, {NULL, 0, 120}}, "second"},
        {{{NULL, 0, 0}, {NULL, 0, 0}, {NULL, 0, 0}}, "third"},
        {{{"opportunistic", 0, 0}, {"opportunistic", 5, 0}, {NULL, 0, 500}}, "third"},
    };
    static const char *const names[] = {"first", "second", "third"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct id ids[3];
        expect_teardown();
        setup();
        for (size_t k = 0; k < 3; k++)
            ids[k] = book(4, world_at(cases[i].leases[k].from), world_at(WORLD_DAY),
                          cases[i].leases[k].priority, cases[i].leases[k].service_class);
        expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 8, INSTANT_NEVER));
        for (size_t k = 0; k < 3; k++)
            ck_assert_msg((lease(&ids[k])->end_reason == END_NONE) ==
                              (strcmp(names[k], cases[i].stays) == 0),
                          "case %zu: %s", i, names[k]);
    }
}
END_TEST

START_TEST(test_whoever_turns_out_not_to_be_needed_is_put_back)
{
    struct id small = book(2, world_at(0), world_at(WORLD_DAY), 0, NULL); /* goes first */
    struct id large = book(10, world_at(0), world_at(WORLD_DAY), 1, NULL);
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 8, INSTANT_NEVER));
    ck_assert_int_eq(lease(&large)->end_reason, END_RECALLED);
    ck_assert_int_eq(lease(&small)->end_reason, END_NONE); /* 2 fit in the 4 that remain */
    ck_assert_ptr_nonnull(world_note(&w, "ends at 2025-11-01T10:00:00+09:00"));
}
END_TEST

START_TEST(test_a_running_lease_drains_until_the_notice_is_over)
{
    struct id id = book(8, world_at(0), world_at(WORLD_DAY), 0, NULL);
    world_due(&w);
    world_report(&w, "n1", "active");
    world_advance(&w, WORLD_HOUR);
    int64_t held = lease(&id)->held_krw.krw;
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 12, INSTANT_NEVER));
    ck_assert_int_eq(lease(&id)->state, LEASE_DRAINING);
    ck_assert_int_eq(lease(&id)->ends_at.s, world_at(2 * WORLD_HOUR).s);
    ck_assert_int_eq(lease(&id)->held_krw.krw, held / 12);           /* 2 of 24 hours */
    ck_assert_int_eq(world_enforced(&w, "n1"), share_gpus(8).units); /* still theirs */
    world_advance(&w, WORLD_HOUR - 1);
    ck_assert_int_eq(lease(&id)->state, LEASE_DRAINING);
    world_advance(&w, 1);
    ck_assert_int_eq(lease(&id)->state, LEASE_RETURNING);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_RETURNED);
    world_report(&w, "n1", "active");
    ck_assert_int_eq(lease(&id)->state, LEASE_ENDED);
    ck_assert_int_eq(lease(&id)->end_reason, END_RECALLED);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CLOSED);
}
END_TEST

START_TEST(test_a_booking_after_the_recall_is_cancelled_and_one_across_it_shortened)
{
    struct id across = book(12, world_at(600), world_at(WORLD_DAY), 0, NULL);
    struct id after = book(12, world_at(2 * WORLD_DAY), world_at(3 * WORLD_DAY), 0, NULL);
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 12, INSTANT_NEVER));
    ck_assert_int_eq(lease(&after)->state, LEASE_CANCELLED);
    ck_assert_int_eq(lease(&after)->end_reason, END_RECALLED);
    ck_assert_int_eq(lease(&after)->held_krw.krw, 0);
    ck_assert_int_eq(lease(&across)->state, LEASE_BOOKED);
    ck_assert_int_eq(lease(&across)->ends_at.s, world_at(WORLD_HOUR).s);
    ck_assert_int_eq(lease(&across)->to.s, world_at(WORLD_DAY).s); /* as booked */
}
END_TEST

START_TEST(test_a_booking_moves_to_another_loan_rather_than_end)
{
    world_make_node(&w, "v1", "naver-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-v", .pool = "naver-b200", .gpus = 8, .notice_s = 60});
    struct id running = book(8, world_at(0), world_at(WORLD_DAY), 5, NULL);
    struct id later = book(4, world_at(2 * WORLD_HOUR), world_at(WORLD_DAY), 0, NULL);
    uint64_t fence = lease(&later)->fence;
    world_due(&w);
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 4, INSTANT_NEVER));
    ck_assert_str_eq(lease(&later)->loan.text, "loan-v");
    ck_assert_str_eq(LIST_AT(const struct placement, &lease(&later)->placements, 0)->node.text,
                     "v1");
    ck_assert_uint_gt(lease(&later)->fence, fence);
    ck_assert_int_eq(lease(&later)->end_reason, END_NONE);
    ck_assert_int_eq(lease(&running)->end_reason, END_NONE);
    ck_assert_ptr_nonnull(world_note(&w, "moves to other devices"));
}
END_TEST

START_TEST(test_two_moves_in_one_recall_do_not_take_the_same_devices)
{
    world_make_node(&w, "v1", "naver-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-v", .pool = "naver-b200", .gpus = 8, .notice_s = 60});
    struct id ids[3];
    for (size_t i = 0; i < 3; i++)
        ids[i] = book(4, world_at(2 * WORLD_HOUR), world_at(WORLD_DAY), 0, NULL);
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 12, INSTANT_NEVER));
    size_t moved = 0, ended = 0;
    for (size_t i = 0; i < 3; i++) {
        moved += strcmp(lease(&ids[i])->loan.text, "loan-v") == 0;
        ended += lease(&ids[i])->state == LEASE_CANCELLED;
    }
    ck_assert_uint_eq(moved, 2);
    ck_assert_uint_eq(ended, 1);
    for (size_t i = 0; i < 8; i++) {
        char uuid[48];
        snprintf(uuid, sizeof uuid, "GPU-v1-%zu", i);
        ck_assert_int_eq(calendar_units_at(state_calendar(w.state), &(struct id){"v1"}, uuid,
                                           world_at(3 * WORLD_HOUR)),
                         SHARE_PER_GPU);
    }
}
END_TEST

START_TEST(test_the_guarantee_is_lower_from_then_on_and_the_burst_rests)
{
    struct world_booking b = {.allocation = allocation,
                              .gpus = 12,
                              .from = world_at(2 * WORLD_HOUR),
                              .to = world_at(3 * WORLD_HOUR)};
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 4, INSTANT_NEVER));
    b.gpus = 9; /* 8 guaranteed, and a burst of 4 that rests */
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "loan loan-a leaves 8 B200");
    world_advance(&w, WORLD_HOUR);
    const struct loan *l = world_loan(&w, "loan-a");
    ck_assert_int_eq(l->state, LOAN_ACTIVE);
    ck_assert_int_eq(l->guaranteed_units.units, share_gpus(8).units);
    ck_assert_int_eq(l->recalled_units.units, 0);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "loan loan-a leaves 8 B200",
                   "the earliest start");
    b.from = world_at(WORLD_HOUR + 2 * WORLD_DAY + 300);
    b.to = world_at(3 * WORLD_DAY);
    b.gpus = 12;
    expect_ok(&w, world_book(&w, &b));                                     /* after the cool-down */
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 8, INSTANT_NEVER)); /* a second one */
    world_advance(&w, WORLD_HOUR);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CLOSED);
}
END_TEST

START_TEST(test_a_loan_that_has_not_begun_can_be_recalled)
{
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-later",
                                                   .pool = "naver-b200",
                                                   .gpus = 8,
                                                   .from = world_at(10 * WORLD_DAY),
                                                   .to = world_at(20 * WORLD_DAY)});
    expect_ok(&w, world_recall(&w, "op.naver", "loan-later", 8, INSTANT_NEVER));
    world_advance(&w, 60);
    ck_assert_int_eq(world_loan(&w, "loan-later")->state, LOAN_CLOSED);
}
END_TEST

START_TEST(test_every_recall_is_in_the_ledger_with_its_reason)
{
    struct id id = book(12, world_at(600), world_at(WORLD_DAY), 0, NULL);
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 12, INSTANT_NEVER));
    size_t of_lease = 0, of_loan = 0;
    LIST_EACH(const struct ledger_entry, e, &w.changes.entries)
    {
        ck_assert_int_eq(e->kind, LEDGER_RECALL);
        of_lease += id_equal(&e->subject, &id);
        of_loan += strcmp(e->subject.text, "loan-a") == 0 && strcmp(e->reason, "needed back") == 0;
    }
    ck_assert_uint_eq(of_lease, 1);
    ck_assert_uint_eq(of_loan, 1);
}
END_TEST

/* ---- Swap before stop ---- */

static struct id running(uint32_t gpus)
{
    struct id id = book(gpus, w.now, instant_add(w.now, 9 * WORLD_DAY), 0, NULL);
    world_due(&w);
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    ck_assert_int_eq(lease(&id)->state, LEASE_ACTIVE);
    return id;
}

static bool find_heir(const void *record, void *arg)
{
    const struct lease **found = arg;
    const struct lease *l = record;
    if (!id_is_none(&l->continues))
        *found = l;
    return true;
}

START_TEST(test_a_running_lease_goes_on_elsewhere_and_the_bill_of_the_two_is_the_bill_of_one)
{
    struct id id = running(8);
    world_make_node(&w, "n3", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-c", .gpus = 8, .notice_s = 3600});
    int64_t held = world_allocation(&w, allocation.text)->held_krw.krw;
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 12, INSTANT_NEVER));
    ck_assert_ptr_nonnull(world_note(&w, "goes on as"));
    const struct lease *heir = NULL;
    state_each(w.state, ENTITY_LEASE, NULL, find_heir, &heir);
    ck_assert_ptr_nonnull(heir);
    ck_assert_str_eq(heir->continues.text, id.text);
    ck_assert_str_eq(heir->loan.text, "loan-c");
    ck_assert_int_eq(heir->from.s, world_at(3600).s);
    ck_assert_int_eq(heir->from.s, lease(&id)->ends_at.s);
    ck_assert_int_eq(heir->to.s, lease(&id)->to.s);
    ck_assert_int_eq(heir->state, LEASE_BOOKED);
    ck_assert_int_eq(world_allocation(&w, allocation.text)->held_krw.krw, held);
    ck_assert_int_eq(lease(&id)->held_krw.krw + heir->held_krw.krw, held);
}
END_TEST

START_TEST(test_two_that_are_swapped_do_not_take_the_same_devices)
{
    struct id one = running(4), two = running(4);
    world_make_node(&w, "n3", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-c", .gpus = 6, .notice_s = 3600});
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 12, INSTANT_NEVER));
    size_t heirs = world_note(&w, "goes on as") != NULL;
    ck_assert_uint_eq(heirs, 1); /* the loan has room for one only */
    ck_assert_int_eq(lease(&one)->end_reason, END_RECALLED);
    ck_assert_int_eq(lease(&two)->end_reason, END_RECALLED);
    ck_assert_ptr_nonnull(world_note(&w, "ends at"));
}
END_TEST

/* ---- With less notice ---- */

static int emergency(const char *actor, struct instant by)
{
    struct recall_loan_request r = {.id = id_literal("loan-a"),
                                    .units = share_gpus(12),
                                    .by = by,
                                    .reason = "fire",
                                    .emergency = true};
    return world_decide(&w, actor, COMMAND_RECALL_LOAN, &r);
}

START_TEST(test_an_emergency_recall_waits_for_two_organisations_one_of_them_the_agency)
{
    world_make_user(&w, "other", "skt", "supplier-approver");
    struct id id = running(8);
    expect_refused(&w, emergency("op.skt", world_at(2 * WORLD_HOUR)), ERR_INVALID,
                   "that is no emergency");
    expect_ok(&w, emergency("sign.skt", world_at(60)));
    struct id approval = w.changes.answer.approval, recall = w.changes.answer.id;
    ck_assert_int_eq(lease(&id)->state, LEASE_ACTIVE);
    ck_assert_uint_eq(world_approval(&w, approval.text)->approvers_needed, 2);
    expect_refused(&w, world_sign(&w, "sign.skt", approval.text), ERR_DENIED, "proposed it");
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    ck_assert_int_eq(lease(&id)->state, LEASE_ACTIVE);
    expect_refused(&w, world_sign(&w, "ok2.nipa", approval.text), ERR_CONFLICT,
                   "has to be of another organisation");
    expect_ok(&w, world_sign(&w, "other.skt", approval.text));
    ck_assert_int_eq(lease(&id)->state, LEASE_DRAINING);
    ck_assert_int_eq(lease(&id)->ends_at.s, world_at(60).s);
    ck_assert_int_eq(((const struct recall *)state_find(w.state, ENTITY_RECALL, &recall))->state,
                     REQUEST_APPROVED);
}
END_TEST

START_TEST(test_who_competes_with_the_borrower_does_not_approve_its_recall)
{
    /* naver takes part in beta, of the same programme */
    struct apply_project_request r = {0};
    struct id beta = id_literal("beta");
    record_copy(&project_type, &r.project, state_find(w.state, ENTITY_PROJECT, &beta));
    struct member *m = record_list_add(&r.project.members, sizeof *m);
    *m = (struct member){.organisation = id_literal("naver"), .role = MEMBER_PARTICIPANT};
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, &r));
    record_fini(&apply_project_request_type, &r);
    expect_ok(&w, emergency("admin.nipa", INSTANT_NEVER));
    struct id approval = w.changes.answer.approval;
    struct id recall = w.changes.answer.id, naver = id_literal("naver"), skt = id_literal("skt");
    struct id upstage = id_literal("upstage");
    struct decide_context ctx = {.now = w.now};
    struct changes changes;
    changes_init(&changes);
    struct turn t = turn_begin(w.state, &ctx, &changes);
    const void *record = state_find(w.state, ENTITY_RECALL, &recall);
    ck_assert(recalling_is_party(&t, record, &naver));
    ck_assert(recalling_is_party(&t, record, &upstage));
    ck_assert(!recalling_is_party(&t, record, &skt));
    turn_end(&t);
    changes_fini(&changes);
    expect_ok(&w, world_sign(&w, "sign.skt", approval.text)); /* the lender itself may */
}
END_TEST

START_TEST(test_an_emergency_recall_that_is_returned_recalls_nothing)
{
    expect_ok(&w, emergency("op.skt", INSTANT_NEVER));
    struct id recall = w.changes.answer.id;
    struct return_approval_request r = {.id = w.changes.answer.approval, .reason = "no fire"};
    expect_ok(&w, world_decide(&w, "ok1.nipa", COMMAND_RETURN_APPROVAL, &r));
    ck_assert_int_eq(((const struct recall *)state_find(w.state, ENTITY_RECALL, &recall))->state,
                     REQUEST_RETURNED);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_ACTIVE);
}
END_TEST

static Suite *recall_suite(void)
{
    Suite *s = suite_create("recall");
    TCase *c = tcase_create("recall");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_recalls_are_refused_by_rule);
    tcase_add_test(c, test_nobody_is_stopped_while_the_total_fits_what_remains);
    tcase_add_test(c, test_opportunistic_then_low_priority_then_latest_started_then_id_go_first);
    tcase_add_test(c, test_whoever_turns_out_not_to_be_needed_is_put_back);
    tcase_add_test(c, test_a_running_lease_drains_until_the_notice_is_over);
    tcase_add_test(c, test_a_booking_after_the_recall_is_cancelled_and_one_across_it_shortened);
    tcase_add_test(c, test_a_booking_moves_to_another_loan_rather_than_end);
    tcase_add_test(c, test_two_moves_in_one_recall_do_not_take_the_same_devices);
    tcase_add_test(c, test_the_guarantee_is_lower_from_then_on_and_the_burst_rests);
    tcase_add_test(c, test_a_loan_that_has_not_begun_can_be_recalled);
    tcase_add_test(c, test_every_recall_is_in_the_ledger_with_its_reason);
    tcase_add_test(
        c, test_a_running_lease_goes_on_elsewhere_and_the_bill_of_the_two_is_the_bill_of_one);
    tcase_add_test(c, test_two_that_are_swapped_do_not_take_the_same_devices);
    tcase_add_test(c, test_an_emergency_recall_waits_for_two_organisations_one_of_them_the_agency);
    tcase_add_test(c, test_who_competes_with_the_borrower_does_not_approve_its_recall);
    tcase_add_test(c, test_an_emergency_recall_that_is_returned_recalls_nothing);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(recall_suite)
