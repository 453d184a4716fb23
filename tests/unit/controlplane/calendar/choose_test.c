/*
 * controlplane/calendar/choose.h: the choice among nodes against a plain reading of the rules over
 * all devices, in random calendars; and what stands by node after devices came and went.
 */
#include "controlplane/calendar/choose.h"

#include "controlplane/calendar/board_node.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define NODES   9
#define DEVICES 6
#define LEASES  40

static uint64_t seed;

static uint64_t dice(uint64_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % n;
}

static const struct id pools[] = {{"pool-a"}, {"pool-b"}};

/* ---- The plain reading ---- */

struct item {
    const struct board_device *d;
    int64_t free, cost;
    bool broken, taken;
};

static int by_place(const void *a, const void *b)
{
    const struct calendar_device *x = &((const struct item *)a)->d->info;
    const struct calendar_device *y = &((const struct item *)b)->d->info;
    int order = id_compare(&x->node, &y->node);
    if (order == 0)
        order = (x->index > y->index) - (x->index < y->index);
    return order ? order : strcmp(x->uuid, y->uuid);
}

static bool same_node(const struct item *a, const struct item *b)
{
    return id_equal(&a->d->info.node, &b->d->info.node);
}

struct plain {
    struct item items[NODES * DEVICES];
    size_t n;
    const struct calendar_query *q;
};

/* Idle units times the parts in use that are larger. */
static int64_t splinters(const struct calendar *c, int64_t idle)
{
    int64_t larger = 0;
    for (size_t i = 0; i < c->n_devices; i++) {
        for (size_t k = 0; k < c->devices[i]->n; k++)
            larger += c->devices[i]->holds[k].units > idle;
    }
    return larger * idle;
}

static void collect(const struct calendar *c, struct plain *p)
{
    struct item all[NODES * DEVICES];
    size_t n = 0;
    for (size_t i = 0; i < c->n_devices; i++) {
        if (board_counts(c->devices[i], p->q))
            all[n++] =
                (struct item){.d = c->devices[i], .free = board_free_units(c->devices[i], p->q)};
    }
    qsort(all, n, sizeof all[0], by_place);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            all[i].broken |= same_node(&all[i], &all[k]) && all[k].free < SHARE_PER_GPU;
    }
    for (size_t i = 0; i < n; i++) {
        if (all[i].free < p->q->units)
            continue;
        all[i].cost = splinters(c, all[i].free - p->q->units) - splinters(c, all[i].free);
        p->items[p->n++] = all[i];
    }
}

/* How many of the node of item i are left, and in its NVLink domain. */
static size_t of_node(const struct plain *p, size_t i)
{
    size_t n = 0;
    for (size_t k = 0; k < p->n; k++)
        n += same_node(&p->items[i], &p->items[k]) && !p->items[k].taken;
    return n;
}

static size_t of_domain(const struct plain *p, const struct id *domain)
{
    size_t n = 0;
    for (size_t k = 0; k < p->n; k++)
        n += id_equal(&p->items[k].d->info.nvlink_domain, domain);
    return n;
}

static size_t best_node(const struct plain *p, const struct id *domain, size_t wanted)
{
    size_t best = p->n;
    for (size_t i = 0; i < p->n; i++) {
        if (p->items[i].taken || (domain && !id_equal(&p->items[i].d->info.nvlink_domain, domain)))
            continue;
        size_t n = of_node(p, i), most = best < p->n ? of_node(p, best) : 0;
        bool fits = n >= wanted, best_fits = most >= wanted;
        if (best == p->n || (fits && (!best_fits || n < most)) || (!fits && !best_fits && n > most))
            best = i;
    }
    return best;
}

static const struct id *best_domain(const struct plain *p, size_t wanted)
{
    const struct id *best = NULL;
    for (size_t i = 0; i < p->n; i++) {
        const struct id *domain = &p->items[i].d->info.nvlink_domain;
        if (id_is_none(domain) || of_domain(p, domain) < wanted)
            continue;
        if (!best || of_domain(p, domain) < of_domain(p, best))
            best = domain;
    }
    return best;
}

static bool plain_whole(struct plain *p)
{
    size_t rest = p->q->devices;
    if (p->n < rest)
        return false;
    size_t at = best_node(p, NULL, rest);
    bool single = of_node(p, at) >= rest;
    if (!single && p->q->one_node)
        return false;
    const struct id *domain = single ? NULL : best_domain(p, rest);
    while (rest > 0) {
        at = best_node(p, domain, rest);
        for (size_t k = at; k < p->n && rest > 0 && same_node(&p->items[at], &p->items[k]); k++) {
            p->items[k].taken = true;
            rest--;
        }
    }
    return true;
}

/* Takes the best `wanted` of the items on the node of item `only` (p->n: on any). What that costs
 * and leaves. */
struct outcome {
    int64_t cost, left;
};

static struct outcome plain_rank(struct plain *p, size_t only, size_t wanted)
{
    struct outcome outcome = {0, 0};
    for (; wanted > 0; wanted--) {
        struct item *best = NULL;
        for (size_t i = 0; i < p->n; i++) {
            struct item *it = &p->items[i];
            if (it->taken || (only < p->n && !same_node(it, &p->items[only])))
                continue;
            if (!best || it->cost < best->cost ||
                (it->cost == best->cost &&
                 (it->free < best->free ||
                  (it->free == best->free && it->broken && !best->broken))))
                best = it;
        }
        best->taken = true;
        outcome.left += best->free;
        outcome.cost += best->cost;
    }
    return outcome;
}

static void give_back(struct plain *p)
{
    for (size_t i = 0; i < p->n; i++)
        p->items[i].taken = false;
}

static bool plain_parts(struct plain *p)
{
    size_t wanted = p->q->devices, best = p->n;
    struct outcome best_outcome = {0, 0};
    for (size_t i = 0; p->q->one_node && i < p->n; i++) {
        if ((i > 0 && same_node(&p->items[i - 1], &p->items[i])) || of_node(p, i) < wanted)
            continue;
        struct outcome o = plain_rank(p, i, wanted);
        give_back(p);
        if (best < p->n && (o.cost > best_outcome.cost ||
                            (o.cost == best_outcome.cost && o.left >= best_outcome.left)))
            continue;
        best = i;
        best_outcome = o;
    }
    if (p->q->one_node ? best == p->n : p->n < wanted)
        return false;
    plain_rank(p, best, wanted);
    return true;
}

static void expect_same_choice(const struct calendar *c, const struct calendar_query *q)
{
    const struct board_device *chosen[NODES * DEVICES + 9];
    struct plain p = {.q = q};
    collect(c, &p);
    bool want = q->units == SHARE_PER_GPU ? plain_whole(&p) : plain_parts(&p);
    ck_assert_int_eq(choose(c, q, chosen), want);
    size_t n = 0;
    for (size_t i = 0; want && i < p.n; i++) {
        if (!p.items[i].taken)
            continue;
        ck_assert_ptr_eq(chosen[n], p.items[i].d);
        n++;
    }
    ck_assert(!want || n == q->devices);
}

/* ---- Random calendars ---- */

static void put_device(struct calendar *c, size_t node, size_t device)
{
    struct calendar_device d = {
        .index = (uint32_t)(device / 2), .pool = pools[dice(12) == 0], .in_service = dice(12) > 0};
    snprintf(d.node.text, sizeof d.node.text, "n%zu", node);
    snprintf(d.uuid, sizeof d.uuid, "GPU-%zu", device);
    memcpy(d.model, dice(15) ? "B200" : "H200", 5);
    if (node % 3)
        snprintf(d.nvlink_domain.text, sizeof d.nvlink_domain.text, "rack-%zu", node / 3);
    calendar_put_device(c, &d);
}

static void book_something(struct calendar *c)
{
    struct calendar_slot slots[DEVICES];
    bool part = dice(2);
    struct calendar_booking b = {.sharing = {.isolation = (uint32_t)dice(2), .apart = dice(2)},
                                 .slots = slots,
                                 .n = 1 + dice(DEVICES)};
    size_t node = dice(NODES), first = dice(DEVICES);
    snprintf(b.lease.text, sizeof b.lease.text, "lease-%llu", (unsigned long long)dice(LEASES));
    snprintf(b.sharing.tenant.text, sizeof b.sharing.tenant.text, "t%d", (int)dice(2));
    b.window.from.s = (int64_t)dice(100);
    b.window.to.s = b.window.from.s + 1 + (int64_t)dice(30);
    for (size_t i = 0; i < b.n; i++) {
        slots[i] =
            (struct calendar_slot){.units = part ? 1000 * (1 + (int64_t)dice(3)) : SHARE_PER_GPU};
        snprintf(slots[i].node.text, sizeof slots[i].node.text, "n%zu", node);
        snprintf(slots[i].uuid, sizeof slots[i].uuid, "GPU-%zu", (first + i) % DEVICES);
    }
    calendar_book(c, &b);
}

static void change_something(struct calendar *c)
{
    struct id lease, node;
    char uuid[CALENDAR_UUID_CAP];
    size_t n = dice(NODES), d = dice(DEVICES);
    lease = id_number("lease", dice(LEASES));
    snprintf(node.text, sizeof node.text, "n%zu", n);
    snprintf(uuid, sizeof uuid, "GPU-%zu", d);
    switch (dice(8)) {
    case 0:
        calendar_release(c, &lease);
        break;
    case 1:
        calendar_shorten(c, &lease, (struct instant){(int64_t)dice(120)});
        break;
    case 2:
        calendar_drop_device(c, &node, uuid);
        break;
    case 3:
    case 4:
        put_device(c, n, d);
        break;
    default:
        book_something(c);
    }
}

static struct calendar_query some_query(void)
{
    struct calendar_query q = {.model = "B200",
                               .pools = pools,
                               .n_pools = 1 + dice(2),
                               .devices = 1 + dice(dice(3) ? 5 : 30),
                               .units = dice(2) ? SHARE_PER_GPU : 1000 * (1 + (int64_t)dice(5)),
                               .one_node = dice(3) == 0,
                               .window = {{(int64_t)dice(110)}, {0}},
                               .cleaning_s = (int64_t)dice(3),
                               .sharing = {.isolation = (uint32_t)dice(2), .apart = dice(2)}};
    q.window.to.s = q.window.from.s + 1 + (int64_t)dice(20);
    snprintf(q.sharing.tenant.text, sizeof q.sharing.tenant.text, "t%d", (int)dice(2));
    if (dice(3) == 0)
        q.ignore = id_number("lease", dice(LEASES));
    return q;
}

START_TEST(test_the_choice_is_that_of_the_plain_rules)
{
    seed = 1000u + (uint64_t)_i;
    struct calendar *c = calendar_create();
    for (size_t i = 0; i < NODES * DEVICES; i++)
        put_device(c, i / DEVICES, i % DEVICES);
    for (int round = 0; round < 300; round++) {
        change_something(c);
        struct calendar_query q = some_query();
        expect_same_choice(c, &q);
    }
    calendar_destroy(c);
}
END_TEST

/* ---- By node ---- */

static struct calendar *one_node(size_t devices)
{
    struct calendar *c = calendar_create();
    for (size_t i = 0; i < devices; i++) {
        struct calendar_device d = {.node = {"n"}, .index = (uint32_t)i, .in_service = true};
        d.pool = pools[0];
        memcpy(d.model, "B200", 5);
        snprintf(d.uuid, sizeof d.uuid, "GPU-%02zu", devices - i);
        calendar_put_device(c, &d);
    }
    return c;
}

START_TEST(test_a_node_stands_with_its_known_devices_by_index)
{
    struct id n = {"n"}, other = {"m"};
    bool found;
    struct calendar *c = one_node(4);
    size_t at = board_node_place(c, &n, &found);
    ck_assert(found);
    ck_assert_uint_eq(c->nodes[at].n, 4);
    ck_assert_uint_eq(c->nodes[at].devices[0]->info.index, 0);
    ck_assert_uint_eq(c->nodes[at].groups[0].in_service, 0xf);
    ck_assert_uint_eq(c->nodes[at].n_groups, 1);
    board_node_place(c, &other, &found);
    ck_assert(!found);
    calendar_drop_device(c, &n, "GPU-04"); /* index 0 */
    ck_assert_uint_eq(c->nodes[0].n, 3);
    ck_assert_uint_eq(c->nodes[0].groups[0].in_service, 0x7);
    for (int i = 1; i < 4; i++) {
        char uuid[16];
        snprintf(uuid, sizeof uuid, "GPU-%02d", i);
        calendar_drop_device(c, &n, uuid);
    }
    ck_assert_uint_eq(c->n_nodes, 0);
    calendar_destroy(c);
}
END_TEST

START_TEST(test_a_node_knows_who_takes_which_devices_when)
{
    struct calendar *c = one_node(4);
    struct calendar_slot slots[] = {{{"n"}, "GPU-04", SHARE_PER_GPU}, {{"n"}, "GPU-02", 1000}};
    struct calendar_booking b = {.window = {{10}, {20}}, .slots = slots, .n = 2};
    b.lease = id_literal("lease-1");
    calendar_book(c, &b);
    b.lease = id_literal("lease-2");
    b.window = (struct window){{15}, {30}};
    b.slots = &slots[1];
    b.n = 1;
    calendar_book(c, &b);
    const struct board_node *n = &c->nodes[0];
    const struct board_booking *first = calendar_booking_of(c, &(struct id){"lease-1"});
    ck_assert_uint_eq(n->n_busy, 2);
    ck_assert_uint_eq(board_node_busy(n, (struct window){{0}, {10}}, NULL), 0);
    ck_assert_uint_eq(board_node_busy(n, (struct window){{0}, {11}}, NULL), 0x5);
    ck_assert_uint_eq(board_node_busy(n, (struct window){{20}, {40}}, NULL), 0x4);
    ck_assert_uint_eq(board_node_busy(n, (struct window){{10}, {40}}, first), 0x4);
    ck_assert_ptr_null(calendar_booking_of(c, &(struct id){"lease-3"}));
    calendar_shorten(c, &b.lease, (struct instant){18});
    ck_assert_uint_eq(board_node_busy(n, (struct window){{18}, {40}}, first), 0);
    calendar_release(c, &(struct id){"lease-1"});
    ck_assert_uint_eq(n->n_busy, 1);
    calendar_destroy(c);
}
END_TEST

START_TEST(test_more_devices_than_a_node_may_have_are_a_broken_promise)
{
    calendar_destroy(one_node(BOARD_NODE_DEVICES));
    one_node(BOARD_NODE_DEVICES + 1);
}
END_TEST

static Suite *choose_suite(void)
{
    Suite *s = suite_create("choose");
    TCase *t = tcase_create("choose");
    tcase_add_loop_test(t, test_the_choice_is_that_of_the_plain_rules, 0, 20);
    tcase_add_test(t, test_a_node_stands_with_its_known_devices_by_index);
    tcase_add_test(t, test_a_node_knows_who_takes_which_devices_when);
    tcase_add_test_raise_signal(t, test_more_devices_than_a_node_may_have_are_a_broken_promise, 6);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(choose_suite)
