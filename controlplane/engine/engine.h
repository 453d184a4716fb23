#ifndef PUMASI_CONTROLPLANE_ENGINE_ENGINE_H
#define PUMASI_CONTROLPLANE_ENGINE_ENGINE_H

#include "controlplane/domain/actor.h"
#include "controlplane/domain/decide.h"
#include "lib/base/env.h"
#include "lib/base/log.h"
#include "lib/store/store.h"

/*
 * The one writer. Requests come in from any thread; one thread decides, commits and calls back.
 *
 * Only the leader decides and answers: elsewhere everything is ERR_NOT_LEADER with the leader's
 * address in the text. Callbacks run on the writer's thread and must not block.
 */
struct engine;

struct engine_options {
    struct store *store;   /* outlives the engine */
    const struct env *env; /* likewise; thread-safe */
    struct log *log;       /* likewise; may be NULL */
    struct id name;        /* of this control plane, unique among those on the store */
    const char *address;   /* that clients reach it at */
    int leader_ttl_s;      /* others wait this long after its death; 2..60 */
    void (*sha256)(struct span bytes, uint8_t out[32]);
    bool (*verify)(struct span public_key, struct span bytes, struct span signature);
};

struct engine *engine_create(const struct engine_options *options);

/* Starts the writer's thread; returns at once. */
MUST_CHECK int engine_start(struct engine *e, struct err *err);

/* Refuses new requests, ends the batch under way, joins the thread. All callbacks have run when it
 * returns. It keeps the leader key: nobody else leads before engine_destroy(). */
void engine_stop(struct engine *e);
/* Stops it if need be and gives leadership back. NULL is fine. */
void engine_destroy(struct engine *e);

/* ---- Changing ---- */

struct engine_reply {
    const struct answer *answer; /* borrowed for the time of the callback */
    int64_t revision;            /* of the commit; 0 for a dry run */
    bool applied;                /* false for a dry run */
    bool repeated;               /* the request id was known: this is what became of it then */
};

/* Exactly once. reply is NULL on failure; then err says why. ERR_UNKNOWN_OUTCOME: the commit may
 * have happened; ask again with the same request id. */
typedef void (*engine_done_fn)(void *arg, const struct engine_reply *reply, const struct err *err);

struct engine_command {
    enum command_kind kind;
    void *args; /* a record of command_type(kind) on the heap; the engine's from now on */
    struct principal principal;
};

/* ERR_BUSY: too many of the organisation's requests wait, try later; ERR_UNAVAILABLE: it is
 * stopping. On failure args remain the caller's and done is not called. */
MUST_CHECK int engine_submit(struct engine *e, const struct engine_command *command,
                             engine_done_fn done, void *arg, struct err *err);

/* ---- Reading ---- */

struct engine_view {
    const struct state *state;
    const struct actor *actor;
    struct instant now;
    int64_t revision;    /* everything up to here is in the state */
    const char *address; /* of this control plane, which leads: only a leader reads */
};

struct engine_read_ops {
    /* Looks at the state and prepares the answer; a negative code refuses. */
    int (*run)(void *arg, const struct engine_view *view, struct err *err);
    /* Exactly once, after `run` (or instead of it): what was seen is durable, answer now; or err is
     * not NULL and nothing that was seen may be told. */
    void (*finish)(void *arg, const struct err *err);
};

/* Errors as for engine_submit(). ops must be static. */
MUST_CHECK int engine_read(struct engine *e, const struct principal *principal,
                           const struct engine_read_ops *ops, void *arg, struct err *err);

/* What became of a request: the answer of the change, or ERR_NOT_FOUND. */
MUST_CHECK int engine_outcome(struct engine *e, const struct principal *principal,
                              const struct id *request_id, engine_done_fn done, void *arg,
                              struct err *err);

/* ---- Following ---- */

struct engine_change {
    enum entity_kind kind;
    struct id id;
    bool deleted;
};

/* After each commit, which may have changed no object (n = 0), and once after each (re)load: then
 * changes is NULL. When leadership is lost, and the state with it, state is NULL, too. The state is
 * as of now: it may hold decisions that are not committed yet, so tell nobody more than that an
 * object changed. At most ENGINE_LISTENERS; before engine_start(). state is borrowed for the time
 * of the call. */
#define ENGINE_LISTENERS 8
typedef void (*engine_commit_fn)(void *arg, const struct state *state, int64_t revision,
                                 const struct engine_change *changes, size_t n);
void engine_listen(struct engine *e, engine_commit_fn on_commit, void *arg);

/* ---- Looking ---- */

struct engine_status {
    bool leader;
    char leader_address[256]; /* "" when unknown */
    int64_t revision;
    uint64_t commits;  /* since the start */
    uint64_t requests; /* decided since the start */
    uint64_t reloads;
    size_t waiting; /* requests in the queue */
};
void engine_status(struct engine *e, struct engine_status *ret); /* thread-safe */

#endif
