#ifndef PUMASI_CONTROLPLANE_ENGINE_REQUEST_H
#define PUMASI_CONTROLPLANE_ENGINE_REQUEST_H

#include "controlplane/engine/engine.h"
#include "controlplane/engine/queue.h"

/*
 * One request on its way through the writer: queued, decided, waiting for the commit that its
 * answer rests on, finished. Belongs to one owner at a time.
 */
enum request_type { REQUEST_COMMAND, REQUEST_READ, REQUEST_OUTCOME };

struct request {
    struct queue_item item;
    enum request_type type;
    struct principal principal;

    struct engine_command command; /* REQUEST_COMMAND */
    struct id request_id;          /* REQUEST_OUTCOME */
    engine_done_fn done;           /* REQUEST_COMMAND, REQUEST_OUTCOME */

    const struct engine_read_ops *ops; /* REQUEST_READ */
    void *arg;

    bool applied;
    bool repeated;
    struct answer answer;
    struct err err; /* code ERR_OK while nothing went wrong */

    struct request *next; /* in a list of those that wait for the same commit */
};

struct request *request_create(enum request_type type, const struct principal *principal,
                               void *arg);

/* Calls back, once, with what is in the request (err first), and frees it. */
void request_finish(struct request *r, int64_t revision);

/* Frees it without calling back: it never got into the queue. The command's args stay. */
void request_abandon(struct request *r);

/* Those that wait for one commit, in order. */
struct request_list {
    struct request *first;
    struct request **last;
    size_t n;
};
void request_list_init(struct request_list *list);
void request_list_add(struct request_list *list, struct request *r);
void request_list_move(struct request_list *to, struct request_list *from); /* appends */

/* Finishes all; err, if not NULL, replaces whatever the requests would have said. */
void request_list_finish(struct request_list *list, int64_t revision, const struct err *err);

#endif
