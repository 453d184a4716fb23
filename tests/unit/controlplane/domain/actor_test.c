/* Who stands behind a certificate, by what the state says now. */
#include "controlplane/domain/actor.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct actor actor;

static struct principal user(const char *name, const char *organisation, const char *key)
{
    return (struct principal){.kind = ACTOR_USER,
                              .organisation = id_literal(organisation),
                              .name = id_literal(name),
                              .key_id = id_literal(key)};
}

static struct principal node(const char *name, const char *organisation, const char *key)
{
    struct principal p = user(name, organisation, key);
    p.kind = ACTOR_NODE;
    return p;
}

static int resolve(struct principal p)
{
    w.err = ERR_INIT;
    actor = (struct actor){.kind = ACTOR_SERVICE}; /* what a failure leaves untouched */
    return actor_resolve(w.state, &p, w.now, &actor, &w.err);
}

START_TEST(a_user_has_the_roles_that_the_state_gives_it)
{
    expect_ok(&w, resolve(user("fin", "upstage", "key-fin-upstage")));
    ck_assert_int_eq(actor.kind, ACTOR_USER);
    ck_assert_str_eq(actor.user.text, "fin.upstage");
    ck_assert_str_eq(actor.name.text, "fin");
    ck_assert_str_eq(actor.organisation.text, "upstage");
    ck_assert_uint_eq(actor.roles, ROLE_BIT(ROLE_FINANCE));
}
END_TEST

START_TEST(a_user_that_is_not_known_is_told_to_join)
{
    expect_refused(&w, resolve(user("ghost", "upstage", "key")), ERR_UNAUTHENTICATED,
                   "ghost.upstage is not known here: join first");
    expect_refused(&w, resolve(user("kim", "lunit", "key-kim-upstage")), ERR_UNAUTHENTICATED,
                   "kim.lunit is not known");
    ck_assert_int_eq(actor.kind, ACTOR_SERVICE);
}
END_TEST

START_TEST(names_that_are_too_long_together_are_nobody)
{
    struct principal p = user("kim", "upstage", "key");
    memset(p.name.text, 'a', 60);
    expect_refused(&w, resolve(p), ERR_UNAUTHENTICATED, "is not known here");
}
END_TEST

START_TEST(a_revocation_holds_from_the_next_request_on)
{
    struct revoke_user_request r = {.id = id_literal("kim.upstage"), .reason = "left"};
    struct principal kim = user("kim", "upstage", "key-kim-upstage");
    expect_ok(&w, resolve(kim));
    expect_ok(&w, world_decide(&w, "boss.upstage", COMMAND_REVOKE_USER, &r));
    expect_refused(&w, resolve(kim), ERR_UNAUTHENTICATED, "kim.upstage is revoked",
                   "administrator of upstage");
    /* Until it joins again. */
    world_make_user(&w, "kim", "upstage", "org-member");
    expect_ok(&w, resolve(kim));
}
END_TEST

START_TEST(another_key_is_refused)
{
    expect_refused(&w, resolve(user("kim", "upstage", "key-of-somebody")), ERR_UNAUTHENTICATED,
                   "has joined again with another key: use that one");
    expect_refused(&w, resolve(user("kim", "upstage", "key-lee-kaist")), ERR_UNAUTHENTICATED,
                   "another key");
}
END_TEST

START_TEST(a_certificate_that_is_over_is_refused_from_that_second_on)
{
    struct principal kim = user("kim", "upstage", "key-kim-upstage");
    w.now = world_at(1000 * WORLD_DAY - 1);
    expect_ok(&w, resolve(kim));
    w.now = world_at(1000 * WORLD_DAY);
    expect_refused(&w, resolve(kim), ERR_UNAUTHENTICATED, "kim.upstage is over: renew it");
}
END_TEST

static void set_node(enum node_state state)
{
    struct id id = id_literal("n1");
    struct node *n = record_clone(&node_type, world_node(&w, "n1"));
    n->state = state;
    state_load(w.state, ENTITY_NODE, &id, n);
}

START_TEST(a_node_counts_until_it_is_retired)
{
    struct principal n1 = node("n1", "skt", "key-n1-skt");
    world_make_node(&w, "n1", "skt-b200", 1);
    for (int state = 0; state < NODE_STATE_COUNT; state++) {
        set_node((enum node_state)state);
        if (state == NODE_RETIRED) {
            expect_refused(&w, resolve(n1), ERR_UNAUTHENTICATED, "node n1 is retired");
            continue;
        }
        expect_ok(&w, resolve(n1));
        ck_assert_int_eq(actor.kind, ACTOR_NODE);
        ck_assert_str_eq(actor.name.text, "n1");
        ck_assert_uint_eq(actor.roles, 0);
        ck_assert(id_is_none(&actor.user));
    }
}
END_TEST

START_TEST(a_node_is_its_owners_and_has_one_key)
{
    world_make_node(&w, "n1", "skt-b200", 1);
    expect_refused(&w, resolve(node("n2", "skt", "key-n1-skt")), ERR_UNAUTHENTICATED,
                   "node n2 of skt is not known here: join first");
    expect_refused(&w, resolve(node("n1", "naver", "key-n1-skt")), ERR_UNAUTHENTICATED,
                   "node n1 of naver is not known");
    expect_refused(&w, resolve(node("n1", "skt", "key-old")), ERR_UNAUTHENTICATED,
                   "node n1 has joined again with another key");
    expect_refused(&w, resolve(user("n1", "skt", "key-n1-skt")), ERR_UNAUTHENTICATED,
                   "user n1.skt is not known");
}
END_TEST

START_TEST(whoever_is_anonymous_has_neither_organisation_nor_roles)
{
    expect_ok(&w, resolve((struct principal){.kind = ACTOR_ANONYMOUS}));
    ck_assert_int_eq(actor.kind, ACTOR_ANONYMOUS);
    ck_assert(id_is_none(&actor.organisation));
    ck_assert_uint_eq(actor.roles, 0);
}
END_TEST

START_TEST(a_service_goes_by_its_name)
{
    struct actor service = actor_service("timer");
    ck_assert_int_eq(service.kind, ACTOR_SERVICE);
    ck_assert_str_eq(service.name.text, "timer");
    ck_assert_uint_eq(service.roles, 0);
    ck_assert(id_is_none(&service.organisation) && id_is_none(&service.user));
}
END_TEST

static Suite *actor_suite(void)
{
    Suite *s = suite_create("domain/actor");
    TCase *c = tcase_create("actor");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, a_user_has_the_roles_that_the_state_gives_it);
    tcase_add_test(c, a_user_that_is_not_known_is_told_to_join);
    tcase_add_test(c, names_that_are_too_long_together_are_nobody);
    tcase_add_test(c, a_revocation_holds_from_the_next_request_on);
    tcase_add_test(c, another_key_is_refused);
    tcase_add_test(c, a_certificate_that_is_over_is_refused_from_that_second_on);
    tcase_add_test(c, a_node_counts_until_it_is_retired);
    tcase_add_test(c, a_node_is_its_owners_and_has_one_key);
    tcase_add_test(c, whoever_is_anonymous_has_neither_organisation_nor_roles);
    tcase_add_test(c, a_service_goes_by_its_name);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(actor_suite)
