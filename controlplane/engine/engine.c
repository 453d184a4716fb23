/* The engine: the writer on a thread of its own. The only state shared between threads is the
 * writer's queue and its status. */
#include "controlplane/engine/engine.h"

#include "controlplane/engine/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define TURN_WAIT_MS 50

struct engine {
    struct writer *writer;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
};

struct engine *engine_create(const struct engine_options *options)
{
    struct engine *e = calloc(1, sizeof *e);
    ENSURE(e);
    e->writer = writer_create(options);
    atomic_init(&e->stopping, false);
    return e;
}

static void *run(void *arg)
{
    struct engine *e = arg;
    while (!atomic_load(&e->stopping))
        writer_turn(e->writer, TURN_WAIT_MS);
    writer_close(e->writer);
    while (!writer_is_done(e->writer))
        writer_turn(e->writer, TURN_WAIT_MS);
    return NULL;
}

int engine_start(struct engine *e, struct err *err)
{
    ENSURE(!e->started);
    int rc = pthread_create(&e->thread, NULL, run, e);
    if (rc != 0)
        return err_set(err, ERR_INTERNAL, "no thread for the writer: %s", strerror(rc));
    e->started = true;
    return 0;
}

void engine_stop(struct engine *e)
{
    if (!e->started)
        return;
    atomic_store(&e->stopping, true);
    pthread_join(e->thread, NULL);
    e->started = false;
}

void engine_destroy(struct engine *e)
{
    if (!e)
        return;
    engine_stop(e);
    writer_destroy(e->writer);
    free(e);
}

static int push(struct engine *e, struct request *r, struct err *err)
{
    struct id organisation = r->principal.organisation;
    if (writer_push(e->writer, r))
        return 0;
    request_abandon(r);
    if (atomic_load(&e->stopping))
        return err_set(err, ERR_UNAVAILABLE, "the control plane is stopping; ask another");
    return err_set(err, ERR_BUSY, "too many requests of %s are waiting; try again in a moment",
                   id_is_none(&organisation) ? "strangers" : organisation.text);
}

int engine_submit(struct engine *e, const struct engine_command *command, engine_done_fn done,
                  void *arg, struct err *err)
{
    struct request *r = request_create(REQUEST_COMMAND, &command->principal, arg);
    r->command = *command;
    r->done = done;
    return push(e, r, err);
}

int engine_read(struct engine *e, const struct principal *principal,
                const struct engine_read_ops *ops, void *arg, struct err *err)
{
    struct request *r = request_create(REQUEST_READ, principal, arg);
    r->ops = ops;
    return push(e, r, err);
}

int engine_outcome(struct engine *e, const struct principal *principal, const struct id *request_id,
                   engine_done_fn done, void *arg, struct err *err)
{
    struct request *r = request_create(REQUEST_OUTCOME, principal, arg);
    r->request_id = *request_id;
    r->done = done;
    return push(e, r, err);
}

void engine_listen(struct engine *e, engine_commit_fn on_commit, void *arg)
{
    ENSURE(!e->started);
    writer_listen(e->writer, on_commit, arg);
}

void engine_status(struct engine *e, struct engine_status *ret)
{
    writer_status(e->writer, ret);
}
