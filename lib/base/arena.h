#ifndef PUMASI_LIB_BASE_ARENA_H
#define PUMASI_LIB_BASE_ARENA_H

#include "lib/base/span.h"

/*
 * A bump arena with a limit: one for each request; request, work and reply live in it and go in
 * one step. Memory is zeroed and aligned for any type. Not thread-safe.
 */
struct arena;

/* limit_bytes: all that may be allocated from it, headers included. Never NULL. */
struct arena *arena_create(size_t limit_bytes);
void arena_destroy(struct arena *a); /* NULL is fine */
void arena_reset(struct arena *a);   /* forgets all allocations, keeps the first block */

/* NULL when the limit would be passed: what a request sizes is refused, not fatal. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t n, size_t size); /* n * size, overflow gives NULL */
char *arena_text(struct arena *a, struct span s);          /* a NUL-terminated copy */

/* Bytes taken of the limit so far: whole blocks, headers included. */
size_t arena_used(const struct arena *a);

static inline void arena_cleanup(struct arena **a)
{
    arena_destroy(*a);
}
#define CLEANUP_ARENA __attribute__((cleanup(arena_cleanup)))

#endif
