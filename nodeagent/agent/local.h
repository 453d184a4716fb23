#ifndef PUMASI_NODEAGENT_AGENT_LOCAL_H
#define PUMASI_NODEAGENT_AGENT_LOCAL_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/grant/grant.h"

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

/* Listens at path (an old socket there is replaced), for everybody. ERR_IO names path and reason.
 */
MUST_CHECK int local_listen(const char *path, int *ret_fd, struct err *err);

/* What a process wants. */
struct local_call {
    int fd;
    pid_t pid;
    uid_t uid;
    struct id lease;
};

/* Takes one waiting connection and its request; ERR_NOT_FOUND when none waits. A connection that
 * says nonsense, or nothing for a second, is answered and dropped: ERR_INVALID. */
MUST_CHECK int local_accept(int listener, struct local_call *ret, struct err *err);

/* Answers and closes. err with ERR_OK is a success. */
void local_answer(struct local_call *call, const struct local_reply *reply);

/* ---- the other end ---- */

/* Asks the agent at path to put this very process into the lease. Blocks for up to timeout_ms. The
 * agent's own errors come back as they are; ERR_UNAVAILABLE: nobody listens there. */
MUST_CHECK int local_join(const char *path, const struct id *lease, int timeout_ms,
                          struct local_reply *ret, struct err *err);

#endif
