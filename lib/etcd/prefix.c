#include "lib/etcd/prefix.h"

#include "lib/base/err.h"

#include <stdlib.h>

/* Owns the arithmetic of key ranges. Pure but for memory. */

static uint8_t *copy_of(struct span bytes, size_t *ret_len)
{
    uint8_t *copy = malloc(bytes.len + 1);
    ENSURE(copy != NULL);
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = '\0';
    *ret_len = bytes.len;
    return copy;
}

void etcd_prefix_init(struct etcd_prefix *p, struct span prefix)
{
    p->start = copy_of(prefix, &p->start_len);
    if (p->start_len == 0)
        p->start_len = 1; /* the key "\0" */
    p->end = copy_of(prefix, &p->end_len);
    while (p->end_len > 0 && p->end[p->end_len - 1] == 0xff)
        p->end_len--;
    if (p->end_len > 0) {
        p->end[p->end_len - 1]++;
        return;
    }
    p->end[0] = '\0'; /* nothing comes behind: to the last key */
    p->end_len = 1;
}

void etcd_prefix_start_after(struct etcd_prefix *p, struct span key)
{
    free(p->start);
    p->start = copy_of(key, &p->start_len);
    p->start_len++; /* key "\0": the very next one */
}

void etcd_prefix_fini(struct etcd_prefix *p)
{
    free(p->start);
    free(p->end);
    *p = (struct etcd_prefix){0};
}
