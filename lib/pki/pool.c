/*
 * A first-fit allocator over one mapping. Blocks lie one after the other, each behind a header with
 * its size; neighbours that are free become one when somebody looks for room. A few hundred blocks
 * are alive at a time, so that a walk over all of them is cheap beside a signature.
 *
 * libcrypto's allocator functions get no argument of ours: this is why there is a static here.
 */
#include "lib/pki/pool.h"

#include "lib/pki/openssl_internal.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define UNIT sizeof(struct block)

struct block {
    size_t size; /* with this header, a multiple of UNIT */
    size_t taken;
};

static struct pool {
    uint8_t *memory; /* NULL: no pool */
    struct pki_pool_use use;
} pool;

static struct block *block_at(size_t at)
{
    ENSURE(at % UNIT == 0 && at < pool.use.bytes);
    return (struct block *)(void *)(pool.memory + at);
}

/* Makes one block of a free one and the free ones that follow it. */
static void join_free(struct block *b, size_t at)
{
    for (size_t next = at + b->size; next < pool.use.bytes && !block_at(next)->taken;
         next = at + b->size)
        b->size += block_at(next)->size;
}

static void take(struct block *b, size_t at, size_t size)
{
    if (b->size > size) {
        struct block *rest = block_at(at + size);
        *rest = (struct block){.size = b->size - size};
        b->size = size;
    }
    b->taken = 1;
    pool.use.used += b->size;
    if (pool.use.used > pool.use.most)
        pool.use.most = pool.use.used;
}

static void *pool_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    if (n == 0)
        return NULL;
    size_t size = (n <= pool.use.bytes ? n + 2 * UNIT - 1 : pool.use.bytes + UNIT) / UNIT * UNIT;
    for (size_t at = 0; at < pool.use.bytes; at += block_at(at)->size) {
        struct block *b = block_at(at);
        if (b->taken)
            continue;
        join_free(b, at);
        if (b->size < size)
            continue;
        take(b, at, size);
        return b + 1;
    }
    pool.use.refused++;
    return NULL;
}

static struct block *block_of(void *p)
{
    struct block *b = (struct block *)p - 1;
    ENSURE((uint8_t *)b >= pool.memory && (uint8_t *)b < pool.memory + pool.use.bytes);
    ENSURE(b->taken == 1);
    return b;
}

static void pool_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    if (!p)
        return;
    struct block *b = block_of(p);
    b->taken = 0;
    pool.use.used -= b->size;
}

static void *pool_realloc(void *p, size_t n, const char *file, int line)
{
    if (!p)
        return pool_malloc(n, file, line);
    size_t old = block_of(p)->size - UNIT;
    if (n > 0 && n <= old)
        return p;
    void *moved = n > 0 ? pool_malloc(n, file, line) : NULL;
    if (moved)
        memcpy(moved, p, old);
    if (moved || n == 0)
        pool_free(p, file, line);
    return moved;
}

int pki_pool_begin(size_t bytes, struct err *err)
{
    ENSURE(!pool.memory && bytes >= UNIT);
    bytes = bytes / UNIT * UNIT;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
        return err_set(err, ERR_IO, "%zu bytes for libcrypto: %s", bytes, strerror(errno));
    if (CRYPTO_set_mem_functions(pool_malloc, pool_realloc, pool_free) != 1) {
        (void)munmap(memory, bytes);
        return err_set(err, ERR_CONFLICT, "libcrypto has its memory from elsewhere already");
    }
    pool.memory = memory;
    pool.use = (struct pki_pool_use){.bytes = bytes};
    *block_at(0) = (struct block){.size = bytes};
    return 0;
}

struct pki_pool_use pki_pool_use(void)
{
    return pool.use;
}
