#ifndef PUMASI_CONTROLPLANE_ENGINE_WRITER_H
#define PUMASI_CONTROLPLANE_ENGINE_WRITER_H

#include "controlplane/engine/batch.h"
#include "controlplane/engine/leadership.h"
#include "controlplane/engine/request.h"

/*
 * What the writer's thread does in one turn, without the thread: decide what is queued, send the
 * next batch when none is under way, and deal with outcomes. The engine calls writer_turn() in a
 * loop; a test or the simulator may call it by hand over a store without threads.
 *
 * Two batches: `open` collects decisions, `flight` is being committed. A decision that does not fit
 * into the open batch is held, decided but not applied, until the open batch has gone.
 */
struct writer;

struct writer_listener {
    engine_commit_fn on_commit;
    void *arg;
};

struct writer *writer_create(const struct engine_options *options);
void writer_destroy(struct writer *w); /* nothing may be under way; NULL is fine */

void writer_listen(struct writer *w, engine_commit_fn on_commit, void *arg);

/* Any thread. False: the queue is full or closed. */
bool writer_push(struct writer *w, struct request *r);

/* One turn; waits for up to wait_ms for something to do. */
void writer_turn(struct writer *w, unsigned wait_ms);

/* No more requests from now on; the turns that follow finish what is queued. */
void writer_close(struct writer *w);
bool writer_is_done(const struct writer *w); /* closed, and nothing queued or under way */

/* A snapshot; thread-safe. */
void writer_status(struct writer *w, struct engine_status *ret);

#endif
