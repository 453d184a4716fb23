#ifndef PUMASI_NODEAGENT_GUARD_GUARD_H
#define PUMASI_NODEAGENT_GUARD_GUARD_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "nodeagent/call/message.h"
#include "nodeagent/guard/admit.h"
#include "nodeagent/guard/events.h"
#include "nodeagent/kernel/tier.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * The guard itself: what each call of message.h does, and what time does. Holds the table of
 * leases; asks the tier for everything that touches the kernel; owns no socket and no timer, so
 * that a test moves it by hand. One thread. Nothing blocks. After creation only the crypto library
 * and the listing and removing of cgroup directories allocate.
 */
struct guard;

struct guard_config {
    struct admit admit;
    const char *state_dir;
    uint64_t kill_timeout_ns;
};

/*
 * Takes up what an earlier guard of this boot left: a lease with rows and a record goes on until
 * the earlier of the two says; one whose rows are gone, and any lease cgroup without a record, is
 * taken back. The tier is borrowed, the config copied (its texts borrowed).
 */
MUST_CHECK int guard_create(const struct guard_config *config, struct tier *tier, struct env env,
                            struct guard **ret, struct err *err);
/* What is enforced stays enforced; NULL is fine. */
void guard_destroy(struct guard *g);

/* Does what is due by the boot clock; returns when it wants to be called again. Call it after each
 * of the functions below, too. */
uint64_t guard_step(struct guard *g);

const struct events *guard_events(const struct guard *g);

/* The calls; errors as client.h lists them. guard_status() leaves out what the process knows of
 * itself (version, memory, oom). */
void guard_status(struct guard *g, struct guard_status *ret);
void guard_nonce(struct guard *g, uint8_t ret_nonce[GRANT_NONCE_BYTES], uint64_t *ret_boot_ns);
MUST_CHECK int guard_install(struct guard *g, const struct guard_install *install,
                             struct guard_lease *ret, struct err *err);
MUST_CHECK int guard_revoke(struct guard *g, const struct id *lease, uint64_t notice_ms,
                            struct guard_lease *ret, struct err *err);
MUST_CHECK int guard_move(struct guard *g, const struct id *lease, pid_t pid,
                          struct guard_lease *ret, struct err *err);
MUST_CHECK int guard_list(struct guard *g, uint64_t index, struct guard_lease *ret,
                          struct err *err);

/* Looks the infrastructure's cgroups, and devices that are named by their driver, up again. */
void guard_refresh(struct guard *g);

/* Opens that the kernel refused, as tier.h has them; GUARD_TOLD_MAX in a second, since a tenant may
 * try as often as it likes. The descriptor is to be polled; -1: none, or enough for now. */
#define GUARD_TOLD_MAX 20
int guard_denied_fd(const struct guard *g);
bool guard_next_denied(struct guard *g, struct tier_denied *ret);

#endif
