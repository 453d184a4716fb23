#ifndef PUMASI_CONTROLPLANE_PLACEMENT_RANKING_H
#define PUMASI_CONTROLPLANE_PLACEMENT_RANKING_H

#include "controlplane/placement/fleet.h"

/*
 * The best node of each model for a request, without looking at all of them. For each shape of
 * request that was asked for, all nodes are ranked in one tournament tree a model; a node that has
 * changed is judged again when that shape is asked for next, and only then. So a question costs as
 * many judgements as nodes have changed since the shape was asked for last, and a walk down a tree.
 *
 * Nodes are ranked by steps of gain (RANKING_STEP), not by gain itself: what differs by less than a
 * step is the same, and goes by a fixed order. So a node that was begun is gone on with instead of
 * all nodes being begun.
 *
 * Owned by one thread; borrows the fleet, which must outlive it.
 */
#define RANKING_STEP (SHARE_PER_GPU * WASTE_ONE / 10) /* a tenth of a GPU */

/* Memory for the trees; the shape that was asked for longest ago gives way. */
#define RANKING_BYTES  (128 << 20)
#define RANKING_SHAPES 4096

struct ranking;

/* order: all nodes of the fleet, the first preferred among equals; copied. Nobody may be served
 * yet. */
struct ranking *ranking_create(const struct fleet *f, const uint32_t *order);
void ranking_destroy(struct ranking *r); /* NULL is fine */

/* To be told: a node has changed; the mix has, and with it every judgement. */
void ranking_note(struct ranking *r, size_t node);
void ranking_forget(struct ranking *r);

/* The ranked nodes for requests of one shape, brought up to date; borrowed until the next call. */
struct ranked;
const struct ranked *ranking_of(struct ranking *r, const struct placement_request *request);

#define RANKED_UNFIT INT16_MIN

/* The gain of the model's best node in steps, or RANKED_UNFIT. PLACEMENT_NO_MODEL is a model. */
int32_t ranked_steps(const struct ranked *x, size_t model);
/* That node. The model must have one that fits. */
size_t ranked_best(const struct ranked *x, size_t model);

#endif
