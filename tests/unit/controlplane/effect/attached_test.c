/* controlplane/effect/attached.h: who is poked when. */
#include "controlplane/effect/attached.h"

#include "tests/support/suite.h"
#include "tests/support/world/world.h"

#include <pthread.h>
#include <stdio.h>

static struct attached *attached;
static int pokes[4];

static void setup(void)
{
    attached = attached_create();
    memset(pokes, 0, sizeof pokes);
}

static void teardown(void)
{
    attached_destroy(attached);
}

static void poke(void *stream)
{
    ++*(int *)stream;
}

static void add(const char *node, int stream)
{
    struct id id = id_literal(node);
    attached_add(attached, &id, poke, &pokes[stream]);
}

static void leave(const char *node, int stream)
{
    struct id id = id_literal(node);
    attached_remove(attached, &id, &pokes[stream]);
}

static bool has(const char *node)
{
    struct id id = id_literal(node);
    return attached_has(attached, &id);
}

START_TEST(a_node_is_there_from_its_stream_on_until_it_goes)
{
    ck_assert(!has("n1"));
    add("n1", 0);
    add("n2", 1);
    ck_assert(has("n1") && has("n2"));
    ck_assert_uint_eq(attached_count(attached), 2);
    leave("n1", 0);
    leave("n1", 0); /* harmless */
    leave("n3", 0);
    ck_assert(!has("n1") && has("n2"));
    leave("n2", 1);
    ck_assert_uint_eq(attached_count(attached), 0);
}
END_TEST

START_TEST(a_new_stream_takes_the_place_of_the_old_one)
{
    add("n1", 0);
    add("n1", 1);
    ck_assert_uint_eq(attached_count(attached), 1);
    attached_poke_all(attached);
    ck_assert_int_eq(pokes[0], 0);
    ck_assert_int_eq(pokes[1], 1);
    leave("n1", 0); /* the old stream's end comes late and must not take the new one away */
    ck_assert(has("n1"));
    leave("n1", 1);
    ck_assert(!has("n1"));
}
END_TEST

/* ---- commits ---- */

static struct world world;

static void book(const char *node_of_it)
{
    struct world_booking b = {.allocation = world_make_allocation(&world, "alpha", 8, WORLD_BUDGET),
                              .gpus = 2,
                              .from = world.now,
                              .to = instant_add(world.now, WORLD_HOUR)};
    world_must(&world, world_book(&world, &b));
    const struct lease *l = world_lease(&world, world_answer(&world));
    ck_assert_uint_eq(l->placements.n, 1);
    ck_assert_str_eq(((const struct placement *)l->placements.items)->node.text, node_of_it);
}

static void make_world(void)
{
    world_init(&world);
    world_make_node(&world, "n1", "skt-b200", 8);
    struct world_loan_terms terms = {.id = "loan-1", .gpus = 8, .notice_s = WORLD_HOUR};
    world_make_loan(&world, &terms);
    world_must(&world, 0);
    world_due(&world);
    book("n1");
}

static void commit(enum entity_kind kind, const char *id, bool deleted)
{
    struct engine_change change = {.kind = kind, .id = id_literal(id), .deleted = deleted};
    attached_on_commit(attached, world.state, 1, &change, 1);
}

START_TEST(a_commit_pokes_the_nodes_of_the_leases_that_it_changed)
{
    char lease[ID_CAP];
    make_world();
    (void)snprintf(lease, sizeof lease, "%s", world_answer(&world));
    add("n1", 0);
    add("n2", 1);
    commit(ENTITY_LEASE, lease, false); /* booked: nodes learn of it when it is prepared */
    ck_assert_int_eq(pokes[0], 0);
    world_due(&world);
    ck_assert_int_eq(world_lease(&world, lease)->state, LEASE_PREPARING);
    commit(ENTITY_LEASE, lease, false);
    ck_assert_int_eq(pokes[0], 1);
    ck_assert_int_eq(pokes[1], 0);
    commit(ENTITY_POOL, "skt-b200", false); /* nobody enforces a pool */
    commit(ENTITY_LEASE, lease, true);
    commit(ENTITY_LEASE, "lease-999999", false);
    ck_assert_int_eq(pokes[0], 1);
    leave("n1", 0);
    commit(ENTITY_LEASE, lease, false); /* its node is away: it asks when it is back */
    ck_assert_int_eq(pokes[0], 1);
    leave("n2", 1);
    world_fini(&world);
}
END_TEST

START_TEST(a_reload_pokes_all)
{
    add("n1", 0);
    add("n2", 1);
    attached_on_commit(attached, NULL, 7, NULL, 0);
    ck_assert_int_eq(pokes[0], 1);
    ck_assert_int_eq(pokes[1], 1);
    leave("n1", 0);
    leave("n2", 1);
}
END_TEST

/* ---- threads ---- */

struct racer {
    pthread_t thread;
    int stream;
};

static void *come_and_go(void *arg)
{
    const struct racer *r = arg;
    for (int i = 0; i < 2000; i++) {
        add(r->stream % 2 ? "n1" : "n2", r->stream);
        leave(r->stream % 2 ? "n1" : "n2", r->stream);
    }
    return NULL;
}

START_TEST(streams_come_and_go_while_others_are_poked)
{
    struct racer racers[4];
    for (int i = 0; i < 4; i++) {
        racers[i].stream = i;
        ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, come_and_go, &racers[i]), 0);
    }
    for (int i = 0; i < 2000; i++)
        attached_poke_all(attached);
    for (int i = 0; i < 4; i++)
        pthread_join(racers[i].thread, NULL);
    ck_assert_uint_eq(attached_count(attached), 0);
    int before = pokes[0] + pokes[1] + pokes[2] + pokes[3];
    attached_poke_all(attached);
    ck_assert_int_eq(pokes[0] + pokes[1] + pokes[2] + pokes[3], before);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("effect/attached");
    TCase *c = tcase_create("attached");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_node_is_there_from_its_stream_on_until_it_goes);
    tcase_add_test(c, a_new_stream_takes_the_place_of_the_old_one);
    tcase_add_test(c, a_commit_pokes_the_nodes_of_the_leases_that_it_changed);
    tcase_add_test(c, a_reload_pokes_all);
    tcase_add_test(c, streams_come_and_go_while_others_are_poked);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
