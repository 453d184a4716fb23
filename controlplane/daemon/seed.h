#ifndef PUMASI_CONTROLPLANE_DAEMON_SEED_H
#define PUMASI_CONTROLPLANE_DAEMON_SEED_H

#include "controlplane/engine/engine.h"

/*
 * What an empty store starts from: the agency and its first administrator, as `pumasi init` wrote
 * them into the data directory (lib/pki/layout.h).
 */
struct seed;

/* A missing seed is fine (a control plane that joins a store in use): *ret is NULL. ERR_INVALID
 * names file and field. */
MUST_CHECK int seed_read(const char *data_dir, struct seed **ret, struct err *err);
void seed_destroy(struct seed *s); /* NULL is fine */

/* From now on an empty store is seeded whenever the engine has loaded one. Before engine_start();
 * the seed outlives the engine. */
void seed_watch(struct seed *s, struct engine *e, struct log *log);

#endif
