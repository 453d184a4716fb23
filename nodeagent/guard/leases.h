#ifndef PUMASI_NODEAGENT_GUARD_LEASES_H
#define PUMASI_NODEAGENT_GUARD_LEASES_H

#include "lib/base/err.h"
#include "lib/grant/grant.h"
#include "nodeagent/call/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The table of leases: GUARD_LEASES_MAX places, each with the grant last accepted, its deadline and
 * where its take-back stands; and the file that carries it over a restart of the guard.
 *
 * The file needs no checksum and no fsync: what matters is that it survives this process, not the
 * machine. Each record is one write, and a record of another boot id is ignored, since a reboot
 * ends every lease. It may lie on a tmpfs. Plain data; one thread.
 */
struct lease_place {
    enum guard_state state;  /* kept in the file while HELD; anything else is taken back again */
    struct grant grant;      /* a stray cgroup found at start has only grant.lease */
    uint64_t deadline_ns;    /* CLOCK_BOOTTIME, as all times here */
    uint64_t since_ns;       /* when taking back began; RETURNED: when it ended */
    uint64_t look_ns;        /* when to look at it again */
    uint64_t pause_ns;       /* between two looks: doubles up to a limit */
    uint64_t pass;           /* the first whole pass over /proc that counts */
    pid_t holder;            /* seen in this pass; 0: none */
    uint64_t opens, denials; /* at the moment its rows went */
};

struct leases {
    struct lease_place places[GUARD_LEASES_MAX];
    int fd; /* of the file */
    uint8_t boot_id[GRANT_BOOT_BYTES];
};

/* Opens or makes dir/leases and reads what this boot wrote: a place that was HELD is HELD again,
 * one on its way back is KILLING, the others are FREE. A record that does not decode is dropped.
 * ERR_STATE: another guard holds the file. */
MUST_CHECK int leases_init(struct leases *t, const char *dir, const uint8_t *boot_id,
                           struct err *err);
void leases_fini(struct leases *t);

/* Writes the place to the file; strays, RETURNED and FREE places as empty records. ERR_IO. */
int leases_save(struct leases *t, const struct lease_place *p, struct err *err);

/* The place of that lease, RETURNED ones too, or NULL. */
struct lease_place *leases_find(struct leases *t, const struct id *lease);

/* A free place, zeroed; else the RETURNED one that has been so for the longest, if since before
 * old_ns; else NULL. */
struct lease_place *leases_take(struct leases *t, uint64_t old_ns);

/* Is it in use, and not RETURNED? */
bool lease_place_active(const struct lease_place *p);

bool lease_place_has(const struct lease_place *p, uint32_t major, uint32_t minor);

/* When the next place wants a look: UINT64_MAX if none does. */
uint64_t leases_next_ns(const struct leases *t);

#endif
