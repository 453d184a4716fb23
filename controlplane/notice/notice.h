#ifndef PUMASI_CONTROLPLANE_NOTICE_NOTICE_H
#define PUMASI_CONTROLPLANE_NOTICE_NOTICE_H

#include "controlplane/domain/state.h"
#include "lib/base/buf.h"

/*
 * What is worth telling, and how it reads. Pure functions over the state, on the writer's thread.
 *
 *     approval.waits      a plan waits for approvers; by: when an answer is due
 *     approval.expiring   nobody has decided on it, and it will be withdrawn; by: then
 *     approval.decided    it was approved, returned or withdrawn
 *     loan.recalled       units of a loan are to be back; by: until when
 *     lease.ending        a lease is being stopped, or will be soon; by: its end
 *     loan.ending         a loan's window is over soon; by: its end
 */
#define NOTICE_TEXT_CAP 256
#define NOTICE_ID_CAP   160
#define NOTICE_JSON_MAX 2048

struct notice {
    char id[NOTICE_ID_CAP]; /* follows from what it says: the same news has the same id */
    const char *event;      /* static */
    enum entity_kind kind;
    struct id subject;
    struct id organisation; /* whom it concerns first */
    struct instant by;      /* NEVER: nothing is to be done by then */
    char text[NOTICE_TEXT_CAP];
};

/* Of an object that a commit has changed. False: nothing to tell. */
bool notice_of_change(const struct state *s, enum entity_kind kind, const struct id *id,
                      struct notice *ret);

/* Of an object that time will touch at `at`. False: nothing to tell. */
bool notice_of_time(enum entity_kind kind, const void *record, struct notice *ret);

/* Appends it as one JSON object; made of ids, instants and words of ours, so nothing is escaped. */
void notice_format(const struct notice *n, struct buf *dst);

#endif
