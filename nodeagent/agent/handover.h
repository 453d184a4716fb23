#ifndef PUMASI_NODEAGENT_AGENT_HANDOVER_H
#define PUMASI_NODEAGENT_AGENT_HANDOVER_H

#include "lib/grant/grant.h"
#include "nodeagent/agent/hook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent;
struct link_grant;

/*
 * Between the guard's "returned" and the control plane's: the site's program handover.command
 * scrubs the devices and verifies them (T0), with LEASE and the devices' UUIDs as arguments. Until
 * it has succeeded the lease is reported as draining. When it fails or takes longer than
 * handover.timeout the lease is reported as tainted and handover.escalate is run with LEASE (reset,
 * reboot, a call): its devices go to nobody. Without a program the guard's word is enough.
 *
 * That a handover is owed is on disk from before the grant is in force until it has succeeded, so
 * that no crash, reboot or upgrade skips one: what is found at the start is done then. The agent's
 * thread.
 */
enum handover_state { HANDOVER_FREE, HANDOVER_OWED, HANDOVER_DUE, HANDOVER_RUNS, HANDOVER_FAILED };

struct handover {
    enum handover_state state;
    struct id lease;
    uint64_t fence;
    size_t uuid_count;
    char uuids[GRANT_DEVICES_MAX][GRANT_UUID_CAP];
    struct hook scrub;
};

#define HANDOVERS_MAX 128
#define BESIDE_MAX    16

struct handovers {
    struct handover items[HANDOVERS_MAX];
    struct hook beside[BESIDE_MAX]; /* programs that nobody waits for */
};

/* Reads what is owed. What an earlier boot left is done at once. */
void handover_open(struct agent *a);
/* Kills what runs; what is owed stays so. */
void handover_close(struct agent *a);

/* Before the grant goes to the guard. An error says that it must not: nobody would know later. */
MUST_CHECK int handover_owe(struct agent *a, const struct link_grant *grant, struct err *err);

/* The guard has returned the lease under that fence: "returned", "draining" or "tainted". */
const char *handover_after(struct agent *a, const struct id *lease, uint64_t fence);

/* Starts, reaps and ends what is due. */
void handover_go_on(struct agent *a);

/* Runs the program that the setting names, if it does, and does not wait for it. */
void handover_beside(struct agent *a, const char *setting, const char *const args[HOOK_ARGS_MAX]);

#endif
