#ifndef PUMASI_CONTROLPLANE_DOMAIN_STAGING_H
#define PUMASI_CONTROLPLANE_DOMAIN_STAGING_H

#include "controlplane/domain/stage.h"
#include "controlplane/domain/turn.h"

/*
 * Stage gates (단계평가): decisions about stages, from the proposal to the last object changed.
 *
 * An elimination takes effect in one act. The commit that makes it so puts the decision into
 * `executing` and every open stage of the project into `eliminated`; from then on no node is given
 * a grant of the project (enforce.h) and nothing can be booked, lent or extended. As many of its
 * objects as one transaction holds end in the same commit, the others in the next ones: leases
 * stop, loans are returned to their lenders, allocations close, open approvals are withdrawn. Each
 * of these steps can be repeated, so a crash between two of them leaves work to do and nothing
 * undecided. With the last step loans that follow the decision start: what one team gave back is
 * the survivors' in that same act.
 */

/* decide: decide_stage_request, object_stage_request, answer_objection_request,
 * settle_stage_request */
MUST_CHECK int decide_decide_stage(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_object_stage(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_answer_objection(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_settle_stage(struct turn *t, const void *args, struct err *err);

/* What becomes of a decision that was approved, or was not. */
MUST_CHECK int staging_approve(struct turn *t, const struct id *decision, struct err *err);
MUST_CHECK int staging_refuse(struct turn *t, const struct id *decision, enum request_event event,
                              struct err *err);

/* Its instant has come, or it is under way: goes as far as the turn has room. */
MUST_CHECK int staging_execute(struct turn *t, const struct id *decision, struct err *err);

/* A stage of the project begins or is over by the calendar. */
MUST_CHECK int staging_keep_dates(struct turn *t, const struct id *project, struct err *err);

/* The elimination that the project is under or has been told of; NULL: none. */
const struct stage_decision *staging_end_of(const struct turn *t, const struct id *project);

/* ERR_STATE when the project is out, or an elimination that is announced comes before `to`. */
MUST_CHECK int staging_check_open(const struct turn *t, const struct project *project,
                                  struct instant to, struct err *err);

#endif
