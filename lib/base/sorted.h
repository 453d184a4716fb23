#ifndef PUMASI_LIB_BASE_SORTED_H
#define PUMASI_LIB_BASE_SORTED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Pointers in order, by a key that the caller compares. The structure owns its arrays, never what
 * the pointers point to. A zeroed struct is empty.
 *
 * Leaves of up to SORTED_LEAF pointers, so that a put moves a leaf and not everything that comes
 * later: O(log n) compares and at most SORTED_LEAF moves, at a million entries as at a hundred. A
 * structure of a few entries is one small array.
 *
 * Not thread-safe. Compares must not change the structure.
 */
#define SORTED_LEAF 256

struct sorted_leaf {
    void **items;
    size_t n, cap; /* n >= 1 */
};

struct sorted {
    struct sorted_leaf *leaves;
    size_t n_leaves, cap;
    size_t n; /* pointers in all */
};

/* Below 0: the key comes before the item; 0: it is the item's; above 0: after it. */
typedef int (*sorted_compare_fn)(const void *key, const void *item);

void sorted_fini(struct sorted *s); /* frees the arrays and zeroes it */

void *sorted_find(const struct sorted *s, sorted_compare_fn compare, const void *key); /* or NULL */

/* Returns the item of the same key that it replaces, or NULL. */
void *sorted_put(struct sorted *s, sorted_compare_fn compare, const void *key, void *item);
/* Returns the item that was removed, or NULL. */
void *sorted_remove(struct sorted *s, sorted_compare_fn compare, const void *key);

/* ---- In order ------------------------------------------------------------------------------ */

/* A place among the items; of no use once the structure has changed. */
struct sorted_place {
    size_t leaf, at;
};

#define SORTED_BEGIN ((struct sorted_place){0, 0})

/* The first item that the key does not come after, or, with `beyond`, that it comes before. */
struct sorted_place sorted_from(const struct sorted *s, sorted_compare_fn compare, const void *key,
                                bool beyond);

/* The item at the place, which moves on to the next; NULL at the end. */
void *sorted_next(const struct sorted *s, struct sorted_place *place);

#endif
