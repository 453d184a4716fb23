#ifndef PUMASI_CONTROLPLANE_ENGINE_OUTCOMES_H
#define PUMASI_CONTROLPLANE_ENGINE_OUTCOMES_H

#include "controlplane/engine/codec.h"

/*
 * What became of each request id, by actor: the memory that makes a repeated request take effect
 * once. Filled from the commits. Kept for OUTCOMES_RETENTION_S after the commit, then forgotten: a
 * client must not repeat a request older than that.
 */
#define OUTCOMES_RETENTION_S (INT64_C(24) * 3600)

struct outcomes;

struct outcomes *outcomes_create(void);
void outcomes_destroy(struct outcomes *o); /* NULL is fine */

/* Copies the outcome. One already there stays. */
void outcomes_add(struct outcomes *o, const struct outcome *outcome, struct instant at);

/* Borrowed until the next change; NULL when it is not known. */
const struct outcome *outcomes_find(const struct outcomes *o, const struct id *actor,
                                    const struct id *request_id);

/* Forgets what was committed before now - OUTCOMES_RETENTION_S. Amortised: cheap when nothing is.
 */
void outcomes_forget(struct outcomes *o, struct instant now);

size_t outcomes_count(const struct outcomes *o);

#endif
