#ifndef PUMASI_CONTROLPLANE_DOMAIN_DECIDE_H
#define PUMASI_CONTROLPLANE_DOMAIN_DECIDE_H

#include "controlplane/domain/changes.h"
#include "controlplane/domain/command.h"
#include "controlplane/domain/state.h"

/*
 * The decider: every decision of the control plane, and nothing else. Pure: no clock, no chance, no
 * I/O, no threads, no log. `now`, the actor and the two calculations that need cryptography come
 * in. The daemon, the simulator and the dry run call these very functions.
 */
enum actor_kind { ACTOR_USER, ACTOR_NODE, ACTOR_SERVICE, ACTOR_ANONYMOUS };

struct actor {
    enum actor_kind kind;
    struct id organisation;
    struct id name;
    struct id user;     /* id of the user object; none for nodes and services */
    uint32_t roles;     /* ROLE_BIT()s in force now */
    uint32_t delegated; /* of others, in whose place it may decide on plans (delegating.h) */
};

struct decide_context {
    struct instant now;
    struct actor actor;
    /* SHA-256 of the bytes. */
    void (*sha256)(struct span bytes, uint8_t out[32]);
    /* True iff the signature over the bytes verifies under the SubjectPublicKeyInfo. */
    bool (*verify)(struct span public_key, struct span bytes, struct span signature);
};

/*
 * Decides one command. args is the command's record. On success `ret` holds the changes and the
 * answer (a dry run decides the same and the caller drops the changes). On failure ret is reset and
 * err says which rule, which value, and what to do. Authorisation by role is the caller's
 * (authorise.h); rules about objects (own organisation, proposer is not approver) are decided here.
 */
MUST_CHECK int decide(const struct state *s, enum command_kind kind, const void *args,
                      const struct decide_context *ctx, struct changes *ret, struct err *err);

/* Everything that time alone has made due by ctx->now: leases start and end, notices run out, loans
 * start and close, approvals expire. One object takes one step in a call; at most `limit` (at least
 * DECIDE_DUE_MIN) objects change. True if there may be more: apply, then call again. */
#define DECIDE_DUE_MIN 8
bool decide_due(const struct state *s, const struct decide_context *ctx, size_t limit,
                struct changes *ret);

#endif
