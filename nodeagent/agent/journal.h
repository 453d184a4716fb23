#ifndef PUMASI_NODEAGENT_AGENT_JOURNAL_H
#define PUMASI_NODEAGENT_AGENT_JOURNAL_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The journal of one boot: entries appended and synced, each with a checksum, so that a crash loses
 * at most the entry being written, which nobody was told of. Three things are in it: usage
 * intervals by number, the mark (the state of the meter), and what has been acknowledged. Opening
 * reads it all; a torn tail is cut off.
 *
 * The file is DIRECTORY/usage-BOOT.journal. What is pending is at most LIMIT_JOURNAL_BYTES; when
 * most of the file is past (acknowledged, or a mark that was replaced), it is written anew.
 *
 * One thread; appending blocks on the disk.
 */
struct journal;

enum journal_kind {
    JOURNAL_INTERVAL = 1, /* alone: only in a file that was written anew */
    JOURNAL_MARK,
    JOURNAL_ACK,
    JOURNAL_METERED, /* an interval and its mark */
    JOURNAL_NEXT,    /* the numbers before it are lost, or may have been used */
    JOURNAL_KIND_END
};

#define JOURNAL_PAYLOAD_MAX 65536 /* of an interval, and of a mark */

/* ERR_IO names path and reason; ERR_CORRUPT: damaged before its end, or entries out of order:
 * nothing is changed then. Creates it when it is not there. */
MUST_CHECK int journal_open(const char *directory, const char *boot_id, struct journal **ret,
                            struct err *err);

/*
 * For a journal that is damaged: opens what can still be read of it. The damaged file is kept
 * beside it, as PATH.damaged-N, whose name is ret_aside. Intervals that were lost are a gap in the
 * numbers; no number is given twice, whatever the damage hides. The mark is empty if there is
 * damage behind the last one. ERR_IO: nothing has changed.
 */
#define JOURNAL_ASIDE_CAP 4200
MUST_CHECK int journal_salvage(const char *directory, const char *boot_id, struct journal **ret,
                               char ret_aside[JOURNAL_ASIDE_CAP], struct err *err);
void journal_close(struct journal *j); /* NULL is fine */

/* Deletes the file and closes. What can't be deleted is there again at the next start. */
void journal_remove(struct journal *j);

/* Appends an interval with the next number, and the mark that holds after it, as one entry, and
 * syncs: after a crash both are there or neither is. *ret_seq is the number, from 1. ERR_LIMIT: the
 * journal is full (the control plane has not acknowledged for long); ERR_IO: the disk. Either way
 * nothing was appended. */
MUST_CHECK int journal_add(struct journal *j, struct span interval, struct span mark,
                           uint64_t *ret_seq, struct err *err);

/* The number that journal_add() will give next: it is part of what is signed. */
uint64_t journal_next_seq(const struct journal *j);

/* Replaces the mark. */
MUST_CHECK int journal_mark(struct journal *j, struct span mark, struct err *err);
struct span journal_last_mark(const struct journal *j); /* empty if there is none; borrowed */

/* Everything up to seq is durable at the control plane. */
MUST_CHECK int journal_ack(struct journal *j, uint64_t seq, struct err *err);

/* The first interval after seq that is not acknowledged. False: there is none. Borrowed until the
 * next change. */
bool journal_next_pending(const struct journal *j, uint64_t seq, uint64_t *ret_seq,
                          struct span *ret_interval);

/* Visits the boots of the other journals in the directory, in no order. They are not opened, so
 * visit may open and remove them. ERR_IO names the directory. */
typedef void (*journal_visit_fn)(const char *boot_id, void *arg);
MUST_CHECK int journal_each_other(const char *directory, const char *boot_id,
                                  journal_visit_fn visit, void *arg, struct err *err);

#endif
