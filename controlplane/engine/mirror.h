#ifndef PUMASI_CONTROLPLANE_ENGINE_MIRROR_H
#define PUMASI_CONTROLPLANE_ENGINE_MIRROR_H

#include "controlplane/domain/state.h"
#include "controlplane/engine/outcomes.h"
#include "lib/pki/digest.h"
#include "lib/store/store.h"

/*
 * The store's content as a state, with the revision of each key it came from. Loaded as of one
 * revision; kept up by the writer's own commits; checked against the store by listing it again,
 * since watches are known to lose events. What a check finds changed by a stranger is no longer a
 * mirror: it must be loaded again.
 */
struct mirror;

#define MIRROR_LOAD_MS 60000

/* Loads everything under KEY_ROOT. ERR_CORRUPT names the key that can't be read; ERR_UNAVAILABLE:
 * the store did not answer. Blocks for up to MIRROR_LOAD_MS. */
MUST_CHECK int mirror_load(struct store *store, struct mirror **ret, struct err *err);
void mirror_destroy(struct mirror *m); /* NULL is fine */

/* The parts; owned by the mirror. */
struct state *mirror_state(struct mirror *m);
struct outcomes *mirror_outcomes(struct mirror *m);

/* The highest commit seen; the next one is its successor. */
uint64_t mirror_seq(const struct mirror *m);
int64_t mirror_revision(const struct mirror *m);

/* When the last commit that was loaded was made; the begin of time if there is none. */
struct instant mirror_committed_at(const struct mirror *m);

/* The mod_revision of the key of an object; 0 when there is none. */
int64_t mirror_version(const struct mirror *m, enum entity_kind kind, const struct id *id);

/* One key of an own commit was put at this revision (or deleted). */
void mirror_note(struct mirror *m, enum entity_kind kind, const struct id *id, int64_t revision,
                 bool deleted);
void mirror_note_commit(struct mirror *m, uint64_t seq, int64_t revision,
                        const uint8_t digest[DIGEST_BYTES]);

/* SHA-256 of the stored bytes of the last commit, which the next one names; NULL before the first.
 * Borrowed until the next commit. */
const uint8_t *mirror_digest(const struct mirror *m);

/* Lists the store again and compares revisions; what follows it is then known to be the same up to
 * the revision of the listing. ERR_CONFLICT names the first key that differs. ERR_UNAVAILABLE: no
 * answer. No commit may be under way. Blocks for up to MIRROR_LOAD_MS. */
MUST_CHECK int mirror_check(struct mirror *m, struct store *store, struct err *err);

#endif
