#ifndef PUMASI_CONTROLPLANE_LEDGER_KEEPER_H
#define PUMASI_CONTROLPLANE_LEDGER_KEEPER_H

#include "controlplane/engine/engine.h"
#include "lib/merkle/checkpoint.h"
#include "lib/merkle/proof.h"
#include "lib/store/store.h"

/*
 * The ledger's thread in a control plane: follows the log, whoever leads; seals a month that was
 * closed and tells the engine; answers for checkpoints and proofs. It never holds up the writer: a
 * keeper that can't read or write says so in the log and tries again.
 *
 * The functions that ask are thread-safe, take a lock and do not block on disk or store.
 */
struct keeper;

struct keeper_options {
    struct store *store;   /* outlives the keeper, as all of these */
    struct engine *engine; /* told of what was sealed; NULL: nobody is */
    const char *dir;       /* of the archive */
    const struct key *key; /* signs checkpoints and months */
    const struct env *env;
    struct log *log;  /* may be NULL */
    int every_ms;     /* between looks at the log; 10..60000 */
    int checkpoint_s; /* a checkpoint that is younger stays the last one; 0: never older than the
                         log */
};

/* Reads the archive; ERR_VERIFICATION, ERR_CORRUPT, ERR_NOT_FOUND say which file was tampered with
 * or is missing: a control plane MUST NOT start then. */
MUST_CHECK int keeper_create(const struct keeper_options *options, struct keeper **ret,
                             struct err *err);
MUST_CHECK int keeper_start(struct keeper *k, struct err *err);
/* Joins the thread; NULL is fine. Before the engine is destroyed. */
void keeper_stop(struct keeper *k);
void keeper_destroy(struct keeper *k); /* stops it if need be; NULL is fine */

/* One turn by hand, instead of a thread: for tests and tools. */
MUST_CHECK int keeper_turn(struct keeper *k, struct err *err);

/* ---- Asking --------------------------------------------------------------------------------- */

/* Appends the last checkpoint of the organisation's log, with its cosignatures. A new one is made
 * when the log has grown and the last is old enough. ERR_NOT_FOUND: it has no entry. */
MUST_CHECK int keeper_checkpoint(struct keeper *k, const struct id *organisation, struct buf *out,
                                 struct err *err);

/* ERR_INVALID: not inside the log. */
MUST_CHECK int keeper_prove_inclusion(struct keeper *k, const struct id *organisation,
                                      uint64_t index, uint64_t size, struct merkle_proof *ret,
                                      struct err *err);
MUST_CHECK int keeper_prove_consistency(struct keeper *k, const struct id *organisation,
                                        uint64_t from, uint64_t to, struct merkle_proof *ret,
                                        struct err *err);

/* Adds a witness's cosignature to the last checkpoint, if that is the one with this text;
 * ERR_STALE: it is not any more. ERR_VERIFICATION: not by that key. The same witness again
 * replaces its line. */
MUST_CHECK int keeper_cosign(struct keeper *k, const struct id *organisation,
                             const struct note_signature *line, const struct public_key *witness,
                             struct err *err);

#endif
