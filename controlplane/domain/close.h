#ifndef PUMASI_CONTROLPLANE_DOMAIN_CLOSE_H
#define PUMASI_CONTROLPLANE_DOMAIN_CLOSE_H

#include "controlplane/domain/closing.h"
#include "controlplane/domain/turn.h"

/*
 * Closing months, in order: each after the one before is sealed. The first who asks sees the
 * checklist and proposes; somebody else who asks with the hash of that very checklist closes. If
 * the facts have moved, the new checklist is proposed instead and nothing is closed (ERR_STALE is
 * not used: the answer's state says "proposed").
 */

/* decide: close_month_request, seal_month_command, archive_month_command */
MUST_CHECK int decide_close_month(struct turn *t, const void *args, struct err *err);

/* The segments of a closed month are on disk. Told again with the same note: nothing changes. */
MUST_CHECK int decide_seal_month(struct turn *t, const void *args, struct err *err);

/* Forgets up to ARCHIVE_OBJECTS intervals that ended within an archived month, and join tokens used
 * before its end. The note "more" is in the answer while there are others. Whatever is told of an
 * archived month later is acknowledged and counts for nothing: it can't be told from a repetition.
 */
#define ARCHIVE_OBJECTS 100
MUST_CHECK int decide_archive_month(struct turn *t, const void *args, struct err *err);

/* The ends of the last month that is closed, and of the last that is archived: what is told of
 * before the first is a correction. INSTANT_MIN_S when there is none. */
struct instant close_horizon(const struct turn *t);
struct instant close_archived(const struct state *s);

#endif
