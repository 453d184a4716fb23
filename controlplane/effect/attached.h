#ifndef PUMASI_CONTROLPLANE_EFFECT_ATTACHED_H
#define PUMASI_CONTROLPLANE_EFFECT_ATTACHED_H

#include "controlplane/domain/state.h"
#include "controlplane/engine/engine.h"
#include "lib/base/id.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The nodes that keep a stream open. Thread-safe.
 *
 * attached_on_commit() is given to engine_listen(): it pokes the nodes of every lease that the
 * commit changed, once nodes are told of it (from preparing on), and all nodes after a (re)load, or
 * when leadership is lost: they ask, and are told to go elsewhere.
 */
struct attached;

struct attached *attached_create(void);
void attached_destroy(struct attached *a); /* nobody may be in it; NULL is fine */

/* Asks the node to ask again. Called with the registry locked, on the writer's thread: must not
 * block and must not call into this header. */
typedef void (*attached_poke_fn)(void *stream);

/* A node's new stream takes the place of its old one, which is not poked any more. */
void attached_add(struct attached *a, const struct id *node, attached_poke_fn poke, void *stream);

/* After it returns the stream is not poked any more. Removing what is not there is harmless. */
void attached_remove(struct attached *a, const struct id *node, const void *stream);

/* Pokes every stream: when what all of them wait for has changed. */
void attached_poke_all(struct attached *a);

bool attached_has(struct attached *a, const struct id *node);
size_t attached_count(struct attached *a);

void attached_on_commit(void *attached, const struct state *state, int64_t revision,
                        const struct engine_change *changes, size_t n);

#endif
