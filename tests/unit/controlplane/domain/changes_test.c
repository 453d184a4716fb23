/* What a decision writes. */
#include "controlplane/domain/changes.h"

#include "controlplane/domain/lease.h"
#include "controlplane/domain/pool.h"
#include "tests/support/suite.h"

static struct changes c;

static void setup(void)
{
    changes_init(&c);
}

static void teardown(void)
{
    changes_fini(&c);
}

static struct pool pool(const char *name, int64_t gpus)
{
    return (struct pool){.id = id_literal(name), .lend_limit_units = share_gpus(gpus)};
}

START_TEST(test_a_decision_reads_its_own_writes)
{
    struct pool p = pool("a", 1);
    ck_assert(!changes_touches(&c, ENTITY_POOL, &p.id));
    struct pool *put = changes_put(&c, ENTITY_POOL, &p);
    ck_assert_ptr_ne(put, &p);
    put->lend_limit_units = share_gpus(2);
    const struct pool *found = changes_find(&c, ENTITY_POOL, &p.id);
    ck_assert_int_eq(found->lend_limit_units.units, share_gpus(2).units);
    ck_assert_ptr_null(changes_find(&c, ENTITY_SITE, &p.id)); /* a name of each kind */
}
END_TEST

START_TEST(test_an_object_put_twice_keeps_the_last_value)
{
    struct pool first = pool("a", 1), second = pool("a", 2);
    changes_put(&c, ENTITY_POOL, &first);
    changes_put(&c, ENTITY_POOL, &second);
    ck_assert_uint_eq(c.n, 1);
    ck_assert_int_eq(((struct pool *)c.items[0].record)->lend_limit_units.units,
                     share_gpus(2).units);
    changes_put(&c, ENTITY_POOL, c.items[0].record); /* also from its own copy */
    ck_assert_int_eq(((struct pool *)c.items[0].record)->lend_limit_units.units,
                     share_gpus(2).units);
}
END_TEST

START_TEST(test_what_was_deleted_is_touched_and_not_found)
{
    struct pool p = pool("a", 1);
    changes_put(&c, ENTITY_POOL, &p);
    changes_delete(&c, ENTITY_POOL, &p.id);
    ck_assert_uint_eq(c.n, 1);
    ck_assert(changes_touches(&c, ENTITY_POOL, &p.id));
    ck_assert_ptr_null(changes_find(&c, ENTITY_POOL, &p.id));
    changes_put(&c, ENTITY_POOL, &p);
    ck_assert_ptr_nonnull(changes_find(&c, ENTITY_POOL, &p.id));
}
END_TEST

START_TEST(test_a_put_copies_what_the_record_owns)
{
    struct lease l = {.id = id_literal("lease-1")};
    struct user_id *uid = record_list_add(&l.uids, sizeof *uid);
    uid->uid = 1000;
    struct lease *put = changes_put(&c, ENTITY_LEASE, &l);
    record_fini(&lease_type, &l);
    ck_assert_uint_eq(LIST_AT(struct user_id, &put->uids, 0)->uid, 1000);
}
END_TEST

START_TEST(test_entries_and_notes_add_up_and_notes_are_cut)
{
    char text[3 * PLAN_LINE_CAP];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    changes_entry(&c, LEDGER_BOOK)->units = share_gpus(1);
    changes_entry(&c, LEDGER_GRANT);
    ck_assert_uint_eq(c.entries.n, 2);
    ck_assert_int_eq(LIST_AT(struct ledger_entry, &c.entries, 0)->kind, LEDGER_BOOK);
    changes_note(&c, "%s", text);
    changes_note(&c, "%d of %d", 1, 2);
    ck_assert_uint_eq(strlen(LIST_AT(struct plan_line, &c.answer.notes, 0)->text),
                      PLAN_LINE_CAP - 1);
    ck_assert_str_eq(LIST_AT(struct plan_line, &c.answer.notes, 1)->text, "1 of 2");
}
END_TEST

START_TEST(test_reset_makes_it_usable_again)
{
    for (size_t i = 0; i < 40; i++) {
        struct pool p = pool("a", 1);
        p.id = id_number("pool", i);
        changes_put(&c, ENTITY_POOL, &p);
    }
    c.numbers_taken = 3;
    changes_note(&c, "x");
    changes_reset(&c);
    ck_assert_uint_eq(c.n, 0);
    ck_assert_uint_eq(c.numbers_taken, 0);
    ck_assert_uint_eq(c.answer.notes.n, 0);
    struct pool p = pool("a", 1);
    changes_put(&c, ENTITY_POOL, &p);
    ck_assert_uint_eq(c.n, 1);
}
END_TEST

static Suite *changes_suite(void)
{
    Suite *s = suite_create("changes");
    TCase *t = tcase_create("changes");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_a_decision_reads_its_own_writes);
    tcase_add_test(t, test_an_object_put_twice_keeps_the_last_value);
    tcase_add_test(t, test_what_was_deleted_is_touched_and_not_found);
    tcase_add_test(t, test_a_put_copies_what_the_record_owns);
    tcase_add_test(t, test_entries_and_notes_add_up_and_notes_are_cut);
    tcase_add_test(t, test_reset_makes_it_usable_again);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(changes_suite)
