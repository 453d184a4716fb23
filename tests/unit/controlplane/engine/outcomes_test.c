/* The memory of request ids. */
#include "controlplane/engine/outcomes.h"

#include "tests/support/suite.h"

static struct outcome outcome(const char *actor, const char *request, const char *id)
{
    return (struct outcome){.request_id = id_literal(request),
                            .actor = id_literal(actor),
                            .kind = id_literal("lease"),
                            .id = id_literal(id)};
}

START_TEST(request_ids_belong_to_whoever_chose_them)
{
    struct outcomes *o = outcomes_create();
    struct outcome kims = outcome("kim.upstage", "r1", "lease-1");
    struct outcome lees = outcome("lee.kaist", "r1", "lease-2");
    outcomes_add(o, &kims, (struct instant){100});
    outcomes_add(o, &lees, (struct instant){100});
    ck_assert_str_eq(outcomes_find(o, &kims.actor, &kims.request_id)->id.text, "lease-1");
    ck_assert_str_eq(outcomes_find(o, &lees.actor, &lees.request_id)->id.text, "lease-2");
    struct id unknown = id_literal("r2");
    ck_assert_ptr_null(outcomes_find(o, &kims.actor, &unknown));
    outcomes_destroy(o);
}
END_TEST

START_TEST(the_first_outcome_stays)
{
    struct outcomes *o = outcomes_create();
    struct outcome first = outcome("kim.upstage", "r1", "lease-1");
    struct outcome second = outcome("kim.upstage", "r1", "lease-9");
    outcomes_add(o, &first, (struct instant){100});
    outcomes_add(o, &second, (struct instant){101});
    ck_assert_str_eq(outcomes_find(o, &first.actor, &first.request_id)->id.text, "lease-1");
    ck_assert_uint_eq(outcomes_count(o), 1);
    outcomes_destroy(o);
}
END_TEST

START_TEST(outcomes_are_forgotten_after_their_retention)
{
    struct outcomes *o = outcomes_create();
    struct outcome old = outcome("kim.upstage", "r1", "lease-1");
    struct outcome fresh = outcome("kim.upstage", "r2", "lease-2");
    outcomes_add(o, &old, (struct instant){1000});
    outcomes_add(o, &fresh, (struct instant){1001});
    outcomes_forget(o, (struct instant){1000 + OUTCOMES_RETENTION_S});
    ck_assert_uint_eq(outcomes_count(o), 2);
    outcomes_forget(o, (struct instant){1001 + OUTCOMES_RETENTION_S});
    ck_assert_ptr_null(outcomes_find(o, &old.actor, &old.request_id));
    ck_assert_ptr_nonnull(outcomes_find(o, &fresh.actor, &fresh.request_id));
    outcomes_destroy(o);
}
END_TEST

static Suite *outcomes_suite(void)
{
    Suite *s = suite_create("engine/outcomes");
    TCase *t = tcase_create("outcomes");
    tcase_add_test(t, request_ids_belong_to_whoever_chose_them);
    tcase_add_test(t, the_first_outcome_stays);
    tcase_add_test(t, outcomes_are_forgotten_after_their_retention);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(outcomes_suite)
