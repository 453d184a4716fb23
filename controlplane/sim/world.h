#ifndef PUMASI_CONTROLPLANE_SIM_WORLD_H
#define PUMASI_CONTROLPLANE_SIM_WORLD_H

#include "controlplane/domain/decide.h"
#include "controlplane/sim/chronicle.h"

/*
 * The simulated control plane: a state, a clock that stands until somebody moves it, and the one
 * way of a decision into the state: authorise, decide, apply. What moved loans, leases and
 * allocations is written into the chronicle.
 */
struct world {
    struct state *state;
    struct instant now;
    struct changes changes; /* of the last decision; its objects are gone, its answer is there */
    struct chronicle chronicle;
    uint64_t decisions; /* applied so far */
};

void world_init(struct world *w, struct instant now);
void world_fini(struct world *w); /* safe on a zeroed one */

/* Asks as the actor. A refusal is the error, and nothing has changed. */
MUST_CHECK int world_ask(struct world *w, const struct actor *actor, enum command_kind kind,
                         const void *args, struct err *err);

/* Everything that is due by now. */
void world_let_time_pass(struct world *w);

/* The actor behind a user or a node that has joined; ERR_UNAUTHENTICATED otherwise. */
MUST_CHECK int world_user(const struct world *w, const struct id *user, struct actor *ret,
                          struct err *err);
MUST_CHECK int world_node(const struct world *w, const struct id *node, struct actor *ret,
                          struct err *err);

/* The signature that this world believes: a hash over key and bytes. Anybody could make it; in a
 * simulation there is nobody to deceive. */
void world_sign(struct span public_key, struct span bytes, struct blob *ret);

#endif
