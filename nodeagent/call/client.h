#ifndef PUMASI_NODEAGENT_CALL_CLIENT_H
#define PUMASI_NODEAGENT_CALL_CLIENT_H

#include "lib/base/err.h"
#include "nodeagent/call/message.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * The agent's side of the guard's socket. Two connections: one for calls, each answered before it
 * returns, and one for events, whose descriptor goes into the agent's poll set.
 *
 * A call blocks for at most the timeout given at connect; the guard answers within milliseconds.
 * ERR_UNAVAILABLE: no guard there, or it went away or did not answer in time; destroy the client
 * and connect again. Any other error is the guard's own, and the client goes on. One thread at a
 * time. Two descriptors and one allocation for each client; calls allocate nothing.
 */
struct guard_client;

/* ERR_UNAVAILABLE when nobody listens at path; ERR_UNSUPPORTED when the guard is another build. */
MUST_CHECK int guard_client_connect(const char *path, int timeout_ms, struct guard_client **ret,
                                    struct err *err);
void guard_client_destroy(struct guard_client *c); /* NULL is fine */

MUST_CHECK int guard_client_status(struct guard_client *c, struct guard_status *ret,
                                   struct err *err);

/* A fresh nonce, good for some minutes and for the grants of any number of leases. Ask for it
 * before asking the control plane: a slow answer then only shortens the grant. */
MUST_CHECK int guard_client_nonce(struct guard_client *c, uint8_t ret_nonce[GRANT_NONCE_BYTES],
                                  uint64_t *ret_boot_ns, struct err *err);

/*
 * Installs or renews. ret may be NULL. Errors:
 *   ERR_VERIFICATION  a signature, key, node, boot id or nonce that is not ours
 *   ERR_DENIED        outside the permit, or a device that this node does not gate
 *   ERR_STALE         seq or fence not above what was seen, or the time to live is over
 *   ERR_CONFLICT      a device is held under another lease: with a higher fence on this grant the
 *                     guard has begun to take that lease back: wait for its "returned" and repeat
 *   ERR_STATE         this lease is being taken back
 *   ERR_LIMIT         no free place
 */
MUST_CHECK int guard_client_install(struct guard_client *c, const struct guard_install *install,
                                    struct guard_lease *ret, struct err *err);

/* ERR_NOT_FOUND when the guard holds no such lease; success when it is already on its way back. */
MUST_CHECK int guard_client_revoke(struct guard_client *c, const struct id *lease,
                                   uint64_t notice_ms, struct err *err);

/* pid as SO_PEERCRED gave it. ERR_DENIED when its uid may not join, ERR_NOT_FOUND when either is
 * gone, ERR_STATE when the lease is on its way back. */
MUST_CHECK int guard_client_move(struct guard_client *c, const struct id *lease, pid_t pid,
                                 struct err *err);

/* The first lease at or after index (0 first, then ret->index + 1). ERR_NOT_FOUND after the last.
 */
MUST_CHECK int guard_client_list(struct guard_client *c, uint64_t index, struct guard_lease *ret,
                                 struct err *err);

/* Starts the event connection, from that event number on (0: all that the guard keeps). */
MUST_CHECK int guard_client_watch(struct guard_client *c, uint64_t from, struct err *err);

/* Poll it for reading; -1 before guard_client_watch(). Owned by the client. */
int guard_client_event_fd(const struct guard_client *c);

/* Takes the next event without blocking; *ret_any false when none is waiting. */
MUST_CHECK int guard_client_next_event(struct guard_client *c, struct guard_event *ret,
                                       bool *ret_any, struct err *err);

#endif
