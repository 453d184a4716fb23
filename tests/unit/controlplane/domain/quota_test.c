/* controlplane/domain/quota.h: the lending tree at one instant. */
#include "controlplane/domain/quota.h"

#include "tests/support/suite.h"

#include <stdio.h>

#define NO QUOTA_NO_LIMIT

enum { NODES_MAX = 8 };

static struct quota_tree *tree_of(const struct quota_node *nodes, size_t n)
{
    struct quota_tree *t = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(quota_tree_create(nodes, n, &t, &err) == 0, "%s", err.text);
    return t;
}

/* The worked trees: nodes, usage, what is available and what could be. */
static const struct golden {
    struct quota_node nodes[NODES_MAX];
    int64_t usage[NODES_MAX];
    int64_t available[NODES_MAX];
    int64_t potential[NODES_MAX];
} golden[] = {
    {{{"root", NULL, 10, NO, NO},
      {"a", "root", 10, NO, NO},
      {"b", "root", 10, 2, NO},
      {"c", "root", 10, NO, 5}},
     {0, 20, 10, 6},
     {4, 4, 2, 4},
     {35, 35, 12, 40}},
    {{{"root", NULL, 10, NO, NO}, {"a", "root", 10, NO, NO}, {"b", "root", 10, 0, 0}},
     {0, 31, 0},
     {0, 0, 0},
     {20, 20, 10}},
    {{{"q1", "left", 10, NO, 5},
      {"q2", "left", 10, NO, NO},
      {"q3", "right", 0, NO, NO},
      {"q4", "root", 0, NO, NO},
      {"left", "root", 0, NO, 5},
      {"right", "root", 0, NO, NO},
      {"root", NULL, 0, NO, NO}},
     {0},
     {20, 15, 5, 5, 15, 5, 5},
     {20, 15, 5, 5, 15, 5, 5}},
    {{{"root", NULL, 0, NO, NO}, {"skt", "root", 512, NO, 512}, {"upstage", "root", 0, 512, NO}},
     {0, 0, 300},
     {212, 212, 212},
     {512, 512, 512}},
    /* Several roots stand beside each other; a cohort may take something itself. */
    {{{"r1", NULL, 5, NO, NO}, {"r2", NULL, 7, NO, NO}, {"x", "r2", 3, NO, NO}},
     {1, 2, 4},
     {4, 4, 4},
     {5, 10, 10}},
    {{{"only", NULL, 3, NO, NO}}, {4}, {0}, {3}},
};

static size_t count_of(const struct golden *g)
{
    size_t n = 0;
    while (n < NODES_MAX && g->nodes[n].name)
        n++;
    return n;
}

START_TEST(worked_trees)
{
    for (size_t i = 0; i < sizeof(golden) / sizeof(*golden); i++) {
        const struct golden *g = &golden[i];
        size_t n = count_of(g);
        struct quota_tree *t = tree_of(g->nodes, n);
        ck_assert_uint_eq(quota_count(t), n);
        for (size_t j = 0; j < n; j++)
            quota_add_usage(t, j, g->usage[j]);
        for (size_t j = 0; j < n; j++) {
            ck_assert_str_eq(quota_name(t, j), g->nodes[j].name);
            ck_assert_int_eq(quota_nominal(t, j), g->nodes[j].nominal);
            ck_assert_msg(quota_available(t, j) == g->available[j], "tree %zu, %s: %lld", i,
                          g->nodes[j].name, (long long)quota_available(t, j));
            ck_assert_msg(quota_potential(t, j) == g->potential[j], "tree %zu, %s: %lld", i,
                          g->nodes[j].name, (long long)quota_potential(t, j));
        }
        quota_tree_destroy(t);
    }
    quota_tree_destroy(NULL);
}
END_TEST

START_TEST(nodes_are_found_by_name)
{
    CLEANUP_QUOTA_TREE struct quota_tree *t = tree_of(golden[0].nodes, 4);
    size_t at = 99;
    struct err err = ERR_INIT;
    ck_assert_int_eq(quota_find(t, span_text("c"), &at, &err), 0);
    ck_assert_uint_eq(at, 3);
    ck_assert_int_eq(quota_find(t, span_text("nobody"), &at, &err), -ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "\"nobody\""));
    ck_assert_int_eq(quota_find(t, span_text(""), &at, &err), -ERR_NOT_FOUND);
    ck_assert_uint_eq(at, 3);
}
END_TEST

START_TEST(a_tree_that_is_none_is_refused_with_its_place)
{
    static const struct {
        struct quota_node nodes[3];
        size_t n;
        const char *place;
    } cases[] = {
        {{{"", NULL, 0, NO, NO}}, 1, "nodes[0].name"},
        {{{NULL, NULL, 0, NO, NO}}, 1, "nodes[0].name"},
        {{{"a", NULL, 0, NO, NO}, {"a", NULL, 0, NO, NO}}, 2, "nodes[1].name"},
        {{{"a", "b", 0, NO, NO}}, 1, "nodes[0].parent"},
        {{{"a", "a", 0, NO, NO}}, 1, "nodes[0].parent"},
        {{{"r", NULL, 0, NO, NO}, {"a", "b", 0, NO, NO}, {"b", "a", 0, NO, NO}},
         3,
         "nodes[1].parent"},
        {{{"r", NULL, 0, 3, NO}}, 1, "nodes[0].borrow_limit"},
        {{{"r", NULL, 0, NO, 0}}, 1, "nodes[0].lend_limit"},
        {{{"r", NULL, -1, NO, NO}}, 1, "nodes[0].nominal"},
        {{{"r", NULL, 0, NO, NO}, {"a", "r", 0, -2, NO}}, 2, "nodes[1].borrow_limit"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct quota_tree *t = NULL;
        struct err err = ERR_INIT;
        ck_assert_int_eq(quota_tree_create(cases[i].nodes, cases[i].n, &t, &err), -ERR_INVALID);
        ck_assert_ptr_null(t);
        ck_assert_msg(strncmp(err.text, cases[i].place, strlen(cases[i].place)) == 0, "%zu: %s", i,
                      err.text);
    }
    struct quota_tree *t = NULL;
    ck_assert_int_eq(quota_tree_create(NULL, QUOTA_NODES_MAX + 1, &t, NULL), -ERR_LIMIT);
    ck_assert_int_eq(quota_tree_create(NULL, 0, &t, NULL), 0);
    quota_tree_destroy(t);
}
END_TEST

/* A chain of n nodes, each lending everything. */
static int chain_of(size_t n, struct quota_tree **ret)
{
    static char names[QUOTA_DEPTH_MAX + 1][24];
    static struct quota_node nodes[QUOTA_DEPTH_MAX + 1];
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "n%zu", i);
        nodes[n - 1 - i] = (struct quota_node){names[i], i ? names[i - 1] : NULL, 1, NO, NO};
    }
    return quota_tree_create(nodes, n, ret, NULL);
}

START_TEST(chains_have_a_depth)
{
    struct quota_tree *t = NULL;
    ck_assert_int_eq(chain_of(QUOTA_DEPTH_MAX + 1, &t), -ERR_INVALID);
    ck_assert_int_eq(chain_of(QUOTA_DEPTH_MAX, &t), 0);
    ck_assert_int_eq(quota_available(t, 0), QUOTA_DEPTH_MAX);
    quota_tree_destroy(t);
}
END_TEST

START_TEST(amounts_saturate_and_come_back)
{
    const struct quota_node nodes[] = {{"root", NULL, INT64_MAX, NO, NO},
                                       {"a", "root", INT64_MAX, NO, NO},
                                       {"b", "root", INT64_MAX, INT64_MAX, 3}};
    CLEANUP_QUOTA_TREE struct quota_tree *t = tree_of(nodes, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(quota_available(t, i), INT64_MAX);
        ck_assert_int_eq(quota_potential(t, i), INT64_MAX);
    }
    quota_add_usage(t, 1, INT64_MAX);
    quota_add_usage(t, 1, INT64_MAX);
    quota_add_usage(t, 2, INT64_MAX);
    ck_assert_int_eq(quota_usage(t, 1), INT64_MAX);
    ck_assert_int_eq(quota_available(t, 0), 0);
    quota_remove_usage(t, 1, INT64_MAX);
    quota_remove_usage(t, 2, INT64_MAX);
    quota_remove_usage(t, 1, INT64_MAX - 10);
    ck_assert_int_eq(quota_usage(t, 1), 10);
    ck_assert_int_eq(quota_available(t, 1), INT64_MAX - 10);
}
END_TEST

static uint64_t dice(uint64_t *seed, uint64_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % n;
}

struct figures {
    int64_t available[NODES_MAX], potential[NODES_MAX], usage[NODES_MAX];
};

static struct figures figures_of(const struct quota_tree *t)
{
    struct figures f = {{0}, {0}, {0}};
    for (size_t i = 0; i < quota_count(t); i++) {
        f.available[i] = quota_available(t, i);
        f.potential[i] = quota_potential(t, i);
        f.usage[i] = quota_usage(t, i);
    }
    return f;
}

static int64_t random_limit(uint64_t *seed, int64_t unit)
{
    return dice(seed, 2) ? unit * (int64_t)dice(seed, 40) : NO;
}

/* Amounts are multiples of the unit: with the large one their sums pass 2^63. */
#define TREES 10000
#define LARGE (INT64_MAX / 64)
static int64_t random_unit(uint64_t *seed)
{
    return dice(seed, 4) ? 1 : LARGE;
}

static struct quota_tree *random_tree(uint64_t *seed, int64_t unit)
{
    static const char *const names[NODES_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    struct quota_node nodes[NODES_MAX];
    for (size_t i = 0; i < NODES_MAX; i++) {
        const char *parent = i ? names[dice(seed, i)] : NULL;
        nodes[i] = (struct quota_node){names[i], parent, unit * (int64_t)dice(seed, 30), NO, NO};
        if (i > 0) {
            nodes[i].borrow_limit = random_limit(seed, unit);
            nodes[i].lend_limit = random_limit(seed, unit);
        }
    }
    return tree_of(nodes, NODES_MAX);
}

START_TEST(add_then_remove_restores_every_figure)
{
    uint64_t seed = 11;
    for (int round = 0; round < TREES; round++) {
        int64_t unit = random_unit(&seed);
        struct quota_tree *t = random_tree(&seed, unit);
        size_t held = dice(&seed, NODES_MAX);
        quota_add_usage(t, held, 15 * unit);
        struct figures before = figures_of(t);
        size_t where[12];
        int64_t amount[12];
        for (int i = 0; i < 12; i++) {
            where[i] = dice(&seed, NODES_MAX);
            amount[i] = unit * (int64_t)dice(&seed, 50);
            quota_add_usage(t, where[i], amount[i]);
        }
        for (int i = 0; i < 12; i++) /* not in the order of adding */
            quota_remove_usage(t, where[(i * 5 + 1) % 12], amount[(i * 5 + 1) % 12]);
        struct figures after = figures_of(t);
        ck_assert(memcmp(&before, &after, sizeof(after)) == 0);
        quota_tree_destroy(t);
    }
}
END_TEST

START_TEST(available_never_exceeds_potential_and_taking_it_fits)
{
    uint64_t seed = 12;
    for (int round = 0; round < TREES; round++) {
        int64_t unit = random_unit(&seed);
        struct quota_tree *t = random_tree(&seed, unit);
        for (int i = 0; i < 10; i++) {
            size_t node = dice(&seed, NODES_MAX);
            int64_t available = quota_available(t, node);
            ck_assert_int_le(available, quota_potential(t, node));
            quota_add_usage(t, node, (int64_t)dice(&seed, (uint64_t)available + 1));
            if (available > 0)
                ck_assert_int_le(quota_available(t, node), available);
        }
        if (unit != 1) { /* beyond 2^63 it is capped, and never wraps */
            quota_tree_destroy(t);
            continue;
        }
        /* What is available at once may be taken at once, down to exactly nothing. */
        size_t node = dice(&seed, NODES_MAX);
        quota_add_usage(t, node, quota_available(t, node));
        ck_assert_int_eq(quota_available(t, node), 0);
        quota_tree_destroy(t);
    }
}
END_TEST

START_TEST(changes_in_place_equal_a_tree_built_anew)
{
    static const char *const names[] = {"r", "a", "b", "c"};
    uint64_t seed = 13;
    struct quota_node nodes[4] = {{"r", NULL, 0, NO, NO},
                                  {"a", "r", 0, NO, NO},
                                  {"b", "a", 0, NO, NO},
                                  {"c", "a", 0, NO, NO}};
    struct quota_tree *t = tree_of(nodes, 4);
    int64_t usage[4] = {0};
    for (int round = 0; round < 500; round++) {
        size_t i = dice(&seed, 4);
        nodes[i].nominal = (int64_t)dice(&seed, 20);
        quota_set_nominal(t, i, nodes[i].nominal);
        if (i > 0) {
            nodes[i].borrow_limit = random_limit(&seed, 1);
            nodes[i].lend_limit = random_limit(&seed, 1);
            quota_set_limits(t, i, nodes[i].borrow_limit, nodes[i].lend_limit);
        }
        size_t j = dice(&seed, 4);
        usage[j] = (int64_t)dice(&seed, 30);
        quota_set_usage(t, j, usage[j]);
        struct quota_tree *anew = tree_of(nodes, 4);
        for (size_t k = 0; k < 4; k++)
            quota_add_usage(anew, k, usage[k]);
        struct figures x = figures_of(t), y = figures_of(anew);
        ck_assert_msg(memcmp(&x, &y, sizeof(x)) == 0, "%s, round %d", names[i], round);
        quota_tree_destroy(anew);
    }
    quota_tree_destroy(t);
}
END_TEST

static Suite *quota_suite(void)
{
    Suite *s = suite_create("quota");
    TCase *t = tcase_create("quota");
    tcase_add_test(t, worked_trees);
    tcase_add_test(t, nodes_are_found_by_name);
    tcase_add_test(t, a_tree_that_is_none_is_refused_with_its_place);
    tcase_add_test(t, chains_have_a_depth);
    tcase_add_test(t, amounts_saturate_and_come_back);
    tcase_add_test(t, add_then_remove_restores_every_figure);
    tcase_add_test(t, available_never_exceeds_potential_and_taking_it_fits);
    tcase_add_test(t, changes_in_place_equal_a_tree_built_anew);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(quota_suite)
