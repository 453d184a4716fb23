#ifndef PUMASI_NODEAGENT_AGENT_LOCAL_H
#define PUMASI_NODEAGENT_AGENT_LOCAL_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/grant/grant.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The agent's unix socket for people on the node (SOCK_SEQPACKET): one request, one reply. A
 * process asks to be put into a lease; whose process it is, the kernel says (SO_PEERCRED).
 * Fixed-size messages in the machine's own layout: both ends are of one build.
 */
#define LOCAL_VERSION 1

struct local_request {
    uint32_t version;
    uint32_t pad;
    struct id lease;
};

struct local_reply {
    uint32_t version;
    uint32_t code; /* enum err_code */
    char text[ERR_TEXT_MAX];
    uint32_t device_count;
    uint32_t pad;
    char uuids[GRANT_DEVICES_MAX][GRANT_UUID_CAP]; /* of the lease on this node */
};

/* ---- the agent's end ---- */

/*
 * Who has connected and what was asked. Nothing here blocks: a connection waits in a place of its
 * own until its request has come, and is sent away with ERR_UNAVAILABLE when it has said nothing
 * for LOCAL_SILENCE_MS, or sooner when all places are taken and it was the first to come. One
 * thread.
 */
#define LOCAL_WAITING_MAX 32
#define LOCAL_SILENCE_MS  1000

struct local;

/* Listens at path (an old socket there is replaced), for everybody. ERR_IO names path and reason;
 * ERR_INVALID: path is too long. */
MUST_CHECK int local_create(const char *path, struct local **ret, struct err *err);
void local_destroy(struct local *l); /* who waits is cut off; NULL is fine */

/* Readable when local_take() has something to do. Owned by the struct. */
int local_fd(const struct local *l);

/* Boot clock, ns, at which local_take() wants to be called even so; INT64_MAX: never. */
int64_t local_due_ns(const struct local *l);

/* What a process wants. */
struct local_call {
    int fd;
    pid_t pid;
    uid_t uid;
    struct id lease;
};

/* Takes connections in and one request out; false when there is none. Nonsense is answered and
 * dropped here. Without a free descriptor nobody is let in for a second: they wait in the kernel,
 * and local_fd() is not readable on their account. */
bool local_take(struct local *l, int64_t now_ns, struct local_call *ret);

/* Answers and closes. */
void local_answer(struct local_call *call, const struct local_reply *reply);

/* ---- the other end ---- */

/* Asks the agent at path to put this very process into the lease. Blocks for up to timeout_ms. The
 * agent's own errors come back as they are; ERR_UNAVAILABLE: nobody listens there. */
MUST_CHECK int local_join(const char *path, const struct id *lease, int timeout_ms,
                          struct local_reply *ret, struct err *err);

#endif
