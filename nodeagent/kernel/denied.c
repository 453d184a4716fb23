/* Reads a BPF ring buffer. Owns two mappings. The kernel's numbers are believed; a record of
 * another length than ours is skipped. */
#include "nodeagent/kernel/denied.h"

#include "nodeagent/kernel/bpf.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

int denied_ring_init(struct denied_ring *r, int map_fd, struct err *err)
{
    ENSURE(BPF_DENIED_BYTES % page() == 0);
    *r = (struct denied_ring){.consumed = NULL};
    void *ours = mmap(NULL, page(), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
    if (ours == MAP_FAILED)
        return err_set(err, ERR_UNSUPPORTED, "ring of denied opens: %s", strerror(errno));
    void *theirs =
        mmap(NULL, page() + 2 * BPF_DENIED_BYTES, PROT_READ, MAP_SHARED, map_fd, (off_t)page());
    if (theirs == MAP_FAILED) {
        (void)munmap(ours, page());
        return err_set(err, ERR_UNSUPPORTED, "ring of denied opens: %s", strerror(errno));
    }
    *r = (struct denied_ring){.consumed = ours, .written = theirs};
    return 0;
}

void denied_ring_fini(struct denied_ring *r)
{
    if (!r->consumed)
        return;
    (void)munmap(r->consumed, page());
    (void)munmap((void *)(uintptr_t)r->written, page() + 2 * BPF_DENIED_BYTES);
    *r = (struct denied_ring){.consumed = NULL};
}

bool denied_ring_take(struct denied_ring *r, struct denied_open *ret)
{
    if (!r->consumed)
        return false;
    uint64_t at = *r->consumed; /* nobody else writes it */
    uint64_t end = __atomic_load_n((const uint64_t *)(const void *)r->written, __ATOMIC_ACQUIRE);
    bool found = false;
    while (!found && at < end) {
        const uint8_t *record = r->written + page() + at % BPF_DENIED_BYTES;
        uint32_t header = __atomic_load_n((const uint32_t *)(const void *)record, __ATOMIC_ACQUIRE);
        uint32_t len = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
        if (header & BPF_RINGBUF_BUSY_BIT)
            break;
        found = !(header & BPF_RINGBUF_DISCARD_BIT) && len == sizeof *ret;
        if (found)
            memcpy(ret, record + BPF_RINGBUF_HDR_SZ, sizeof *ret);
        at += (BPF_RINGBUF_HDR_SZ + (uint64_t)len + 7) / 8 * 8;
    }
    __atomic_store_n(r->consumed, at, __ATOMIC_RELEASE);
    return found;
}
