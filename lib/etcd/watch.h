#ifndef PUMASI_LIB_ETCD_WATCH_H
#define PUMASI_LIB_ETCD_WATCH_H

#include "lib/base/err.h"
#include "lib/etcd/kv.h"

#include <stdbool.h>

/*
 * A watch: the changes of the keys that begin with a prefix, from a revision on. It has a stream
 * of its own, opens it again after a failure (20 ms to 1 s later), and then goes on behind the last
 * *event* it showed, never behind a revision that only a header mentioned. Events that come again
 * (etcd 3.4.23 does that) are dropped; lost ones cannot be seen here: list again now and then.
 */
struct etcd_watch;

struct etcd_event {
    bool deleted;
    struct etcd_kv kv; /* deleted: key and mod_revision only */
};

/* All get the watch's `ud`, run one at a time and in order. on_events is a must. */
struct etcd_watch_ops {
    /* In the order of revisions; all of one revision in one batch; `revision` is the last's. */
    void (*on_events)(const struct etcd_event *events, size_t n, int64_t revision, void *ud);
    /* etcd said, on an idle watch, that nothing is missing up to this revision. */
    void (*on_progress)(int64_t revision, void *ud);
    /* The stream broke; the watch goes on by itself. Runs for each failure. */
    void (*on_lost)(const struct err *err, void *ud);
    /* The events wanted are compacted away: nothing follows. List again. */
    void (*on_compacted)(int64_t compact_revision, void *ud);
};

/* The prefix is copied and must not be empty; from_revision > 0 is included. ops must outlive the
 * watch. Does not block. */
struct etcd_watch *etcd_watch_create(struct etcd_client *client, struct span prefix,
                                     int64_t from_revision, const struct etcd_watch_ops *ops,
                                     void *ud);

/* When it returns, no callback runs any more. Not from a callback. NULL is fine. (blocks,
 * shortly) */
void etcd_watch_destroy(struct etcd_watch *watch);

#endif
