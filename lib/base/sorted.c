/*
 * Leaves in order, none empty. A full leaf is split in two when something is put into it, but at
 * the very end a new leaf begins, because most keys come rising; a leaf that runs empty goes.
 */
#include "lib/base/sorted.h"

#include "lib/base/err.h"

#include <stdlib.h>
#include <string.h>

void sorted_fini(struct sorted *s)
{
    for (size_t i = 0; i < s->n_leaves; i++)
        free(s->leaves[i].items);
    free(s->leaves);
    *s = (struct sorted){0};
}

/* ---- Looking -------------------------------------------------------------------------------- */

/* How many of the leaf's items the key comes after; *ret_found: the next one is the key's. */
static size_t place_in(const struct sorted_leaf *leaf, sorted_compare_fn compare, const void *key,
                       bool *ret_found)
{
    size_t low = 0, high = leaf->n;
    *ret_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(key, leaf->items[middle]);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The leaf in which the key is or belongs: the last one whose first item it does not come before.
 * There is a leaf. */
static size_t leaf_of(const struct sorted *s, sorted_compare_fn compare, const void *key)
{
    size_t low = 1, high = s->n_leaves;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(key, s->leaves[middle].items[0]) >= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

static struct sorted_place place_of(const struct sorted *s, sorted_compare_fn compare,
                                    const void *key, bool *ret_found)
{
    *ret_found = false;
    if (s->n_leaves == 0)
        return SORTED_BEGIN;
    size_t leaf = leaf_of(s, compare, key);
    return (struct sorted_place){leaf, place_in(&s->leaves[leaf], compare, key, ret_found)};
}

void *sorted_find(const struct sorted *s, sorted_compare_fn compare, const void *key)
{
    bool found;
    struct sorted_place p = place_of(s, compare, key, &found);
    return found ? s->leaves[p.leaf].items[p.at] : NULL;
}

struct sorted_place sorted_from(const struct sorted *s, sorted_compare_fn compare, const void *key,
                                bool beyond)
{
    bool found;
    struct sorted_place p = place_of(s, compare, key, &found);
    p.at += found && beyond;
    return p;
}

void *sorted_next(const struct sorted *s, struct sorted_place *place)
{
    while (place->leaf < s->n_leaves && place->at >= s->leaves[place->leaf].n)
        *place = (struct sorted_place){place->leaf + 1, 0};
    return place->leaf < s->n_leaves ? s->leaves[place->leaf].items[place->at++] : NULL;
}

/* ---- Changing ------------------------------------------------------------------------------- */

static void leaf_insert(struct sorted_leaf *leaf, size_t at, void *item)
{
    if (leaf->n == leaf->cap) {
        leaf->cap = leaf->cap ? 2 * leaf->cap : 4;
        leaf->items = reallocarray(leaf->items, leaf->cap, sizeof *leaf->items);
        ENSURE(leaf->items != NULL && leaf->cap <= SORTED_LEAF);
    }
    memmove(&leaf->items[at + 1], &leaf->items[at], (leaf->n - at) * sizeof *leaf->items);
    leaf->items[at] = item;
    leaf->n++;
}

/* An empty leaf at the position; it must be filled at once. */
static struct sorted_leaf *add_leaf(struct sorted *s, size_t at)
{
    if (s->n_leaves == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 1;
        s->leaves = reallocarray(s->leaves, s->cap, sizeof *s->leaves);
        ENSURE(s->leaves != NULL);
    }
    memmove(&s->leaves[at + 1], &s->leaves[at], (s->n_leaves - at) * sizeof *s->leaves);
    s->leaves[at] = (struct sorted_leaf){0};
    s->n_leaves++;
    return &s->leaves[at];
}

/* Makes room in the full leaf of the place, which may be in the leaf after it then. */
static void split(struct sorted *s, struct sorted_place *place)
{
    struct sorted_leaf *right = add_leaf(s, place->leaf + 1);
    struct sorted_leaf *left = &s->leaves[place->leaf];
    bool at_the_end = place->leaf + 2 == s->n_leaves && place->at == left->n;
    size_t stay = at_the_end ? left->n : left->n / 2;
    for (size_t i = stay; i < left->n; i++)
        leaf_insert(right, right->n, left->items[i]);
    left->n = stay;
    if (place->at > stay || at_the_end)
        *place = (struct sorted_place){place->leaf + 1, place->at - stay};
}

void *sorted_put(struct sorted *s, sorted_compare_fn compare, const void *key, void *item)
{
    bool found;
    struct sorted_place p = place_of(s, compare, key, &found);
    if (found) {
        void *old = s->leaves[p.leaf].items[p.at];
        s->leaves[p.leaf].items[p.at] = item;
        return old;
    }
    if (s->n_leaves == 0)
        add_leaf(s, 0);
    else if (s->leaves[p.leaf].n == SORTED_LEAF)
        split(s, &p);
    leaf_insert(&s->leaves[p.leaf], p.at, item);
    s->n++;
    return NULL;
}

static void drop_leaf(struct sorted *s, size_t at)
{
    free(s->leaves[at].items);
    memmove(&s->leaves[at], &s->leaves[at + 1], (s->n_leaves - at - 1) * sizeof *s->leaves);
    s->n_leaves--;
}

void *sorted_remove(struct sorted *s, sorted_compare_fn compare, const void *key)
{
    bool found;
    struct sorted_place p = place_of(s, compare, key, &found);
    if (!found)
        return NULL;
    struct sorted_leaf *leaf = &s->leaves[p.leaf];
    void *old = leaf->items[p.at];
    memmove(&leaf->items[p.at], &leaf->items[p.at + 1], (leaf->n - p.at - 1) * sizeof *leaf->items);
    leaf->n--;
    s->n--;
    if (leaf->n == 0)
        drop_leaf(s, p.leaf);
    return old;
}
