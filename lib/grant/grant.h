#ifndef PUMASI_LIB_GRANT_GRANT_H
#define PUMASI_LIB_GRANT_GRANT_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/share.h"
#include "lib/base/span.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The grant (사용권): the instruction by which one node enforces one lease. The control plane
 * writes it, signs the bytes of grant_encode() with lib/pki and sends both; the guard of the node
 * checks the signature over the very bytes it received, decodes them and obeys until the time to
 * live is over. docs/spec/grant.md fixes the layout.
 *
 * One grant has exactly one encoding, and every byte string that decodes encodes back to itself.
 * Pure functions, no allocation, no clock, any thread.
 */
#define GRANT_VERSION     1
#define GRANT_UIDS_MAX    16
#define GRANT_DEVICES_MAX 16
#define GRANT_UUID_CAP    48 /* "GPU-" or "MIG-" and 36 characters, with NUL and room */
#define GRANT_NONCE_BYTES 16
#define GRANT_BOOT_BYTES  16
#define GRANT_BYTES_MAX   1536
#define GRANT_TTL_MAX_MS  (UINT64_C(400) * 24 * 3600 * 1000)

/*  id, name in grants, statements and logs. Strongest first: docs/spec/grant.md section 4. */
#define GRANT_ISOLATIONS(X)                                                                        \
    X(WHOLE, "whole")                                                                              \
    X(MIG, "mig")                                                                                  \
    X(DMEM, "dmem")                                                                                \
    X(MPS, "mps")                                                                                  \
    X(TIMESLICE, "timeslice")

enum grant_isolation {
#define X(id, name) GRANT_ISOLATION_##id,
    GRANT_ISOLATIONS(X)
#undef X
        GRANT_ISOLATION_COUNT
};

/* A character device that the lease may open. Devices that every lease of a node needs beside its
 * GPUs (nvidiactl, nvidia-uvm) are a setting of the guard and do not stand here. */
struct grant_device {
    uint32_t major; /* 12 bits */
    uint32_t minor; /* 20 bits */
    /* The GPU ("GPU-…") or MIG instance ("MIG-…") behind it, printable ASCII without blanks; empty
     * for a device that is neither (a MIG capability is named after its instance). */
    char uuid[GRANT_UUID_CAP];
};

struct grant {
    struct id lease;
    struct id organisation; /* of the member that booked the lease */
    struct id project;
    struct id node;
    struct id loan;                    /* ID_NONE: the owner's own lease, which needs no permit */
    struct id key;                     /* whose signature this is: the control plane's key id */
    uint8_t boot_id[GRANT_BOOT_BYTES]; /* the kernel's boot id; void after a reboot */
    uint64_t fence; /* fencing number >= 1: rises when devices change hands, never reused */
    uint64_t seq;   /* >= 1, rises with each issue of this lease's grant */
    uint8_t nonce[GRANT_NONCE_BYTES]; /* made by the guard; time to live counts from its making */
    struct instant issued_at;         /* for the audit and the bound below, never for a deadline */
    uint64_t ttl_ms;                  /* 1..GRANT_TTL_MAX_MS of CLOCK_BOOTTIME */
    struct instant ends_at; /* planned end with notice; issued_at + ttl is never after it */
    enum grant_isolation isolation;
    struct share share; /* all that the lease takes on this node; 7000 per GPU when whole */
    uint32_t uids[GRANT_UIDS_MAX]; /* who may join, strictly ascending; may be none */
    size_t uid_count;
    struct grant_device devices[GRANT_DEVICES_MAX]; /* by (major, minor), strictly ascending */
    size_t device_count;                            /* >= 1 */
};

struct grant_bytes {
    size_t len;
    uint8_t data[GRANT_BYTES_MAX];
};

/* The rules beside each field above, and: a whole grant takes 7000 units for each distinct UUID
 * that starts with "GPU-"; any other takes 1..7000 units. ERR_INVALID names the field. */
MUST_CHECK int grant_check(const struct grant *g, struct err *err);

/* The canonical bytes: what is signed and sent. ERR_INVALID as grant_check(). */
MUST_CHECK int grant_encode(const struct grant *g, struct grant_bytes *ret, struct err *err);

/* Strict: other magic or version, a length that lies, bytes left over or a field that breaks
 * grant_check() is ERR_INVALID. Says nothing about the signature. */
MUST_CHECK int grant_decode(struct span bytes, struct grant *ret, struct err *err);

/* Sorts uids and devices into the order that grant_check() wants and drops exact repetitions. */
void grant_sort(struct grant *g);

/* How many distinct GPUs ("GPU-…" UUIDs) the devices name. */
size_t grant_gpus(const struct grant *g);

/* True if no other lease may hold the device at the same time: every device of a whole grant, and
 * a MIG instance's own devices. */
bool grant_device_exclusive(const struct grant *g, const struct grant_device *d);

/* A boot id as the kernel writes it: 32 hexadecimal digits, with dashes or not. ERR_INVALID. */
MUST_CHECK int grant_boot_parse(struct span text, uint8_t ret[GRANT_BOOT_BYTES], struct err *err);

const char *grant_isolation_name(enum grant_isolation isolation); /* "?" when out of range */
MUST_CHECK int grant_isolation_parse(struct span text, enum grant_isolation *ret, struct err *err);

#endif
