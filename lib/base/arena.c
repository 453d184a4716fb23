/*
 * The arena: a chain of zeroed blocks, newest first, allocations bumped from the newest. Invariant:
 * the bytes of all blocks add up to `taken` <= `limit`. What is large gets a block of its own
 * behind the newest, so that it does not waste the rest of that one. Owned by one request.
 */
#include "lib/base/arena.h"

#include "lib/base/err.h"

#include <stdlib.h>

#define ALIGNMENT   _Alignof(max_align_t)
#define FIRST_BLOCK ((size_t)4096)
#define BLOCK_MAX   ((size_t)256 << 10)

struct block {
    struct block *older;
    size_t size; /* of bytes[] */
    size_t used;
    _Alignas(max_align_t) uint8_t bytes[];
};

struct arena {
    size_t limit;
    size_t taken; /* of the limit: all blocks with their headers */
    size_t next;  /* size of the next ordinary block, header included */
    struct block *newest;
    struct block *large; /* blocks of one allocation each */
};

struct arena *arena_create(size_t limit_bytes)
{
    struct arena *a = calloc(1, sizeof(*a));

    ENSURE(a && limit_bytes <= SIZE_MAX / 2);
    a->limit = limit_bytes;
    a->next = FIRST_BLOCK;
    return a;
}

/* Frees the blocks of a chain down to `last`, which stays (NULL: all); returns what is left. */
static struct block *free_chain(struct arena *a, struct block *b, const struct block *last)
{
    while (b && b != last) {
        struct block *older = b->older;
        a->taken -= sizeof(struct block) + b->size;
        free(b);
        b = older;
    }
    return b;
}

void arena_destroy(struct arena *a)
{
    if (!a)
        return;
    free_chain(a, a->large, NULL);
    free_chain(a, a->newest, NULL);
    ENSURE(a->taken == 0);
    free(a);
}

void arena_reset(struct arena *a)
{
    struct block *first = a->newest;

    while (first && first->older)
        first = first->older;
    a->large = free_chain(a, a->large, NULL);
    a->newest = free_chain(a, a->newest, first);
    a->next = FIRST_BLOCK;
    if (!first)
        return;
    memset(first->bytes, 0, first->used);
    first->used = 0;
    ENSURE(a->taken == sizeof(struct block) + first->size);
}

/* A new block with room for `size` bytes, not in the chain yet; NULL at the limit. */
static struct block *make_block(struct arena *a, size_t size)
{
    size_t left = a->limit - a->taken;

    ENSURE(a->taken <= a->limit);
    if (left < sizeof(struct block) || size > left - sizeof(struct block))
        return NULL;
    size_t total = sizeof(struct block) + size;
    if (total < a->next)
        total = a->next < left ? a->next : left;
    struct block *b = calloc(1, total);
    ENSURE(b);
    b->size = total - sizeof(struct block);
    a->taken += total;
    return b;
}

static void *bump(struct block *b, size_t size)
{
    void *p = b->bytes + b->used;

    b->used += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > a->limit)
        return NULL;
    size = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (a->newest && size <= a->newest->size - a->newest->used)
        return bump(a->newest, size);
    struct block *b = make_block(a, size);
    if (!b)
        return NULL;
    if (a->newest && size > a->next / 2) {
        b->older = a->large;
        a->large = b;
        return bump(b, size);
    }
    b->older = a->newest;
    a->newest = b;
    a->next = a->next < BLOCK_MAX ? a->next * 2 : BLOCK_MAX;
    return bump(b, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return arena_alloc(a, bytes);
}

char *arena_text(struct arena *a, struct span s)
{
    if (s.len >= a->limit)
        return NULL;
    char *text = arena_alloc(a, s.len + 1);
    if (text && s.len > 0)
        memcpy(text, s.data, s.len);
    return text;
}

size_t arena_used(const struct arena *a)
{
    return a->taken;
}
