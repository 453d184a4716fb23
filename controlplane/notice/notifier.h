#ifndef PUMASI_CONTROLPLANE_NOTICE_NOTIFIER_H
#define PUMASI_CONTROLPLANE_NOTICE_NOTIFIER_H

#include "controlplane/engine/engine.h"
#include "controlplane/notice/notice.h"
#include "lib/base/log.h"

/*
 * Notices on their way: a bounded queue, filled on the writer's thread, and a thread that empties
 * it. Each goes into the log ("notice"), then to the webhook, if there is one, in order; a webhook
 * that does not answer is asked again after 1, 2, 4, 8 … seconds, and given up with a line in the
 * log.
 */
struct notifier;

#define NOTIFIER_QUEUE    1024 /* notices waiting; more are dropped, said once a second */
#define NOTIFIER_SEEN     4096 /* ids that are remembered, so that each is told once */
#define NOTIFIER_ATTEMPTS 6
#define NOTIFIER_SOON     256 /* of what comes so many are looked at in one go */

struct notifier_options {
    const char *url;    /* "": log only */
    struct span secret; /* of the webhook; copied */
    int64_t ahead_s;    /* ends and due times are told so long before */
    unsigned pause_ms;  /* before the second attempt; doubled each time. 0: 1000 */
    const struct env *env;
    struct log *log; /* both outlive it */
};

/* Starts the thread. Errors as for webhook_create(). */
MUST_CHECK int notifier_create(const struct notifier_options *options, struct notifier **ret,
                               struct err *err);
/* What waits is dropped; blocks for one attempt at most. NULL is fine. */
void notifier_destroy(struct notifier *n);

/* For engine_listen(): arg is the notifier. */
void notifier_on_commit(void *notifier, const struct state *state, int64_t revision,
                        const struct engine_change *changes, size_t n);

/* What falls due within ahead_s. On the writer's thread, every now and then. */
void notifier_look_ahead(struct notifier *n, const struct state *state, struct instant now);

struct notifier_counts {
    uint64_t told;   /* put into the log */
    uint64_t posted; /* and taken by the webhook */
    uint64_t lost;   /* given up, or dropped */
    uint64_t retries;
};
struct notifier_counts notifier_counts(struct notifier *n); /* thread-safe */

#endif
