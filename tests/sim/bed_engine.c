/*
 * controlplane/engine/engine.h without the thread: the bed turns the writer when it is its turn.
 * The linker takes these definitions in place of engine.c's.
 */
#include "tests/sim/bed_engine.h"

#include <stdlib.h>

struct engine {
    struct writer *writer;
};

struct engine *engine_create(const struct engine_options *options)
{
    struct engine *e = calloc(1, sizeof *e);
    ENSURE(e);
    e->writer = writer_create(options);
    return e;
}

struct writer *bed_engine_writer(struct engine *e)
{
    return e->writer;
}

static int push(struct engine *e, struct request *r, struct err *err)
{
    if (writer_push(e->writer, r))
        return 0;
    request_abandon(r);
    return err_set(err, ERR_LIMIT, "too many requests are waiting");
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
    writer_listen(e->writer, on_commit, arg);
}

void engine_status(struct engine *e, struct engine_status *ret)
{
    writer_status(e->writer, ret);
}
