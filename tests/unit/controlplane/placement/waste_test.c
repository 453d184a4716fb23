#include "controlplane/placement/waste.h"

#include "tests/support/suite.h"

#include <stdlib.h>

/* The definition of the header, read plainly, against the tables. */
#define MODELS  3
#define DEVICES 4

static uint64_t dice;

static uint32_t roll(uint32_t n)
{
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(dice >> 33) % n;
}

static struct placement_request random_request(void)
{
    static const uint32_t sizes[] = {700, 2240, 3290, 5670, 7000, 7000};
    struct placement_request r = {.cpu_milli = 1000 * (1 + roll(12)), .gpus = 1};
    r.units = sizes[roll(6)];
    if (r.units == 7000 && roll(3) == 0)
        r.gpus = 1 + roll(DEVICES);
    r.models = roll(3) == 0 ? 1 + roll(7) : 0;
    if (roll(10) == 0)
        r.gpus = 0;
    return r;
}

static struct mix *random_mix(void)
{
    struct mix *m = mix_create();
    for (int i = 0; i < 300; i++) {
        struct placement_request r = random_request();
        mix_add(m, &r);
    }
    return m;
}

struct plain_node {
    uint32_t idle[DEVICES];
    int64_t cpu;
    uint8_t model;
};

static bool can_serve(const struct plain_node *n, size_t device, const struct mix_kind *k)
{
    size_t whole = 0;
    for (size_t i = 0; i < DEVICES; i++)
        whole += n->idle[i] == SHARE_PER_GPU;
    if (k->cpu_milli > n->cpu || (k->models && !(k->models >> n->model & 1)))
        return false;
    if (k->gpus == 1)
        return n->idle[device] >= k->units;
    return n->idle[device] == SHARE_PER_GPU && whole >= k->gpus;
}

static double plain_waste(const struct mix *m, const struct plain_node *n)
{
    size_t kinds_n;
    const struct mix_kind *kinds = mix_kinds(m, &kinds_n);
    double all = 0, units = 0, splinters = 0, stranded = 0, idle = 0;
    for (size_t d = 0; d < DEVICES; d++)
        idle += n->idle[d];
    for (size_t i = 0; i < kinds_n; i++) {
        all += kinds[i].gpus > 0 ? (double)kinds[i].count : 0;
        units += (double)kinds[i].count * kinds[i].gpus * kinds[i].units;
    }
    for (size_t i = 0; i < kinds_n; i++) {
        const struct mix_kind *k = &kinds[i];
        for (size_t d = 0; k->gpus > 0 && d < DEVICES; d++)
            splinters += can_serve(n, d, k) ? 0 : (double)k->count / all * n->idle[d];
        double wanted = (double)k->gpus * k->units;
        double stays = k->gpus > 0 ? idle - (double)n->cpu * wanted / (double)k->cpu_milli : 0;
        if (stays > 0)
            stranded += stays * (double)k->count * wanted / units;
    }
    return splinters + stranded;
}

static int64_t table_waste(const struct waste *w, const struct plain_node *n)
{
    struct waste_node v = {.cpu_milli = n->cpu, .model = n->model};
    v.level = waste_level(w, n->cpu);
    for (size_t d = 0; d < DEVICES; d++) {
        v.idle += n->idle[d];
        if (n->idle[d] == SHARE_PER_GPU)
            v.whole++;
        else
            v.splinted +=
                n->idle[d] * (int64_t)waste_served(w, n->model, v.level)[waste_rank(w, n->idle[d])];
    }
    return waste_of(w, &v);
}

static struct plain_node random_node(void)
{
    static const uint32_t left[] = {0, 7000, 7000, 1330, 3500, 4760, 6300, 1};
    struct plain_node n = {.cpu = roll(50000), .model = (uint8_t)roll(MODELS)};
    for (size_t d = 0; d < DEVICES; d++)
        n.idle[d] = left[roll(8)];
    return n;
}

START_TEST(the_tables_say_what_the_definition_says)
{
    dice = (uint64_t)_i + 1;
    CLEANUP_MIX struct mix *m = random_mix();
    struct waste *w = waste_create(MODELS);
    waste_learn(w, m);
    for (int i = 0; i < 500; i++) {
        struct plain_node n = random_node();
        double plain = plain_waste(m, &n), table = (double)table_waste(w, &n) / (double)WASTE_ONE;
        ck_assert_double_le(plain > table ? plain - table : table - plain, 140); /* of 28000 */
    }
    waste_destroy(w);
}
END_TEST

START_TEST(nothing_idle_wastes_nothing)
{
    dice = 5;
    CLEANUP_MIX struct mix *m = random_mix();
    struct waste *w = waste_create(MODELS);
    waste_learn(w, m);
    struct plain_node n = {.cpu = 9000};
    ck_assert_int_eq(table_waste(w, &n), 0);
    waste_destroy(w);
}
END_TEST

START_TEST(by_an_empty_mix_all_that_is_idle_is_waste)
{
    CLEANUP_MIX struct mix *m = mix_create();
    struct waste *w = waste_create(1);
    waste_learn(w, m);
    struct plain_node n = {.idle = {7000, 100, 0, 0}, .cpu = 9000};
    ck_assert_int_eq(table_waste(w, &n), 7100 * WASTE_ONE);
    waste_destroy(w);
}
END_TEST

/* More amounts of CPU and sizes than are told apart: everything is rounded up, nothing is lost. */
START_TEST(a_node_that_serves_everything_wastes_nothing_whatever_the_mix)
{
    CLEANUP_MIX struct mix *m = mix_create();
    for (uint32_t i = 1; i <= 3500; i++) {
        struct placement_request r = {.cpu_milli = 3 * i, .gpus = 1, .units = 2 * i};
        mix_add(m, &r);
    }
    struct waste *w = waste_create(1);
    waste_learn(w, m);
    struct plain_node n = {.idle = {7000, 7000, 7000, 7000}, .cpu = 64000};
    ck_assert_int_ge(table_waste(w, &n), 0);
    ck_assert_int_lt(table_waste(w, &n), 28000 * WASTE_ONE / 10); /* weights are rounded down */
    n.cpu = 0;
    ck_assert_int_ge(table_waste(w, &n), 2 * 28000 * WASTE_ONE * 9 / 10);
    waste_destroy(w);
}
END_TEST

static Suite *waste_suite(void)
{
    Suite *s = suite_create("waste");
    TCase *t = tcase_create("waste");
    tcase_add_loop_test(t, the_tables_say_what_the_definition_says, 0, 10);
    tcase_add_test(t, nothing_idle_wastes_nothing);
    tcase_add_test(t, by_an_empty_mix_all_that_is_idle_is_waste);
    tcase_add_test(t, a_node_that_serves_everything_wastes_nothing_whatever_the_mix);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(waste_suite)
