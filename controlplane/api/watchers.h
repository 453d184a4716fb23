#ifndef PUMASI_CONTROLPLANE_API_WATCHERS_H
#define PUMASI_CONTROLPLANE_API_WATCHERS_H

#include "controlplane/engine/engine.h"
#include "lib/base/env.h"
#include "lib/rpc/server_call.h"

/*
 * The streams of EventService.Watch: who wants to hear of which changes. A watcher hears only of
 * objects that it may see, judged anew at each commit, so the stream of a user who is revoked, or
 * whose certificate is over, ends with the next one. That an object is gone hears who sees
 * everything. A watcher that does not read is dropped.
 *
 * When the state is loaded anew, or leadership lost, nobody can say what changed: all streams end
 * with ERR_UNAVAILABLE, and whoever watches opens another, there or elsewhere, and lists again.
 * Thread-safe.
 */
struct watchers;

struct watchers *watchers_create(const struct env *env); /* outlives it */
void watchers_destroy(struct watchers *w);               /* all streams are over; NULL is fine */

#define WATCH_KINDS_MAX ENTITY_KIND_COUNT
struct watch_wish {
    struct principal principal;
    uint32_t kinds; /* bit 1 << enum entity_kind; 0: all */
    struct id id;   /* none: all */
    int64_t after;  /* tell what came after this revision; 0: from now on */
};

/* So many changes are kept for those who come back. */
#define WATCH_HISTORY 4096

/* Takes the call: from now on it is the watchers' to finish. Who resumes from a revision that is
 * older than what is kept, or of another store, gets ERR_NOT_FOUND and lists again; else what was
 * missed comes with the next commit or watchers_recheck(). */
void watchers_add(struct watchers *w, struct rpc_call *call, const struct watch_wish *wish);

/* For engine_listen(); changes NULL: the state was loaded anew. */
void watchers_on_commit(void *watchers, const struct state *state, int64_t revision,
                        const struct engine_change *changes, size_t n);

/* Ends the streams of those who may not ask any more. On the writer's thread. */
void watchers_recheck(struct watchers *w, const struct state *state);

/* Ends all streams; later ones end at once. Before the server stops. */
void watchers_close(struct watchers *w);

#endif
